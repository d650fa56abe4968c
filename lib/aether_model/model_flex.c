/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which fields of a packet are hashed (datasheet section 7.6): packet type -> group (XLT1), VSI ->
 * group (XLT2), both and the packet's flags -> profile (TCAM, redirection), profile -> field
 * vector, masks and symmetry. Each step is the table of the package in force.
 *
 * What is looked up per packet is kept per VSI and packet type, and a profile's field vector in
 * the form in which packets are read; model_flex_changed() drops both.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_flex.h"
#include "model_flex_priv.h"
#include "model_fw.h"

/* ------------------------------------------------------------------ working copy ------------ */

int
model_flex_create(struct aether_model *model)
{
	model->flex = calloc(1, sizeof(*model->flex));
	return model->flex == NULL ? -ENOMEM : 0;
}

void
model_flex_free(struct aether_model *model)
{
	unsigned int i;

	if (model->flex == NULL)
		return;
	for (i = 0; i < MODEL_VSIS; i++)
		free(model->flex->vsi[i].toeplitz);
	free(model->flex->tables);
	free(model->flex);
	model->flex = NULL;
}

void
model_flex_changed(struct aether_model *model)
{
	struct model_flex *flex = model->flex;
	unsigned int i;

	memset(flex->lookup, FLEX_UNKNOWN, sizeof(flex->lookup));
	for (i = 0; i < RTE_DIM(flex->profile); i++)
		flex->profile[i].compiled = false;
	for (i = 0; i < MODEL_VSIS; i++)
		flex->vsi[i].known = false;
}

void
model_flex_reset(struct aether_model *model)
{
	unsigned int i;

	/* No generation has this number: the next look copies the tables anew. */
	model->flex->generation = 0;
	for (i = 0; i < MODEL_VSIS; i++) {
		free(model->flex->vsi[i].toeplitz);
		model->flex->vsi[i].toeplitz = NULL;
	}
	model_flex_changed(model);
}

struct fw_flex_tables *
model_flex_sync(struct aether_model *model, const struct fw_flex_tables *base, uint64_t generation)
{
	struct model_flex *flex = model->flex;

	if (flex->generation == generation)
		return flex->in_force ? flex->tables : NULL;
	flex->generation = generation;
	flex->in_force = false;
	model_flex_changed(model);
	if (base == NULL)
		return NULL;
	if (flex->tables == NULL)
		flex->tables = malloc(sizeof(*flex->tables));
	if (flex->tables == NULL) {
		MODEL_LOG(ERR, model, "no memory for the tables of the DDP package: safe mode");
		return NULL;
	}
	memcpy(flex->tables, base, sizeof(*flex->tables));
	flex->in_force = true;
	return flex->tables;
}

void
model_flex_step(struct aether_model *model)
{
	/* Acquire: pairs with the release of whoever puts a package in force. */
	if (unlikely(__atomic_load_n(&fw_ddp(model)->generation, __ATOMIC_ACQUIRE) !=
		     model->flex->generation))
		fw_ddp_tables(model);
}

/* ------------------------------------------------------------------ profile lookup ---------- */

/** Bit pairs K and I of an entry against a key: 0 wants K, 1 wants I. */
static bool
tcam_match(const uint8_t *entry, const uint8_t *key, const uint8_t *care)
{
	unsigned int i;

	for (i = 0; i < E810_TCAM_KEY_HALF; i++) {
		uint8_t ok = (uint8_t)((~key[i] & entry[i]) |
				       (key[i] & entry[E810_TCAM_KEY_HALF + i]));

		/* Where the key does not care, an entry must match either: never-match does not. */
		ok |= ~care[i] & (entry[i] | entry[E810_TCAM_KEY_HALF + i]);
		if (ok != UINT8_MAX)
			return false;
	}
	return true;
}

static uint16_t
vsig_of(const struct aether_model *model, unsigned int vsi)
{
	const struct fw_flex_block *rss = &model->flex->tables->blk[E810_BLK_RSS];

	return rte_le_to_cpu_16(rss->xlt2[(model->vsi_first + vsi) % E810_XLT2_ENTRIES]);
}

