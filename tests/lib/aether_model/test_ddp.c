/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* DDP packages on the model: download, update, upload, and what outlives which reset. */

#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkg_util.h"

#define SID_XLT1	E810_SID(E810_BLK_RSS, E810_TBL_XLT1)
#define SID_TCAM	E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM)
#define SID_FV		E810_SID(E810_BLK_RSS, E810_TBL_FLD_VEC)

static int
open_none(void **state)
{
	static struct host host;

	host_open(&host, NULL);
	host_aq_start(&host);
	*state = &host;
	return 0;
}

static int
open_preloaded(void **state)
{
	const struct aether_model_conf conf = {
		.name = "preloaded", .ddp = AETHER_MODEL_DDP_PRELOADED,
	};
	static struct host host;

	host_open(&host, &conf);
	host_aq_start(&host);
	*state = &host;
	return 0;
}

static int
close_host(void **state)
{
	host_close(*state);
	return 0;
}

/** The package in force; its count is 0 when there is none. */
static unsigned int
info(struct host *host, struct e810_aqc_pkg_info *pkg)
{
	struct {
		struct e810_pkg_info_list list;
		struct e810_aqc_pkg_info pkg[4];
	} buf = {0};

	assert_int_equal(host_aq(host, E810_AQC_GET_PKG_INFO_LIST, NULL, &buf, sizeof(buf),
				 false), 0);
	*pkg = buf.pkg[0];
	return buf.list.count;
}

static bool
in_force(struct host *host)
{
	struct e810_aqc_pkg_info pkg;

	return info(host, &pkg) != 0;
}

static void
download_default(struct host *host)
{
	struct pkg_buf *bufs;
	unsigned int n;

	bufs = pkg_default_bufs(&n);
	assert_int_equal(pkg_download(host, bufs, n), 0);
	free(bufs);
}

/** An entry of XLT1 of the RSS block, as Upload Section reads it. */
static uint8_t
read_xlt1(struct host *host, unsigned int ptype)
{
	struct pkg_buf buf;
	uint8_t *value;

	pkg_buf_init(&buf);
	value = pkg_buf_add_range(&buf, SID_XLT1, ptype, 1, NULL, 1);
	assert_int_equal(pkg_upload(host, &buf), 0);
	return *value;
}

static int
write_xlt1(struct host *host, unsigned int ptype, uint8_t ptg)
{
	struct pkg_buf buf;

	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_XLT1, ptype, 1, &ptg, 1);
	return pkg_update(host, &buf);
}

/* ------------------------------------------------------------------ download ---------------- */

static void
download(void **state)
{
	struct host *host = *state;
	struct e810_aqc_pkg_info pkg;

	assert_int_equal(info(host, &pkg), 0);
	download_default(host);
	assert_int_equal(info(host, &pkg), 1);
	assert_int_equal(pkg.ver_major, 1);
	assert_int_equal(pkg.ver_minor, 3);
	assert_string_equal(pkg.name, "Aether model default");
	assert_int_equal(pkg.is_active, 1);
	assert_int_equal(pkg.is_in_nvm, 0);
	assert_int_equal(pkg.is_modified, 0);
	assert_int_equal(read_xlt1(host, E810_PTYPE_IPV4_TCP), E810_RSS_PTG_IPV4_TCP);
	/* Whoever comes later has nothing to do. */
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_DONE);
}

static void
needs_the_lock(void **state)
{
	struct host *host = *state;
	struct pkg_buf *bufs;
	unsigned int n;

	bufs = pkg_default_bufs(&n);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), E810_AQ_RC_EPERM);
	/* The change lock is another one. */
	assert_int_equal(pkg_lock(host, E810_RES_ID_CHNG_LOCK), 0);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), E810_AQ_RC_EPERM);
	assert_false(in_force(host));
	free(bufs);
}

