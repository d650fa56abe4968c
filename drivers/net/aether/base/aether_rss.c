/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>

#include "aether_internal.h"

/*
 * RSS, section 7.10.8: key and table by admin commands, what is hashed by profiles of the flexible
 * pipeline. Packet types are those that the parser of Intel's packages reports; the lists hold
 * what net_ice and Linux count as a kind, so that all drivers hash a packet alike.
 */

/** First and last packet type of a run; {0, 0} ends a list. */
struct ptype_run {
	uint16_t first, last;
};

static const struct ptype_run ipv4_all[] = {
	{23, 24}, {26, 28}, {43, 46}, {48, 53}, {55, 58}, {61, 61}, {160, 160}, {162, 162},
	{164, 164}, {166, 166}, {168, 168}, {302, 307}, {325, 325}, {327, 327}, {329, 329},
	{331, 335}, {341, 345}, {360, 360}, {396, 396}, {398, 398}, {400, 400}, {402, 413},
	{450, 453}, {455, 459}, {461, 465}, {467, 471}, {473, 473}, {0, 0}
};
static const struct ptype_run ipv4_frag[] = { {22, 22}, {0, 0} };
static const struct ptype_run ipv4_other[] = {
	{23, 23}, {28, 28}, {43, 43}, {58, 58}, {302, 303}, {306, 307}, {0, 0}
};
static const struct ptype_run ipv4_udp[] = {
	{24, 24}, {46, 46}, {53, 53}, {61, 61}, {304, 304}, {325, 325}, {327, 327}, {329, 329},
	{333, 333}, {343, 343}, {396, 396}, {398, 398}, {400, 400}, {404, 404}, {410, 410},
	{452, 452}, {458, 458}, {464, 464}, {470, 470}, {0, 0}
};
static const struct ptype_run ipv4_tcp[] = {
	{26, 26}, {48, 48}, {55, 55}, {305, 305}, {334, 334}, {344, 344}, {405, 405}, {411, 411},
	{453, 453}, {459, 459}, {465, 465}, {471, 471}, {0, 0}
};
static const struct ptype_run ipv4_sctp[] = {
	{27, 27}, {49, 49}, {56, 56}, {406, 406}, {412, 412}, {0, 0}
};
static const struct ptype_run ipv6_all[] = {
	{89, 90}, {92, 94}, {109, 112}, {114, 119}, {121, 127}, {129, 134}, {136, 138}, {161, 161},
	{163, 163}, {165, 165}, {167, 167}, {169, 169}, {308, 313}, {326, 326}, {328, 328},
	{330, 330}, {336, 340}, {346, 350}, {361, 361}, {397, 397}, {399, 399}, {401, 401},
	{414, 425}, {474, 477}, {479, 483}, {485, 489}, {491, 495}, {497, 497}, {0, 0}
};
static const struct ptype_run ipv6_frag[] = { {88, 88}, {0, 0} };
static const struct ptype_run ipv6_other[] = {
	{89, 89}, {94, 94}, {109, 109}, {124, 124}, {308, 309}, {313, 313}, {0, 0}
};
static const struct ptype_run ipv6_udp[] = {
	{90, 90}, {112, 112}, {119, 119}, {127, 127}, {134, 134}, {310, 310}, {326, 326},
	{328, 328}, {330, 330}, {338, 338}, {348, 348}, {397, 397}, {399, 399}, {401, 401},
	{416, 416}, {422, 422}, {476, 476}, {482, 482}, {488, 488}, {494, 494}, {0, 0}
};
static const struct ptype_run ipv6_tcp[] = {
	{92, 92}, {114, 114}, {121, 121}, {129, 129}, {136, 136}, {311, 311}, {339, 339},
	{349, 349}, {417, 417}, {423, 423}, {477, 477}, {483, 483}, {489, 489}, {495, 495}, {0, 0}
};
static const struct ptype_run ipv6_sctp[] = {
	{93, 93}, {115, 115}, {122, 122}, {130, 130}, {137, 137}, {418, 418}, {424, 424}, {0, 0}
};

