/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_H
#define AETHER_PARTITION_H

#include "aether_devargs.h"

/**
 * Judge whether the lcores' CPUs are left alone, as partition= wants it.
 *
 * @param name of the port, for the log
 * @return 0: the port may come up; -EPERM: with partition=enforce they are not, the log says why;
 *   with enforce also what rte_aether_partition_check() gives
 */
int aether_partition_admit(const char *name, const struct aether_devargs *args);

#endif /* AETHER_PARTITION_H */