/** What is begun under one holding of the lock is not finished under another. */
static void
incomplete(void **state)
{
	struct host *host = *state;
	struct pkg_buf *bufs;
	unsigned int n, i;

	bufs = pkg_default_bufs(&n);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	for (i = 0; i + 1 < n; i++)
		assert_int_equal(pkg_download_buf(host, &bufs[i], false, NULL), 0);
	assert_false(in_force(host));
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	/* The first one held version and name. */
	assert_int_equal(pkg_download_buf(host, &bufs[n - 1], true, NULL), E810_AQ_RC_EBADBUF);
	assert_false(in_force(host));
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	assert_int_equal(pkg_download(host, bufs, n), 0);
	assert_true(in_force(host));
	free(bufs);
}

/** A bad buffer ends the download; the answer says where in it the fault is. */
static void
bad_buffer_ends_it(void **state)
{
	struct host *host = *state;
	struct e810_pkg_error error;
	struct pkg_buf *bufs, bad;
	unsigned int n;

	bufs = pkg_default_bufs(&n);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
	bad = bufs[1];
	bad.data[4 + 4] = 0xFF;		/* the section's offset: 0xFFF, and its size does not fit */
	bad.data[4 + 5] = 0x0F;
	assert_int_equal(pkg_download_buf(host, &bad, false, &error), E810_AQ_RC_EBADBUF);
	assert_int_equal(error.offset, 4);
	assert_int_not_equal(error.info, 0);
	assert_int_equal(pkg_download_buf(host, &bufs[1], false, NULL), E810_AQ_RC_EPERM);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), E810_AQ_RC_EPERM);
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	assert_false(in_force(host));
	assert_int_equal(pkg_download(host, bufs, n), 0);
	free(bufs);
}

/** Each of these is one fault in the header, the section table or a section. */
static void
bad_buffers(void **state)
{
	/* Place and value of a 16-bit word in a buffer with XLT1 from 0 on, 1024 entries. */
	static const struct { uint16_t at, value; } bad[] = {
		{ 0, 0 }, { 0, 512 }, { 0, 511 },	/* sections */
		{ 2, 11 }, { 2, 4097 }, { 2, 1039 },	/* end of data */
		{ 4, 1 },			/* type: version and name, but what is there */
		{ 6, 0x8000 },				/* type: for drivers */
		{ 8, 11 }, { 8, 4096 }, { 8, 0 }, { 8, 0xFFFF },	/* offset */
		{ 10, 0 }, { 10, 4085 }, { 10, 0xFFFF }, { 10, 1029 },	/* size */
		{ 10, 3 }, { 10, 1027 },		/* size: less than is counted */
		{ 12, 1025 }, { 12, 0xFFFF },		/* entries: more than there are bytes */
		{ 14, 8192 - 1023 }, { 14, 0xFFFF },	/* first: some lie beyond the table */
	};
	struct host *host = *state;
	struct pkg_buf *bufs, buf;
	unsigned int n, i;
	int ret;

	bufs = pkg_default_bufs(&n);
	for (i = 0; i < RTE_DIM(bad); i++) {
		buf = bufs[1];
		memcpy(buf.data + bad[i].at, &bad[i].value, sizeof(bad[i].value));
		assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
		assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
		ret = pkg_download_buf(host, &buf, true, NULL);
		if (bad[i].at == 4 && bad[i].value == 1)	/* any bytes are a version */
			assert_int_equal(ret, 0);
		else if (ret != E810_AQ_RC_EBADBUF)
			fail_msg("word %u = 0x%x: %d", bad[i].at, bad[i].value, ret);
		pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
		if (ret == 0) {
			host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
			assert_true(host_reset_done(host));
			host_aq_start(host);
		}
		assert_false(in_force(host));
	}
	free(bufs);
}

/** A TCAM entry's address, and a buffer that is too short. */
static void
bad_tcam_address(void **state)
{
	struct host *host = *state;
	struct pkg_buf *bufs, buf;
	unsigned int n;

	bufs = pkg_default_bufs(&n);
	buf = bufs[3];
	assert_int_equal(buf.data[4], SID_TCAM);
	buf.data[12 + 2 + 1] = 2;	/* entry 512 */
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &buf, false, NULL), E810_AQ_RC_EBADBUF);
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(host_aq(host, E810_AQC_DOWNLOAD_PKG, NULL, bufs[0].data, 4092, true),
			 E810_AQ_RC_EBADBUF);
	free(bufs);
}

