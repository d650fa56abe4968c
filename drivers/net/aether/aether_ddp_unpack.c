/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Decompression of a package file. Its contents are not trusted: the result is bounded, and so is
 * the memory that the libraries may take for it.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef AETHER_HAVE_LZMA
#include <lzma.h>
#endif
#ifdef AETHER_HAVE_ZSTD
#include <zstd.h>
#endif

#include "aether_ddp_file.h"

/** Magic numbers: the .xz file format 1.2.0, section 2.1.1.1; RFC 8878, section 3.1.1. */
static const uint8_t xz_magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0x00 };
static const uint8_t zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

/** What is allocated at first; grows by doubling up to AETHER_DDP_FILE_MAX. */
#define OUT_FIRST	(1u << 20)
/** Memory that a decoder may take, in bytes: dictionaries of 64 MiB and what goes with them. */
#define DECODER_MAX	(80u << 20)
#define ZSTD_WINDOW_LOG	26

static bool
begins_with(const struct aether_ddp_file *file, const uint8_t *magic, size_t len)
{
	return file->len >= len && memcmp(file->data, magic, len) == 0;
}

#if defined(AETHER_HAVE_LZMA) || defined(AETHER_HAVE_ZSTD)

struct output {
	uint8_t *data;
	size_t len, size;
};

/** Make room. @return 0, -ENOMEM, or -EINVAL: it is as long as it may get */
static int
output_grow(struct output *out, char *why, size_t why_size)
{
	size_t size = out->size == 0 ? OUT_FIRST : 2 * out->size;
	uint8_t *data;

	if (size > AETHER_DDP_FILE_MAX) {
		snprintf(why, why_size, "decompresses to more than %u MiB, which no package is",
			 AETHER_DDP_FILE_MAX >> 20);
		return -EINVAL;
	}
	data = realloc(out->data, size);
	if (data == NULL) {
		snprintf(why, why_size, "no memory to decompress it");
		return -ENOMEM;
	}
	out->data = data;
	out->size = size;
	return 0;
}

static void
output_take(struct aether_ddp_file *file, struct output *out)
{
	free(file->data);
	file->data = out->data;
	file->len = out->len;
	out->data = NULL;
}

#endif

#ifdef AETHER_HAVE_LZMA

static const char *
xz_error(lzma_ret code)
{
	switch (code) {
	case LZMA_MEMLIMIT_ERROR:
		return "needs more memory to decompress than a package does";
	case LZMA_OPTIONS_ERROR:
		return "uses xz options that this liblzma does not know";
	case LZMA_BUF_ERROR:
		return "is truncated xz data";
	case LZMA_MEM_ERROR:
		return "no memory to decompress it";
	default:
		return "is damaged xz data";
	}
}

static int
unpack_xz(struct aether_ddp_file *file, char *why, size_t why_size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	struct output out = { 0 };
	lzma_ret code;
	int ret = 0;

	code = lzma_stream_decoder(&stream, DECODER_MAX, LZMA_CONCATENATED);
	stream.next_in = file->data;
	stream.avail_in = file->len;
	while (code == LZMA_OK && ret == 0) {
		if (out.len == out.size) {
			ret = output_grow(&out, why, why_size);
			if (ret != 0)
				break;
		}
		stream.next_out = out.data + out.len;
		stream.avail_out = out.size - out.len;
		code = lzma_code(&stream, LZMA_FINISH);
		out.len = out.size - stream.avail_out;
	}
	lzma_end(&stream);
	if (ret == 0 && code != LZMA_STREAM_END) {
		snprintf(why, why_size, "%s", xz_error(code));
		ret = -EINVAL;
	}
	if (ret == 0)
		output_take(file, &out);
	free(out.data);
	return ret;
}

#else

static int
unpack_xz(struct aether_ddp_file *file, char *why, size_t why_size)
{
	(void)file;
	snprintf(why, why_size, "is compressed with xz, and this driver was built without liblzma: "
		 "decompress it (xz -dk), or build with liblzma-dev");
	return -ENOTSUP;
}

#endif

#ifdef AETHER_HAVE_ZSTD

/** @return 0 at the end of all frames, else the error, and why */
static int
zstd_run(ZSTD_DStream *stream, ZSTD_inBuffer *in, struct output *out, char *why, size_t why_size)
{
	size_t left = 1;

	/* left is 0 at the end of a frame; another one may follow. */
	while (left != 0 || in->pos < in->size) {
		ZSTD_outBuffer room;
		size_t before = in->pos;

		if (out->len == out->size) {
			int ret = output_grow(out, why, why_size);

			if (ret != 0)
				return ret;
		}
		room = (ZSTD_outBuffer){ out->data, out->size, out->len };
		left = ZSTD_decompressStream(stream, &room, in);
		if (ZSTD_isError(left)) {
			snprintf(why, why_size, "is damaged Zstandard data: %s",
				 ZSTD_getErrorName(left));
			return -EINVAL;
		}
		if (left != 0 && in->pos == before && room.pos == out->len) {
			snprintf(why, why_size, "is truncated Zstandard data");
			return -EINVAL;
		}
		out->len = room.pos;
	}
	return 0;
}

static int
unpack_zstd(struct aether_ddp_file *file, char *why, size_t why_size)
{
	ZSTD_inBuffer in = { file->data, file->len, 0 };
	ZSTD_DStream *stream = ZSTD_createDStream();
	struct output out = { 0 };
	int ret;

	if (stream == NULL) {
		snprintf(why, why_size, "no memory to decompress it");
		return -ENOMEM;
	}
	ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	ret = zstd_run(stream, &in, &out, why, why_size);
	ZSTD_freeDStream(stream);
	if (ret == 0)
		output_take(file, &out);
	free(out.data);
	return ret;
}

#else

static int
unpack_zstd(struct aether_ddp_file *file, char *why, size_t why_size)
{
	(void)file;
	snprintf(why, why_size, "is compressed with Zstandard, and this driver was built without "
		 "libzstd: decompress it (zstd -d), or build with libzstd-dev");
	return -ENOTSUP;
}

#endif

int
aether_ddp_unpack(struct aether_ddp_file *file, char *why, size_t why_size)
{
	if (begins_with(file, xz_magic, sizeof(xz_magic)))
		return unpack_xz(file, why, why_size);
	if (begins_with(file, zstd_magic, sizeof(zstd_magic)))
		return unpack_zstd(file, why, why_size);
	return 0;
}
