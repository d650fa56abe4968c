/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "tar.h"

#define BLOCK	512

struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char major[8], minor[8];
	char prefix[155];
	char pad[12];
};

static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/** A path that is too long is split at a '/'. */
static int
set_path(struct header *header, const char *path)
{
	size_t len = strlen(path), split;

	if (len <= sizeof(header->name)) {
		memcpy(header->name, path, len);
		return 0;
	}
	for (split = len - sizeof(header->name) - 1; split < len; split++)
		if (path[split] == '/')
			break;
	if (split >= len - 1 || split > sizeof(header->prefix))
		return -ENAMETOOLONG;
	memcpy(header->prefix, path, split);
	memcpy(header->name, path + split + 1, len - split - 1);
	return 0;
}

static void
set_checksum(struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned int sum = 0, i;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (i = 0; i < BLOCK; i++)
		sum += bytes[i];
	snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

int
tar_add(FILE *out, char type, const char *path, unsigned int mode, const char *data, size_t len)
{
	static const char zeros[BLOCK];
	struct header header = { .type = type };
	size_t size = type == TAR_FILE ? len : 0;

	if (set_path(&header, path) != 0 || (type == TAR_LINK && len > sizeof(header.link)))
		return -ENAMETOOLONG;
	if (type == TAR_LINK)
		memcpy(header.link, data, len);
	snprintf(header.mode, sizeof(header.mode), "%07o", mode & 0777);
	snprintf(header.uid, sizeof(header.uid), "%07o", 0);
	snprintf(header.gid, sizeof(header.gid), "%07o", 0);
	snprintf(header.size, sizeof(header.size), "%011zo", size);
	snprintf(header.mtime, sizeof(header.mtime), "%011o", 0);
	memcpy(header.magic, "ustar", 6);
	memcpy(header.version, "00", 2);
	set_checksum(&header);
	fwrite(&header, 1, BLOCK, out);
	if (size != 0)	/* a folder has no data to point to */
		fwrite(data, 1, size, out);
	fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, out);
	return ferror(out) != 0 ? -EIO : 0;
}

int
tar_end(FILE *out)
{
	static const char zeros[2 * BLOCK];

	fwrite(zeros, 1, sizeof(zeros), out);
	return fflush(out) != 0 || ferror(out) != 0 ? -EIO : 0;
}
