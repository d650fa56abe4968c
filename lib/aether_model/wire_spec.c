/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The wire string: kind[:key=value|:flag]..., where '\:' stands for ':' and '\\' for '\'.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

#define KIND(k)		(1u << (k))
#define ALL_KINDS	(KIND(WIRE_LOOP) | KIND(WIRE_GEN) | KIND(WIRE_SINK) | KIND(WIRE_PCAP) | \
			 KIND(WIRE_CABLE) | KIND(WIRE_TAP))

/* Sorted by enum wire_kind. */
static const char *const kind_names[] = { "loop", "gen", "sink", "pcap", "cable", "tap" };

static const char help[] =
	"A wire is kind[:key=value|:flag]...; in values '\\:' stands for ':'.\n"
	"  loop          what the port sends comes back\n"
	"  gen           generated packets come in (Ethernet, IPv4, UDP; stamped for latency);\n"
	"                what the port sends goes to a sink\n"
	"    size=<n>      bytes with FCS, 64 to 9728 [64]\n"
	"    count=<n>     packets, 0: endless [0]\n"
	"    flows=<n>     UDP and IP sources to cycle through, 1 to 16777216 [1]\n"
	"    start=<ms>    wait that long after the port is ready to receive [0]\n"
	"    dst=<mac>     destination, six bytes parted by '-', or broadcast [the port's own]\n"
	"    src=<mac>     source [02-ae-7e-00-00-xx]\n"
	"                a generator waits while the link is down or no Rx queue is enabled and\n"
	"                filled\n"
	"  sink          nothing comes in; what the port sends is counted, and its latency is\n"
	"                measured when a generator of this machine has stamped it\n"
	"  pcap          from and to capture files (Ethernet; pcap, in also pcapng)\n"
	"    in=<file>     what comes in, frames under 60 bytes are padded; waits as gen does\n"
	"    out=<file>    gets what the port sends, without FCS, stamped in ns; overwritten\n"
	"    loop=<n>      times to play 'in', 0: endless [1]\n"
	"    loop=link     play it once each time that the port has become able to receive\n"
	"    truncated=skip  leave out packets that were not captured whole [refuse the file]\n"
	"  cable:<name>  to the port of this process that has the cable of the same name\n"
	"  tap:<ifname>  to a network interface of Linux, which is made, and goes with the port; "
	"one\n"
	"                that is there already is used and stays. Needs CAP_NET_ADMIN. The link is "
	"up\n"
	"                while both sides are\n"
	"    mtu=<n>       of the interface, 68 to 9702 [Linux's default, 1500]\n"
	"    netns=<name>  network namespace to make it in, as 'ip netns' names them, or a path\n"
	"                  [the one of the process]\n"
	"For all kinds:\n"
	"    pace=<pps>    packets per second that come in (gen, pcap with in), or that the port\n"
	"                  can send (others)\n"
	"    pace=line     the same at the port's speed, with FCS, preamble and interframe gap\n"
	"    pace=lossless as fast as the receiver takes them: 802.3x pause instead of drops\n"
	"    pace=real     as captured (pcap with in)\n"
	"                  [gen: line; pcap with in: lossless; others: no limit]\n"
	"    lossless      pause instead of drops, with any pace (a tap always does)\n"
	"Both ends of a cable are lossless or neither is.\n";

const char *
aether_model_wire_help(void)
{
	return help;
}

/* ------------------------------------------------------------------ values ------------------ */

static bool
parse_number(const char *value, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return false;
	errno = 0;
	n = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*number = n;
	return true;
}

static int
hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Six bytes of two digits, parted by '-' or ':'. */
static bool
parse_mac(const char *value, uint8_t mac[6])
{
	unsigned int i;

	if (strlen(value) != 17)
		return false;
	for (i = 0; i < 6; i++, value += 3) {
		if (hex_digit(value[0]) < 0 || hex_digit(value[1]) < 0)
			return false;
		if (i < 5 && value[2] != '-' && value[2] != ':')
			return false;
		mac[i] = (uint8_t)(hex_digit(value[0]) << 4 | hex_digit(value[1]));
	}
	return true;
}

