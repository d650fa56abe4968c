/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FAKE_E810_H
#define FAKE_E810_H

/**
 * @file
 * An E810 just good enough to test base/ against: registers in plain memory, and an admin queue
 * that answers as soon as the tail moves. It keeps account of what the driver holds (locks, VSIs,
 * rules, nodes, queues, settings), so that a test can ask whether all was given back, and any
 * command can be made to fail, to stay unanswered or to be answered with damage. Written for these
 * tests; it shares nothing with lib/aether_model.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/aether_base.h"

#define FAKE_NODES	256
#define FAKE_RULES	256
#define FAKE_PRUNE_LIST	7
#define FAKE_QUEUES	256
#define FAKE_LOG	4096
#define FAKE_NEVER	UINT32_MAX

struct fake_rule {
	bool used;
	uint16_t type, recipe, src;
	uint32_t act;
	uint8_t hdr[16];
};

struct fake_e810 {
	struct aether_bus bus;		/* first */
	uint8_t *bar;
	bool closed;

	/* What the device is. Set before the driver sees it; fake_new() fills in a good card. */
	uint16_t vendor_id, device_id;
	uint8_t api_major, api_minor;
	uint16_t sr[64 * 1024 / 2];	/* shadow RAM, words */
	uint8_t layers, entry_layer;	/* of the scheduler */
	uint16_t siblings;		/* in each layer */
	uint16_t lport, sw_id;
	uint32_t cap_rxqs, cap_txqs, cap_msix, cap_mtu;
	bool ddp_active;
	uint8_t mac[6];
	uint16_t checksum;

	/* How it misbehaves. */
	uint32_t gone_after;		/* register accesses; then all reads give all ones */
	bool reset_stuck;		/* PFSWR stays set */
	unsigned int global_reset;	/* under way: over after so many looks at it */
	bool rxq_stuck;			/* QENA_STAT does not follow */
	uint32_t fail_nth;		/* command number from 0 */
	uint16_t fail_opcode;		/* 0: none */
	uint16_t fail_rc;
	uint16_t silent_opcode;		/* not answered */
	uint16_t damage_opcode;		/* answered without DD */
	uint16_t oversize_opcode;	/* claims one byte more than the buffer has */
	unsigned int nvm_busy;		/* requests to refuse with EBUSY */
	bool switch_loops;		/* the switch list never ends */

	/* What happened. */
	uint32_t accesses;
	uint32_t n_cmds;
	uint16_t log[FAKE_LOG];		/* opcodes */
	struct e810_aq_desc last;	/* the last command as it was sent */
	uint8_t last_buf[E810_AQ_MAX_BUF_LEN];
	uint32_t pf_resets;
	uint32_t vsi_updates;
	bool unloaded;			/* queue shutdown with "unloading" */

	/* What the driver holds. */
	bool nvm_locked, change_locked;
	bool vsi[8];
	struct e810_aqc_vsi_props vsi_props;
	struct {
		bool used;
		uint32_t parent;
		uint8_t layer;
	} node[FAKE_NODES];
	struct fake_rule rule[FAKE_RULES];
	bool prune_list;		/* FAKE_PRUNE_LIST is allocated */
	uint16_t prune_vsi;		/* and has this member; 0: none */
	bool txq[FAKE_QUEUES];
	uint32_t txq_parent[FAKE_QUEUES];
	uint8_t txq_ctx[FAKE_QUEUES][E810_TLAN_CTX_BYTES];
	struct e810_aqc_phy_cfg phy;
	uint16_t max_frame;
	bool lse;
	uint16_t event_mask;
	bool link;
	uint16_t link_speed;
};

struct fake_e810 *fake_new(void);
void fake_free(struct fake_e810 *fake);
/** Direct access to a register, which the driver does not see. */
uint32_t fake_get(const struct fake_e810 *fake, uint32_t offset);
void fake_set(struct fake_e810 *fake, uint32_t offset, uint32_t value);
/** Put an event into the receive queue; false when the driver has posted no room. */
bool fake_event(struct fake_e810 *fake, uint16_t opcode, const void *buf, uint16_t len);
unsigned int fake_count(const struct fake_e810 *fake, uint16_t opcode);
unsigned int fake_rules(const struct fake_e810 *fake);
/** Nodes beyond those of the default topology. */
unsigned int fake_nodes(const struct fake_e810 *fake);
/** Assert that the driver holds nothing and that settings are as fake_new() made them. */
void fake_assert_clean(const struct fake_e810 *fake);

/* The process (test_eal.c). */

/** Start EAL with 64 MB of ordinary memory. A group setup of cmocka. */
int test_eal_init(void **state);
int test_eal_cleanup(void **state);
/** Memory zones that are there. */
unsigned int test_memzones(void);
/** Collect what is logged until test_log_end(), which returns it to be freed. */
void test_log_begin(void);
char *test_log_end(void);

/** A handle on the fake with short timeouts. */
void test_hw(struct aether_hw *hw, struct fake_e810 *fake);

/** A card and a driver's handle on it: the state of most tests. */
struct fake_bench {
	struct fake_e810 *fake;
	struct aether_hw hw;
	unsigned int memzones;		/* before the driver had any */
};

/** Set-up of a test: a card that has not been brought up. */
int fake_bench_new(void **state);
/** The same with a card that has a package and is brought up. */
int fake_bench_up(void **state);
/** Teardown: the driver leaves, and has given all its memory back. */
int fake_bench_free(void **state);

#endif /* FAKE_E810_H */