/* ------------------------------------------------------------------ manifest ---------------- */

/** The default package behind a manifest of it. */
static struct pkg_buf *
with_manifest(unsigned int *n)
{
	struct pkg_buf *bufs, *all;
	uint8_t hash[SHA256_DIGEST_LENGTH], *at;
	unsigned int i, j;
	SHA2_CTX sha;
	uint32_t count;

	bufs = pkg_default_bufs(n);
	all = malloc((*n + 1) * sizeof(*all));
	assert_non_null(all);
	memcpy(all + 1, bufs, *n * sizeof(*all));
	pkg_buf_init(&all[0]);
	at = pkg_buf_add(&all[0], E810_SID_MANIFEST, NULL, sizeof(count) + *n * sizeof(hash));
	count = *n;
	memcpy(at, &count, sizeof(count));
	at += sizeof(count);
	for (i = 0; i < *n; i++, at += sizeof(hash)) {
		SHA256Init(&sha);
		SHA256Update(&sha, bufs[i].data, sizeof(bufs[i].data));
		SHA256Final(hash, &sha);
		for (j = 0; j < sizeof(hash); j++)
			at[j] = hash[sizeof(hash) - 1 - j];
	}
	free(bufs);
	(*n)++;
	return all;
}

static void
manifest(void **state)
{
	struct host *host = *state;
	struct pkg_buf *bufs, swap;
	unsigned int n;

	bufs = with_manifest(&n);
	/* A byte that no check of tables would mind. */
	bufs[2].data[500] ^= 1;
	assert_int_equal(pkg_download(host, bufs, n), E810_AQ_RC_EBADBUF);
	bufs[2].data[500] ^= 1;
	/* Order. */
	swap = bufs[2];
	bufs[2] = bufs[3];
	bufs[3] = swap;
	assert_int_equal(pkg_download(host, bufs, n), E810_AQ_RC_EBADBUF);
	bufs[3] = bufs[2];
	bufs[2] = swap;
	/* One missing, at the end. */
	assert_int_equal(pkg_download(host, bufs, n - 1), E810_AQ_RC_EBADBUF);
	assert_false(in_force(host));
	assert_int_equal(pkg_download(host, bufs, n), 0);
	assert_true(in_force(host));
	free(bufs);
}

static void
bad_manifest(void **state)
{
	struct host *host = *state;
	uint32_t many = UINT32_MAX;
	struct pkg_buf *bufs, signature;
	unsigned int n;

	bufs = with_manifest(&n);
	memcpy(bufs[0].data + pkg_buf_len(&bufs[0]) - (n - 1) * SHA256_DIGEST_LENGTH - 4, &many,
	       sizeof(many));
	assert_int_equal(pkg_download(host, bufs, n), E810_AQ_RC_EBADBUF);
	free(bufs);
	bufs = with_manifest(&n);
	/* What no manifest answers for does not come in with a signature ... */
	pkg_buf_init(&signature);
	pkg_buf_add(&signature, E810_SID_SIGNATURE, NULL, 800);
	pkg_buf_add_range(&signature, SID_XLT1, 0, 1, NULL, 1);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &signature, false, NULL), E810_AQ_RC_EBADBUF);
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	/* ... and a signature not in the middle. */
	pkg_buf_init(&signature);
	pkg_buf_add(&signature, E810_SID_SIGNATURE, NULL, 800);
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &signature, false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &bufs[1], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &signature, false, NULL), E810_AQ_RC_EBADBUF);
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	/* A second one, when the first is being followed. */
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &bufs[1], false, NULL), 0);
	assert_int_equal(pkg_download_buf(host, &bufs[0], false, NULL), E810_AQ_RC_EBADBUF);
	free(bufs);
}

/* ------------------------------------------------------------------ updates, uploads -------- */

