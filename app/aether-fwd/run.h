/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_RUN_H
#define AETHER_FWD_RUN_H

#include <signal.h>

#include "options.h"

/** Exit codes of the program. */
enum fwd_exit {
	FWD_EXIT_OK = 0,
	FWD_EXIT_FAILED = 1,  /**< the run could not be made */
	FWD_EXIT_USAGE = 2,   /**< bad options */
	FWD_EXIT_PROBLEM = 3, /**< the run was made and does not add up */
};

/**
 * Make one run on an initialised EAL: open the ports, forward, drain, report, close.
 *
 * @param opt
 *   What to do.
 * @param signals
 *   How many stop signals have come: one drains, a second one leaves at once.
 * @return
 *   An enum fwd_exit.
 */
int fwd_run(const struct fwd_options *opt, const volatile sig_atomic_t *signals);

#endif /* AETHER_FWD_RUN_H */
