/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_DEVARGS_H
#define AETHER_DEVARGS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

/** What the devargs of a port say. Strings are owned; NULL: the key was not given. */
struct aether_devargs {
	char *wire;
	char *fault;			/* as aether_model_conf::fault takes it: comma-separated */
	uint32_t speed_mbps;		/* 0: not given */
	int cpu;			/* -1: not given */
	struct rte_ether_addr mac;
	bool mac_given;
};

/** "key=<what> ..." for RTE_PMD_REGISTER_PARAM_STRING. */
#define AETHER_DEVARGS_PARAM_STRING \
	"wire=<kind[:option...]> " \
	"speed=<10000|25000|40000|50000|100000> " \
	"mac=<xx:xx:xx:xx:xx:xx> " \
	"cpu=<n> " \
	"fault=<fault[;fault...]>"

/**
 * Parse and check the devargs of a port.
 *
 * A value runs from the first '=' of its item to the next ',' outside of brackets, so that it may
 * contain '=' itself, as wires do (rte_kvargs takes such a value apart).
 *
 * @param name of the port, for the log
 * @param text all devargs, comma-separated; NULL or empty: none
 * @param[out] args filled on success; to be given to aether_devargs_free()
 * @return 0; -EINVAL: an unknown or repeated key or a bad value, the log says which, and what is
 *   accepted; -ENOTSUP: a key of another build; -ENOMEM
 */
int aether_devargs_parse(const char *name, const char *text, struct aether_devargs *args);
void aether_devargs_free(struct aether_devargs *args);

#endif /* AETHER_DEVARGS_H */