static void
update(void **state)
{
	struct host *host = *state;
	struct e810_aqc_pkg_info pkg;
	struct pkg_buf buf;
	uint8_t ptg = 77;

	assert_int_equal(read_xlt1(host, 500), 0);
	assert_int_equal(write_xlt1(host, 500, ptg), 0);
	assert_int_equal(read_xlt1(host, 500), ptg);
	assert_int_equal(info(host, &pkg), 1);
	assert_int_equal(pkg.is_modified, 1);
	/* All sections or none. */
	ptg = 78;
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_XLT1, 500, 1, &ptg, 1);
	pkg_buf_add_range(&buf, SID_XLT1, 8192, 1, &ptg, 1);
	assert_int_equal(pkg_update(host, &buf), E810_AQ_RC_EBADBUF);
	assert_int_equal(read_xlt1(host, 500), 77);
	/* What belongs into a download only. */
	pkg_buf_init(&buf);
	pkg_buf_add(&buf, E810_SID_METADATA, NULL, sizeof(struct e810_sect_metadata));
	assert_int_equal(pkg_update(host, &buf), E810_AQ_RC_EBADBUF);
	/* Without the change lock. */
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_XLT1, 500, 1, &ptg, 1);
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_PKG, NULL, buf.data, pkg_buf_len(&buf),
				 true), E810_AQ_RC_EPERM);
	assert_int_equal(read_xlt1(host, 500), 77);
}

static void
upload(void **state)
{
	struct host *host = *state;
	struct e810_fv_word *fv;
	struct e810_prof_tcam_entry *entry;
	rte_le16_t tcam[1 + sizeof(*entry)] = { 2 };
	struct pkg_buf buf;
	uint8_t *at;

	/* Several sections at once; entries of the TCAM are named by their addresses. */
	entry = (void *)&tcam[1];
	entry[0].addr = 511;
	entry[1].addr = 3;
	pkg_buf_init(&buf);
	at = pkg_buf_add(&buf, SID_TCAM, tcam, sizeof(*tcam) + 2 * sizeof(*entry));
	fv = (void *)pkg_buf_add_range(&buf, SID_FV, 127, 1, NULL,
				       E810_RSS_FV_WORDS * sizeof(*fv));
	assert_int_equal(pkg_upload(host, &buf), 0);
	entry = (void *)(at + sizeof(*tcam));
	assert_int_equal(entry[0].addr, 511);
	assert_int_equal(entry[0].key[0], 0xFF);
	assert_int_equal(entry[1].addr, 3);
	assert_int_equal(entry[1].key[0], 0xFE);
	assert_int_equal(entry[1].prof_id, 1);
	assert_int_equal(fv[23].prot_id, E810_PROT_INVALID);
	assert_int_equal(fv[23].off, E810_FV_OFF_INVALID);
	/* Beyond the table; tables that cannot be read. */
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_FV, 128, 1, NULL, E810_RSS_FV_WORDS * sizeof(*fv));
	assert_int_equal(pkg_upload(host, &buf), E810_AQ_RC_EBADBUF);
	pkg_buf_init(&buf);
	pkg_buf_add(&buf, E810_SID_RXPARSER_IMEM, NULL, 100);
	assert_int_equal(pkg_upload(host, &buf), E810_AQ_RC_ENOENT);
}

/** What is read into one section must not become the header of the next. */
static void
upload_overlapping(void **state)
{
	struct host *host = *state;
	struct e810_pkg_buf_hdr *hdr;
	struct pkg_buf buf;
	unsigned int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(write_xlt1(host, 1000 + i, i < 2 ? 0xFF : 0), 0);
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_XLT1, 1000, 4, NULL, 1);
	pkg_buf_add_range(&buf, SID_XLT1, 0, 4, NULL, 1);
	hdr = (void *)buf.data;
	hdr->section[1].offset = hdr->section[0].offset + 4;
	memcpy(buf.data + hdr->section[1].offset, (const uint16_t[]){ 4, 0 }, 4);
	assert_int_equal(pkg_upload(host, &buf), E810_AQ_RC_EBADBUF);
}