/** Where the fields of a kind are: the header with the addresses, that with the ports or none. */
static const struct {
	const struct ptype_run *ptypes;
	uint8_t l3_prot, l4_prot;
} kinds[AETHER_RSS_KINDS] = {
	[AETHER_RSS_IPV4] = {ipv4_all, E810_PROT_IPV4_OF_OR_S, 0},
	[AETHER_RSS_IPV4_FRAG] = {ipv4_frag, E810_PROT_IPV4_OF_OR_S, 0},
	[AETHER_RSS_IPV4_OTHER] = {ipv4_other, E810_PROT_IPV4_OF_OR_S, 0},
	[AETHER_RSS_IPV4_UDP] = {ipv4_udp, E810_PROT_IPV4_OF_OR_S, E810_PROT_UDP_IL_OR_S},
	[AETHER_RSS_IPV4_TCP] = {ipv4_tcp, E810_PROT_IPV4_OF_OR_S, E810_PROT_TCP_IL},
	[AETHER_RSS_IPV4_SCTP] = {ipv4_sctp, E810_PROT_IPV4_OF_OR_S, E810_PROT_SCTP_IL},
	[AETHER_RSS_IPV6] = {ipv6_all, E810_PROT_IPV6_OF_OR_S, 0},
	[AETHER_RSS_IPV6_FRAG] = {ipv6_frag, E810_PROT_IPV6_OF_OR_S, 0},
	[AETHER_RSS_IPV6_OTHER] = {ipv6_other, E810_PROT_IPV6_OF_OR_S, 0},
	[AETHER_RSS_IPV6_UDP] = {ipv6_udp, E810_PROT_IPV6_OF_OR_S, E810_PROT_UDP_IL_OR_S},
	[AETHER_RSS_IPV6_TCP] = {ipv6_tcp, E810_PROT_IPV6_OF_OR_S, E810_PROT_TCP_IL},
	[AETHER_RSS_IPV6_SCTP] = {ipv6_sctp, E810_PROT_IPV6_OF_OR_S, E810_PROT_SCTP_IL},
};

/* Offsets in the headers, bytes: RFC 791, 8200; the ports of TCP, UDP and SCTP stand first. */
#define IPV4_SRC	12
#define IPV4_DST	16
#define IPV4_WORDS	2
#define IPV6_SRC	8
#define IPV6_DST	24
#define IPV6_WORDS	8
#define PORT_SRC	0
#define PORT_DST	2

/* ---------------------------------------------------------------- profiles ------------------ */

static void
words_add(struct aether_flex_profile *profile, uint8_t prot, uint16_t offset, uint8_t n)
{
	for (; n > 0; n--, offset += 2) {
		profile->word[profile->n_words].prot_id = prot;
		profile->word[profile->n_words].offset = offset;
		profile->n_words++;
	}
}

/** A source and a destination field, as far as they are wanted; as a pair if both are. */
static void
fields_add(struct aether_flex_profile *profile, uint8_t prot, uint16_t src, uint16_t dst,
	   uint8_t words, bool want_src, bool want_dst, bool symmetric)
{
	const uint8_t first = profile->n_words;

	if (want_src)
		words_add(profile, prot, src, words);
	if (want_dst)
		words_add(profile, prot, dst, words);
	if (!symmetric || !want_src || !want_dst)
		return;
	profile->pair[profile->n_pairs].a = first;
	profile->pair[profile->n_pairs].b = first + words;
	profile->pair[profile->n_pairs].len = words;
	profile->n_pairs++;
}

static void
profile_fill(struct aether_flex_profile *profile, const struct aether_rss_flow *flow)
{
	const bool ipv4 = kinds[flow->kind].l3_prot == E810_PROT_IPV4_OF_OR_S;

	memset(profile, 0, sizeof(*profile));
	fields_add(profile, kinds[flow->kind].l3_prot, ipv4 ? IPV4_SRC : IPV6_SRC,
		   ipv4 ? IPV4_DST : IPV6_DST, ipv4 ? IPV4_WORDS : IPV6_WORDS,
		   flow->fields & AETHER_RSS_SRC_ADDR, flow->fields & AETHER_RSS_DST_ADDR,
		   flow->symmetric);
	if (kinds[flow->kind].l4_prot != 0)
		fields_add(profile, kinds[flow->kind].l4_prot, PORT_SRC, PORT_DST, 1,
			   flow->fields & AETHER_RSS_SRC_PORT, flow->fields & AETHER_RSS_DST_PORT,
			   flow->symmetric);
}

/** The groups of a kind's packet types. Group 0 is that of all packets that the package does not
 * tell apart, so it is no kind's. */
static void
groups_of(const struct aether_hw *hw, enum aether_rss_kind kind, uint64_t *groups)
{
	const struct ptype_run *run;
	uint16_t ptype;

	for (run = kinds[kind].ptypes; run->last != 0; run++) {
		for (ptype = run->first; ptype <= run->last; ptype++) {
			const uint8_t group = hw->flex.ptg[ptype];

			if (group != 0)
				groups[group / 64] |= RTE_BIT64(group % 64);
		}
	}
}

