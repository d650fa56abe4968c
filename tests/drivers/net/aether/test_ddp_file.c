/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Where a DDP package is found, in which order, and what happens with files that are none. The
 * search runs in a folder of the test's own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef AETHER_HAVE_LZMA
#include <lzma.h>
#endif
#ifdef AETHER_HAVE_ZSTD
#include <zstd.h>
#endif

#include <rte_log.h>

#include "aether_ddp_file.h"

#define SERIAL		UINT64_C(0x0123456789abcdef)
#define DDP		"/lib/firmware/intel/ice/ddp/"
#define GOOD		"good package"
#define BIG_LEN		(3u << 20)

static char root[] = "/tmp/aether_ddp_XXXXXX";
static char release[sizeof(((struct utsname *)0)->release)];

/* ---------------------------------------------------------------- bench --------------------- */

static char *log_text;
static size_t log_size;
static FILE *log_file;

/** Collect what is logged from now on. */
static int
log_begin(void)
{
	if (log_file != NULL)
		fclose(log_file);
	free(log_text);
	log_text = NULL;
	log_file = open_memstream(&log_text, &log_size);
	return rte_openlog_stream(log_file);
}

static const char *
logged(void)
{
	fflush(log_file);
	return log_text;
}

static int
group_setup(void **state)
{
	struct utsname uts;

	(void)state;
	if (mkdtemp(root) == NULL || uname(&uts) != 0)
		return -1;
	snprintf(release, sizeof(release), "%s", uts.release);
	aether_ddp_file_set_root(root);
	return log_begin();
}

static int
group_teardown(void **state)
{
	(void)state;
	aether_ddp_file_set_root(NULL);
	rte_openlog_stream(NULL);
	fclose(log_file);
	free(log_text);
	return rmdir(root);
}

static int
clean(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s/lib %s/sys %s/own", root, root, root);
	return system(command);
}

/** root + path, in a buffer that the second call after this one reuses. */
static const char *
in_root(const char *path)
{
	static char text[2][4096];
	static unsigned int i;

	i ^= 1;
	snprintf(text[i], sizeof(text[i]), "%s%s", root, path);
	return text[i];
}

static void
make_folders(const char *path)
{
	char command[4200];

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname %s)\"", in_root(path));
	assert_int_equal(system(command), 0);
}

