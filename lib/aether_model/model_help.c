/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* All that can be said about a model: its parameters, a table, and the grammar of wires. */

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "model_priv.h"

#define HELP_BYTES	8192

/** A parameter as devargs of net_aether, and what it means; lines after the first are indented. */
static const struct {
	const char *parameter;
	const char *text;
} parameters[] = {
	{ "wire=<wire>", "what the port is connected to; see below [loop]" },
	{ "pcap=<file>", "gets every frame, both ways; may be read while it grows" },
	{ "speed=<Mb/s>", "10000, 25000, 40000, 50000 or 100000: of the module; copper and\n"
	  "25G optics do slower speeds, too. Ports on a cable have the same [the\n"
	  "fastest of the device]" },
	{ "device=<id>", "PCI device id: 1591, 1592, 1593 (E810-C backplane, QSFP, SFP), 1599, "
	  "159a\nor 159b (E810-XXV, the same) [1592]" },
	{ "media=<module>", "dac (passive copper), sr, lr, none (empty cage), unsupported (a\n"
	  "module that the port cannot use), power (one that needs too much). Ports on\n"
	  "a cable have the same [dac]" },
	{ "fec=<mode>", "auto, none, baser or rs: what the flash configures until a driver\n"
	  "does. A link needs a mode that both ends accept; auto does not mean none [auto]" },
	{ "mac=<address>", "as 02:00:00:00:00:01 [derived from the name]" },
	{ "ddp=<state>", "none (as after power-on) or preloaded (a small package is in force)\n"
	  "[preloaded]" },
	{ "card=<name>", "functions with the same name sit on one card [a card of its own]" },
	{ "pf=<n>", "number of the function on its card, 0 to 7 [0]" },
	{ "cpu=<n>", "CPU of the thread that runs the models [chosen]" },
	{ "fault=<fault>;...", "link-down, reset-stuck, aq:<opcode>:<rc>, aq:nth:<n>:<rc>,\n"
	  "aq-timeout:<opcode>" },
};

static char help[HELP_BYTES];

static void
put(size_t *used, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(help + *used, sizeof(help) - *used, format, args);
	va_end(args);
	if (n > 0)
		*used = RTE_MIN(*used + (size_t)n, sizeof(help) - 1);
}

static void
render(void)
{
	size_t used = 0;
	const char *p;
	unsigned int i;

	put(&used, "Parameters of the device model; defaults are in brackets:\n");
	for (i = 0; i < RTE_DIM(parameters); i++) {
		put(&used, "  %-18s ", parameters[i].parameter);
		for (p = parameters[i].text; *p != '\0'; p++) {
			put(&used, "%c", *p);
			if (*p == '\n')
				put(&used, "%21s", "");
		}
		put(&used, "\n");
	}
	put(&used, "%s", aether_model_wire_help());
}

const char *
aether_model_help(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, render);
	return help;
}
