/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "pkg_util.h"

#define MAX_SECTIONS	8
#define TABLE_END	(sizeof(struct e810_pkg_buf_hdr) + \
			 MAX_SECTIONS * sizeof(struct e810_pkg_section))
/* Headers of the default package: two segments. */
#define SEG_OFFSET_AT	12

static struct e810_pkg_buf_hdr *
header(struct pkg_buf *buf)
{
	return (void *)buf->data;
}

void
pkg_buf_init(struct pkg_buf *buf)
{
	memset(buf, 0, sizeof(*buf));
	header(buf)->data_end = TABLE_END;
}

uint16_t
pkg_buf_len(const struct pkg_buf *buf)
{
	return (uint16_t)(buf->data[2] | buf->data[3] << 8);
}

uint8_t *
pkg_buf_add(struct pkg_buf *buf, uint32_t sid, const void *data, size_t len)
{
	struct e810_pkg_buf_hdr *hdr = header(buf);
	uint8_t *at = buf->data + hdr->data_end;

	assert_true(hdr->section_count < MAX_SECTIONS &&
		    hdr->data_end + len <= sizeof(buf->data));
	hdr->section[hdr->section_count++] = (struct e810_pkg_section){
		.type = sid, .offset = hdr->data_end, .size = len,
	};
	if (data != NULL)
		memcpy(at, data, len);
	hdr->data_end += (len + 3) & ~3u;
	return at;
}

uint8_t *
pkg_buf_add_range(struct pkg_buf *buf, uint32_t sid, uint16_t first, uint16_t count,
		  const void *entries, size_t size)
{
	uint8_t *at = pkg_buf_add(buf, sid, NULL, 4 + count * size);
	const uint16_t head[] = { count, first };

	memcpy(at, head, sizeof(head));
	if (entries != NULL)
		memcpy(at + sizeof(head), entries, count * size);
	return at + sizeof(head);
}

struct pkg_buf *
pkg_default_bufs(unsigned int *n)
{
	int len = aether_model_ddp_default(NULL, 0);
	uint8_t *file = malloc(len);
	uint32_t at, count;
	struct pkg_buf *bufs;

	assert_non_null(file);
	assert_int_equal(aether_model_ddp_default(file, len), len);
	memcpy(&at, file + SEG_OFFSET_AT, sizeof(at));
	at += sizeof(struct e810_pkg_seg_hdr) + 2 * sizeof(uint32_t);
	memcpy(&count, file + at, sizeof(count));
	at += sizeof(count);
	assert_int_equal(at + count * sizeof(*bufs), len);
	bufs = malloc(count * sizeof(*bufs));
	assert_non_null(bufs);
	memcpy(bufs, file + at, count * sizeof(*bufs));
	free(file);
	*n = count;
	return bufs;
}

int
pkg_lock(struct host *host, uint16_t res)
{
	struct e810_aqc_req_res req = { .res_id = res, .access_type = E810_RES_ACCESS_WRITE };
	int ret = host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false);

	return ret != 0 || res != E810_RES_ID_GLBL_LOCK ? ret : req.status;
}

void
pkg_unlock(struct host *host, uint16_t res)
{
	struct e810_aqc_req_res req = { .res_id = res };

	assert_int_equal(host_aq(host, E810_AQC_RELEASE_RES, &req, NULL, 0, false), 0);
}

int
pkg_download_buf(struct host *host, const struct pkg_buf *buf, bool last,
		 struct e810_pkg_error *error)
{
	struct e810_aqc_pkg_cmd cmd = { .flags = last ? E810_PKG_CMD_LAST_BUF : 0 };
	struct pkg_buf copy = *buf;
	int ret = host_aq(host, E810_AQC_DOWNLOAD_PKG, &cmd, copy.data, sizeof(copy.data), true);

	if (error != NULL)
		memcpy(error, copy.data, sizeof(*error));
	return ret;
}

int
pkg_download(struct host *host, const struct pkg_buf *bufs, unsigned int n)
{
	int ret = pkg_lock(host, E810_RES_ID_GLBL_LOCK);
	unsigned int i;

	assert_int_equal(ret, E810_RES_GLBL_SUCCESS);
	for (i = 0; i < n && ret == 0; i++)
		ret = pkg_download_buf(host, &bufs[i], i + 1 == n, NULL);
	pkg_unlock(host, E810_RES_ID_GLBL_LOCK);
	return ret;
}

int
pkg_update(struct host *host, const struct pkg_buf *buf)
{
	struct e810_aqc_pkg_cmd cmd = { .flags = E810_PKG_CMD_LAST_BUF };
	struct pkg_buf copy = *buf;
	int ret;

	assert_int_equal(pkg_lock(host, E810_RES_ID_CHNG_LOCK), 0);
	ret = host_aq(host, E810_AQC_UPDATE_PKG, &cmd, copy.data, pkg_buf_len(buf), true);
	pkg_unlock(host, E810_RES_ID_CHNG_LOCK);
	return ret;
}

int
pkg_upload(struct host *host, struct pkg_buf *buf)
{
	struct e810_aqc_pkg_cmd cmd = { 0 };

	return host_aq(host, E810_AQC_UPLOAD_SECTION, &cmd, buf->data, sizeof(buf->data), true);
}

void
pkg_tcam_key(struct e810_prof_tcam_entry *entry, int ptg, int vsig)
{
	uint8_t *k = entry->key, *i = entry->key + E810_TCAM_KEY_HALF;

	memset(entry->key, 0xFF, sizeof(entry->key));
	if (ptg >= 0) {
		k[2] = (uint8_t)~ptg;
		i[2] = (uint8_t)ptg;
	}
	if (vsig >= 0) {
		k[3] = (uint8_t)~vsig;
		i[3] = (uint8_t)vsig;
		k[4] = (uint8_t)~(vsig >> 8);
		i[4] = (uint8_t)(vsig >> 8);
	}
}

void
pkg_add_profile(struct host *host, unsigned int prof, unsigned int addr, int ptg, int vsig,
		const struct pkg_field *fields, unsigned int n)
{
	struct e810_fv_word fv[E810_RSS_FV_WORDS];
	struct {
		rte_le16_t count;
		struct e810_prof_tcam_entry entry;
	} __rte_packed tcam = { .count = 1, .entry = { .addr = addr, .prof_id = prof } };
	unsigned int word = E810_RSS_FV_WORDS, f, w;
	struct pkg_buf buf;

	for (w = 0; w < E810_RSS_FV_WORDS; w++)
		fv[w] = (struct e810_fv_word){ .prot_id = 0xFF, .off = E810_FV_OFF_INVALID };
	for (f = 0; f < n; f++)
		for (w = 0; w < fields[f].words; w++)
			fv[--word] = (struct e810_fv_word){
				.prot_id = fields[f].prot, .off = fields[f].off + 2 * w,
			};
	pkg_tcam_key(&tcam.entry, ptg, vsig);
	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, E810_SID(E810_BLK_RSS, E810_TBL_FLD_VEC), prof, 1, fv, sizeof(fv));
	pkg_buf_add(&buf, E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM), &tcam, sizeof(tcam));
	assert_int_equal(pkg_update(host, &buf), 0);
}

void
pkg_set_vsig(struct host *host, unsigned int vsi, uint16_t vsig)
{
	struct pkg_buf buf;

	pkg_buf_init(&buf);
	pkg_buf_add_range(&buf, E810_SID(E810_BLK_RSS, E810_TBL_XLT2), vsi, 1, &vsig,
			  sizeof(vsig));
	assert_int_equal(pkg_update(host, &buf), 0);
}
