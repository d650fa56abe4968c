/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Receive-side scaling from the frame to the queue. Hashes are those of Microsoft's "Verifying the
 * RSS Hash Calculation"; the profiles are made as a driver makes them.
 */

#include <arpa/inet.h>
#include <string.h>

#include "model_flex.h"
#include "model_pktparse.h"
#include "model_priv.h"
#include "pkg_util.h"

#define VSIG		5
#define FIRST_QUEUE	8

static const uint8_t ms_key[E810_RSS_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct vector {
	const char *src, *dst;
	uint16_t sport, dport;
	uint32_t addresses, ports;
} vectors[] = {
	{ "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178 },
	{ "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea },
	{ "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
	{ "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176, 0xafc7327f },
	{ "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5, 0x10e828a2 },
	{ "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5, 0x40207d3d },
	{ "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c, 0xdde51bbf },
	{ "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf", 44251, 38024,
	  0x4b61e985, 0x02d1feef },
};

/** TCP over IP, behind so many VLAN tags. @return its length */
static uint32_t
make_frame(uint8_t frame[128], const struct vector *v, unsigned int tags)
{
	bool v6 = strchr(v->src, ':') != NULL;
	uint8_t *p = frame + 12, *l4;

	memset(frame, 0, 128);
	for (; tags > 0; tags--, p += 4)
		p[0] = 0x81;
	p[0] = v6 ? 0x86 : 0x08;
	p[1] = v6 ? 0xDD : 0x00;
	p += 2;
	if (v6) {
		p[0] = 0x60;
		p[5] = 20;
		p[6] = 6;
		assert_int_equal(inet_pton(AF_INET6, v->src, p + 8), 1);
		assert_int_equal(inet_pton(AF_INET6, v->dst, p + 24), 1);
		l4 = p + 40;
	} else {
		p[0] = 0x45;
		p[3] = 40;
		p[9] = 6;
		assert_int_equal(inet_pton(AF_INET, v->src, p + 12), 1);
		assert_int_equal(inet_pton(AF_INET, v->dst, p + 16), 1);
		l4 = p + 20;
	}
	l4[0] = v->sport >> 8;
	l4[1] = v->sport & 0xFF;
	l4[2] = v->dport >> 8;
	l4[3] = v->dport & 0xFF;
	return (uint32_t)(l4 + 20 - frame) < 60 ? 60 : (uint32_t)(l4 + 20 - frame);
}

struct bed {
	struct host host;
	unsigned int vsi;
};

static void
set_key(struct bed *bed, const uint8_t key[E810_RSS_KEY_BYTES])
{
	struct e810_aqc_rss_key cmd = { .vsi_id = bed->vsi | E810_RSS_VSI_VALID };
	uint8_t buf[E810_RSS_KEY_BYTES];

	memcpy(buf, key, sizeof(buf));
	assert_int_equal(host_aq(&bed->host, E810_AQC_SET_RSS_KEY, &cmd, buf, sizeof(buf), true),
			 0);
}

static void
set_lut(struct bed *bed, uint16_t flags, const uint8_t *lut, unsigned int size)
{
	struct e810_aqc_rss_lut cmd = {
		.vsi_id = bed->vsi | E810_RSS_VSI_VALID, .flags = flags,
	};
	uint8_t buf[2048];

	memcpy(buf, lut, size);
	assert_int_equal(host_aq(&bed->host, E810_AQC_SET_RSS_LUT, &cmd, buf, size, true), 0);
}

/** Which table the VSI uses, and its queues: 2^pow from FIRST_QUEUE on. */
static void
set_vsi(struct bed *bed, uint8_t q_opt, unsigned int pow)
{
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = bed->vsi | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_Q_OPT_VALID | E810_VSI_PROP_RXQ_MAP_VALID,
		.q_opt_rss = q_opt, .q_mapping = { FIRST_QUEUE, 1u << pow },
		.tc_mapping = { pow << E810_VSI_TC_Q_NUM_S },
	};

	assert_int_equal(host_aq(&bed->host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props),
				 true), 0);
}

static int
open_bed(void **state)
{
	const struct aether_model_conf conf = {
		.name = "rss", .ddp = AETHER_MODEL_DDP_PRELOADED,
	};
	static struct bed bed;
	uint8_t lut[64];
	unsigned int i;

	host_open(&bed.host, &conf);
	host_aq_start(&bed.host);
	bed.vsi = host_add_vsi(&bed.host, FIRST_QUEUE, 16);
	set_vsi(&bed, E810_VSI_Q_OPT_RSS_LUT_VSI, 4);
	set_key(&bed, ms_key);
	for (i = 0; i < sizeof(lut); i++)
		lut[i] = i % 16;
	set_lut(&bed, E810_RSS_LUT_TYPE_VSI, lut, sizeof(lut));
	pkg_set_vsig(&bed.host, bed.vsi, VSIG);
	*state = &bed;
	return 0;
}

static int
close_bed(void **state)
{
	struct bed *bed = *state;

	host_close(&bed->host);
	return 0;
}

static const struct pkg_field v4_addresses = { E810_PROT_IPV4_OF_OR_S, 12, 4 };
static const struct pkg_field v6_addresses = { E810_PROT_IPV6_OF_OR_S, 8, 16 };
static const struct pkg_field tcp_ports = { E810_PROT_TCP_IL, 0, 2 };

/** Profiles for TCP: by addresses, and by ports too. */
static void
add_profiles(struct bed *bed, bool ports)
{
	const struct pkg_field v4[] = { v4_addresses, tcp_ports };
	const struct pkg_field v6[] = { v6_addresses, tcp_ports };

	pkg_add_profile(&bed->host, 2, 510, E810_RSS_PTG_IPV4_TCP, VSIG, v4, ports ? 2 : 1);
	pkg_add_profile(&bed->host, 3, 509, E810_RSS_PTG_IPV6_TCP, VSIG, v6, ports ? 2 : 1);
}

static struct model_rss_result
run(struct bed *bed, const uint8_t *frame, uint32_t len)
{
	return model_rss(bed->host.model, bed->vsi, frame, len,
			 model_pkt_parse(frame, len).ptype);
}

static struct model_rss_result
run_vector(struct bed *bed, const struct vector *v, unsigned int tags)
{
	uint8_t frame[128];
	uint32_t len = make_frame(frame, v, tags);
	struct model_rss_result result;
	uint16_t ptype = strchr(v->src, ':') != NULL ? E810_PTYPE_IPV6_TCP : E810_PTYPE_IPV4_TCP;

	result = model_rss(bed->host.model, bed->vsi, frame, len, ptype);
	return result;
}

/* ------------------------------------------------------------------ hash -------------------- */

static void
known_hashes(void **state)
{
	struct model_rss_result result;
	struct bed *bed = *state;
	unsigned int i, tags, ports;

	for (ports = 0; ports < 2; ports++) {
		add_profiles(bed, ports != 0);
		for (i = 0; i < RTE_DIM(vectors); i++) {
			for (tags = 0; tags < 3; tags++) {
				result = run_vector(bed, &vectors[i], tags);
				assert_true(result.hashed);
				assert_int_equal(result.hash, ports ? vectors[i].ports :
						 vectors[i].addresses);
				assert_int_equal(result.queue, FIRST_QUEUE + result.hash % 16);
			}
		}
	}
}

/** All 24 words and the last bits of the key. */
static void
whole_input(void **state)
{
	const struct pkg_field ends[] = {
		{ E810_PROT_MAC_OF_OR_S, 0, 23 }, { E810_PROT_MAC_OF_OR_S, 46, 1 },
	};
	uint8_t key[E810_RSS_KEY_BYTES] = {0}, frame[60] = {0};
	struct bed *bed = *state;

	pkg_add_profile(&bed->host, 2, 510, -1, VSIG, ends, 2);
	key[51] = 0x02;			/* bit 414: the window of input bit 383 ends there */
	set_key(bed, key);
	assert_int_equal(run(bed, frame, sizeof(frame)).hash, 0);
	frame[47] = 0x01;		/* input bit 383: window of bits 383 to 414 */
	assert_int_equal(run(bed, frame, sizeof(frame)).hash, 1);
	frame[47] = 0x02;		/* 382 to 413 */
	assert_int_equal(run(bed, frame, sizeof(frame)).hash, 0);
	frame[47] = 0;
	frame[0] = 0x80;
	key[0] = 0x12;
	key[3] = 0x34;
	set_key(bed, key);
	assert_int_equal(run(bed, frame, sizeof(frame)).hash, 0x12000034);
}

/** A field that lies behind the end of the frame, or that begins in its last byte, is 0. */
static void
beyond_the_frame(void **state)
{
	const struct pkg_field field = { E810_PROT_MAC_OF_OR_S, 58, 2 };
	uint8_t frame[64];
	struct bed *bed = *state;
	uint32_t hash;

	memset(frame, 0x5A, sizeof(frame));
	pkg_add_profile(&bed->host, 2, 510, -1, VSIG, &field, 1);
	hash = run(bed, frame, 62).hash;
	frame[60] = frame[61] = 0;
	assert_int_equal(run(bed, frame, 62).hash, run(bed, frame, 60).hash);
	frame[60] = frame[61] = 0x5A;
	assert_int_not_equal(run(bed, frame, 60).hash, hash);
	assert_int_equal(run(bed, frame, 61).hash, run(bed, frame, 60).hash);
}

/** A key that changes while it is in use. */
static void
key_changes(void **state)
{
	uint8_t key[E810_RSS_KEY_BYTES];
	struct bed *bed = *state;

	add_profiles(bed, true);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].ports);
	memset(key, 0, sizeof(key));
	set_key(bed, key);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, 0);
	set_key(bed, ms_key);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].ports);
}

/** HSYMM pairs the words, if the VSI's scheme is the symmetric one. */
static void
symmetric(void **state)
{
	struct vector back = vectors[0];
	struct bed *bed = *state;
	struct host *host = &bed->host;

	back.src = vectors[0].dst;
	back.dst = vectors[0].src;
	back.sport = vectors[0].dport;
	back.dport = vectors[0].sport;
	add_profiles(bed, true);
	/* Addresses: words 23, 22 with 21, 20. Ports: 19 with 18. */
	host_write(host, GLQF_HSYMM(2, 5), 0x95949796);
	host_write(host, GLQF_HSYMM(2, 4), 0x92930000);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].ports);
	host_write(host, VSIQF_HASH_CTL(bed->vsi), E810_HASH_SYM_TOEPLITZ <<
		   VSIQF_HASH_CTL_SCHEME_S);
	assert_int_not_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].ports);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, run_vector(bed, &back, 0).hash);
	/* IPv6 has no pairs: as ever. */
	assert_int_equal(run_vector(bed, &vectors[5], 0).hash, vectors[5].ports);
	host_write(host, GLQF_HSYMM(2, 5), 0);
	host_write(host, GLQF_HSYMM(2, 4), 0);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].ports);
}

