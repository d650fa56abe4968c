/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "rte_aether.h"

const char *
rte_aether_version(void)
{
	return "Aether " AETHER_VERSION;
}
