/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <aether_model.h>

#include "aether_devargs.h"
#include "aether_ethdev.h"

#define MAX_CARD_NAME	63	/* struct model_card::name */

/** Where a value goes, and the port's name for messages. */
struct devargs_parser {
	const char *port;
	struct aether_devargs *args;
};

static int
parse_wire(const struct devargs_parser *parser, const char *value)
{
	if (aether_model_wire_check(value) != 0) {
		AETHER_LOG(ERR, "%s: devarg wire=%s is not a wire; accepted:\n%s",
			   parser->port, value, aether_model_wire_help());
		return -EINVAL;
	}
	parser->args->wire = strdup(value);
	return parser->args->wire == NULL ? -ENOMEM : 0;
}

/** Whether it can be written, the model finds out. */
static int
parse_pcap(const struct devargs_parser *parser, const char *value)
{
	parser->args->pcap = strdup(value);
	return parser->args->pcap == NULL ? -ENOMEM : 0;
}

/** A decimal number of at most six digits and nothing else. */
static int
parse_number(const char *value, uint32_t *number)
{
	size_t digits = strspn(value, "0123456789");

	if (digits == 0 || digits > 6 || value[digits] != '\0')
		return -EINVAL;
	*number = strtoul(value, NULL, 10);
	return 0;
}

static int
parse_speed(const struct devargs_parser *parser, const char *value)
{
	static const uint32_t speeds[] = { 10000, 25000, 40000, 50000, 100000 };
	uint32_t speed;
	unsigned int i;

	if (parse_number(value, &speed) == 0) {
		for (i = 0; i < RTE_DIM(speeds); i++) {
			if (speeds[i] == speed) {
				parser->args->speed_mbps = speed;
				return 0;
			}
		}
	}
	AETHER_LOG(ERR, "%s: devarg speed=%s is not a speed of an E810; accepted, in Mb/s: "
		   "10000, 25000, 40000, 50000, 100000", parser->port, value);
	return -EINVAL;
}

/** Whether the model has such a device, the model finds out. */
static int
parse_device(const struct devargs_parser *parser, const char *value)
{
	const size_t digits = strspn(value, "0123456789abcdefABCDEF");

	if (digits == 0 || digits > 4 || value[digits] != '\0') {
		AETHER_LOG(ERR, "%s: devarg device=%s is not a PCI device id; accepted: 1591, "
			   "1592, 1593 (E810-C), 1599, 159a, 159b (E810-XXV)", parser->port, value);
		return -EINVAL;
	}
	parser->args->device_id = strtoul(value, NULL, 16);
	return 0;
}

/** One of several words, which the model knows by the same name. */
static int
parse_word(const struct devargs_parser *parser, const char *key, const char *value,
	   const char *const *words, char **word)
{
	char accepted[128] = "";
	unsigned int i;

	for (i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0) {
			*word = strdup(value);
			return *word == NULL ? -ENOMEM : 0;
		}
		snprintf(accepted + strlen(accepted), sizeof(accepted) - strlen(accepted), "%s%s",
			 i == 0 ? "" : ", ", words[i]);
	}
	AETHER_LOG(ERR, "%s: devarg %s=%s; accepted: %s", parser->port, key, value, accepted);
	return -EINVAL;
}

static int
parse_media(const struct devargs_parser *parser, const char *value)
{
	static const char *const words[] = {
		"dac", "sr", "lr", "none", "unsupported", "power", NULL,
	};

	return parse_word(parser, "media", value, words, &parser->args->media);
}

static int
parse_fec(const struct devargs_parser *parser, const char *value)
{
	static const char *const words[] = { "auto", "none", "baser", "rs", NULL };

	return parse_word(parser, "fec", value, words, &parser->args->fec);
}

static int
parse_mac(const struct devargs_parser *parser, const char *value)
{
	struct rte_ether_addr *mac = &parser->args->mac;

	if (rte_ether_unformat_addr(value, mac) != 0 || !rte_is_valid_assigned_ether_addr(mac)) {
		AETHER_LOG(ERR, "%s: devarg mac=%s is not an address that a port can have; "
			   "accepted: a unicast address other than zero, as 02:00:00:00:00:01",
			   parser->port, value);
		return -EINVAL;
	}
	parser->args->mac_given = true;
	return 0;
}

static int
parse_cpu(const struct devargs_parser *parser, const char *value)
{
	uint32_t cpu;

	/* Whether this machine has it, the service thread finds out. */
	if (parse_number(value, &cpu) != 0) {
		AETHER_LOG(ERR, "%s: devarg cpu=%s is not a CPU number; accepted: the number of a "
			   "CPU of this machine for the model's thread, counted from 0",
			   parser->port, value);
		return -EINVAL;
	}
	parser->args->cpu = cpu;
	return 0;
}

/** Ports whose functions sit on the same card give the same name. */
static int
parse_card(const struct devargs_parser *parser, const char *value)
{
	if (strlen(value) > MAX_CARD_NAME) {
		AETHER_LOG(ERR, "%s: devarg card=%s is too long; accepted: a name of up to %u "
			   "characters, the same for all ports on one card", parser->port, value,
			   MAX_CARD_NAME);
		return -EINVAL;
	}
	parser->args->card = strdup(value);
	return parser->args->card == NULL ? -ENOMEM : 0;
}

static int
parse_pf(const struct devargs_parser *parser, const char *value)
{
	uint32_t pf;

	if (parse_number(value, &pf) != 0 || pf >= E810_MAX_FUNCTIONS) {
		AETHER_LOG(ERR, "%s: devarg pf=%s is not a function of a card; accepted: 0 to %u, "
			   "each once a card", parser->port, value, E810_MAX_FUNCTIONS - 1);
		return -EINVAL;
	}
	parser->args->pf = pf;
	return 0;
}

