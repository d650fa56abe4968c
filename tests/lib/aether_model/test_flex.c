/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The flexible pipeline: which profile a packet has, and where its headers are. */

#include <string.h>

#include "fw_ddp.h"
#include "model_flex.h"
#include "model_priv.h"
#include "pkg_util.h"

#define SID_TCAM	E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM)

static const struct pkg_field any_field = { E810_PROT_MAC_OF_OR_S, 0, 1 };

static int
open_preloaded(void **state)
{
	const struct aether_model_conf conf = {
		.name = "flex", .ddp = AETHER_MODEL_DDP_PRELOADED,
	};
	static struct host host;

	host_open(&host, &conf);
	host_aq_start(&host);
	host_add_vsi(&host, 0, 4);
	host_add_vsi(&host, 4, 4);
	*state = &host;
	return 0;
}

static int
close_host(void **state)
{
	host_close(*state);
	return 0;
}

/** Words of the profile found, which tell profiles apart; 0: none. */
static unsigned int
found(struct host *host, unsigned int vsi, uint16_t ptype)
{
	const struct flex_profile *profile = model_flex_lookup(host->model, vsi, ptype);

	return profile == NULL ? 0 : profile->n;
}

/** Profile with so many words. */
static void
add(struct host *host, unsigned int prof, unsigned int addr, int ptg, int vsig, unsigned int words)
{
	struct pkg_field field = any_field;

	field.words = words;
	pkg_add_profile(host, prof, addr, ptg, vsig, &field, 1);
}

static void
put_entry(struct host *host, const struct e810_prof_tcam_entry *entry)
{
	struct {
		rte_le16_t count;
		struct e810_prof_tcam_entry entry;
	} __rte_packed tcam = { .count = 1, .entry = *entry };
	struct pkg_buf buf;

	pkg_buf_init(&buf);
	pkg_buf_add(&buf, SID_TCAM, &tcam, sizeof(tcam));
	assert_int_equal(pkg_update(host, &buf), 0);
}

static void
by_group(void **state)
{
	struct host *host = *state;

	pkg_set_vsig(host, 0, 7);
	add(host, 2, 510, E810_RSS_PTG_IPV4_UDP, 7, 3);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4_UDP), 3);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4_TCP), 0);
	assert_int_equal(found(host, 1, E810_PTYPE_IPV4_UDP), 0);
	/* The other VSI joins, the first one leaves. */
	pkg_set_vsig(host, 1, 7);
	assert_int_equal(found(host, 1, E810_PTYPE_IPV4_UDP), 3);
	pkg_set_vsig(host, 0, 8);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4_UDP), 0);
	/* All bits of a group count. */
	pkg_set_vsig(host, 0, 7 | 1 << E810_VSIG_PF_S);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4_UDP), 0);
}

static void
lowest_address_wins(void **state)
{
	struct host *host = *state;

	/* From the last entry, which the package has the default profile in, upwards. */
	add(host, 5, 511, -1, -1, 9);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_TCP), 9);
	add(host, 2, 510, -1, -1, 2);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_TCP), 2);
	add(host, 3, 400, E810_RSS_PTG_IPV6_TCP, -1, 5);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_TCP), 5);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_UDP), 2);
	add(host, 4, 401, E810_RSS_PTG_IPV6_TCP, -1, 7);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_TCP), 5);
	/* The default profile, which has no fields, before all of them. */
	add(host, 1, 4, -1, -1, 0);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_TCP), 0);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV6_UDP), 0);
}

/** One bit pair of an entry at a time: it wants 0, 1, either, neither. */
static void
bit_pairs(void **state)
{
	struct e810_prof_tcam_entry entry = { .addr = 300, .prof_id = 2 };
	struct host *host = *state;
	unsigned int bit, pair, value;
	bool match;

	/* Group 0x55: 0 and 1 by turns. Profile 2 has a field, and another group's entry. */
	add(host, 2, 510, 0xFE, 0x7FF, 1);
	pkg_set_vsig(host, 0, 0x0055);
	for (bit = 0; bit < 16; bit++) {
		for (pair = 0; pair < 4; pair++) {
			pkg_tcam_key(&entry, -1, -1);
			if ((pair & 1) == 0)		/* K */
				entry.key[3 + bit / 8] &= ~(1u << bit % 8);
			if ((pair & 2) == 0)		/* I */
				entry.key[8 + bit / 8] &= ~(1u << bit % 8);
			put_entry(host, &entry);
			value = 0x0055 >> bit & 1;
			match = pair == 3 || pair == (value ? 2u : 1u);
			assert_int_equal(found(host, 0, E810_PTYPE_IPV4), match);
			assert_int_equal(model_flex_hashes(host->model, 0), match);
		}
	}
	/* A packet has no flags: an entry that wants one is not for it. */
	pkg_tcam_key(&entry, -1, -1);
	entry.key[0] &= ~1u;
	put_entry(host, &entry);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4), 0);
}

