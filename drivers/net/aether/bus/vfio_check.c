/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio_check.h"

#define PCI_CLASS_BRIDGE	0x0604u
/** The kernel's own, when its parameter cannot be read. */
#define DMA_ENTRY_LIMIT		65535
/** The kernel calls a group so that it made up for want of an IOMMU. */
#define NOIOMMU_GROUP		"vfio-noiommu"

static int refuse(struct vfio_check *check, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int
refuse(struct vfio_check *check, int ret, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(check->reason, sizeof(check->reason), fmt, args);
	va_end(args);
	return ret;
}

/* ---------------------------------------------------------------- the files ----------------- */

/** First line of a file, without its end. @return 0 or negative errno */
static int
file_line(const char *folder, const char *bdf, const char *name, char *line, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, bdf, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, line, size - 1);
	close(fd);
	if (len < 0)
		return -EIO;
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

/** A number in a file, as C writes it. @return 0 or negative errno */
static int
file_number(const char *folder, const char *bdf, const char *name, long *number)
{
	char line[32], *end;
	int ret;

	ret = file_line(folder, bdf, name, line, sizeof(line));
	if (ret != 0)
		return ret;
	errno = 0;
	*number = strtol(line, &end, 0);
	return end == line || *end != '\0' || errno != 0 ? -EINVAL : 0;
}

/** Last part of where a link points to; "" when there is no such link. */
static void
link_name(const struct vfio_check *check, const char *bdf, const char *name, char *to, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s/%s", check->paths.pci, bdf, name);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	last = strrchr(target, '/');
	last = last != NULL ? last + 1 : target;
	len = strnlen(last, size - 1);
	memcpy(to, last, len);
	to[len] = '\0';
}

static bool
exists(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

bool
vfio_is_bound(const struct vfio_paths *paths, const char *bdf)
{
	char path[PATH_MAX];
	struct stat st;

	/* The link says it, whether or not there is what it points to. */
	snprintf(path, sizeof(path), "%s/%s/driver", paths->pci, bdf);
	return lstat(path, &st) == 0;
}

int
vfio_numa_node(const struct vfio_paths *paths, const char *bdf)
{
	long node;

	if (file_number(paths->pci, bdf, "numa_node", &node) != 0 || node < 0 || node > INT16_MAX)
		return -1;
	return node;
}

/* ---------------------------------------------------------------- before opening ------------ */

static int
check_device(struct vfio_check *check)
{
	const char *const pci = check->paths.pci;
	long vendor, device;

	if (!exists(pci, check->bdf))
		return refuse(check, -ENODEV, "there is no PCI function %s in %s; see which there "
			      "are: lspci -D -d 8086::0200", check->bdf, pci);
	if (file_number(pci, check->bdf, "vendor", &vendor) != 0 ||
	    file_number(pci, check->bdf, "device", &device) != 0)
		return refuse(check, -ENODEV, "%s/%s says no vendor and device id; is it there: "
			      "lspci -D -s %s", pci, check->bdf, check->bdf);
	if (!check->known(vendor, device))
		return refuse(check, -ENODEV, "%s is a %04lx:%04lx, which is no device of this "
			      "driver, and is left alone; see which there are: lspci -D -d "
			      "8086::0200", check->bdf, vendor & 0xffff, device & 0xffff);
	return 0;
}

/** Kernels without an IOMMU, or with it switched off, have no groups. */
static int
check_iommu(struct vfio_check *check)
{
	char group[16], name[32], *end;

	link_name(check, check->bdf, "iommu_group", group, sizeof(group));
	if (group[0] == '\0' && check->noiommu && exists(check->paths.module, "vfio") &&
	    !exists(check->paths.module, "vfio/parameters/enable_unsafe_noiommu_mode"))
		return refuse(check, -ENOTSUP, "%s is in no IOMMU group, and this kernel has no "
			      "no-IOMMU mode (CONFIG_VFIO_NOIOMMU), as those of distributions; "
			      "switch the IOMMU on in the machine's firmware (VT-d, AMD-Vi) and by "
			      "intel_iommu=on iommu=pt on Linux's command line (AMD: iommu=pt)",
			      check->bdf);
	if (group[0] == '\0' && check->noiommu)
		return refuse(check, -ENOTSUP, "%s is in no IOMMU group, and VFIO's no-IOMMU mode "
			      "makes one when it is on; run: echo 1 > "
			      "%s/vfio/parameters/enable_unsafe_noiommu_mode; "
			      "dpdk-devbind.py -b vfio-pci --noiommu-mode %s", check->bdf,
			      check->paths.module, check->bdf);
	if (group[0] == '\0')
		return refuse(check, -ENOTSUP, "%s is in no IOMMU group: the IOMMU is off, or there "
			      "is none; switch it on in the machine's firmware (VT-d, AMD-Vi) and "
			      "start Linux with intel_iommu=on iommu=pt on its command line "
			      "(AMD: iommu=pt); see: dmesg | grep -i -e DMAR -e IOMMU", check->bdf);
	errno = 0;
	check->group = strtol(group, &end, 10);
	if (*end != '\0' || errno != 0 || check->group < 0)
		return refuse(check, -ENODEV, "%s/%s/iommu_group points to '%s', which is no "
			      "number", check->paths.pci, check->bdf, group);
	check->without_iommu = file_line(check->paths.pci, check->bdf, "iommu_group/name", name,
					 sizeof(name)) == 0 && strcmp(name, NOIOMMU_GROUP) == 0;
	if (check->without_iommu && !check->noiommu)
		return refuse(check, -EPERM, "%s is with VFIO without an IOMMU, so that it can write "
			      "to all memory; switch an IOMMU on (intel_iommu=on iommu=pt on "
			      "Linux's command line), or allow it by noiommu=1", check->bdf);
	return 0;
}

static bool
is_vfio_driver(const char *driver)
{
	const size_t len = strlen(driver);

	/* The variants for one vendor's functions are named <vendor>-vfio-pci. */
	return len >= 8 && (strcmp(driver + len - 8, "vfio-pci") == 0 ||
			    strcmp(driver + len - 8, "vfio_pci") == 0);
}

/** Names of the network interfaces that go with the kernel's driver: "", or " (eth0)". */
static void
interfaces(const struct vfio_check *check, char *text, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;
	size_t len = 0;
	DIR *dir;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s/net", check->paths.pci, check->bdf);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL && len < size) {
		if (entry->d_name[0] != '.')
			len += snprintf(text + len, size - len, "%s%s",
					len == 0 ? ", with interface " : " ", entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

static int
check_driver(struct vfio_check *check)
{
	const char *const load = exists(check->paths.module, "vfio_pci") ? "" :
		"modprobe vfio-pci; ";
	const char *const bdf = check->bdf, *const pci = check->paths.pci;
	char driver[64], names[128];

	link_name(check, bdf, "driver", driver, sizeof(driver));
	if (is_vfio_driver(driver))
		return 0;
	if (driver[0] == '\0')
		return refuse(check, -ENXIO, "%s is bound to no driver, and has to be to vfio-pci; "
			      "run: %sdpdk-devbind.py -b vfio-pci %s (or: echo vfio-pci > "
			      "%s/%s/driver_override; echo %s > /sys/bus/pci/drivers_probe)", bdf,
			      load, bdf, pci, bdf, bdf);
	interfaces(check, names, sizeof(names));
	return refuse(check, -EBUSY, "%s is bound to %s%s, and has to be to vfio-pci; run: "
		      "%sdpdk-devbind.py -b vfio-pci %s (or: echo vfio-pci > "
		      "%s/%s/driver_override; echo %s > %s/%s/driver/unbind; echo %s > "
		      "/sys/bus/pci/drivers_probe)", bdf, driver, names, load, bdf, pci, bdf, bdf,
		      pci, bdf, bdf);
}

/** Whether the kernel lets a group be used while this function has the driver that it has. */
static bool
spoils_group(const struct vfio_check *check, const char *bdf, char *driver, size_t size)
{
	long class;

	link_name(check, bdf, "driver", driver, size);
	if (driver[0] == '\0' || is_vfio_driver(driver) || strcmp(driver, "pci-stub") == 0)
		return false;
	return file_number(check->paths.pci, bdf, "class", &class) != 0 ||
		(class >> 8) != PCI_CLASS_BRIDGE;
}

static int
check_group(struct vfio_check *check)
{
	char path[PATH_MAX], driver[64], who[256] = "", what[256] = "";
	size_t n_who = 0, n_what = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/iommu_group/devices", check->paths.pci, check->bdf);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    !spoils_group(check, entry->d_name, driver, sizeof(driver)))
			continue;
		if (n_who < sizeof(who))
			n_who += snprintf(who + n_who, sizeof(who) - n_who, "%s%s (%s)",
					  n_who == 0 ? "" : ", ", entry->d_name, driver);
		if (n_what < sizeof(what))
			n_what += snprintf(what + n_what, sizeof(what) - n_what, " %s",
					   entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	if (n_who == 0)
		return 0;
	return refuse(check, -EBUSY, "IOMMU group %d of %s has functions that the kernel's drivers "
		      "use: %s; a group is handed over as a whole. If the machine can do without "
		      "them, run: dpdk-devbind.py -b vfio-pci%s; else put the card into a slot "
		      "with a group of its own", check->group, check->bdf, who, what);
}

static void
group_path(const struct vfio_check *check, char *path, size_t size)
{
	snprintf(path, size, "%s/%s%d", check->paths.dev, check->without_iommu ? "noiommu-" : "",
		 check->group);
}

static int
check_file(struct vfio_check *check)
{
	char path[PATH_MAX];

	group_path(check, path, sizeof(path));
	if (access(path, F_OK) == 0)
		return 0;
	return refuse(check, -ENXIO, "%s is bound to vfio-pci, but there is no %s; in a container, "
		      "give it the file (--device %s --device %s/vfio), else run: "
		      "modprobe vfio_iommu_type1; dpdk-devbind.py -u %s; "
		      "dpdk-devbind.py -b vfio-pci %s", check->bdf, path, path, check->paths.dev,
		      check->bdf, check->bdf);
}

int
vfio_check(struct vfio_check *check)
{
	int ret;

	/* Ids first: nobody is told to take the driver away from a disk. */
	ret = check_device(check);
	if (ret == 0)
		ret = check_iommu(check);
	if (ret == 0)
		ret = check_driver(check);
	if (ret == 0)
		ret = check_group(check);
	if (ret == 0)
		ret = check_file(check);
	return ret;
}

/* ---------------------------------------------------------------- after a failure ----------- */

/** Whether a file can be opened now. */
static int
check_open(struct vfio_check *check, const char *path)
{
	const int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	switch (errno) {
	case EBUSY:
		return refuse(check, -EBUSY, "another process has %s, the group of %s, open; see "
			      "which: fuser -v %s", path, check->bdf, path);
	case EACCES:
	case EPERM:
		return refuse(check, -EACCES, "this process (user %u) may not open %s: %s; run as "
			      "root: chown %u %s", geteuid(), path, strerror(errno), geteuid(),
			      path);
	default:
		return refuse(check, -errno, "%s cannot be opened: %s; run: dpdk-devbind.py -u %s; "
			      "dpdk-devbind.py -b vfio-pci %s", path, strerror(errno), check->bdf,
			      check->bdf);
	}
}

/** Whether memory is too much, of what the kernel lets a process have for devices. */
static int
check_dma(struct vfio_check *check, const struct vfio_dma_wish *wish)
{
	const char *const file = "vfio_iommu_type1/parameters/dma_entry_limit";
	long limit;

	if (file_number(check->paths.module, "vfio_iommu_type1", "parameters/dma_entry_limit",
			&limit) != 0)
		limit = DMA_ENTRY_LIMIT;
	if (wish->bytes > wish->memlock_limit)
		return refuse(check, -ENOMEM, "EAL has %" PRIu64 " MB of memory for the device to "
			      "reach, and this process may lock %" PRIu64 " MB; run before it: "
			      "ulimit -l unlimited (for good: memlock in "
			      "/etc/security/limits.conf), or ask for less by -m",
			      wish->bytes >> 20, wish->memlock_limit >> 20);
	if (wish->hugepages || wish->pages <= (uint64_t)limit)
		return 0;
	/* EAL may have needed fewer: only where the kernel says so it is that. */
	return refuse(check, wish->error == ENOSPC ? -ENOSPC : -EIO, "VFIO did not hand %s over%s "
		      "memory without huge pages can take %" PRIu64 " mappings, and the kernel "
		      "allows %ld; use huge pages: dpdk-hugepages.py --setup 1G, and leave "
		      "--no-huge out (or ask for less by -m, or: echo %" PRIu64 " > %s/%s)",
		      check->bdf, wish->error == ENOSPC ? ":" :
		      "; EAL's messages before this one say what it found. If that is a DMA mapping,",
		      wish->pages, limit, wish->pages, check->paths.module, file);
}

int
vfio_check_failed(struct vfio_check *check, const struct vfio_dma_wish *wish, bool ours)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/vfio", check->paths.dev);
	ret = check_open(check, path);
	if (ret != 0)
		return ret;
	group_path(check, path, sizeof(path));
	/* The kernel lets a group be opened once: here it is. */
	ret = ours ? 0 : check_open(check, path);
	if (ret == 0)
		ret = check_dma(check, wish);
	if (ret != 0)
		return ret;
	return refuse(check, -EIO, "VFIO did not hand %s over; EAL's messages before this one, and "
		      "the kernel's (dmesg | tail), say what it found", check->bdf);
}
