/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any bytes as a DDP package file for the model's loader, and as an update of the tables that it
 * has loaded. What is loaded must be fit for use: the tables are read back, too.
 */

#include <stdlib.h>
#include <string.h>

#include "fw_ddp.h"

#define DEVICE_ID	0x1592

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/** Files that were taken, for mutate_pkg.c. */
unsigned long fuzz_loaded;

/** The first bytes as a buffer: an update, and what it says as a wish to read. */
static void
update_and_upload(struct fw_flex_tables *tables, const uint8_t *data, size_t size)
{
	const size_t len = size < E810_PKG_BUF_SIZE ? size : E810_PKG_BUF_SIZE;
	struct fw_pkg_error error = { .offset = 0 };
	uint8_t *buf = malloc(len == 0 ? 1 : len);

	if (buf == NULL)
		return;
	memcpy(buf, data, len);
	if (!fw_pkg_update(tables, buf, len, &error) && error.offset > len)
		abort();
	fw_pkg_upload(tables, buf, len, &error);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t buf_at = 100 + sizeof(struct e810_pkg_seg_hdr) + 12;
	struct fw_pkg_error error = { .offset = 0 };
	struct fw_pkg_image image;

	if (fw_pkg_image_init(&image) != 0)
		return 0;
	if (fw_pkg_load(&image, data, size, DEVICE_ID, &error)) {
		fuzz_loaded++;
		/* The name is shown as a string. */
		if (memchr(image.meta.name, '\0', sizeof(image.meta.name)) == NULL)
			abort();
	} else if (error.why == NULL || error.rc == E810_AQ_RC_OK || error.offset > size) {
		abort();
	}
	update_and_upload(image.tables, data, size);
	/* The default package's first buffer that fills a table. */
	if (size > buf_at + E810_PKG_BUF_SIZE)
		update_and_upload(image.tables, data + buf_at + E810_PKG_BUF_SIZE,
				  size - buf_at - E810_PKG_BUF_SIZE);
	fw_pkg_image_free(&image);
	return 0;
}