static void
simple_xor(void **state)
{
	struct bed *bed = *state;

	add_profiles(bed, true);
	host_write(&bed->host, VSIQF_HASH_CTL(bed->vsi), E810_HASH_XOR << VSIQF_HASH_CTL_SCHEME_S);
	/* 66.9.149.187 ^ 161.142.100.80 ^ 2794:1766 */
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, 0x420995BB ^ 0xA18E6450 ^
			 (2794u << 16 | 1766));
}

/** Masks: by their own number, for the word they name, in the profiles that select them. */
static void
masked(void **state)
{
	struct vector host_part = vectors[0];
	struct bed *bed = *state;

	host_part.src = "66.9.0.0";
	host_part.dst = "161.142.100.80";
	add_profiles(bed, false);
	/* The second word of the source is word 22 of the vector. */
	host_write(&bed->host, GLQF_HMASK(7), 22 | 0x0000u << GLQF_HMASK_MASK_S);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].addresses);
	host_write(&bed->host, GLQF_HMASK_SEL(2), 1u << 7);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash,
			 run_vector(bed, &host_part, 0).hash);
	assert_int_not_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].addresses);
	host_write(&bed->host, GLQF_HMASK_SEL(2), 0);
	assert_int_equal(run_vector(bed, &vectors[0], 0).hash, vectors[0].addresses);
}

