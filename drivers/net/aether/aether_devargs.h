/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_DEVARGS_H
#define AETHER_DEVARGS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

/** How a device was given to DPDK. */
enum aether_devargs_form {
	AETHER_DEVARGS_VDEV,		/* --vdev net_aether0,<devargs> */
	AETHER_DEVARGS_PCI,		/* -a <BDF>,<devargs> */
};

/** What comes of lcores that are not left alone (lib/aether_partition). */
enum aether_devargs_partition {
	AETHER_DEVARGS_PARTITION_DEFAULT,	/* warn for a PCI function, else off */
	AETHER_DEVARGS_PARTITION_OFF,
	AETHER_DEVARGS_PARTITION_WARN,
	AETHER_DEVARGS_PARTITION_ENFORCE,	/* the port does not come up */
};

/** What the devargs of a port say. Strings are owned; NULL: the key was not given. */
struct aether_devargs {
	char *bdf;			/* PCI function to open, as 0000:18:00.0 */
	bool noiommu;			/* without an IOMMU */
	char *vfio_user;		/* socket to connect to; with neither it is the model's */
	char *wire;
	char *fault;			/* as aether_model_conf::fault takes it: comma-separated */
	uint32_t speed_mbps;		/* 0: not given */
	int cpu;			/* -1: not given */
	char *media, *fec;
	char *pcap;			/* file that gets every frame */
	uint16_t device_id;		/* 0: not given */
	char *card;
	uint8_t pf;
	struct rte_ether_addr mac;
	bool mac_given;
	bool ddp_none;			/* the model has no package at first */
	char *ddp_pkg_file;		/* the one DDP package to use */
	bool safe_mode;			/* go on without a DDP package */
	enum aether_devargs_partition partition;
	int writeback_us;		/* of polled queues; -1: not given */
};

/** "key=<what> ..." for RTE_PMD_REGISTER_PARAM_STRING. */
#define AETHER_DEVARGS_PARAM_STRING \
	"bdf=<PCI function> " \
	"noiommu=<0|1> " \
	"vfio-user=<socket> " \
	AETHER_DEVARGS_MODEL_STRING \
	AETHER_DEVARGS_ANY_STRING
/** Of the form -a <BDF>. */
#define AETHER_DEVARGS_PCI_STRING \
	"pmd=aether " \
	"noiommu=<0|1> " \
	AETHER_DEVARGS_ANY_STRING
#define AETHER_DEVARGS_MODEL_STRING \
	"wire=<kind[:option...]> " \
	"pcap=<file> " \
	"speed=<10000|25000|40000|50000|100000> " \
	"device=<PCI device id> " \
	"media=<dac|sr|lr|none|unsupported|power> " \
	"fec=<auto|none|baser|rs> " \
	"mac=<xx:xx:xx:xx:xx:xx> " \
	"cpu=<n> " \
	"card=<name> " \
	"pf=<0-7> " \
	"fault=<fault[;fault...]> " \
	"ddp=<none|preloaded> "
#define AETHER_DEVARGS_ANY_STRING \
	"ddp_pkg_file=<path> " \
	"safe-mode=<0|1> " \
	"partition=<enforce|warn|off> " \
	"writeback-us=<0-8160>"

/**
 * Parse and check the devargs of a port.
 *
 * A value runs from the first '=' of its item to the next ',' outside of brackets, so that it may
 * contain '=' itself, as wires do (rte_kvargs takes such a value apart).
 *
 * @param name of the port, for the log; in the form -a <BDF> the PCI function
 * @param text all devargs, comma-separated; NULL or empty: none
 * @param[out] args filled on success; to be given to aether_devargs_free()
 * @return 0; -EINVAL: an unknown or repeated key, a bad value, or keys that do not go together, the
 *   log says which, and what is accepted; -ENOMEM
 */
int aether_devargs_parse(const char *name, const char *text, enum aether_devargs_form form,
			 struct aether_devargs *args);
/** Whether devargs of the form -a <BDF> give the function to this driver: pmd=aether. */
bool aether_devargs_ours(const char *text);
void aether_devargs_free(struct aether_devargs *args);

#endif /* AETHER_DEVARGS_H */