/** What is looked up for a packet. Its flags are those of one that nothing is wrong with. */
static void
make_key(const struct aether_model *model, unsigned int vsi, uint8_t ptg, uint8_t *key)
{
	const struct e810_prof_key fields = {
		.flags = 0, .ptg = ptg,
		.vsig_cdid = rte_cpu_to_le_16(vsig_of(model, vsi)),
	};

	RTE_BUILD_BUG_ON(sizeof(fields) != E810_TCAM_KEY_HALF);
	memcpy(key, &fields, sizeof(fields));
}

/** The profile that a matching TCAM entry leads to. */
static unsigned int
entry_profile(const struct fw_flex_block *rss, unsigned int entry)
{
	return rss->redir[rss->tcam[entry].prof_id % E810_RSS_PROFILES] % E810_RSS_PROFILES;
}

/* ------------------------------------------------------------------ profiles ---------------- */

/** Where the parser notes the header of this protocol; PKT_HDRS: it does not. */
static enum pkt_hdr
header_of(uint8_t prot_id)
{
	static const uint8_t headers[][2] = {
		{ E810_PROT_MAC_OF_OR_S, PKT_HDR_MAC }, { E810_PROT_ETYPE_OL, PKT_HDR_ETYPE },
		{ E810_PROT_EVLAN_O, PKT_HDR_EVLAN }, { E810_PROT_VLAN_O, PKT_HDR_VLAN },
		{ E810_PROT_IPV4_OF_OR_S, PKT_HDR_IPV4 }, { E810_PROT_IPV4_IL, PKT_HDR_IPV4_IL },
		{ E810_PROT_IPV6_OF_OR_S, PKT_HDR_IPV6 }, { E810_PROT_IPV6_IL, PKT_HDR_IPV6_IL },
		{ E810_PROT_IPV6_FRAG, PKT_HDR_IPV6_FRAG }, { E810_PROT_GRE_OF, PKT_HDR_GRE },
		{ E810_PROT_TCP_IL, PKT_HDR_TCP }, { E810_PROT_UDP_IL_OR_S, PKT_HDR_UDP },
		{ E810_PROT_SCTP_IL, PKT_HDR_SCTP }, { E810_PROT_ICMP_IL, PKT_HDR_ICMP },
		{ E810_PROT_ICMPV6_IL, PKT_HDR_ICMPV6 },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(headers); i++)
		if (headers[i][0] == prot_id)
			return headers[i][1];
	return PKT_HDRS;
}

/** Bits of a word of the field vector that profile p hashes. */
static uint16_t
word_mask(const struct aether_model *model, unsigned int p, unsigned int fv_index)
{
	uint32_t sel = model_reg_get(model, GLQF_HMASK_SEL(p));
	uint16_t mask = UINT16_MAX;
	unsigned int i;
	uint32_t reg;

	for (i = 0; i < GLQF_HMASKS; i++) {
		if ((sel >> i & 1) == 0)
			continue;
		reg = model_reg_get(model, GLQF_HMASK(i));
		if ((reg & GLQF_HMASK_MSK_INDEX_M) == fv_index)
			mask &= reg >> GLQF_HMASK_MASK_S;
	}
	return mask;
}

/** The word that is XORed into word `pos` of the input; pos itself: none. */
static uint8_t
word_xor(const struct aether_model *model, unsigned int p, unsigned int pos)
{
	/* The register counts as the field vector does, whose last word is hashed first. */
	const unsigned int last = E810_RSS_FV_WORDS - 1, word = last - pos;
	uint32_t reg = model_reg_get(model, GLQF_HSYMM(p, word / 4));
	uint8_t byte = (uint8_t)(reg >> (8 * (word % 4)));

	if ((byte & GLQF_HWORD_ENA) == 0 || (byte & GLQF_HWORD_IDX_M) > last)
		return pos;
	return last - (byte & GLQF_HWORD_IDX_M);
}

