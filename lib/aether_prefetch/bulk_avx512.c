/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Decisions of many streams with AVX-512. */

#include "vec_avx512.h"

#include "bulk_kernel.h"

BULK_FUNCTIONS(avx512)
