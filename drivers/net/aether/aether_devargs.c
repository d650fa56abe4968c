/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <rte_common.h>
#include <rte_pci.h>

#include <aether_model.h>

#include "aether_devargs.h"
#include "aether_ethdev.h"

#define PMD_VALUE	"aether"
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

/** Whether there is such a function, the door finds out. Its name may lack the domain. */
static int
parse_bdf(const struct devargs_parser *parser, const char *value)
{
	struct rte_pci_addr addr;
	char name[PCI_PRI_STR_SIZE];

	if (rte_pci_addr_parse(value, &addr) != 0) {
		AETHER_LOG(ERR, "%s: %s is not a PCI function (bdf=, or -a); accepted: its address "
			   "as lspci -D shows it, such as 0000:18:00.0", parser->port, value);
		return -EINVAL;
	}
	rte_pci_device_name(&addr, name, sizeof(name));
	parser->args->bdf = strdup(name);
	return parser->args->bdf == NULL ? -ENOMEM : 0;
}

/** Whether somebody serves there, the door finds out. */
static int
parse_vfio_user(const struct devargs_parser *parser, const char *value)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (strlen(value) > max) {
		AETHER_LOG(ERR, "%s: devarg vfio-user=%s is too long; accepted: the path of a "
			   "socket, up to %zu characters", parser->port, value, max);
		return -EINVAL;
	}
	parser->args->vfio_user = strdup(value);
	return parser->args->vfio_user == NULL ? -ENOMEM : 0;
}

static int
parse_noiommu(const struct devargs_parser *parser, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
		AETHER_LOG(ERR, "%s: devarg noiommu=%s; accepted: 1 (open the device also where "
			   "no IOMMU holds it back from memory that is not its own) and 0 (do "
			   "not)", parser->port, value);
		return -EINVAL;
	}
	parser->args->noiommu = value[0] == '1';
	return 0;
}

static int
parse_pmd(const struct devargs_parser *parser, const char *value)
{
	if (strcmp(value, PMD_VALUE) != 0) {
		AETHER_LOG(ERR, "%s: devarg pmd=%s; accepted: " PMD_VALUE, parser->port, value);
		return -EINVAL;
	}
	return 0;
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

static int
parse_partition(const struct devargs_parser *parser, const char *value)
{
	static const char *const words[] = {
		[AETHER_DEVARGS_PARTITION_OFF] = "off",
		[AETHER_DEVARGS_PARTITION_WARN] = "warn",
		[AETHER_DEVARGS_PARTITION_ENFORCE] = "enforce",
	};
	unsigned int i;

	for (i = AETHER_DEVARGS_PARTITION_OFF; i < RTE_DIM(words); i++) {
		if (strcmp(words[i], value) == 0) {
			parser->args->partition = i;
			return 0;
		}
	}
	AETHER_LOG(ERR, "%s: devarg partition=%s; accepted: enforce (the port does not come up if "
		   "the lcores' CPUs are not left alone), warn, off", parser->port, value);
	return -EINVAL;
}

static int
parse_writeback_us(const struct devargs_parser *parser, const char *value)
{
	uint32_t us;

	if (parse_number(value, &us) != 0 || us > AETHER_WRITEBACK_MAX_US || us % 2 != 0) {
		AETHER_LOG(ERR, "%s: devarg writeback-us=%s; accepted: how long the descriptors of "
			   "a polled queue may wait for company before the device writes them "
			   "back, an even number of microseconds up to %u; 2 if it is not given",
			   parser->port, value, AETHER_WRITEBACK_MAX_US);
		return -EINVAL;
	}
	parser->args->writeback_us = us;
	return 0;
}

/** What a key belongs to: it says nothing of a device that another key names. */
enum key_of {
	KEY_OF_ANY,
	KEY_OF_MODEL,
	KEY_OF_VFIO,			/* names a PCI function, or says how to open it */
	KEY_OF_VFIO_USER,
	KEY_OF_PCI_FORM,		/* for -a <BDF> only */
};

static const struct {
	const char *name;
	enum key_of of;
	int (*parse)(const struct devargs_parser *parser, const char *value);
} keys[] = {
	{ "bdf", KEY_OF_VFIO, parse_bdf },
	{ "noiommu", KEY_OF_VFIO, parse_noiommu },
	{ "vfio-user", KEY_OF_VFIO_USER, parse_vfio_user },
	{ "pmd", KEY_OF_PCI_FORM, parse_pmd },
	{ "wire", KEY_OF_MODEL, parse_wire },
	{ "pcap", KEY_OF_MODEL, parse_pcap },
	{ "speed", KEY_OF_MODEL, parse_speed },
	{ "device", KEY_OF_MODEL, parse_device },
	{ "media", KEY_OF_MODEL, parse_media },
	{ "fec", KEY_OF_MODEL, parse_fec },
	{ "mac", KEY_OF_MODEL, parse_mac },
	{ "cpu", KEY_OF_MODEL, parse_cpu },
	{ "card", KEY_OF_MODEL, parse_card },
	{ "pf", KEY_OF_MODEL, parse_pf },
	{ "fault", KEY_OF_MODEL, parse_fault },
	{ "ddp", KEY_OF_MODEL, parse_ddp },
	{ "ddp_pkg_file", KEY_OF_ANY, parse_ddp_pkg_file },
	{ "safe-mode", KEY_OF_ANY, parse_safe_mode },
	{ "partition", KEY_OF_ANY, parse_partition },
	{ "writeback-us", KEY_OF_ANY, parse_writeback_us },
};

/** The first key given of a kind; NULL: none. */
static const char *
first_of(enum key_of of, uint32_t seen)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(keys); i++) {
		if (keys[i].of == of && (seen & RTE_BIT32(i)))
			return keys[i].name;
	}
	return NULL;
}

