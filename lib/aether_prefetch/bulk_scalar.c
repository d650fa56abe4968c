/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Decisions of many streams with plain C. */

#include "vec_scalar.h"

#include "bulk_kernel.h"

BULK_FUNCTIONS(scalar)