/** The field vector stands last word first: word 23 is hashed first. */
static void
compile(struct aether_model *model, unsigned int p)
{
	const struct fw_flex_block *rss = &model->flex->tables->blk[E810_BLK_RSS];
	const struct e810_fv_word *fv = &rss->fv[p * E810_RSS_FV_WORDS];
	struct flex_profile *profile = &model->flex->profile[p];
	struct flex_word *word;
	unsigned int pos, i;
	enum pkt_hdr hdr;

	memset(profile, 0, sizeof(*profile));
	profile->compiled = true;
	for (pos = 0; pos < E810_RSS_FV_WORDS; pos++) {
		i = E810_RSS_FV_WORDS - 1 - pos;
		if (fv[i].prot_id == E810_PROT_INVALID || fv[i].prot_id == 0)
			continue;
		hdr = header_of(fv[i].prot_id);
		if (hdr == PKT_HDRS) {
			MODEL_LOG(INFO, model, "RSS profile %u has words of protocol %u, which "
				  "the parser does not know: they are 0", p, fv[i].prot_id);
			continue;
		}
		word = &profile->word[profile->n++];
		word->pos = pos;
		word->hdr = hdr;
		word->off = rte_le_to_cpu_16(fv[i].off);
		word->mask = word_mask(model, p, i);
		word->xor = word_xor(model, p, pos);
		profile->symmetric |= word->xor != pos;
	}
}

static const struct flex_profile *
get_profile(struct aether_model *model, unsigned int p)
{
	struct flex_profile *profile = &model->flex->profile[p];

	if (!profile->compiled)
		compile(model, p);
	return profile;
}

const struct flex_profile *
model_flex_lookup(struct aether_model *model, unsigned int vsi, uint16_t ptype)
{
	static const uint8_t all[E810_TCAM_KEY_HALF] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	uint8_t *known = &model->flex->lookup[vsi][ptype % E810_PTYPES];
	const struct fw_flex_block *rss;
	uint8_t key[E810_TCAM_KEY_HALF];
	unsigned int i;

	if (likely(*known != FLEX_UNKNOWN))
		return *known == FLEX_NONE ? NULL : &model->flex->profile[*known - FLEX_FIRST];
	*known = FLEX_NONE;
	if (!model->flex->in_force)
		return NULL;
	rss = &model->flex->tables->blk[E810_BLK_RSS];
	make_key(model, vsi, rss->xlt1[ptype % E810_PTYPES], key);
	for (i = 0; i < E810_PROF_TCAM_MAX; i++)
		if (tcam_match(rss->tcam[i].key, key, all))
			break;
	if (i == E810_PROF_TCAM_MAX || get_profile(model, entry_profile(rss, i))->n == 0)
		return NULL;
	*known = FLEX_FIRST + entry_profile(rss, i);
	return &model->flex->profile[*known - FLEX_FIRST];
}

/** Look for any entry with fields that a packet to this VSI, of whatever type, may match. */
static bool
find_any(struct aether_model *model, unsigned int vsi)
{
	static const uint8_t group_only[E810_TCAM_KEY_HALF] = { 0, 0, 0, 0xFF, 0xFF };
	const struct fw_flex_block *rss = &model->flex->tables->blk[E810_BLK_RSS];
	uint8_t key[E810_TCAM_KEY_HALF];
	unsigned int i;

	make_key(model, vsi, 0, key);
	for (i = 0; i < E810_PROF_TCAM_MAX; i++)
		if (tcam_match(rss->tcam[i].key, key, group_only) &&
		    get_profile(model, entry_profile(rss, i))->n != 0)
			return true;
	return false;
}

bool
model_flex_hashes(struct aether_model *model, unsigned int vsi)
{
	struct flex_vsi *state = &model->flex->vsi[vsi];

	if (!state->known) {
		state->hashes = model->flex->in_force && find_any(model, vsi);
		state->known = true;
	}
	return state->hashes;
}
