/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "wire_fake.h"

int aether_model_logtype = RTE_LOGTYPE_USER1;
unsigned int (*fake_step)(struct aether_model *model);
unsigned int fake_link_updates;

static char *log_text;
static size_t log_len;
static FILE *log_stream;

const char *
fake_log(void)
{
	static char *last;

	free(last);
	last = NULL;
	if (log_stream != NULL) {
		rte_openlog_stream(NULL);
		fclose(log_stream);
		last = log_text;
	}
	log_text = NULL;
	log_stream = open_memstream(&log_text, &log_len);
	assert_non_null(log_stream);
	rte_openlog_stream(log_stream);
	return last == NULL ? "" : last;
}

void
assert_logged(const char *first, ...)
{
	const char *text = fake_log(), *want;
	va_list ap;

	va_start(ap, first);
	for (want = first; want != NULL; want = va_arg(ap, const char *))
		if (strstr(text, want) == NULL)
			fail_msg("'%s' is not in the message: %s", want, text);
	va_end(ap);
}

static struct aether_model *
fake_create(const char *name)
{
	struct aether_model *model = aligned_alloc(RTE_CACHE_LINE_SIZE,
						   RTE_CACHE_LINE_ROUNDUP(sizeof(*model)));
	static const uint8_t mac[6] = { 0x02, 1, 2, 3, 4, 5 };

	assert_non_null(model);
	memset(model, 0, sizeof(*model));
	snprintf(model->name, sizeof(model->name), "%s", name);
	memcpy(model->conf.mac, mac, sizeof(mac));
	model->conf.speed_mbps = 10000;
	model->tsc_hz = FAKE_HZ;
	model->cable_up = true;
	model->link = true;
	model->n_rx_active = 1;
	model->rxq[0].qlen = 512;
	model->rxq[0].tail = 511;
	model->rxq[0].tail_moved_tsc = 1;
	rte_ticketlock_init(&model->lock);
	return model;
}

struct aether_model *
fake_open(const char *name, const char *wire)
{
	struct aether_model *model = fake_create(name);
	int ret = model_wire_open(model, wire);

	if (ret != 0)
		fail_msg("wire '%s' does not open: %d", wire, ret);
	return model;
}

static unsigned int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

int
fake_open_fails(const char *wire)
{
	struct aether_model *model = fake_create("failing");
	unsigned int fds = count_fds();
	int ret;

	fake_log();
	ret = model_wire_open(model, wire);
	if (ret == 0)
		fail_msg("wire '%s' opens", wire);
	assert_null(model->wire);
	assert_null(model->wire_latency);
	assert_int_equal(count_fds(), fds);
	free(model);
	return ret;
}

void
fake_close(struct aether_model *model)
{
	model_wire_close(model);
	free(model);
}

unsigned int
fake_receive(struct aether_model *model, unsigned int n, uint64_t tsc, uint8_t *last)
{
	struct model_frame frames[MODEL_BURST];
	unsigned int done = 0, got;

	model_wire_step(model, tsc);
	while (done < n) {
		got = model->wire->ops->rx_peek(model->wire, frames,
						RTE_MIN(n - done, (unsigned int)MODEL_BURST), tsc);
		if (got == 0)
			break;
		if (last != NULL)
			memcpy(last, frames[got - 1].data, frames[got - 1].len);
		model->wire->ops->rx_take(model->wire, got);
		model->wire_stats.rx_delivered += got;
		done += got;
	}
	return done;
}

unsigned int
fake_send(struct aether_model *model, const void *data, uint32_t len, uint64_t tsc)
{
	const struct model_frame frame = { .data = data, .len = len };

	return model->wire->ops->tx(model->wire, &frame, 1, tsc);
}

/* ------------------------------------------------------------------ firmware and engines ---- */

bool
model_port_lit(const struct aether_model *model)
{
	return model->cable_up;
}

void
model_link_ability(const struct aether_model *model, struct model_link_ability *ability)
{
	*ability = (struct model_link_ability){ .types = 1, .module = model->conf.speed_mbps };
}

void
model_fw_link_update(struct aether_model *model)
{
	fake_link_updates++;
	model->link = model->cable_up && model->wire->ops->link(model->wire);
}

unsigned int
aether_model_step(struct aether_model *model, unsigned int budget)
{
	RTE_SET_USED(budget);
	return fake_step(model);
}
