/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* vfio_check.c on machines that are trees of files: what is refused, why, and what is advised. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/vfio_check.h"

#define BDF	"0000:18:00.0"

static struct machine {
	char root[64], pci[128], module[128], dev[128];
	struct vfio_check check;
} m;

static bool
known(uint16_t vendor, uint16_t device)
{
	return vendor == 0x8086 && device == 0x1592;
}

/* ---------------------------------------------------------------- the machine --------------- */

static char *
under_root(const char *fmt, va_list args)
{
	static char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/", m.root);

	vsnprintf(path + len, sizeof(path) - len, fmt, args);
	return path;
}

static void
folder(const char *fmt, ...)
{
	va_list args;
	char *path, *slash;

	va_start(args, fmt);
	path = under_root(fmt, args);
	va_end(args);
	for (slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void
file(const char *text, const char *fmt, ...)
{
	va_list args;
	FILE *out;

	va_start(args, fmt);
	out = fopen(under_root(fmt, args), "w");
	va_end(args);
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void
symbolic_link(const char *to, const char *fmt, ...)
{
	va_list args;
	char *path;

	va_start(args, fmt);
	path = under_root(fmt, args);
	va_end(args);
	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

static void
gone(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	assert_int_equal(remove(under_root(fmt, args)), 0);
	va_end(args);
}

/** A function in a group; driver NULL: none. */
static void
function(const char *bdf, const char *device, const char *class, int group, const char *driver)
{
	char to[PATH_MAX];

	folder("pci/%s", bdf);
	file("0x8086\n", "pci/%s/vendor", bdf);
	file(device, "pci/%s/device", bdf);
	file(class, "pci/%s/class", bdf);
	folder("groups/%d/devices", group);
	snprintf(to, sizeof(to), "../../groups/%d", group);
	symbolic_link(to, "pci/%s/iommu_group", bdf);
	symbolic_link("x", "groups/%d/devices/%s", group, bdf);
	if (driver != NULL) {
		snprintf(to, sizeof(to), "../../drivers/%s", driver);
		symbolic_link(to, "pci/%s/driver", bdf);
	}
}

/** A machine on which all is well. */
static int
setup(void **state)
{
	(void)state;
	strcpy(m.root, "/tmp/aether-vfio-check-XXXXXX");
	assert_non_null(mkdtemp(m.root));
	snprintf(m.pci, sizeof(m.pci), "%s/pci", m.root);
	snprintf(m.module, sizeof(m.module), "%s/module", m.root);
	snprintf(m.dev, sizeof(m.dev), "%s/dev", m.root);
	folder("module/vfio_pci");
	folder("dev");
	file("", "dev/vfio");
	file("", "dev/42");
	function(BDF, "0x1592\n", "0x020000\n", 42, "vfio-pci");
	m.check = (struct vfio_check){
		.paths = { m.pci, m.module, m.dev }, .bdf = BDF, .known = known,
	};
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(m.root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void
says(const char *word)
{
	if (strstr(m.check.reason, word) == NULL)
		fail_msg("'%s' is not in: %s", word, m.check.reason);
}

static void
says_not(const char *word)
{
	if (strstr(m.check.reason, word) != NULL)
		fail_msg("'%s' is in: %s", word, m.check.reason);
}

static void
refused(int error)
{
	const int ret = vfio_check(&m.check);

	if (ret != error)
		fail_msg("%d, not %d: %s", ret, error, m.check.reason);
	says(BDF);
}

/* ---------------------------------------------------------------- before opening ------------ */

static void
test_good(void **state)
{
	(void)state;
	assert_int_equal(vfio_check(&m.check), 0);
	assert_int_equal(m.check.group, 42);
	assert_false(m.check.without_iommu);
	/* A variant of the driver for one vendor. */
	symbolic_link("../../drivers/ice-vfio-pci", "pci/" BDF "/driver");
	assert_int_equal(vfio_check(&m.check), 0);
}

static void
test_not_there(void **state)
{
	(void)state;
	m.check.bdf = "0000:99:00.0";
	assert_int_equal(vfio_check(&m.check), -ENODEV);
	says("there is no PCI function 0000:99:00.0");
	says("lspci -D");
}

static void
test_wrong_device(void **state)
{
	(void)state;
	/* Nobody is told to take a disk away from its driver. */
	function("0000:03:00.0", "0xa80a\n", "0x010802\n", 7, "nvme");
	m.check.bdf = "0000:03:00.0";
	assert_int_equal(vfio_check(&m.check), -ENODEV);
	says("8086:a80a");
	says("left alone");
	says_not("vfio-pci");
	file("what\n", "pci/" BDF "/device");
	m.check.bdf = BDF;
	refused(-ENODEV);
	gone("pci/" BDF "/vendor");
	refused(-ENODEV);
}

static void
test_no_iommu(void **state)
{
	(void)state;
	gone("pci/" BDF "/iommu_group");
	refused(-ENOTSUP);
	says("intel_iommu=on");
	/* The kernels of distributions have no such mode. */
	m.check.noiommu = true;
	folder("module/vfio/parameters");
	refused(-ENOTSUP);
	says("CONFIG_VFIO_NOIOMMU");
	file("N\n", "module/vfio/parameters/enable_unsafe_noiommu_mode");
	refused(-ENOTSUP);
	says("enable_unsafe_noiommu_mode");
	symbolic_link("../../groups/many", "pci/" BDF "/iommu_group");
	refused(-ENODEV);
	says("'many'");
}

static void
test_noiommu_mode(void **state)
{
	(void)state;
	file("vfio-noiommu\n", "groups/42/name");
	refused(-EPERM);
	says("noiommu=1");
	m.check.noiommu = true;
	/* VFIO's file of such a group has another name. */
	refused(-ENXIO);
	says("noiommu-42");
	file("", "dev/noiommu-42");
	assert_int_equal(vfio_check(&m.check), 0);
	assert_true(m.check.without_iommu);
}

static void
test_no_driver(void **state)
{
	(void)state;
	assert_true(vfio_is_bound(&m.check.paths, BDF));
	gone("pci/" BDF "/driver");
	assert_false(vfio_is_bound(&m.check.paths, BDF));
	refused(-ENXIO);
	says("bound to no driver");
	says("run: dpdk-devbind.py -b vfio-pci " BDF);
	says("/driver_override");
	gone("module/vfio_pci");
	refused(-ENXIO);
	says("run: modprobe vfio-pci; dpdk-devbind.py -b vfio-pci " BDF);
}

static void
test_other_driver(void **state)
{
	(void)state;
	symbolic_link("../../drivers/ice", "pci/" BDF "/driver");
	refused(-EBUSY);
	says("bound to ice, and");
	says("dpdk-devbind.py -b vfio-pci " BDF);
	says("/driver/unbind");
	folder("pci/" BDF "/net/ens1f0");
	refused(-EBUSY);
	says("bound to ice, with interface ens1f0");
	symbolic_link("../../drivers/pci", "pci/" BDF "/driver");
	refused(-EBUSY);
}

static void
test_group_not_viable(void **state)
{
	(void)state;
	/* What does not count: a bridge, VFIO's, none's, and the driver that is there for that. */
	function("0000:17:00.0", "0x2030\n", "0x060400\n", 42, "pcieport");
	function("0000:18:00.2", "0x1592\n", "0x020000\n", 42, "vfio-pci");
	function("0000:18:00.3", "0x1592\n", "0x020000\n", 42, NULL);
	function("0000:18:00.4", "0x1592\n", "0x020000\n", 42, "pci-stub");
	assert_int_equal(vfio_check(&m.check), 0);
	function("0000:18:00.1", "0x1592\n", "0x020000\n", 42, "ice");
	function("0000:19:00.0", "0xa80a\n", "0x010802\n", 42, "nvme");
	refused(-EBUSY);
	says("group 42");
	says("0000:18:00.1 (ice)");
	says("0000:19:00.0 (nvme)");
	says(" 0000:18:00.1");
	says_not("0000:17:00.0");
	says_not("0000:18:00.3");
}

/* More functions than a message has room for are cut, not overrun. */
static void
test_big_group(void **state)
{
	char bdf[16];
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		snprintf(bdf, sizeof(bdf), "0000:20:%02x.0", i);
		function(bdf, "0x1592\n", "0x020000\n", 42, "a-driver-of-a-very-long-name");
	}
	refused(-EBUSY);
	assert_true(strlen(m.check.reason) < sizeof(m.check.reason));
}

static void
test_no_group_file(void **state)
{
	(void)state;
	gone("dev/42");
	refused(-ENXIO);
	says("/dev/42");
	says("modprobe vfio_iommu_type1");
	says("--device");
}

static void
test_numa_node(void **state)
{
	(void)state;
	assert_int_equal(vfio_numa_node(&m.check.paths, BDF), -1);
	file("1\n", "pci/" BDF "/numa_node");
	assert_int_equal(vfio_numa_node(&m.check.paths, BDF), 1);
	file("-1\n", "pci/" BDF "/numa_node");
	assert_int_equal(vfio_numa_node(&m.check.paths, BDF), -1);
	file("1x\n", "pci/" BDF "/numa_node");
	assert_int_equal(vfio_numa_node(&m.check.paths, BDF), -1);
	file("99999999999999999999\n", "pci/" BDF "/numa_node");
	assert_int_equal(vfio_numa_node(&m.check.paths, BDF), -1);
}

/* ---------------------------------------------------------------- after a failure ----------- */

static const struct vfio_dma_wish small = {
	.bytes = 512 << 20, .pages = 256, .hugepages = true, .memlock_limit = UINT64_MAX,
};

static void
test_failed_dma(void **state)
{
	struct vfio_dma_wish wish = small;

	(void)state;
	assert_int_equal(vfio_check(&m.check), 0);
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -EIO);
	says("dmesg");
	wish.memlock_limit = 8 << 20;
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -ENOMEM);
	says("512 MB");
	says("8 MB");
	says("ulimit -l unlimited");
	wish = small;
	wish.hugepages = false;
	wish.pages = 131072;
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -EIO);
	says("If that is a DMA mapping");
	wish.error = ENOSPC;
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -ENOSPC);
	says("65535");
	says("dpdk-hugepages.py");
	folder("module/vfio_iommu_type1/parameters");
	file("131072\n", "module/vfio_iommu_type1/parameters/dma_entry_limit");
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -EIO);
	file("100\n", "module/vfio_iommu_type1/parameters/dma_entry_limit");
	assert_int_equal(vfio_check_failed(&m.check, &wish, false), -ENOSPC);
	says("allows 100");
}