static void
put(const char *path, const void *data, size_t len)
{
	FILE *file;

	make_folders(path);
	file = fopen(in_root(path), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

static void
put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

/** What counts as a package here: it begins with "good". */
static int
check(const void *data, size_t len, void *arg, char *why, size_t why_size)
{
	(void)arg;
	if (len >= 4 && memcmp(data, "good", 4) == 0)
		return 0;
	snprintf(why, why_size, "is not good");
	return -EINVAL;
}

static int
find(const char *path, struct aether_ddp_file *file)
{
	const struct aether_ddp_search search = {
		.port = "port", .path = path, .serial = SERIAL, .check = check,
	};

	log_begin();
	return aether_ddp_file_find(&search, file);
}

/** The search ends at this path with this content. */
static void
found_at(const char *path, const char *content)
{
	struct aether_ddp_file file;

	assert_int_equal(find(NULL, &file), 0);
	assert_string_equal(file.path, in_root(path));
	assert_int_equal(file.len, strlen(content));
	assert_memory_equal(file.data, content, file.len);
	aether_ddp_file_free(&file);
	assert_null(file.data);
}

static void
not_found(const char *path, const char *why)
{
	struct aether_ddp_file file;

	assert_int_equal(find(path, &file), -ENOENT);
	assert_null(file.data);
	assert_non_null(strstr(logged(), why));
}

/* ---------------------------------------------------------------- places -------------------- */

/* Each place is put before all that were there. */
static void
test_order(void **state)
{
	char path[512];

	(void)state;
	put_text(DDP "ice-1.3.9.0.pkg", "good 1.3.9");
	found_at(DDP "ice-1.3.9.0.pkg", "good 1.3.9");
	put_text(DDP "ice-1.3.30.0.pkg", "good 1.3.30");
	found_at(DDP "ice-1.3.30.0.pkg", "good 1.3.30");
	put_text(DDP "ice.pkg", "good plain");
	found_at(DDP "ice.pkg", "good plain");
	snprintf(path, sizeof(path), "/lib/firmware/%s/intel/ice/ddp/ice.pkg", release);
	put_text(path, "good release");
	found_at(path, "good release");
	put_text("/lib/firmware/updates/intel/ice/ddp/ice.pkg", "good updates");
	found_at("/lib/firmware/updates/intel/ice/ddp/ice.pkg", "good updates");
	snprintf(path, sizeof(path), "/lib/firmware/updates/%s/intel/ice/ddp/ice.pkg", release);
	put_text(path, "good updates release");
	found_at(path, "good updates release");
	put_text("/sys/module/firmware_class/parameters/path", "/own\n");
	found_at(path, "good updates release");
	put_text("/own/intel/ice/ddp/ice.pkg", "good own");
	found_at("/own/intel/ice/ddp/ice.pkg", "good own");
	/* This card's own, wherever it lies. */
	put_text(DDP "ice-0123456789abcdef.pkg", "good serial");
	found_at(DDP "ice-0123456789abcdef.pkg", "good serial");
}

static void
test_other_names(void **state)
{
	(void)state;
	put_text(DDP "ice-fedcba9876543210.pkg", "good for another card");
	put_text(DDP "ice_comms-1.3.31.0.pkg", "good for something else");
	put_text(DDP "ice-.pkg", "good");
	put_text(DDP "ice-1.3.30.0.txt", "good");
	put_text(DDP "ice-1.pkg", "good");
	not_found(NULL, "ice.pkg (also .xz, .zst): is not there");
}

/* A bad file is passed over, and told of when no good one follows. */
static void
test_bad_files(void **state)
{
	(void)state;
	put_text(DDP "ice.pkg", "bad");
	put_text(DDP "ice-1.3.31.0.pkg", "bad, too");
	not_found(NULL, DDP "ice.pkg: is not good");
	not_found(NULL, DDP "ice-1.3.31.0.pkg: is not good");
	not_found(NULL, "firmware-misc-nonfree");
	not_found(NULL, "safe-mode=1");
	put_text(DDP "ice-1.3.30.0.pkg", GOOD);
	found_at(DDP "ice-1.3.30.0.pkg", GOOD);
}

static void
test_no_files(void **state)
{
	const char *ddp = "/intel/ice/ddp/ice.pkg";
	char path[512];

	(void)state;
	not_found(NULL, in_root("/lib/firmware/intel/ice/ddp/ice-0123456789abcdef.pkg (also"));
	snprintf(path, sizeof(path), "/lib/firmware/updates/%s%s", release, ddp);
	not_found(NULL, path);
	not_found(NULL, "/lib/firmware/updates/intel");
}

/* ---------------------------------------------------------------- kinds of files ------------ */

static void
test_no_regular_files(void **state)
{
	(void)state;
	make_folders(DDP "ice.pkg/in_it");
	not_found(NULL, "is a folder");
	assert_int_equal(rmdir(in_root(DDP "ice.pkg")), 0);
	assert_int_equal(mkfifo(in_root(DDP "ice.pkg"), 0600), 0);
	not_found(NULL, "is a device, pipe or socket");
	assert_int_equal(unlink(in_root(DDP "ice.pkg")), 0);
	assert_int_equal(symlink("/dev/zero", in_root(DDP "ice.pkg")), 0);
	not_found(NULL, "is a device, pipe or socket");
	assert_int_equal(unlink(in_root(DDP "ice.pkg")), 0);
	assert_int_equal(symlink("ice.pkg", in_root(DDP "ice.pkg")), 0);
	not_found(NULL, strerror(ELOOP));
	/* As Debian has it. */
	assert_int_equal(unlink(in_root(DDP "ice.pkg")), 0);
	put_text(DDP "ice-1.3.30.0.pkg", GOOD);
	assert_int_equal(symlink("ice-1.3.30.0.pkg", in_root(DDP "ice.pkg")), 0);
	found_at(DDP "ice.pkg", GOOD);
}

static void
test_sizes(void **state)
{
	(void)state;
	put_text(DDP "ice.pkg", "");
	not_found(NULL, "has 0 bytes");
	put_text(DDP "ice.pkg", GOOD);
	assert_int_equal(truncate(in_root(DDP "ice.pkg"), AETHER_DDP_FILE_MAX + 1), 0);
	not_found(NULL, "has 16777217 bytes");
	assert_int_equal(truncate(in_root(DDP "ice.pkg"), strlen(GOOD)), 0);
	found_at(DDP "ice.pkg", GOOD);
}

/* With a path nothing else is tried. */
static void
test_by_name(void **state)
{
	struct aether_ddp_file file;

	(void)state;
	put_text(DDP "ice.pkg", GOOD);
	not_found(in_root("/own/my.pkg"), "/own/my.pkg: is not there");
	not_found(in_root("/own/my.pkg"), "ddp_pkg_file=");
	put_text("/own/my.pkg", "bad");
	not_found(in_root("/own/my.pkg"), "/own/my.pkg: is not good");
	put_text("/own/my.pkg", GOOD);
	assert_int_equal(find(in_root("/own/my.pkg"), &file), 0);
	assert_string_equal(file.path, in_root("/own/my.pkg"));
	aether_ddp_file_free(&file);
}

/* ---------------------------------------------------------------- compressed ---------------- */

#if defined(AETHER_HAVE_LZMA) || defined(AETHER_HAVE_ZSTD)

/** Something longer than what is allocated at first, and not too easy to compress. */
static char *
big_package(void)
{
	char *text = malloc(BIG_LEN + 1);
	uint32_t x = 1;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < BIG_LEN; i++) {
		x = x * 1664525 + 1013904223;
		text[i] = 'a' + (x >> 28);
	}
	text[BIG_LEN] = '\0';
	memcpy(text, GOOD, strlen(GOOD));
	return text;
}

typedef size_t (*compress_t)(const char *text, size_t len, uint8_t **out);

static void
check_compressed(compress_t compress, const char *path, const char *truncated,
		 const char *damaged)
{
	char *text = big_package();
	char *zeroes = calloc(1, 2 * AETHER_DDP_FILE_MAX);
	uint8_t *out;
	size_t len, cut;

	len = compress(text, BIG_LEN, &out);
	put(path, out, len);
	found_at(path, text);
	for (cut = len - 1; cut > 8; cut /= 3) {
		assert_int_equal(truncate(in_root(path), cut), 0);
		not_found(NULL, truncated);
	}
	/* The header: a frame of Zstandard need not have a checksum. */
	memset(out + 6, 0x5a, 16);
	put(path, out, len);
	not_found(NULL, damaged);
	free(out);

	/* A small file that would fill the memory. */
	assert_non_null(zeroes);
	len = compress(zeroes, 2 * AETHER_DDP_FILE_MAX, &out);
	assert_true(len < 65536);
	put(path, out, len);
	not_found(NULL, "decompresses to more than 16 MiB");
	free(out);
	free(zeroes);
	free(text);
}

#endif

#ifdef AETHER_HAVE_LZMA

static size_t
compress_xz(const char *text, size_t len, uint8_t **out)
{
	size_t size = lzma_stream_buffer_bound(len), n = 0;

	*out = malloc(size);
	assert_non_null(*out);
	assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)text,
						 len, *out, &n, size), LZMA_OK);
	return n;
}