static int
check_pci_form(const struct devargs_parser *parser, uint32_t seen)
{
	const char *key = first_of(KEY_OF_VFIO_USER, seen);

	if (parser->args->bdf != NULL)
		key = "bdf";
	if (key == NULL)
		key = first_of(KEY_OF_MODEL, seen);
	if (key != NULL) {
		AETHER_LOG(ERR, "%s: devarg %s= belongs to --vdev net_aether0, and -a names a PCI "
			   "function already; accepted with -a: %s", parser->port, key,
			   AETHER_DEVARGS_PCI_STRING);
		return -EINVAL;
	}
	return parse_bdf(parser, parser->port);
}

/** Each key by itself is good: whether all name the same device. */
static int
check_together(const struct devargs_parser *parser, enum aether_devargs_form form, uint32_t seen)
{
	const struct aether_devargs *args = parser->args;
	const char *model = first_of(KEY_OF_MODEL, seen);

	if (form == AETHER_DEVARGS_PCI)
		return check_pci_form(parser, seen);
	if (first_of(KEY_OF_PCI_FORM, seen) != NULL) {
		AETHER_LOG(ERR, "%s: devarg pmd= belongs to -a <BDF>,pmd=" PMD_VALUE "; with "
			   "--vdev the name chooses the driver: leave it out", parser->port);
		return -EINVAL;
	}
	if (args->bdf != NULL && args->vfio_user != NULL) {
		AETHER_LOG(ERR, "%s: devargs bdf=%s and vfio-user=%s name two devices; give one",
			   parser->port, args->bdf, args->vfio_user);
		return -EINVAL;
	}
	if (model != NULL && (args->bdf != NULL || args->vfio_user != NULL)) {
		AETHER_LOG(ERR, "%s: devarg %s= describes the in-process model, and %s= names "
			   "another device, which is what it is; leave one of them out",
			   parser->port, model, args->bdf != NULL ? "bdf" : "vfio-user");
		return -EINVAL;
	}
	if (first_of(KEY_OF_VFIO, seen) != NULL && args->bdf == NULL) {
		AETHER_LOG(ERR, "%s: devarg noiommu= is for a PCI function; name it by bdf=, or "
			   "leave noiommu= out", parser->port);
		return -EINVAL;
	}
	return 0;
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

static int
parse_items(const struct devargs_parser *parser, const char *text, uint32_t *seen)
{
	char *copy, *item, *end;
	bool last;
	int ret = 0;

	copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;
	for (item = copy, last = false; !last && ret == 0; item = end + 1) {
		end = item_end(item);
		last = *end == '\0';
		*end = '\0';
		ret = parse_item(parser, item, seen);
	}
	free(copy);
	return ret;
}

int
aether_devargs_parse(const char *name, const char *text, enum aether_devargs_form form,
		     struct aether_devargs *args)
{
	const struct devargs_parser parser = { .port = name, .args = args };
	uint32_t seen = 0;
	int ret = 0;

	*args = (struct aether_devargs){ .cpu = -1, .writeback_us = -1 };
	if (text != NULL && *text != '\0')
		ret = parse_items(&parser, text, &seen);
	if (ret == 0)
		ret = check_together(&parser, form, seen);
	if (ret != 0)
		aether_devargs_free(args);
	return ret;
}

bool
aether_devargs_ours(const char *text)
{
	const char *const item = "pmd=" PMD_VALUE;
	const size_t len = strlen(item);

	while (text != NULL) {
		if (strncmp(text, item, len) == 0 && (text[len] == '\0' || text[len] == ','))
			return true;
		text = strchr(text, ',');
		if (text != NULL)
			text++;
	}
	return false;
}

void
aether_devargs_free(struct aether_devargs *args)
{
	free(args->bdf);
	free(args->vfio_user);
	free(args->wire);
	free(args->pcap);
	free(args->fault);
	free(args->media);
	free(args->fec);
	free(args->card);
	free(args->ddp_pkg_file);
	args->bdf = NULL;
	args->vfio_user = NULL;
	args->wire = NULL;
	args->pcap = NULL;
	args->fault = NULL;
	args->media = NULL;
	args->fec = NULL;
	args->card = NULL;
	args->ddp_pkg_file = NULL;
}
