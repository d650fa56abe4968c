/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_DEVICE_ARGS_H
#define AETHER_MODEL_DEVICE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** One --device, parsed. Strings point into text; NULL: not given. */
struct device_args {
	char *text;			/* owned; device_args_free() */
	const char *name, *socket, *wire, *card, *media, *fec, *fault, *pcap;
	uint16_t device_id;		/* 0: not given */
	uint32_t speed_mbps;		/* 0: not given */
	uint8_t pf;
	uint8_t mac[6];			/* zero: not given */
	bool ddp_preloaded;
	bool rdma;
};

/**
 * Parse "key=value,..."; keys and values are those of net_aether's devargs, besides name= and
 * socket=. A value runs to the next ',' outside of brackets.
 *
 * @param err gets the reason, with what was found and what is wanted
 * @return 0, -EINVAL or -ENOMEM
 */
int device_args_parse(const char *text, struct device_args *args, char *err, size_t errlen);
void device_args_free(struct device_args *args);

/** Explain the keys. */
void device_args_usage(FILE *out);

#endif /* AETHER_MODEL_DEVICE_ARGS_H */
