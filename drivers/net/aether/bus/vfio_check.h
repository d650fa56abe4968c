/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFIO_CHECK_H
#define VFIO_CHECK_H

/**
 * @file
 * Whether the kernel will hand a PCI function over, by what its files say: before opening, since
 * the errors of VFIO do not say what is wrong, and after a failure. Each refusal is a sentence
 * with what was found and the command that mends it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where the files are; tests make trees of their own. */
struct vfio_paths {
	const char *pci;		/* /sys/bus/pci/devices */
	const char *module;		/* /sys/module */
	const char *dev;		/* /dev/vfio */
};

struct vfio_check {
	/* What is asked. */
	struct vfio_paths paths;
	const char *bdf;
	bool noiommu;			/* the user has said that it may be without an IOMMU */
	/** Whether the driver above has use for such a function. */
	bool (*known)(uint16_t vendor, uint16_t device);
	/* What was found. */
	int group;
	bool without_iommu;		/* the group is one of no-IOMMU mode */
	char reason[1024];		/* of a refusal */
};

/** What a process asks for by memory that a device can reach. */
struct vfio_dma_wish {
	uint64_t bytes;			/* of EAL's memory */
	uint64_t pages;			/* separate mappings that takes at most */
	bool hugepages;
	uint64_t memlock_limit;		/* bytes; UINT64_MAX: none */
	int error;			/* that the failure has left in errno, if it has */
};

/**
 * Judge a function before it is opened.
 *
 * @return 0, or with the reason -ENODEV (no such function, or one that is not known), -ENOTSUP (no
 *   IOMMU), -EPERM (no-IOMMU mode without having been asked for), -ENXIO (bound to no driver, or
 *   VFIO has no file for its group), -EBUSY (bound to another driver, or its group is in use)
 */
int vfio_check(struct vfio_check *check);
/**
 * Find out why VFIO did not hand over a function that vfio_check() had no objection to.
 *
 * @param ours whether this process has other functions of the group open
 * @return negative errno, with the reason: -EACCES, -EBUSY (of another process), -ENOMEM (the
 *   memory that may be locked), -ENOSPC (mappings), -EIO (something else, which EAL has logged)
 */
int vfio_check_failed(struct vfio_check *check, const struct vfio_dma_wish *wish, bool ours);
/** Whether a driver of the kernel has the function. */
bool vfio_is_bound(const struct vfio_paths *paths, const char *bdf);
/** NUMA node of the function, -1: unknown, or the machine has one only. */
int vfio_numa_node(const struct vfio_paths *paths, const char *bdf);

#endif /* VFIO_CHECK_H */