static void
nothing_without_package(void **state)
{
	struct host *host = *state;
	struct pkg_buf buf;

	assert_int_equal(write_xlt1(host, 500, 1), E810_AQ_RC_EPERM);
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, SID_XLT1, 0, 1, NULL, 1);
	assert_int_equal(pkg_upload(host, &buf), E810_AQ_RC_EPERM);
}

/* ------------------------------------------------------------------ resets ------------------ */

static void
function_reset(struct host *host)
{
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
}

static void
core_reset(struct host *host)
{
	host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(host_reset_done(host));
	host_aq_start(host);
}

static void
resets(void **state)
{
	struct host *host = *state;

	download_default(host);
	assert_int_equal(write_xlt1(host, 500, 9), 0);
	function_reset(host);
	assert_true(in_force(host));
	assert_int_equal(read_xlt1(host, 500), 0);
	core_reset(host);
	assert_false(in_force(host));
	download_default(host);
	assert_int_equal(read_xlt1(host, E810_PTYPE_IPV6_UDP), E810_RSS_PTG_IPV6_UDP);
}

static void
preloaded(void **state)
{
	struct host *host = *state;

	assert_true(in_force(host));
	assert_int_equal(pkg_lock(host, E810_RES_ID_GLBL_LOCK), E810_RES_GLBL_DONE);
	assert_int_equal(write_xlt1(host, 500, 9), 0);
	core_reset(host);
	assert_true(in_force(host));
	assert_int_equal(read_xlt1(host, 500), 0);
}

/* ------------------------------------------------------------------ resources --------------- */

static int
alloc_res(struct host *host, uint16_t type)
{
	struct e810_aqc_alloc_free_res cmd = { .num_entries = 1 };
	rte_le16_t buf[3] = { type, 1, 0xFFFF };

	if (host_aq(host, E810_AQC_ALLOC_RES, &cmd, buf, sizeof(buf), true) != 0)
		return -1;
	return buf[2];
}

static void
free_res(struct host *host, uint16_t type, uint16_t id, int answer)
{
	struct e810_aqc_alloc_free_res cmd = { .num_entries = 1 };
	rte_le16_t buf[3] = { type, 1, id };

	assert_int_equal(host_aq(host, E810_AQC_FREE_RES, &cmd, buf, sizeof(buf), true), answer);
}

/** Drivers get what the package does not use itself. */
static void
resources(void **state)
{
	const uint16_t bottom = E810_RES_TYPE_FLAG_SCAN_BOTTOM;
	struct host *host = *state;
	unsigned int i;

	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), 2);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), 3);
	free_res(host, E810_RES_TYPE_RSS_PROFID, 2, 0);
	free_res(host, E810_RES_TYPE_RSS_PROFID, 2, E810_AQ_RC_EINVAL);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), 2);
	for (i = 4; i < 128; i++)
		assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), i);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), -1);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_TCAM), 4);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_TCAM | bottom), 510);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_TCAM | bottom), 509);
	function_reset(host);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), 2);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_TCAM | bottom), 510);
}

static void
no_resources(void **state)
{
	struct host *host = *state;

	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_PROFID), -1);
	assert_int_equal(alloc_res(host, E810_RES_TYPE_RSS_TCAM), -1);
}

#define NONE(test) cmocka_unit_test_setup_teardown(test, open_none, close_host)
#define PRELOADED(test) cmocka_unit_test_setup_teardown(test, open_preloaded, close_host)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NONE(download), NONE(needs_the_lock), NONE(incomplete), NONE(bad_buffer_ends_it),
		NONE(bad_buffers), NONE(bad_tcam_address),
		NONE(manifest), NONE(bad_manifest), PRELOADED(update), PRELOADED(upload),
		PRELOADED(upload_overlapping),
		NONE(nothing_without_package), NONE(resets), PRELOADED(preloaded),
		PRELOADED(resources), NONE(no_resources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
