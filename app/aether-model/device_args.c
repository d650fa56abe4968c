/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ether.h>

#include <aether_model.h>

#include "device_args.h"

/* Where a parser writes its complaint, and the device's name for it, once known. */
struct parser {
	struct device_args *args;
	char *err;
	size_t errlen;
};

struct key;
typedef int (*parse_fn)(const struct parser *parser, const struct key *key, const char *value);

/* A key, how it is parsed and how it is explained, side by side. */
struct key {
	const char *name;
	const char *value;		/* what stands for it in the help */
	parse_fn parse;
	size_t offset;			/* of a string in struct device_args */
	const char *const *words;	/* that the value can be; NULL: any */
	const char *help;
};

static int __rte_format_printf(2, 3)
complain(const struct parser *parser, const char *format, ...)
{
	const char *name = parser->args->name;
	size_t used;
	va_list ap;

	used = snprintf(parser->err, parser->errlen, "--device %s%s",
			name != NULL ? name : "", name != NULL ? ": " : "");
	if (used < parser->errlen) {
		va_start(ap, format);
		vsnprintf(parser->err + used, parser->errlen - used, format, ap);
		va_end(ap);
	}
	return -EINVAL;
}

static int
parse_string(const struct parser *parser, const struct key *key, const char *value)
{
	unsigned int i;
	char accepted[128] = "";

	for (i = 0; key->words != NULL && key->words[i] != NULL; i++) {
		if (strcmp(key->words[i], value) == 0)
			break;
		snprintf(accepted + strlen(accepted), sizeof(accepted) - strlen(accepted), "%s%s",
			 i == 0 ? "" : ", ", key->words[i]);
	}
	if (key->words != NULL && key->words[i] == NULL)
		return complain(parser, "%s: found '%s', wanted one of: %s", key->name, value,
				accepted);
	*(const char **)((char *)parser->args + key->offset) = value;
	return 0;
}

static int
parse_wire(const struct parser *parser, const struct key *key, const char *value)
{
	if (aether_model_wire_check(value) != 0)
		return complain(parser, "%s: found '%s', wanted a wire (the line above says what "
				"is wrong with it); see --help", key->name, value);
	parser->args->wire = value;
	return 0;
}

/** Digits of the base and nothing else, of a value up to max. */
static bool
read_number(const char *value, int base, unsigned long max, unsigned long *number)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	size_t len = strspn(value, digits);

	if (len == 0 || len > 8 || value[len] != '\0')
		return false;
	*number = strtoul(value, NULL, base);
	return *number <= max;
}

static int
parse_speed(const struct parser *parser, const struct key *key, const char *value)
{
	unsigned long speed;

	/* Which of them the device does, the model knows. */
	if (!read_number(value, 10, 100000, &speed) || speed == 0)
		return complain(parser, "%s: found '%s', wanted 10000, 25000, 40000, 50000 or "
				"100000 (Mb/s)", key->name, value);
	parser->args->speed_mbps = speed;
	return 0;
}

static int
parse_device(const struct parser *parser, const struct key *key, const char *value)
{
	unsigned long id;

	if (strncmp(value, "0x", 2) == 0)
		value += 2;
	if (!read_number(value, 16, UINT16_MAX, &id) || id == 0)
		return complain(parser, "%s: found '%s', wanted a PCI device id: 1591, 1592, 1593 "
				"(E810-C), 1599, 159a, 159b (E810-XXV)", key->name, value);
	parser->args->device_id = id;
	return 0;
}

static int
parse_pf(const struct parser *parser, const struct key *key, const char *value)
{
	unsigned long pf;

	if (!read_number(value, 10, 7, &pf))
		return complain(parser, "%s: found '%s', wanted 0 to 7, each once a card",
				key->name, value);
	parser->args->pf = pf;
	return 0;
}

static int
parse_mac(const struct parser *parser, const struct key *key, const char *value)
{
	struct rte_ether_addr mac;

	if (rte_ether_unformat_addr(value, &mac) != 0 || !rte_is_valid_assigned_ether_addr(&mac))
		return complain(parser, "%s: found '%s', wanted a unicast address other than zero, "
				"as 02:00:00:00:00:01", key->name, value);
	memcpy(parser->args->mac, mac.addr_bytes, sizeof(parser->args->mac));
	return 0;
}

static int
parse_ddp(const struct parser *parser, const struct key *key, const char *value)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "preloaded") != 0)
		return complain(parser, "%s: found '%s', wanted none or preloaded", key->name,
				value);
	parser->args->ddp_preloaded = strcmp(value, "preloaded") == 0;
	return 0;
}

static int
parse_rdma(const struct parser *parser, const struct key *key, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return complain(parser, "%s: found '%s', wanted 0 or 1", key->name, value);
	parser->args->rdma = value[0] == '1';
	return 0;
}

