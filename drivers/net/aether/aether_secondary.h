/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_SECONDARY_H
#define AETHER_SECONDARY_H

/**
 * @file
 * Ports of net_aether in secondary processes, whatever the door.
 *
 * The primary process has the device open. Queues, rings and mbufs lie in shared huge pages; a
 * queue's doorbell lies in BAR 0, of whose file (the model's memory, VFIO's device) a secondary
 * process maps it where the primary has it. So bursts, descriptor status and whatever else reads queues are the same code in all
 * processes, and need nobody's help.
 *
 * Everything that would touch the device happens in the primary, for calls into base/ on one
 * device must not overlap, and no lock is shared that a killed process could leave locked. A
 * secondary has no door of its own: it asks the primary to run an ethdev operation
 * (aether_secondary_call()), which that does under its own lock. Arguments and results travel
 * in a memory file that the asking process makes: nothing is left in shared memory when one of
 * the two dies. EAL tells answers apart by the name of the message alone, so questions and
 * answers are numbered: one that comes too late is not taken for the next one's. Operations that
 * configure the port are not in the table of a secondary process at all. There the ethdev layer
 * answers -ENOTSUP, and does so before it has changed what all processes share.
 *
 * Burst functions are pointers of each process. The primary tells secondaries to choose them
 * anew when the port has started, and to put in those that do nothing before it stops.
 *
 * Messages of EAL's carry this: AETHER_MP_CALL up, AETHER_MP_TELL and AETHER_MP_REMOVED down.
 */

#include <stdint.h>

#include <rte_mempool.h>

#include <ethdev_driver.h>

#include "aether_compat.h"

/** From a secondary to the primary: run an operation. */
#define AETHER_MP_CALL		"net_aether_call"
/** From the primary to all secondaries: the state of a port changes. */
#define AETHER_MP_TELL		"net_aether_tell"

/** From the primary to all secondaries, without an answer: the device of a port is gone. */
#define AETHER_MP_REMOVED	"net_aether_removed"

/** Longest arguments and results of an operation, in bytes. */
#define AETHER_MP_MAX_LEN	(1u << 20)
/** Seconds that a process waits for another's answer. */
#define AETHER_MP_TIMEOUT_S	5

/** What the primary does for others; the buffer that goes with it. */
enum aether_mp_op {
	AETHER_MP_ATTACH,		/* struct aether_mp_attach */
	AETHER_MP_DETACH,		/* none */
	AETHER_MP_INFO,			/* struct rte_eth_dev_info */
	AETHER_MP_STATS_GET,		/* struct aether_mp_stats */
	AETHER_MP_STATS_RESET,		/* none */
	AETHER_MP_XSTATS_GET,		/* array of struct rte_eth_xstat */
	AETHER_MP_XSTATS_NAMES,		/* array of struct rte_eth_xstat_name */
	AETHER_MP_FW_VERSION,		/* text */
	AETHER_MP_FLOW_CTRL_GET,	/* struct rte_eth_fc_conf */
	AETHER_MP_FEC_GET,		/* uint32_t */
	AETHER_MP_RETA_QUERY,		/* array of struct rte_eth_rss_reta_entry64 */
	AETHER_MP_MODULE_INFO,		/* struct rte_eth_dev_module_info */
	AETHER_MP_MODULE_EEPROM,	/* struct aether_mp_data: length in bytes */
	AETHER_MP_REGS,			/* struct aether_mp_data: length in registers */
};

struct aether_mp_call {
	char port[RTE_ETH_NAME_MAX_LEN];
	uint32_t number;		/* for the answer */
	uint32_t op;			/* enum aether_mp_op */
	uint32_t len;			/* bytes in the memory file that comes along; 0: no file */
};

/** The state of a port in the primary. */
struct aether_mp_tell {
	char port[RTE_ETH_NAME_MAX_LEN];
	uint32_t number;		/* for the answers */
	uint32_t closed;		/* 1: it is about to be gone; 0: look at its `running` */
};

