/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Linked into each application by librte_aether.pc, never called. A reference from an
 * object file is what makes the linker keep a shared library under --as-needed, and with
 * librte_aether come the drivers that it depends on.
 */

#include "rte_aether.h"

const char *(*const aether_needed)(void);
const char *(*const aether_needed)(void) = rte_aether_version;
