/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_H
#define RTE_AETHER_H

/**
 * @file
 * Aether as a whole.
 *
 * An application that links librte_aether has the net_aether driver registered with
 * DPDK before main() runs and needs no -d option. Nothing here has to be called.
 */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The version of Aether that the application runs with, for logs and reports.
 *
 * @return
 *   A constant string such as "Aether 0.1.0"; never NULL.
 */
const char *
rte_aether_version(void);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_H */
