/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FUZZ_VFU_RECORD_H
#define FUZZ_VFU_RECORD_H

/**
 * @file
 * What a hostile client says, as a file: records that follow each other, each of struct vfu_record
 * and that many bytes. fuzz_vfio_user.c sends them, mutate_vfio_user.c damages them,
 * tests/fuzz/vfio_user/ has what QEMU said while Linux ran in it, thinned out, and every command.
 * What does not make a record ends the file.
 */

#include <stddef.h>
#include <stdint.h>

struct vfu_record {
	uint8_t fds;		/* how many descriptors go along (low 5 bits), and vfu_fds << 5 */
	uint8_t len[2];		/* bytes that follow, little-endian */
};

#define VFU_FDS_COUNT	0x1F

enum vfu_fds {
	VFU_FDS_MEMORY,
	VFU_FDS_EVENT,
	VFU_FDS_PIPE,
	VFU_FDS_SOCKET,
	VFU_FDS_READ_ONLY,	/* the memory, open to read */
	VFU_FDS_MIXED,
	VFU_SHRINK,		/* memory, and afterwards its file is empty */
	VFU_HANG_UP,		/* memory, and afterwards the client goes and another one comes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/** Commands that the server has received, and those of them that were in order. */
extern uint64_t fuzz_messages, fuzz_well;

#endif /* FUZZ_VFU_RECORD_H */
