/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef SHIM_H
#define SHIM_H

/**
 * @file
 * The VFIO shim: a library to preload that stands in for the kernel's VFIO, so that a stock DPDK
 * program drives device models as if they were PCI functions bound to vfio-pci.
 *
 * vfio_shim.c answers the ioctl() calls for containers and groups, shim_device.c those for a
 * device, shim_control.c is the way in for a test. Everything is under one mutex, shim_lock,
 * which none of the data path takes. docs/fidelity.md says what differs from the kernel.
 *
 * Environment:
 *   AETHER_VFIO_DEVICES  the devices, separated by ';', each "<BDF> key=value ...":
 *     group=<n> (required), name=, wire=, mac=<6 octets with :>, device=<PCI device id, hex>,
 *     speed=<Mbit/s>, cable=up|down (at power-on),
 *     media=, fec=, fault=<as struct aether_model_conf has them>,
 *     card=<name> and pf=<n> (functions of one card), ddp=none|preloaded,
 *     bar0=<bytes> (what the kernel says of its size; the model's is there)
 *   AETHER_VFIO_CPU      CPU of the thread that steps the models; default: any; none: there is no
 *                        such thread, as if its CPU never came, and hosts that wait step them
 *   AETHER_VFIO_CONTROL  path of the control socket to listen on; default: none
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "aether_model.h"

#define SHIM_MAX_DEVICES	8
#define SHIM_CONFIG_SIZE	4096
/** Where DPDK 22.11 expects region i in the device's file, without asking. */
#define SHIM_REGION_OFFSET(i)	((uint64_t)(i) << 40)

/** Size of a struct up to and with this member: what the kernel wants argsz to cover. */
#define SHIM_SIZE_UP_TO(type, member) \
	(offsetof(type, member) + sizeof(((type *)NULL)->member))

/** Memory that the container lets all devices reach. */
struct shim_map {
	uint64_t iova;
	uint64_t size;
	void *va;
	bool writable;
};

/** A PCI function, from configuration to power-on to the end of the process. */
struct shim_device {
	char bdf[16];
	int group;
	struct aether_model_conf conf;	/* its strings live as long as the process */
	bool unplugged;			/* powers on with its cable pulled */
	uint32_t bar0_size;		/* as programs are told */
	struct aether_model *model;	/* NULL until the device is first opened */
	int memfd;			/* all regions; the program gets duplicates */
	uint32_t *config;		/* region 7, mapped */
	uint32_t config_seen[SHIM_CONFIG_SIZE / sizeof(uint32_t)];
	int *irq_fd;			/* our duplicates of the program's eventfds, -1: none */
	int request_fd;			/* the same, of the request interrupt */
	unsigned int open_count;
	uint32_t beat;			/* the device's clock, as a waiting host saw it last */
	uint64_t beat_tsc;		/* and when it was seen to have moved */
};

extern pthread_mutex_t shim_lock;
extern struct shim_device shim_devices[SHIM_MAX_DEVICES];
extern unsigned int shim_n_devices;

/** Say on stderr what went wrong. */
void shim_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Fill shim_devices from AETHER_VFIO_DEVICES. @return 0, or -EINVAL with the reason said. */
int shim_conf_parse(const char *spec);

/* Devices. All return 0 or negative errno unless they say otherwise. */

/** The device that this file belongs to, or NULL. */
struct shim_device *shim_device_by_file(dev_t st_dev, ino_t st_ino);
/** Open: the first time, power on and map what the container maps.
 * @return a file descriptor for the program */
int shim_device_open(struct shim_device *device, const struct shim_map *maps, unsigned int n_maps);
/** The program has closed the file: reset, unbind interrupts. */
void shim_device_closed(struct shim_device *device);
int shim_device_ioctl(struct shim_device *device, unsigned long request, void *arg);
/** Ask the program to give the device back. @return 0, -ENOENT: it wants no such interrupt */
int shim_device_request(struct shim_device *device);
/** End the model, which completes what it writes to captures. */
void shim_device_power_off(struct shim_device *device);
/** Pass on to the model what the program has written into configuration space since. */
void shim_device_config_sync(struct shim_device *device);

/** Start listening on AETHER_VFIO_CONTROL, once; no-op without it. */
int shim_control_start(void);

#endif /* SHIM_H */