static bool
parse_pace(const char *value, struct wire_conf *conf)
{
	if (strcmp(value, "line") == 0) {
		conf->pace = WIRE_PACE_LINE;
	} else if (strcmp(value, "lossless") == 0) {
		conf->pace = WIRE_PACE_LOSSLESS;
		conf->lossless = true;
	} else if (strcmp(value, "real") == 0) {
		conf->pace = WIRE_PACE_REAL;
	} else {
		conf->pace = WIRE_PACE_PPS;
		return parse_number(value, 1, UINT64_C(1000000000), &conf->pps);
	}
	return true;
}

static bool
parse_lossless(const char *value, struct wire_conf *conf)
{
	RTE_SET_USED(value);
	conf->lossless = true;
	return true;
}

static bool
parse_size(const char *value, struct wire_conf *conf)
{
	uint64_t size;

	if (!parse_number(value, WIRE_MIN_FRAME + WIRE_FCS_LEN, MODEL_MAX_FRAME, &size))
		return false;
	conf->size = size;
	return true;
}

static bool
parse_count(const char *value, struct wire_conf *conf)
{
	return parse_number(value, 0, UINT64_MAX, &conf->count);
}

static bool
parse_flows(const char *value, struct wire_conf *conf)
{
	uint64_t flows;

	if (!parse_number(value, 1, 1 << 24, &flows))
		return false;
	conf->flows = flows;
	return true;
}

static bool
parse_start(const char *value, struct wire_conf *conf)
{
	return parse_number(value, 0, 3600000, &conf->start_ms);
}

static bool
parse_dst(const char *value, struct wire_conf *conf)
{
	conf->dst_given = true;
	if (strcmp(value, "broadcast") == 0) {
		memset(conf->dst, 0xFF, sizeof(conf->dst));
		return true;
	}
	return parse_mac(value, conf->dst);
}

static bool
parse_src(const char *value, struct wire_conf *conf)
{
	conf->src_given = true;
	/* A source is one station: the group bit is clear (IEEE 802.3, 3.2.3). */
	return parse_mac(value, conf->src) && (conf->src[0] & 1) == 0;
}

static bool
parse_in(const char *value, struct wire_conf *conf)
{
	conf->in = value;
	return value[0] != '\0';
}

static bool
parse_out(const char *value, struct wire_conf *conf)
{
	conf->out = value;
	return value[0] != '\0';
}

static bool
parse_loop(const char *value, struct wire_conf *conf)
{
	conf->loop_link = strcmp(value, "link") == 0;
	if (conf->loop_link)
		return true;
	return parse_number(value, 0, UINT64_MAX, &conf->loops);
}

static bool
parse_mtu(const char *value, struct wire_conf *conf)
{
	uint64_t mtu;

	/* An IPv4 link's smallest (RFC 791), and what leaves room for two VLAN tags. */
	if (!parse_number(value, 68, WIRE_MAX_FRAME - 14 - 2 * 4, &mtu))
		return false;
	conf->mtu = mtu;
	return true;
}

static bool
parse_netns(const char *value, struct wire_conf *conf)
{
	conf->netns = value;
	return value[0] != '\0' && strcmp(value, ".") != 0 && strcmp(value, "..") != 0;
}

static bool
parse_truncated(const char *value, struct wire_conf *conf)
{
	conf->skip_truncated = true;
	return strcmp(value, "skip") == 0;
}

static const struct wire_key {
	const char *name;
	unsigned int kinds;
	bool flag;			/* takes no value */
	bool (*parse)(const char *value, struct wire_conf *conf);
	const char *accepted;
} keys[] = {
	{ "pace", ALL_KINDS, false, parse_pace,
	  "1 to 1000000000 packets per second, line, lossless, and real for pcap with in" },
	{ "lossless", ALL_KINDS, true, parse_lossless, NULL },
	{ "size", KIND(WIRE_GEN), false, parse_size, "64 to 9728 bytes with FCS" },
	{ "count", KIND(WIRE_GEN), false, parse_count, "a number of packets, or 0 for endless" },
	{ "flows", KIND(WIRE_GEN), false, parse_flows, "1 to 16777216" },
	{ "start", KIND(WIRE_GEN), false, parse_start, "0 to 3600000 milliseconds" },
	{ "dst", KIND(WIRE_GEN), false, parse_dst,
	  "an address as 02-00-00-00-00-01, or broadcast" },
	{ "src", KIND(WIRE_GEN), false, parse_src,
	  "an address of one station as 02-00-00-00-00-01" },
	{ "in", KIND(WIRE_PCAP), false, parse_in, "a file name" },
	{ "out", KIND(WIRE_PCAP), false, parse_out, "a file name" },
	{ "loop", KIND(WIRE_PCAP), false, parse_loop, "a number of times, 0 for endless, or link" },
	{ "truncated", KIND(WIRE_PCAP), false, parse_truncated, "skip" },
	{ "mtu", KIND(WIRE_TAP), false, parse_mtu, "68 to 9702 bytes" },
	{ "netns", KIND(WIRE_TAP), false, parse_netns, "a name of 'ip netns', or a path" },
};

