/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What is in the flash (datasheet section 6): shadow RAM, NVM bank, option ROM, netlist, with the
 * words that drivers read and nothing else.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define NVM_BANK_OFFSET		0x100000
#define NVM_BANK_SIZE		0x100000
#define OROM_BANK_OFFSET	0x300000
#define OROM_BANK_SIZE		0x80000
#define NETLIST_BANK_OFFSET	0x400000
#define NETLIST_BANK_SIZE	0x10000

#define DEV_STARTER_VERSION	0x4010	/* 4.10, as two digits after 4 bits */
#define EETRACK			0x80001417
#define NVM_SECURITY_REV	1

/* CSS header at the start of the NVM bank: its length, and where its words lie. */
#define CSS_DWORDS		161
#define CSS_AUTH_WORDS		8
#define CSS_WORDS		(2 * CSS_DWORDS + CSS_AUTH_WORDS)
#define CSS_HDR_LEN_L		0x02
#define CSS_HDR_LEN_H		0x03
#define CSS_SREV_L		0x14
#define CSS_SREV_H		0x15
#define SR_COPY_ALIGN_WORDS	32
#define SR_COPY_WORDS		0x80

/* Preserved field area in the shadow RAM: a length, then type-length-value entries. */
#define PFA_WORD		0x1000
#define PBA_STRING		"M12345-001"	/* part number, an even number of characters */

/* Combined image version in the option ROM. */
#define CIVD_OFFSET		512
#define CIVD_VERSION		0x010D7401	/* 1.3444.1: major, build, patch */
#define CIVD_NAME		"1.3444.1"
#define CIVD_NAME_MAX		32

/* Netlist module. */
#define NETLIST_TYPE		0x011B
#define NETLIST_NODES		1
#define NETLIST_ID_BLOCK	(6 + 2 * NETLIST_NODES)
#define NETLIST_ID_WORDS	0x30
#define NETLIST_WORDS		0x100

struct civd {
	uint8_t signature[4];
	uint8_t checksum;
	rte_le32_t version;
	uint8_t name_len;
	rte_le16_t name[CIVD_NAME_MAX];
} __rte_packed;

static void
word(uint8_t *image, unsigned int at, uint16_t value)
{
	value = rte_cpu_to_le_16(value);
	memcpy(image + 2 * at, &value, sizeof(value));
}

/** Add a part of zeroes to the flash; NULL: no memory. */
static uint8_t *
part_add(struct fw_nvm *nvm, uint32_t offset, uint32_t len)
{
	struct fw_nvm_part *part = &nvm->part[nvm->n_parts];

	part->data = calloc(1, len);
	if (part->data == NULL)
		return NULL;
	part->offset = offset;
	part->len = len;
	nvm->n_parts++;
	return part->data;
}

static void
image_versions(uint8_t *sr)
{
	word(sr, E810_SR_NVM_DEV_STARTER_VER, DEV_STARTER_VERSION);
	word(sr, E810_SR_NVM_EETRACK_LO, EETRACK & 0xFFFF);
	word(sr, E810_SR_NVM_EETRACK_HI, EETRACK >> 16);
}

/** Preserved fields: the part number, and nine layers of the transmit scheduler. */
static void
image_pfa(uint8_t *sr)
{
	const char *pba = PBA_STRING;
	unsigned int chars = sizeof(PBA_STRING) - 1;
	unsigned int at = PFA_WORD + 1;
	unsigned int i;

	word(sr, E810_SR_PFA_PTR, PFA_WORD);
	word(sr, at++, E810_SR_PBA_BLOCK_PTR);
	word(sr, at++, 1 + chars / 2);
	word(sr, at++, 1 + chars / 2);		/* this word and the characters */
	for (i = 0; i < chars; i += 2)
		word(sr, at++, (uint16_t)(pba[i] << 8 | pba[i + 1]));
	word(sr, at++, E810_PFA_TX_TOPO);
	word(sr, at++, 1);
	word(sr, at++, 0);
	/* The length counts itself and one more word behind the entries. */
	word(sr, PFA_WORD, at - PFA_WORD + 1);
}

