/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_STORE_H
#define PART_STORE_H

/* The journal's file. */

#include "part_hands.h"
#include "part_journal.h"

#define PART_STORE_FOLDER	"/run/aether"	/* unless somebody names another */

struct part_store {
	int folder, lock;
	const struct part_hands *hands;
};

/**
 * Open the folder, made if it is not there, and wait for the lock on it.
 *
 * @return 0; -EPERM: others may write to the folder; other negative errno
 */
int part_store_open(struct part_store *store, const char *folder, const struct part_hands *hands);
void part_store_close(struct part_store *store);

/** @return 0, with an empty journal if there is no file; -EINVAL: damaged; other negative errno */
int part_store_load(struct part_store *store, struct part_journal *journal);

/**
 * Read the journal of a host without a lock: it is replaced as a whole.
 *
 * @return as part_store_load(); -EPERM: others may write to the folder; -ENOENT: there is none
 */
int part_store_peek(const struct part_root *root, struct part_journal *journal);

/**
 * Put a journal on disk in place of the one that is there, the whole of it or nothing; the file
 * goes if the journal has no settings.
 */
int part_store_save(struct part_store *store, const struct part_journal *journal);

/** Set a damaged file aside. @return 0 or negative errno */
int part_store_set_aside(struct part_store *store);

#endif /* PART_STORE_H */