static void
test_failed_file(void **state)
{
	(void)state;
	assert_int_equal(vfio_check(&m.check), 0);
	gone("dev/42");
	assert_int_equal(vfio_check_failed(&m.check, &small, false), -ENOENT);
	/* Who has it open himself is not told that he is the one. */
	assert_int_equal(vfio_check_failed(&m.check, &small, true), -EIO);
	gone("dev/vfio");
	assert_int_equal(vfio_check_failed(&m.check, &small, true), -ENOENT);
	says("/dev/vfio");
}

/* A file that may not be opened: root may all, so somebody else asks. */
static void
test_failed_permission(void **state)
{
	const uid_t user = geteuid();
	char path[256];

	(void)state;
	assert_int_equal(vfio_check(&m.check), 0);
	assert_int_equal(chmod(m.root, 0755), 0);
	snprintf(path, sizeof(path), "%s/vfio", m.dev);
	assert_int_equal(chmod(path, 0666), 0);
	snprintf(path, sizeof(path), "%s/42", m.dev);
	assert_int_equal(chmod(path, 0), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	/* The other file is everybody's. */
	assert_int_equal(vfio_check_failed(&m.check, &small, false), -EACCES);
	if (user == 0)
		assert_int_equal(seteuid(user), 0);
	says("/42");
	says("chown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_iommu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_noiommu_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group_not_viable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_big_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_group_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numa_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_dma, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_permission, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
