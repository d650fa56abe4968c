/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Receive-side scaling (datasheet section 7.10.8): the fields that the profile names make up to 48
 * bytes, which are hashed with the VSI's key; the hash picks an entry of the VSI's table, and that
 * a queue of the VSI.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_flex.h"
#include "model_flex_priv.h"
#include "model_fw.h"

/* ------------------------------------------------------------------ hash -------------------- */

/** 32 bits of the key from bit `at` on. */
static uint32_t
key_window(const uint8_t *key, unsigned int at)
{
	const uint8_t *p = key + at / 8;
	uint64_t five = (uint64_t)p[0] << 32 | (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 |
			(uint64_t)p[3] << 8 | p[4];

	return (uint32_t)(five >> (8 - at % 8));
}

/** What each value of a byte adds, for each place of the input. The key's end reads as zero. */
static void
fill_table(uint32_t (*table)[256], const uint8_t rss_key[E810_RSS_KEY_BYTES])
{
	uint8_t key[E810_RSS_KEY_BYTES + 1] = { 0 };
	unsigned int place, bit, value;

	memcpy(key, rss_key, E810_RSS_KEY_BYTES);
	for (place = 0; place < RSS_INPUT_BYTES; place++) {
		table[place][0] = 0;
		for (bit = 0; bit < 8; bit++)
			table[place][0x80 >> bit] = key_window(key, 8 * place + bit);
		for (value = 1; value < 256; value++)
			table[place][value] = table[place][value & (value - 1)] ^
					      table[place][value & -value];
	}
}

void
model_rss_key_changed(struct aether_model *model, unsigned int vsi)
{
	struct flex_vsi *state = &model->flex->vsi[vsi];

	if (state->toeplitz != NULL)
		fill_table(state->toeplitz, model->fw->vsi[vsi].rss_key);
}

/** The VSI's tables by its key, made when they are first needed; NULL: no memory. */
static const uint32_t (*
get_table(struct aether_model *model, unsigned int vsi))[256]
{
	struct flex_vsi *state = &model->flex->vsi[vsi];

	if (unlikely(state->toeplitz == NULL)) {
		state->toeplitz = malloc(RSS_INPUT_BYTES * sizeof(*state->toeplitz));
		if (state->toeplitz != NULL)
			fill_table(state->toeplitz, model->fw->vsi[vsi].rss_key);
	}
	return (const uint32_t (*)[256])state->toeplitz;
}

/** Read the profile's words, in the order of the profile. A word beyond the frame is 0. */
static void
extract(const struct flex_profile *profile, const uint8_t *frame, uint32_t len,
	const struct model_pkt_headers *headers, uint16_t input[E810_RSS_FV_WORDS])
{
	const struct flex_word *word = profile->word;
	unsigned int i;
	uint32_t at;

	for (i = 0; i < profile->n; i++, word++) {
		at = (uint32_t)headers->at[word->hdr] + word->off;
		input[word->pos] = 0;
		if (likely(headers->at[word->hdr] != PKT_HDR_ABSENT && at + 2 <= len))
			input[word->pos] = pkt_be16(frame + at) & word->mask;
	}
}

/** XOR words with each other; words that the profile does not have are 0. */
static void
make_symmetric(const struct flex_profile *profile, uint16_t input[E810_RSS_FV_WORDS])
{
	uint16_t plain[E810_RSS_FV_WORDS] = { 0 };
	unsigned int i;

	for (i = 0; i < profile->n; i++)
		plain[profile->word[i].pos] = input[profile->word[i].pos];
	for (i = 0; i < profile->n; i++)
		if (profile->word[i].xor != profile->word[i].pos)
			input[profile->word[i].pos] ^= plain[profile->word[i].xor];
}

static uint32_t
toeplitz(const struct flex_profile *profile, const uint32_t (*table)[256],
	 const uint16_t input[E810_RSS_FV_WORDS])
{
	uint32_t hash = 0;
	unsigned int i;

	for (i = 0; i < profile->n; i++) {
		unsigned int pos = profile->word[i].pos;

		hash ^= table[2 * pos][input[pos] >> 8] ^ table[2 * pos + 1][input[pos] & 0xFF];
	}
	return hash;
}

/** Simple XOR: of the input, 32 bits at a time. */
static uint32_t
xor_hash(const struct flex_profile *profile, const uint16_t input[E810_RSS_FV_WORDS])
{
	uint32_t hash = 0;
	unsigned int i;

	for (i = 0; i < profile->n; i++)
		hash ^= (uint32_t)input[profile->word[i].pos] <<
			(profile->word[i].pos % 2 == 0 ? 16 : 0);
	return hash;
}

static bool
hash_frame(struct aether_model *model, unsigned int vsi, const uint8_t *frame, uint32_t len,
	   uint16_t ptype, uint32_t *hash)
{
	const struct flex_profile *profile = model_flex_lookup(model, vsi, ptype);
	struct model_pkt_headers headers;
	uint16_t input[E810_RSS_FV_WORDS];
	const uint32_t (*table)[256];
	unsigned int scheme;

	if (profile == NULL)
		return false;
	table = get_table(model, vsi);
	if (table == NULL)
		return false;
	scheme = (model_reg_get(model, VSIQF_HASH_CTL(model->vsi_first + vsi)) &
		  VSIQF_HASH_CTL_SCHEME_M) >> VSIQF_HASH_CTL_SCHEME_S;
	model_pkt_headers(frame, len, ptype, &headers);
	extract(profile, frame, len, &headers, input);
	if (scheme == E810_HASH_SYM_TOEPLITZ && profile->symmetric)
		make_symmetric(profile, input);
	*hash = scheme == E810_HASH_XOR ? xor_hash(profile, input) :
					  toeplitz(profile, table, input);
	return scheme != E810_HASH_JENKINS;
}

/* ------------------------------------------------------------------ queue ------------------- */

/** The entry of the table that the VSI uses. */
static unsigned int
lut_entry(const struct model_fw *fw, unsigned int vsi, uint8_t q_opt, uint32_t hash)
{
	unsigned int gbl = q_opt >> E810_VSI_Q_OPT_RSS_GBL_LUT_S & E810_VSI_Q_OPT_RSS_GBL_LUT_M;

	switch (q_opt & E810_VSI_Q_OPT_RSS_LUT_M) {
	case E810_VSI_Q_OPT_RSS_LUT_PF:
		return fw->pf_lut[hash & (fw->pf_lut_size - 1)];
	case E810_VSI_Q_OPT_RSS_LUT_GBL:
		return fw->gbl_lut[gbl].entry[hash & (fw->gbl_lut[gbl].size - 1)];
	default:
		return fw->vsi[vsi].rss_lut[hash & (sizeof(fw->vsi[vsi].rss_lut) - 1)];
	}
}

struct model_rss_result
model_rss(struct aether_model *model, unsigned int vsi, const uint8_t *frame, uint32_t len,
	  uint16_t ptype)
{
	const struct fw_vsi *props = &model->fw->vsi[vsi];
	struct model_rss_result result = { .queue = props->rx_queue };
	uint16_t tc = rte_le_to_cpu_16(props->props.tc_mapping[0]);
	unsigned int queues = 1u << ((tc & E810_VSI_TC_Q_NUM_M) >> E810_VSI_TC_Q_NUM_S);

	result.hashed = hash_frame(model, vsi, frame, len, ptype, &result.hash);
	if (!result.hashed)
		return result;
	result.queue = fw_vsi_queue(props, lut_entry(model->fw, vsi, props->props.q_opt_rss,
						     result.hash) & (queues - 1));
	return result;
}

void
model_rss_vsi_changed(struct aether_model *model, unsigned int vsi)
{
	model_reg_put(model, VSIQF_HASH_CTL(model->vsi_first + vsi),
		      model->fw->vsi[vsi].props.q_opt_rss);
	model_flex_changed(model);
}
