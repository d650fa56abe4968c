/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Any bytes as a capture file. */

#include <stdlib.h>

#include "model_wire.h"

int aether_model_logtype;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
load(const uint8_t *data, size_t size, bool skip_truncated)
{
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");
	const struct capture_frame *frame;
	struct capture capture;
	uint64_t end = 0;
	size_t i;

	if (file == NULL)
		return;
	if (capture_load(NULL, file, "fuzz", skip_truncated, &capture) != 0) {
		if (capture.data != NULL || capture.frames != NULL)
			abort();
		return;
	}
	for (i = 0; i < capture.n_frames; i++) {
		frame = &capture.frames[i];
		if (frame->offset < end || frame->len < WIRE_MIN_FRAME ||
		    frame->len > WIRE_MAX_FRAME || frame->offset + frame->len > capture.bytes)
			abort();
		end = frame->offset + frame->len;
	}
	capture_free(&capture);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rte_log_set_global_level(RTE_LOG_EMERG);
	load(data, size, false);
	load(data, size, true);
	return 0;
}