/**
 * Commas separate devargs, so faults are separated by ';' here, or stand in brackets:
 * fault=aq:0x0601:5;link-down or fault=[aq:0x0601:5,link-down]. The model judges each fault.
 */
static int
parse_fault(const struct devargs_parser *parser, const char *value)
{
	size_t len = strlen(value);
	char *fault, *p;

	if (value[0] == '[' && value[len - 1] == ']') {
		value++;
		len -= 2;
	}
	fault = strndup(value, len);
	if (fault == NULL)
		return -ENOMEM;
	for (p = fault; *p != '\0'; p++) {
		if (*p == ';')
			*p = ',';
	}
	parser->args->fault = fault;
	return 0;
}

/** Keys that name a device other than the model, which this build cannot open. */
static int
refuse_door(const struct devargs_parser *parser, const char *value)
{
	AETHER_LOG(ERR, "%s: devargs name a device (%s), and this build has the in-process model "
		   "only; leave bdf= and vfio-user= out to use the model", parser->port, value);
	return -ENOTSUP;
}

static int
parse_ddp(const struct devargs_parser *parser, const char *value)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "preloaded") != 0) {
		AETHER_LOG(ERR, "%s: devarg ddp=%s; accepted: preloaded (the model begins with a "
			   "DDP package of its own in force, the default) and none (the driver has "
			   "to download one)", parser->port, value);
		return -EINVAL;
	}
	parser->args->ddp_none = strcmp(value, "none") == 0;
	return 0;
}

/** Whether it is there and what it holds, the bring-up finds out. */
static int
parse_ddp_pkg_file(const struct devargs_parser *parser, const char *value)
{
	parser->args->ddp_pkg_file = strdup(value);
	return parser->args->ddp_pkg_file == NULL ? -ENOMEM : 0;
}

static int
parse_safe_mode(const struct devargs_parser *parser, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
		AETHER_LOG(ERR, "%s: devarg safe-mode=%s; accepted: 1 (without a DDP package go on "
			   "with one queue pair and no RSS) and 0 (do not)", parser->port, value);
		return -EINVAL;
	}
	parser->args->safe_mode = value[0] == '1';
	return 0;
}

static const struct {
	const char *name;
	int (*parse)(const struct devargs_parser *parser, const char *value);
} keys[] = {
	{ "wire", parse_wire },
	{ "pcap", parse_pcap },
	{ "speed", parse_speed },
	{ "device", parse_device },
	{ "media", parse_media },
	{ "fec", parse_fec },
	{ "mac", parse_mac },
	{ "cpu", parse_cpu },
	{ "card", parse_card },
	{ "pf", parse_pf },
	{ "fault", parse_fault },
	{ "bdf", refuse_door },
	{ "vfio-user", refuse_door },
	{ "ddp", parse_ddp },
	{ "ddp_pkg_file", parse_ddp_pkg_file },
	{ "safe-mode", parse_safe_mode },
};

/** The end of the item that begins here: a ',' outside of brackets, or the end of the text. */
static char *
item_end(char *item)
{
	bool in_brackets = false;

	for (; *item != '\0'; item++) {
		if (*item == '[')
			in_brackets = true;
		else if (*item == ']')
			in_brackets = false;
		else if (*item == ',' && !in_brackets)
			break;
	}
	return item;
}

static int
parse_item(const struct devargs_parser *parser, char *item, uint32_t *seen)
{
	char *value = strchr(item, '=');
	unsigned int i;

	if (value != NULL)
		*value++ = '\0';
	for (i = 0; i < RTE_DIM(keys); i++) {
		if (strcmp(item, keys[i].name) == 0)
			break;
	}
	if (i == RTE_DIM(keys)) {
		AETHER_LOG(ERR, "%s: devarg '%s' is unknown; known are: %s\n%s", parser->port,
			   item, AETHER_DEVARGS_PARAM_STRING, aether_model_help());
		return -EINVAL;
	}
	if (value == NULL || *value == '\0') {
		AETHER_LOG(ERR, "%s: devarg %s has no value; known are: %s", parser->port, item,
			   AETHER_DEVARGS_PARAM_STRING);
		return -EINVAL;
	}
	if (*seen & RTE_BIT32(i)) {
		AETHER_LOG(ERR, "%s: devarg %s is given twice (then as %s); give it once",
			   parser->port, item, value);
		return -EINVAL;
	}
	*seen |= RTE_BIT32(i);
	return keys[i].parse(parser, value);
}

int
aether_devargs_parse(const char *name, const char *text, struct aether_devargs *args)
{
	const struct devargs_parser parser = { .port = name, .args = args };
	char *copy, *item, *end;
	uint32_t seen = 0;
	bool last;
	int ret = 0;

	*args = (struct aether_devargs){ .cpu = -1 };
	if (text == NULL || *text == '\0')
		return 0;
	copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;

	for (item = copy, last = false; !last && ret == 0; item = end + 1) {
		end = item_end(item);
		last = *end == '\0';
		*end = '\0';
		ret = parse_item(&parser, item, &seen);
	}
	free(copy);
	if (ret != 0)
		aether_devargs_free(args);
	return ret;
}

void
aether_devargs_free(struct aether_devargs *args)
{
	free(args->wire);
	free(args->pcap);
	free(args->fault);
	free(args->media);
	free(args->fec);
	free(args->card);
	free(args->ddp_pkg_file);
	args->wire = NULL;
	args->pcap = NULL;
	args->fault = NULL;
	args->media = NULL;
	args->fec = NULL;
	args->card = NULL;
	args->ddp_pkg_file = NULL;
}