/* ------------------------------------------------------------------ the string -------------- */

/* Cut the next part off *rest (NULL: none is left), undoing escapes in place. */
static char *
next_part(char **rest)
{
	char *part = *rest, *from = part, *to = part;

	while (*from != '\0' && *from != ':') {
		if (from[0] == '\\' && (from[1] == ':' || from[1] == '\\'))
			from++;
		*to++ = *from++;
	}
	*rest = *from == ':' ? from + 1 : NULL;
	*to = '\0';
	return part;
}

static int
refuse_key(struct aether_model *model, const char *spec, const struct wire_conf *conf,
	   const char *part)
{
	char accepted[256] = "";
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(keys); i++) {
		if ((keys[i].kinds & KIND(conf->kind)) == 0 || used >= sizeof(accepted))
			continue;
		used += snprintf(accepted + used, sizeof(accepted) - used, "%s%s%s",
				 used == 0 ? "" : ", ", keys[i].name, keys[i].flag ? "" : "=");
	}
	MODEL_LOG(ERR, model, "wire '%s': a %s has no '%s'; it takes %s", spec,
		  kind_names[conf->kind], part, accepted);
	return -EINVAL;
}

static int
parse_part(struct aether_model *model, const char *spec, char *part, struct wire_conf *conf,
	   unsigned int *given)
{
	char *value = strchr(part, '=');
	unsigned int i;

	if (value != NULL)
		*value++ = '\0';
	for (i = 0; i < RTE_DIM(keys); i++)
		if (strcmp(keys[i].name, part) == 0 && (keys[i].kinds & KIND(conf->kind)) != 0)
			break;
	if (i == RTE_DIM(keys))
		return refuse_key(model, spec, conf, part);
	if ((*given & 1u << i) != 0) {
		MODEL_LOG(ERR, model, "wire '%s': '%s' is given twice; give it once", spec, part);
		return -EINVAL;
	}
	*given |= 1u << i;
	if (keys[i].flag && value != NULL) {
		MODEL_LOG(ERR, model, "wire '%s': '%s' takes no value but has '%s'", spec, part,
			  value);
		return -EINVAL;
	}
	if (!keys[i].flag && value == NULL) {
		MODEL_LOG(ERR, model, "wire '%s': '%s' has no value; it takes %s", spec, part,
			  keys[i].accepted);
		return -EINVAL;
	}
	if (!keys[i].parse(value, conf)) {
		MODEL_LOG(ERR, model, "wire '%s': '%s=%s' is not accepted; %s takes %s", spec,
			  part, value, part, keys[i].accepted);
		return -EINVAL;
	}
	return 0;
}

static int
parse_kind(struct aether_model *model, const char *spec, const char *part,
	   struct wire_conf *conf)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(kind_names); i++) {
		if (strcmp(kind_names[i], part) == 0) {
			conf->kind = i;
			return 0;
		}
	}
	MODEL_LOG(ERR, model, "wire '%s': there is no kind '%s'; there are loop, gen, sink, pcap, "
		  "cable and tap", spec, part);
	return -EINVAL;
}