/** A core reset takes the registers beside the tables, too. */
static void
registers_at_core_reset(void **state)
{
	struct bed *bed = *state;
	struct host *host = &bed->host;

	host_write(host, GLQF_HSYMM(127, 5), 0x80);
	host_write(host, GLQF_HMASK(31), 0xFFFF0000);
	host_write(host, GLQF_HMASK_SEL(127), 1);
	host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(host_reset_done(host));
	assert_int_equal(host_read(host, GLQF_HSYMM(127, 5)) | host_read(host, GLQF_HMASK(31)) |
			 host_read(host, GLQF_HMASK_SEL(127)), 0);
}

/* ------------------------------------------------------------------ queue ------------------- */

static void
tables(void **state)
{
	static uint8_t lut[2048];
	struct bed *bed = *state;
	uint32_t hash = vectors[0].ports;
	unsigned int size;

	add_profiles(bed, true);
	for (size = 0; size < 3; size++) {
		const unsigned int entries[] = { 128, 512, 2048 };

		memset(lut, 3, sizeof(lut));
		lut[hash % entries[size]] = 11;
		set_vsi(bed, E810_VSI_Q_OPT_RSS_LUT_PF, 4);
		set_lut(bed, E810_RSS_LUT_TYPE_PF | size << E810_RSS_LUT_SIZE_S, lut,
			entries[size]);
		assert_int_equal(run_vector(bed, &vectors[0], 0).queue, FIRST_QUEUE + 11);
		lut[hash % entries[size]] = 12;
		if (size == 2)
			break;
		set_vsi(bed, E810_VSI_Q_OPT_RSS_LUT_GBL | 9 << E810_VSI_Q_OPT_RSS_GBL_LUT_S, 4);
		set_lut(bed, E810_RSS_LUT_TYPE_GLOBAL | 9 << E810_RSS_LUT_GLOBAL_S |
			size << E810_RSS_LUT_SIZE_S, lut, entries[size]);
		assert_int_equal(run_vector(bed, &vectors[0], 0).queue, FIRST_QUEUE + 12);
	}
	/* The VSI's own is as it was; fewer queues take the low bits of an entry. */
	set_vsi(bed, E810_VSI_Q_OPT_RSS_LUT_VSI, 4);
	assert_int_equal(run_vector(bed, &vectors[0], 0).queue, FIRST_QUEUE + hash % 16);
	set_vsi(bed, E810_VSI_Q_OPT_RSS_LUT_VSI, 2);
	assert_int_equal(run_vector(bed, &vectors[0], 0).queue, FIRST_QUEUE + hash % 4);
}

