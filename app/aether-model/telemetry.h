/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_TELEMETRY_H
#define AETHER_MODEL_TELEMETRY_H

#include "device.h"

/** Offer the devices by rte_telemetry. @return 0 or negative errno */
int telemetry_start(struct device *const *devices, unsigned int n);
/** The devices are going; on return none is in use. */
void telemetry_stop(void);

#endif /* AETHER_MODEL_TELEMETRY_H */
