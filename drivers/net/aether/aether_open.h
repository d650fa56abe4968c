/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_OPEN_H
#define AETHER_OPEN_H

struct aether_bus;
struct aether_devargs;

/**
 * Open the door to the device that the devargs name: a PCI function, a socket, or the model in
 * this process when they name none.
 *
 * @param name of the port, for the log
 * @param[out] bus the open door, on success
 * @return 0 or negative errno, the reason logged
 */
int aether_open(const char *name, const struct aether_devargs *args, struct aether_bus **bus);

/** Log why the PCI function of these devargs cannot be opened, if no driver of the kernel has it. */
void aether_open_explain_unbound(const char *name, const struct aether_devargs *args);

/** NUMA node of that device, before it is opened; -1: not known, or none. */
int aether_open_numa_node(const struct aether_devargs *args);

#endif /* AETHER_OPEN_H */