/** The answer to both. */
struct aether_mp_answer {
	uint32_t number;		/* of the question */
	int32_t ret;			/* the operation's */
};

/** What has to be the same in all processes that touch queues and pools. */
struct aether_mp_build {
	uint32_t dpdk, port, rxq, txq;	/* RTE_VERSION, sizes of structures */
	uint32_t n_pool_ops;
	/* A pool in shared memory says which kind it is by its place in this table. */
	char pool_ops[RTE_MEMPOOL_MAX_OPS_IDX][RTE_MEMPOOL_OPS_NAMESIZE];
};

/** What the primary says to one that attaches. */
struct aether_mp_attach {
	struct aether_mp_build build;	/* the primary's */
	uint64_t bar0;			/* where BAR 0 is to be mapped ... */
	uint64_t bar0_len;
	uint64_t bar0_offset;		/* ... from here in the file in the answer */
};

struct aether_mp_stats {
	struct rte_eth_stats port;
	AETHER_QUEUE_STATS_TYPE queues;
};

/** Of what rte_dev_reg_info and rte_dev_eeprom_info say, that which means the same in all
 * processes, and the data. No data: only how much there would be. */
struct aether_mp_data {
	uint32_t offset, length, width, version;
	uint8_t data[];
};

/** This process's. */
void aether_mp_build_get(struct aether_mp_build *build);

/* aether_serve.c: the primary's side */

/**
 * Answer secondary processes that ask for this port. Where EAL has no messages between processes
 * (--in-memory, --no-shconf) there are none to answer.
 *
 * @return 0 or negative errno
 */
int aether_serve_init(struct rte_eth_dev *dev);
/** Tell those that are attached that the port is gone, and answer no more. Must not be called
 * with the lock held; a port that is not served is left alone. */
void aether_serve_fini(struct rte_eth_dev *dev);
/** Tell those that are attached whether the port runs, and wait until they have taken note. Must
 * not be called with the lock held. */
void aether_serve_running(struct rte_eth_dev *dev, bool running);

/** Tell those that are attached, and do not wait, that the device of the port is gone: their bursts
 * stop, and their applications get the event. Must not be called with the lock held. */
void aether_serve_removed(struct rte_eth_dev *dev);

/* aether_secondary.c: the secondary's side */

/**
 * Attach a secondary process to a port of the primary.
 *
 * @return 0, -ENODEV (the primary has no such port, or does not answer), -EADDRINUSE (BAR 0 does
 *   not fit where the primary has it), -EINVAL (the processes are built differently)
 */
int aether_secondary_probe(struct rte_device *device, const char *name);
/**
 * Have the primary process run an operation of a port.
 *
 * @param buf arguments in, results out, as enum aether_mp_op has them; NULL with len 0
 * @return what the operation returned; -ENODEV, -ETIMEDOUT: there is no primary, or no such port
 *   any more; -EAGAIN: it was busy for too long and is back, ask again
 */
int aether_secondary_call(const struct rte_eth_dev *dev, enum aether_mp_op op, void *buf,
			  size_t len);
/** Detach: give back what this process holds. The port itself goes on. */
int aether_secondary_remove(const char *name);

/* aether_secondary_ops.c: operations that ask the primary */

int aether_secondary_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
int aether_secondary_stats_get(AETHER_STATS_GET_PARAMS);
int aether_secondary_stats_reset(struct rte_eth_dev *dev);
int aether_secondary_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats,
				unsigned int n);
int aether_secondary_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
				      unsigned int n);
int aether_secondary_fw_version_get(struct rte_eth_dev *dev, char *version, size_t size);
int aether_secondary_link_update(struct rte_eth_dev *dev, int wait_to_complete);
int aether_secondary_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int aether_secondary_fec_get(struct rte_eth_dev *dev, uint32_t *capa);
int aether_secondary_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
				uint16_t size);
int aether_secondary_get_module_info(struct rte_eth_dev *dev,
				     struct rte_eth_dev_module_info *info);
int aether_secondary_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);
int aether_secondary_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);

#endif /* AETHER_SECONDARY_H */
