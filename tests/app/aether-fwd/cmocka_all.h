/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef TESTS_AETHER_FWD_CMOCKA_ALL_H
#define TESTS_AETHER_FWD_CMOCKA_ALL_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif /* TESTS_AETHER_FWD_CMOCKA_ALL_H */