static bool
is_alike(const struct aether_flex_profile *a, const struct aether_flex_profile *b)
{
	return a->n_words == b->n_words && a->n_pairs == b->n_pairs &&
		memcmp(a->word, b->word, sizeof(a->word)) == 0 &&
		memcmp(a->pair, b->pair, sizeof(a->pair)) == 0;
}

/** Add a profile, or its groups to one that hashes the same. */
static int
profile_merge(struct aether_flex_profile *list, unsigned int *n,
	      const struct aether_flex_profile *profile)
{
	unsigned int i, k;

	for (i = 0; i < *n; i++)
		if (is_alike(&list[i], profile))
			break;
	if (i == AETHER_FLEX_MAX_PROFILES)
		return -ENOSPC;
	if (i == *n) {
		list[i] = *profile;
		(*n)++;
		return 0;
	}
	for (k = 0; k < RTE_DIM(list[i].groups); k++)
		list[i].groups[k] |= profile->groups[k];
	return 0;
}

/** From the last flow to the first: each takes the groups that none after it has. */
static int
profiles_make(const struct aether_hw *hw, const struct aether_rss_flow *flow, unsigned int n_flows,
	      struct aether_flex_profile *list, unsigned int *n)
{
	uint64_t taken[AETHER_FLEX_GROUPS / 64] = { 0 };
	unsigned int k;
	int ret = 0;

	*n = 0;
	while (n_flows-- > 0 && ret == 0) {
		struct aether_flex_profile profile;
		bool any = false;

		profile_fill(&profile, &flow[n_flows]);
		groups_of(hw, flow[n_flows].kind, profile.groups);
		for (k = 0; k < RTE_DIM(taken); k++) {
			profile.groups[k] &= ~taken[k];
			taken[k] |= profile.groups[k];
			any |= profile.groups[k] != 0;
		}
		if (any && profile.n_words > 0)
			ret = profile_merge(list, n, &profile);
	}
	return ret;
}

int
aether_rss_flows_set(struct aether_hw *hw, const struct aether_rss_flow *flow, unsigned int n)
{
	struct aether_flex_profile *list;
	unsigned int n_profiles;
	int ret;

	if (!hw->vsi_valid || !hw->flex.valid)
		return n == 0 ? 0 : -ENOTSUP;
	list = calloc(AETHER_FLEX_MAX_PROFILES, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	ret = profiles_make(hw, flow, n, list, &n_profiles);
	if (ret == 0)
		ret = aether_flex_rss_set(hw, list, n_profiles);
	free(list);
	if (ret != 0)
		AETHER_LOG(ERR, hw, "RSS cannot be set to %u kinds of packets: %s; the card's %u "
			   "profiles are shared by its functions", n, strerror(-ret),
			   E810_RSS_PROFILES);
	return ret;
}

/* ---------------------------------------------------------------- key and table ------------- */

int
aether_rss_key_set(struct aether_hw *hw, const uint8_t *key)
{
	struct e810_aqc_rss_key cmd = {
		.vsi_id = rte_cpu_to_le_16(hw->vsi_num | E810_RSS_VSI_VALID),
	};
	uint8_t buf[E810_RSS_KEY_BYTES];
	struct e810_aq_desc desc;

	if (!hw->vsi_valid)
		return -ENODEV;
	memcpy(buf, key, sizeof(buf));
	aether_aq_fill(&desc, E810_AQC_SET_RSS_KEY, &cmd);
	return aether_adminq_send(hw, &desc, buf, sizeof(buf), true);
}

int
aether_rss_lut_set(struct aether_hw *hw, const uint8_t *lut, uint16_t size)
{
	const uint16_t code = size == 2048 ? 2 : size == 512 ? 1 : 0;
	struct e810_aqc_rss_lut cmd = {
		.vsi_id = rte_cpu_to_le_16(hw->vsi_num | E810_RSS_VSI_VALID),
		.flags = rte_cpu_to_le_16(E810_RSS_LUT_TYPE_PF | code << E810_RSS_LUT_SIZE_S),
	};
	struct e810_aq_desc desc;
	uint8_t *buf;
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	if (size != 128 && size != 512 && size != 2048)
		return -EINVAL;
	buf = malloc(size);
	if (buf == NULL)
		return -ENOMEM;
	memcpy(buf, lut, size);
	aether_aq_fill(&desc, E810_AQC_SET_RSS_LUT, &cmd);
	ret = aether_adminq_send(hw, &desc, buf, size, true);
	free(buf);
	return ret;
}
