/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_SPARE_H
#define AETHER_FWD_SPARE_H

/** Remember where this process may run. Before EAL, which binds this thread to its lcore's CPU. */
void fwd_spare_remember(void);

/**
 * The CPUs of these that no lcore is on: where a helper takes no time away from forwarding.
 *
 * @return
 *   A list as "2,3,5", valid until the next call; NULL if there are none.
 */
const char *fwd_spare_list(void);

#endif /* AETHER_FWD_SPARE_H */
