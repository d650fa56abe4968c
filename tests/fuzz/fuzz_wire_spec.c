/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Any bytes as a wire string. */

#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

int aether_model_logtype;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_conf conf;
	char *spec = malloc(size + 1);

	if (spec == NULL)
		return 0;
	memcpy(spec, data, size);
	spec[size] = '\0';
	rte_log_set_global_level(RTE_LOG_EMERG);
	if (wire_spec_parse(NULL, spec, &conf) == 0) {
		/* What the kinds of wire rely on. */
		if (conf.size < WIRE_MIN_FRAME + WIRE_FCS_LEN || conf.size > MODEL_MAX_FRAME ||
		    conf.flows == 0 || (conf.pace == WIRE_PACE_PPS && conf.pps == 0) ||
		    (conf.kind == WIRE_CABLE && conf.name[0] == '\0') ||
		    (conf.kind == WIRE_TAP && (conf.name[0] == '\0' || strlen(conf.name) > 15 ||
					       strchr(conf.name, '/') != NULL || !conf.lossless ||
					       conf.mtu > WIRE_MAX_FRAME)) ||
		    (conf.kind == WIRE_PCAP && conf.in == NULL && conf.out == NULL))
			abort();
	}
	free(spec);
	return 0;
}