static void
redirected(void **state)
{
	struct host *host = *state;
	struct pkg_buf buf;
	uint8_t to = 9;

	add(host, 9, 509, 0xFE, -1, 4);
	add(host, 2, 510, -1, -1, 2);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4), 2);
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, E810_SID(E810_BLK_RSS, E810_TBL_PROFID_REDIR), 2, 1, &to, 1);
	assert_int_equal(pkg_update(host, &buf), 0);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4), 4);
}

/** Updates go to the tables that packets use; resets take them away. */
static void
forgotten_at_reset(void **state)
{
	struct host *host = *state;

	add(host, 2, 510, -1, -1, 2);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4), 2);
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_int_equal(found(host, 0, E810_PTYPE_IPV4), 0);
	assert_false(model_flex_hashes(host->model, 0));
}

/* ------------------------------------------------------------------ headers ----------------- */

static void
expect_headers(const uint8_t *frame, uint32_t len, uint16_t ptype, const int at[PKT_HDRS])
{
	struct model_pkt_headers headers;
	unsigned int i;

	assert_int_equal(model_pkt_parse(frame, len).ptype, ptype);
	model_pkt_headers(frame, len, ptype, &headers);
	for (i = 0; i < PKT_HDRS; i++)
		if (headers.at[i] != (at[i] == 0 && i != PKT_HDR_MAC ? PKT_HDR_ABSENT : at[i]))
			fail_msg("header %u of packet type %u is at %u", i, ptype, headers.at[i]);
}

static void
headers(void **state)
{
	uint8_t frame[128] = {0};

	(void)state;
	frame[12] = 0x88;
	frame[13] = 0xB5;
	expect_headers(frame, 60, E810_PTYPE_MAC_PAY, (int[PKT_HDRS]){ [PKT_HDR_ETYPE] = 12 });
	/* Two tags, IPv6 with hop-by-hop options, UDP. */
	memset(frame, 0, sizeof(frame));
	frame[12] = 0x88;
	frame[13] = 0xA8;
	frame[16] = 0x81;
	frame[20] = 0x86;
	frame[21] = 0xDD;
	frame[22] = 0x60;
	frame[27] = 8 + 8;
	frame[28] = 0;
	frame[62] = 17;
	frame[70 + 5] = 8;
	expect_headers(frame, 78, E810_PTYPE_IPV6_UDP,
		       (int[PKT_HDRS]){ [PKT_HDR_EVLAN] = 14, [PKT_HDR_VLAN] = 18,
					[PKT_HDR_ETYPE] = 20, [PKT_HDR_IPV6] = 22,
					[PKT_HDR_UDP] = 70 });
	/* A fragment: no ports. */
	frame[28] = 44;
	expect_headers(frame, 78, E810_PTYPE_IPV6_FRAG,
		       (int[PKT_HDRS]){ [PKT_HDR_EVLAN] = 14, [PKT_HDR_VLAN] = 18,
					[PKT_HDR_ETYPE] = 20, [PKT_HDR_IPV6] = 22,
					[PKT_HDR_IPV6_FRAG] = 62 });
}

/** Whatever the bytes and the type, no header begins behind the frame. */
static void
headers_of_anything(void **state)
{
	static const uint16_t ptypes[] = {
		E810_PTYPE_MAC_PAY, E810_PTYPE_IPV4_TCP, E810_PTYPE_IPV6_SCTP, E810_PTYPE_IPV6_ICMP,
		E810_PTYPE_IPV4_FRAG, 1023,
	};
	struct model_pkt_headers h;
	uint32_t seed = 1, len, i, j, k;
	uint8_t frame[100];

	(void)state;
	for (i = 0; i < 200000; i++) {
		for (j = 0; j < sizeof(frame); j++)
			frame[j] = (seed = seed * 1103515245 + 12345) >> 16;
		frame[12] = i % 3 == 0 ? 0x81 : i % 3 == 1 ? 0x08 : 0x86;
		frame[13] = i % 3 == 2 ? 0xDD : 0;
		len = seed % (sizeof(frame) + 1);
		for (k = 0; k < RTE_DIM(ptypes); k++) {
			uint8_t *exact = memcpy(test_malloc(len + 1), frame, len);

			model_pkt_headers(exact, len, ptypes[k], &h);
			for (j = 0; j < PKT_HDRS; j++)
				assert_true(h.at[j] == PKT_HDR_ABSENT || h.at[j] <= len);
			test_free(exact);
		}
		if (i > 20000)
			break;
	}
}

#define FLEX(test) cmocka_unit_test_setup_teardown(test, open_preloaded, close_host)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLEX(by_group), FLEX(lowest_address_wins), FLEX(bit_pairs), FLEX(redirected),
		FLEX(forgotten_at_reset), cmocka_unit_test(headers),
		cmocka_unit_test(headers_of_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