static void
image_shadow_ram(uint8_t *sr)
{
	word(sr, E810_SR_CTRL_WORD, 1u << E810_SR_CTRL_WORD_VALID_S);
	image_versions(sr);
	word(sr, E810_SR_WOL_CFG, 0xFFFF);
	word(sr, E810_SR_VPD_PTR, 0xFFFF);
	word(sr, E810_SR_PCIE_ALT_AUTO_LOAD_PTR, 0xFFFF);
	word(sr, E810_SR_1ST_NVM_BANK_PTR,
	     E810_SR_PTR_4KB_UNITS | NVM_BANK_OFFSET / E810_NVM_SECTOR_SIZE);
	word(sr, E810_SR_NVM_BANK_SIZE, NVM_BANK_SIZE / E810_NVM_SECTOR_SIZE);
	word(sr, E810_SR_1ST_OROM_BANK_PTR,
	     E810_SR_PTR_4KB_UNITS | OROM_BANK_OFFSET / E810_NVM_SECTOR_SIZE);
	word(sr, E810_SR_OROM_BANK_SIZE, OROM_BANK_SIZE / E810_NVM_SECTOR_SIZE);
	word(sr, E810_SR_NETLIST_BANK_PTR,
	     E810_SR_PTR_4KB_UNITS | NETLIST_BANK_OFFSET / E810_NVM_SECTOR_SIZE);
	word(sr, E810_SR_NETLIST_BANK_SIZE, NETLIST_BANK_SIZE / E810_NVM_SECTOR_SIZE);
	image_pfa(sr);
}

static void
image_css(uint8_t *css)
{
	word(css, CSS_HDR_LEN_L, CSS_DWORDS);
	word(css, CSS_HDR_LEN_H, 0);
	word(css, CSS_SREV_L, NVM_SECURITY_REV);
	word(css, CSS_SREV_H, 0);
}

/** NVM bank: CSS header, then a copy of the shadow RAM. */
static int
image_nvm_bank(struct fw_nvm *nvm)
{
	unsigned int copy = RTE_ALIGN_CEIL(CSS_WORDS, SR_COPY_ALIGN_WORDS);
	uint8_t *bank = part_add(nvm, NVM_BANK_OFFSET, 2 * (copy + SR_COPY_WORDS));

	if (bank == NULL)
		return -ENOMEM;
	image_css(bank);
	memcpy(bank + 2 * copy, nvm->sr, 2 * SR_COPY_WORDS);
	return 0;
}

/** Option ROM: version block at its start; its CSS header is at the end. */
static int
image_orom(struct fw_nvm *nvm)
{
	struct civd civd = {
		.signature = { '$', 'C', 'I', 'V' },
		.version = rte_cpu_to_le_32(CIVD_VERSION),
		.name_len = sizeof(CIVD_NAME) - 1,
	};
	uint8_t *orom = part_add(nvm, OROM_BANK_OFFSET, OROM_BANK_SIZE);
	uint8_t sum = 0;
	unsigned int i;

	if (orom == NULL)
		return -ENOMEM;
	for (i = 0; i < sizeof(CIVD_NAME) - 1; i++)
		civd.name[i] = rte_cpu_to_le_16(CIVD_NAME[i]);
	for (i = 0; i < sizeof(civd); i++)
		sum += ((const uint8_t *)&civd)[i];
	civd.checksum = -sum;		/* all bytes together make 0 */
	memcpy(orom + CIVD_OFFSET, &civd, sizeof(civd));
	image_css(orom + OROM_BANK_SIZE - 2 * CSS_WORDS);
	return 0;
}

static int
image_netlist(struct fw_nvm *nvm)
{
	uint8_t *netlist = part_add(nvm, NETLIST_BANK_OFFSET, 2 * NETLIST_WORDS);
	unsigned int id = NETLIST_ID_BLOCK;

	if (netlist == NULL)
		return -ENOMEM;
	word(netlist, 0, NETLIST_TYPE);
	word(netlist, 1, NETLIST_WORDS - 2);
	word(netlist, 2, NETLIST_WORDS - 2);	/* of the link topology module */
	word(netlist, 3, NETLIST_NODES);
	word(netlist, id + 2, 4);		/* version 4.0 */
	word(netlist, id + 6, 2);		/* type */
	word(netlist, id + 8, 1);		/* revision */
	return 0;
}

int
fw_nvm_image(struct aether_model *model)
{
	struct fw_nvm *nvm = &model->fw->nvm;

	nvm->sr = part_add(nvm, 0, FW_SR_BYTES);
	if (nvm->sr == NULL)
		return -ENOMEM;
	image_shadow_ram(nvm->sr);
	if (image_nvm_bank(nvm) != 0 || image_orom(nvm) != 0 || image_netlist(nvm) != 0)
		return -ENOMEM;
	return 0;
}