static void
test_xz(void **state)
{
	(void)state;
	check_compressed(compress_xz, DDP "ice.pkg.xz", "is truncated xz data", "xz data");
	clean(NULL);
	/* The content counts, not the name. */
	check_compressed(compress_xz, DDP "ice.pkg", "is truncated xz data", "xz data");
	clean(NULL);
	check_compressed(compress_xz, DDP "ice-1.3.30.0.pkg.xz", "xz data", "xz data");
}

#else

static void
test_xz(void **state)
{
	(void)state;
	put(DDP "ice.pkg.xz", "\xfd" "7zXZ\0 and so on", 16);
	not_found(NULL, "built without liblzma");
}

#endif

#ifdef AETHER_HAVE_ZSTD

static size_t
compress_zstd(const char *text, size_t len, uint8_t **out)
{
	size_t size = ZSTD_compressBound(len), n;

	*out = malloc(size);
	assert_non_null(*out);
	n = ZSTD_compress(*out, size, text, len, 1);
	assert_false(ZSTD_isError(n));
	return n;
}

static void
test_zstd(void **state)
{
	(void)state;
	check_compressed(compress_zstd, DDP "ice.pkg.zst", "is truncated Zstandard data",
			 "Zstandard data");
	clean(NULL);
	check_compressed(compress_zstd, DDP "ice-1.3.30.0.pkg.zst", "Zstandard data",
			 "Zstandard data");
}

#else

static void
test_zstd(void **state)
{
	(void)state;
	put(DDP "ice.pkg.zst", "\x28\xb5\x2f\xfd and so on", 16);
	not_found(NULL, "built without libzstd");
}

#endif

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, clean)
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_other_names),
		TEST(test_bad_files),
		TEST(test_no_files),
		TEST(test_no_regular_files),
		TEST(test_sizes),
		TEST(test_by_name),
		TEST(test_xz),
		TEST(test_zstd),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