/** Commas part keys, so faults are parted by ';', or stand in brackets. */
static int
parse_fault(const struct parser *parser, const struct key *key, const char *value)
{
	/* The text is ours to write on. */
	char *fault = (char *)(uintptr_t)value, *p;
	size_t len = strlen(fault);

	RTE_SET_USED(key);
	if (fault[0] == '[' && fault[len - 1] == ']') {
		fault[len - 1] = '\0';
		fault++;
	}
	for (p = fault; *p != '\0'; p++)
		if (*p == ';')
			*p = ',';
	parser->args->fault = fault;
	return 0;
}

static const char *const media_words[] = {
	"dac", "sr", "lr", "none", "unsupported", "power", NULL,
};
static const char *const fec_words[] = { "auto", "none", "baser", "rs", NULL };

#define STRING(field)	.parse = parse_string, .offset = offsetof(struct device_args, field)

static const struct key keys[] = {
	{ "name", "name", STRING(name), .help = "for messages, telemetry and the MAC address" },
	{ "socket", "path", STRING(socket),
	  .help = "to listen on; clients are QEMU's vfio-user-pci, net_aether's vfio-user=<path>" },
	{ "wire", "wire", parse_wire, .help = "what the port is connected to; see below [loop]" },
	{ "pcap", "file", STRING(pcap),
	  .help = "write every frame, both ways, to this file, which can be read meanwhile" },
	{ "speed", "Mb/s", parse_speed,
	  .help = "10000, 25000, 40000, 50000 or 100000 [the fastest of the device]" },
	{ "device", "id", parse_device,
	  .help = "PCI device id: 1591, 1592, 1593 (E810-C), 1599, 159a, 159b (E810-XXV) [1592]" },
	{ "media", "module", STRING(media), .words = media_words,
	  .help = "dac, sr, lr, none (empty cage), unsupported, power (too much) [dac]" },
	{ "fec", "mode", STRING(fec), .words = fec_words,
	  .help = "auto, none, baser or rs, until a driver sets another [auto]" },
	{ "mac", "address", parse_mac, .help = "as 02:00:00:00:00:01 [derived from the name]" },
	{ "ddp", "state", parse_ddp,
	  .help = "none (a driver has to download a package) or preloaded [none]" },
	{ "rdma", "0|1", parse_rdma,
	  .help = "whether the card says that it can do RDMA, as each E810 does (Linux warns of "
		  "one that cannot); none of it is modelled, so keep irdma out of the guest [1]" },
	{ "card", "name", STRING(card),
	  .help = "devices with the same are functions of one card [a card of its own]" },
	{ "pf", "n", parse_pf, .help = "number of the function on its card, 0 to 7 [0]" },
	{ "fault", "fault;...", parse_fault,
	  .help = "link-down, reset-stuck, aq:<opcode>:<rc>, aq:nth:<n>:<rc>, "
		  "aq-timeout:<opcode>" },
};

static int
parse_item(const struct parser *parser, char *item, uint32_t *seen)
{
	char *value = strchr(item, '=');
	char known[256] = "";
	unsigned int i;

	if (value != NULL)
		*value++ = '\0';
	for (i = 0; i < RTE_DIM(keys); i++) {
		if (strcmp(item, keys[i].name) == 0)
			break;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i == 0 ? "" : ", ", keys[i].name);
	}
	if (i == RTE_DIM(keys))
		return complain(parser, "found key '%s', wanted one of: %s; see --help", item,
				known);
	if (value == NULL || *value == '\0')
		return complain(parser, "found %s without a value, wanted %s=<%s>", item, item,
				keys[i].value);
	if (*seen & RTE_BIT32(i))
		return complain(parser, "found %s a second time (as '%s'), wanted it once", item,
				value);
	*seen |= RTE_BIT32(i);
	return keys[i].parse(parser, &keys[i], value);
}

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

int
device_args_parse(const char *text, struct device_args *args, char *err, size_t errlen)
{
	const struct parser parser = { args, err, errlen };
	char *item, *end;
	uint32_t seen = 0;
	bool last = false;
	int ret = 0;

	*args = (struct device_args){ .text = strdup(text), .rdma = true };
	if (args->text == NULL) {
		snprintf(err, errlen, "no memory for --device");
		return -ENOMEM;
	}
	for (item = args->text; !last && ret == 0; item = end + 1) {
		end = item_end(item);
		last = *end == '\0';
		*end = '\0';
		ret = parse_item(&parser, item, &seen);
	}
	if (ret == 0 && (args->name == NULL || args->socket == NULL))
		ret = complain(&parser, "found no %s=, wanted at least name=<name>,socket=<path>",
			       args->name == NULL ? "name" : "socket");
	if (ret != 0)
		device_args_free(args);
	return ret;
}

void
device_args_free(struct device_args *args)
{
	free(args->text);
	args->text = NULL;
}

void
device_args_usage(FILE *out)
{
	char head[32];
	unsigned int i;

	for (i = 0; i < RTE_DIM(keys); i++) {
		snprintf(head, sizeof(head), "%s=<%s>", keys[i].name, keys[i].value);
		fprintf(out, "        %-18s %s\n", head, keys[i].help);
	}
}