/* What Linux takes as an interface's name; '%' would have it choose one (tap%d). */
static bool
is_ifname(const char *name)
{
	size_t i;

	if (name[0] == '\0' || strlen(name) >= IF_NAMESIZE || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (i = 0; name[i] != '\0'; i++)
		if (!isgraph((unsigned char)name[i]) || strchr("/:%=", name[i]) != NULL)
			return false;
	return true;
}

/* The part after the kind, of kinds that have a name. */
static int
parse_name(struct aether_model *model, const char *spec, const char *name,
	   struct wire_conf *conf)
{
	conf->name = name;
	if (conf->kind == WIRE_CABLE && (name[0] == '\0' || strchr(name, '=') != NULL)) {
		MODEL_LOG(ERR, model, "wire '%s': a cable has a name, as in 'cable:blue'", spec);
		return -EINVAL;
	}
	if (conf->kind == WIRE_TAP && !is_ifname(name)) {
		MODEL_LOG(ERR, model, "wire '%s': '%s' is no name for an interface; a tap takes 1 "
			  "to %d characters without '/', ':', '%%', '=' and blanks, as in "
			  "'tap:aether0'", spec, name, IF_NAMESIZE - 1);
		return -EINVAL;
	}
	return 0;
}

/* What no key can tell by itself. */
static int
check_whole(struct aether_model *model, const char *spec, const struct wire_conf *conf)
{
	bool in_key = conf->loops != 1 || conf->loop_link || conf->skip_truncated;

	if (conf->kind == WIRE_PCAP && conf->in == NULL && conf->out == NULL) {
		MODEL_LOG(ERR, model, "wire '%s': no file; give in=<file>, out=<file> or both",
			  spec);
		return -EINVAL;
	}
	if (conf->kind == WIRE_PCAP && conf->in == NULL && in_key) {
		MODEL_LOG(ERR, model, "wire '%s': loop and truncated are about in=<file>, which is "
			  "not given", spec);
		return -EINVAL;
	}
	if (conf->pace == WIRE_PACE_REAL && (conf->kind != WIRE_PCAP || conf->in == NULL)) {
		MODEL_LOG(ERR, model, "wire '%s': pace=real is the timing of a capture; it needs a "
			  "pcap wire with in=<file>", spec);
		return -EINVAL;
	}
	return 0;
}

static void
set_defaults(struct wire_conf *conf)
{
	/* What the host has no room for waits in the interface's queue. */
	if (conf->kind == WIRE_TAP)
		conf->lossless = true;
	if (conf->pace != WIRE_PACE_NONE)
		return;
	if (conf->kind == WIRE_GEN) {
		conf->pace = WIRE_PACE_LINE;
	} else if (conf->kind == WIRE_PCAP && conf->in != NULL) {
		conf->pace = WIRE_PACE_LOSSLESS;
		conf->lossless = true;
	}
}

int
wire_spec_parse(struct aether_model *model, const char *spec, struct wire_conf *conf)
{
	unsigned int given = 0;
	char *rest, *part;
	int ret;

	memset(conf, 0, sizeof(*conf));
	conf->size = WIRE_MIN_FRAME + WIRE_FCS_LEN;
	conf->flows = 1;
	conf->loops = 1;
	if (spec == NULL || strlen(spec) >= sizeof(conf->text)) {
		MODEL_LOG(ERR, model, "wire: %s; it takes up to %zu characters, as in 'loop' or "
			  "'gen:size=64'", spec == NULL ? "no string" : "the string is too long",
			  sizeof(conf->text) - 1);
		return -EINVAL;
	}
	strcpy(conf->text, spec);
	rest = conf->text;

	ret = parse_kind(model, spec, next_part(&rest), conf);
	if (ret == 0 && (conf->kind == WIRE_CABLE || conf->kind == WIRE_TAP))
		ret = parse_name(model, spec, rest == NULL ? "" : next_part(&rest), conf);
	while (ret == 0 && rest != NULL) {
		part = next_part(&rest);
		ret = parse_part(model, spec, part, conf, &given);
	}
	if (ret == 0)
		ret = check_whole(model, spec, conf);
	if (ret == 0)
		set_defaults(conf);
	return ret;
}

int
aether_model_wire_check(const char *wire)
{
	struct wire_conf *conf = malloc(sizeof(*conf));
	struct aether_model *none = NULL;
	int ret;

	if (conf == NULL) {
		MODEL_LOG(ERR, none, "no memory to check a wire string");
		return -ENOMEM;
	}
	ret = wire_spec_parse(none, wire, conf);
	free(conf);
	return ret;
}
