/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * Which firmware there is for the E810, and what this driver makes of the one that it finds.
 *
 * Source: "Kernel driver, DDP and Firmware Matching List" of DPDK's guide to net_ice
 * (doc/guides/nics/ice.rst, releases 22.11 to 25.11), where Intel's validation names for each
 * release the version of the flash image and of the packages that it was tested with. A 2.3 there
 * is an image 2.30 to 2.39. That one was tested with net_ice says nothing of this driver, which was
 * tested on no card so far: docs/hcl.md.
 */
static const struct aether_nvm_known known[] = {
	/* image, DDP packages: default, comms; first release of DPDK that lists it */
	{2, 3, {1, 3, 20}, {1, 3, 24}, "20.11"},
	{2, 4, {1, 3, 24}, {1, 3, 28}, "21.02"},
	{3, 0, {1, 3, 26}, {1, 3, 30}, "21.05"},
	{3, 1, {1, 3, 27}, {1, 3, 31}, "21.08"},
	{3, 2, {1, 3, 28}, {1, 3, 35}, "22.03"},
	{4, 0, {1, 3, 30}, {1, 3, 37}, "22.07"},
	{4, 1, {1, 3, 30}, {1, 3, 37}, "22.11"},
	{4, 2, {1, 3, 30}, {1, 3, 40}, "23.03"},
	{4, 3, {1, 3, 35}, {1, 3, 45}, "23.07"},
	{4, 4, {1, 3, 36}, {1, 3, 46}, "23.11"},
	{4, 5, {1, 3, 36}, {1, 3, 46}, "24.07"},
	{4, 6, {1, 3, 36}, {1, 3, 46}, "24.11"},
	{4, 7, {1, 3, 39}, {1, 3, 53}, "25.03"},
	{4, 8, {1, 3, 43}, {1, 3, 55}, "25.07"},
	{4, 9, {1, 3, 43}, {1, 3, 55}, "25.11"},
};

/** Admin queue interface that this code is written for. */
#define API_MAJOR	1
/**
 * The oldest minor number with all that it uses. DPDK's net_ice and Linux's ice began with 1.5 as the
 * version that they expect (EXP_FW_API_VER_MINOR), and ask for later ones only where they use more
 * (link override 1.5.2, LLDP filter 1.7.1, default PHY configuration 1.7.3), which this driver does
 * not. Health reports came later still: whoever has none refuses, and works.
 */
#define API_MINOR_MIN	5

const struct aether_nvm_known *
aether_nvm_lookup(const struct aether_versions *v)
{
	unsigned int i;

	/* The minor number is two decimal digits, each in 4 bits; the second is a revision. */
	for (i = 0; i < RTE_DIM(known); i++)
		if (known[i].major == v->nvm_major && known[i].minor == v->nvm_minor >> 4)
			return &known[i];
	return NULL;
}

const struct aether_nvm_known *
aether_nvm_known_get(unsigned int i)
{
	return i < RTE_DIM(known) ? &known[i] : NULL;
}

int
aether_api_check(struct aether_hw *hw)
{
	const struct aether_versions *v = &hw->versions;
	const bool old = v->api_major < API_MAJOR ||
			 (v->api_major == API_MAJOR && v->api_minor < API_MINOR_MIN);

	if (v->api_major == API_MAJOR && !old)
		return 0;
	AETHER_LOG(ERR, hw, "the firmware %u.%u.%u speaks admin queue interface %u.%u, this driver "
		   "%u.%u and later ones of %u.x: %s", v->fw_major, v->fw_minor, v->fw_patch,
		   v->api_major, v->api_minor, API_MAJOR, API_MINOR_MIN, API_MAJOR,
		   old ? "update the card's firmware with Intel's nvmupdate64e" :
		   "update the driver");
	return -EPROTONOSUPPORT;
}

void
aether_versions_report(struct aether_hw *hw)
{
	const struct aether_versions *v = &hw->versions;
	const struct aether_nvm_known *first = &known[0], *last = &known[RTE_DIM(known) - 1];
	const unsigned int image = v->nvm_major << 4 | v->nvm_minor >> 4;
	const char *what = "is in a gap of";

	if (aether_nvm_lookup(v) != NULL)
		return;
	if (image < (unsigned int)(first->major << 4 | first->minor))
		what = "is older than";
	else if (image > (unsigned int)(last->major << 4 | last->minor))
		what = "is newer than";
	AETHER_LOG(NOTICE, hw, "flash image %u.%02x (0x%08x, firmware %u.%u.%u) %s those that this "
		   "driver knows, %u.%u0 to %u.%u9: it goes on; if something fails, bring the card "
		   "to one of docs/hcl.md with Intel's nvmupdate64e, and send a report "
		   "(scripts/hw-acceptance) in either case", v->nvm_major, v->nvm_minor, v->eetrack,
		   v->fw_major, v->fw_minor, v->fw_patch, what, first->major, first->minor,
		   last->major, last->minor);
}
