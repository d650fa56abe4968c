/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFIO_USER_CAPS_H
#define VFIO_USER_CAPS_H

/**
 * @file
 * What a vfio-user server says of itself in its answer to VERSION (vfio-user specification,
 * "VFIO_USER_VERSION", capabilities): JSON, of which some numbers matter here.
 */

#include <stddef.h>
#include <stdint.h>

/** Limits of a server. */
struct aether_vfu_caps {
	uint32_t max_msg_fds;		/**< descriptors with a message */
	uint32_t max_data_xfer_size;	/**< bytes of data in a message */
	uint32_t max_dma_maps;		/**< mappings at a time */
};

/**
 * Take the limits out of the text; what it does not name has the specification's default.
 *
 * @param text not terminated by a NUL; may come from anybody
 * @param len bytes; 0: no capabilities
 * @return 0; -EINVAL: not an object in JSON, nested deeper than 8, or a limit that is no number
 *   from 1 to 2^32 - 1
 */
int aether_vfu_caps_parse(const char *text, size_t len, struct aether_vfu_caps *caps);

#endif /* VFIO_USER_CAPS_H */
