/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_DEVICE_H
#define AETHER_MODEL_DEVICE_H

#include <stdio.h>

#include <aether_model.h>
#include <aether_vfio_user.h>

#include "device_args.h"

/** A device of the model, and the server that offers it. */
struct device;

/** Power it on and listen. @return the device, or NULL with rte_errno; the log says why */
struct device *device_create(const struct device_args *args);
/** Disconnect the client, stop listening, power it off. NULL is fine. */
void device_destroy(struct device *device);

const char *device_name(const struct device *device);
struct aether_model *device_model(struct device *device);
struct aether_vfio_user *device_server(struct device *device);

/** What it has done, for people. */
void device_print_summary(struct device *device, FILE *out);

#endif /* AETHER_MODEL_DEVICE_H */