/** What is read back is what was set, at the size that it was set with. */
static void
table_reads_back(void **state)
{
	struct e810_aqc_rss_lut cmd = { .flags = E810_RSS_LUT_TYPE_PF };
	uint8_t lut[512], back[512];
	struct bed *bed = *state;
	unsigned int i;

	for (i = 0; i < sizeof(lut); i++)
		lut[i] = i % 7;
	set_lut(bed, E810_RSS_LUT_TYPE_PF | 1 << E810_RSS_LUT_SIZE_S, lut, sizeof(lut));
	cmd.vsi_id = bed->vsi | E810_RSS_VSI_VALID;
	assert_int_equal(host_aq(&bed->host, E810_AQC_GET_RSS_LUT, &cmd, back, sizeof(back),
				 false), 0);
	assert_memory_equal(back, lut, sizeof(lut));
	assert_int_equal(bed->host.answer.datalen, sizeof(lut));
}

/** What no profile is for is not hashed, and goes to the first queue. */
static void
not_hashed(void **state)
{
	struct model_rss_result result;
	uint8_t frame[60] = {0};
	struct bed *bed = *state;

	assert_false(model_flex_hashes(bed->host.model, bed->vsi));
	assert_int_equal(model_vsi_only_rx_queue(bed->host.model, bed->vsi), FIRST_QUEUE);
	add_profiles(bed, true);
	assert_true(model_flex_hashes(bed->host.model, bed->vsi));
	assert_int_equal(model_vsi_only_rx_queue(bed->host.model, bed->vsi), -1);
	result = run(bed, frame, sizeof(frame));
	assert_false(result.hashed);
	assert_int_equal(result.queue, FIRST_QUEUE);
	/* The VSI leaves its group. */
	pkg_set_vsig(&bed->host, bed->vsi, 0);
	assert_false(model_flex_hashes(bed->host.model, bed->vsi));
	assert_false(run_vector(bed, &vectors[0], 0).hashed);
}

/** A VSI begins with the key that Get RSS Key shows: zeros, whatever had its number before. */
static void
key_of_new_vsi(void **state)
{
	struct model_rss_result result;
	struct bed *bed = *state;
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = bed->vsi | E810_VSI_IS_VALID };

	add_profiles(bed, true);
	assert_int_not_equal(run_vector(bed, &vectors[0], 0).hash, 0);
	assert_int_equal(host_aq(&bed->host, E810_AQC_FREE_VSI, &cmd, NULL, 0, false), 0);
	assert_int_equal(host_add_vsi(&bed->host, FIRST_QUEUE, 16), bed->vsi);
	result = run_vector(bed, &vectors[0], 0);
	assert_true(result.hashed);
	assert_int_equal(result.hash, 0);
}

#define BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED(known_hashes), BED(whole_input), BED(beyond_the_frame), BED(key_changes),
		BED(symmetric), BED(simple_xor), BED(masked), BED(registers_at_core_reset),
		BED(tables), BED(table_reads_back),
		BED(not_hashed), BED(key_of_new_vsi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
