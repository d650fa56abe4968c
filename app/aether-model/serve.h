/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_SERVE_H
#define AETHER_MODEL_SERVE_H

#include "device.h"

/** Answer the devices' clients until stop_fd is readable. @return 0 or negative errno */
int serve_devices(struct device *const *devices, unsigned int n, int stop_fd);

#endif /* AETHER_MODEL_SERVE_H */
