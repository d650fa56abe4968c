/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The device as a whole: power on and off, and the step.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "model_asked.h"
#include "model_card.h"
#include "model_coverage.h"
#include "model_flex.h"

RTE_LOG_REGISTER_DEFAULT(aether_model_logtype, NOTICE);

#define TSC_CALIBRATION_NS	20000000

/** Names in use in this process. */
struct registry_entry {
	struct registry_entry *next;
	const struct aether_model *model;
};
static struct registry_entry *registry;
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	uint16_t id;
	uint32_t max_mbps;
} devices[] = {
	{ E810_DEV_ID_C_BACKPLANE, 100000 },
	{ E810_DEV_ID_C_QSFP, 100000 },
	{ E810_DEV_ID_C_SFP, 100000 },
	{ E810_DEV_ID_XXV_BACKPLANE, 25000 },
	{ E810_DEV_ID_XXV_QSFP, 25000 },
	{ E810_DEV_ID_XXV_SFP, 25000 },
};

static const uint32_t speeds[] = { 10000, 25000, 40000, 50000, 100000 };

static int
registry_add(const struct aether_model *model)
{
	struct registry_entry *entry, *it;
	int ret = 0;

	entry = malloc(sizeof(*entry));
	if (entry == NULL)
		return -ENOMEM;
	entry->model = model;
	pthread_mutex_lock(&registry_lock);
	for (it = registry; it != NULL; it = it->next)
		if (strcmp(it->model->name, model->name) == 0)
			ret = -EEXIST;
	if (ret == 0) {
		entry->next = registry;
		registry = entry;
	}
	pthread_mutex_unlock(&registry_lock);
	if (ret != 0) {
		free(entry);
		MODEL_LOG(ERR, model, "there is a device of this name already; give another name");
	}
	return ret;
}

static void
registry_remove(const struct aether_model *model)
{
	struct registry_entry **it, *entry;

	pthread_mutex_lock(&registry_lock);
	for (it = &registry; *it != NULL; it = &(*it)->next) {
		if ((*it)->model != model)
			continue;
		entry = *it;
		*it = entry->next;
		free(entry);
		break;
	}
	pthread_mutex_unlock(&registry_lock);
}

/** FNV-1a. */
static uint64_t
name_hash(const char *name)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
	return hash;
}

static int
conf_check_name(struct aether_model *model, const char *name)
{
	size_t i;

	if (name == NULL || *name == '\0' || strlen(name) >= sizeof(model->name)) {
		MODEL_LOG(ERR, model, "name: found '%s', wanted 1 to %zu characters",
			  name == NULL ? "" : name, sizeof(model->name) - 1);
		return -EINVAL;
	}
	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] <= ' ' || name[i] > '~') {
			MODEL_LOG(ERR, model, "name: found '%s', wanted printable ASCII without "
				  "blanks: character %zu is not", name, i + 1);
			return -EINVAL;
		}
	}
	strcpy(model->name, name);
	return 0;
}

static int
conf_check_speed(struct aether_model *model)
{
	struct aether_model_conf *conf = &model->conf;
	uint32_t max = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(devices); i++)
		if (devices[i].id == conf->device_id)
			max = devices[i].max_mbps;
	if (max == 0) {
		MODEL_LOG(ERR, model, "device_id: found 0x%04x, wanted 0x1591, 0x1592, 0x1593 "
			  "(E810-C), 0x1599, 0x159a or 0x159b (E810-XXV)", conf->device_id);
		return -EINVAL;
	}
	if (conf->speed_mbps == 0)
		conf->speed_mbps = max;
	for (i = 0; i < RTE_DIM(speeds); i++)
		if (speeds[i] == conf->speed_mbps && speeds[i] <= max)
			return 0;
	MODEL_LOG(ERR, model, "speed_mbps: found %" PRIu32 ", wanted 10000, 25000%s",
		  conf->speed_mbps, max > 25000 ? ", 40000, 50000 or 100000" :
		  " (all that device_id can do)");
	return -EINVAL;
}

/** Take the configuration over, with its defaults filled in. */
static int
conf_take(struct aether_model *model, const struct aether_model_conf *given)
{
	static const uint8_t zero[6];
	struct aether_model_conf *conf = &model->conf;
	uint64_t hash;
	int ret;

	ret = conf_check_name(model, given->name);
	if (ret != 0)
		return ret;
	*conf = *given;
	conf->name = model->name;
	conf->wire = NULL;
	conf->fault = NULL;
	conf->media = NULL;
	conf->fec = NULL;
	conf->card = NULL;
	conf->pcap = NULL;
	if (conf->device_id == 0)
		conf->device_id = E810_DEV_ID_C_QSFP;
	if (conf->pf_id >= E810_MAX_FUNCTIONS) {
		MODEL_LOG(ERR, model, "pf_id: found %u, wanted 0 to %u", conf->pf_id,
			  E810_MAX_FUNCTIONS - 1);
		return -EINVAL;
	}
	if (conf->ddp != AETHER_MODEL_DDP_NONE && conf->ddp != AETHER_MODEL_DDP_PRELOADED) {
		MODEL_LOG(ERR, model, "ddp: found %d, wanted AETHER_MODEL_DDP_NONE or "
			  "AETHER_MODEL_DDP_PRELOADED", conf->ddp);
		return -EINVAL;
	}
	if (conf->bar_mode != AETHER_MODEL_BAR_CALL && conf->bar_mode != AETHER_MODEL_BAR_MEMORY) {
		MODEL_LOG(ERR, model, "bar_mode: found %d, wanted AETHER_MODEL_BAR_CALL or "
			  "AETHER_MODEL_BAR_MEMORY", conf->bar_mode);
		return -EINVAL;
	}
	ret = conf_check_speed(model);
	if (ret == 0)
		ret = fw_module_parse(model, given->media);
	if (ret == 0)
		ret = fw_phy_fec_parse(model, given->fec);
	if (ret != 0)
		return ret;

	if (memcmp(conf->mac, zero, sizeof(zero)) == 0) {
		hash = name_hash(model->name);
		memcpy(conf->mac, &hash, sizeof(conf->mac));
		conf->mac[0] = (conf->mac[0] & 0xFC) | 0x02;	/* local, unicast */
	}
	if ((conf->mac[0] & 1) != 0) {
		MODEL_LOG(ERR, model, "mac: found a group address, wanted a unicast one");
		return -EINVAL;
	}
	if (conf->serial == 0)		/* EUI-64 of the address */
		conf->serial = (uint64_t)conf->mac[0] << 56 | (uint64_t)conf->mac[1] << 48 |
			(uint64_t)conf->mac[2] << 40 | UINT64_C(0xFFFF) << 24 |
			(uint64_t)conf->mac[3] << 16 | (uint64_t)conf->mac[4] << 8 | conf->mac[5];
	conf->wire = strdup(given->wire == NULL || *given->wire == '\0' ? "loop" : given->wire);
	conf->fault = strdup(given->fault == NULL ? "" : given->fault);
	conf->card = given->card == NULL ? NULL : strdup(given->card);
	conf->pcap = given->pcap == NULL ? NULL : strdup(given->pcap);
	if ((given->card != NULL && conf->card == NULL) ||
	    (given->pcap != NULL && conf->pcap == NULL))
		return -ENOMEM;
	return conf->wire == NULL || conf->fault == NULL ? -ENOMEM : 0;
}

/** BAR 0 memory: the caller's file, or an own one. */
static int
bar_open(struct aether_model *model)
{
	struct aether_model_conf *conf = &model->conf;
	struct stat st;
	void *bar;

	model->bar0_fd = conf->bar0_fd;
	if (conf->bar0_fd <= 0) {
		conf->bar0_offset = 0;
		model->bar0_fd = memfd_create("aether_model_bar0", MFD_CLOEXEC);
		if (model->bar0_fd < 0 || ftruncate(model->bar0_fd, E810_BAR0_SIZE) != 0) {
			MODEL_LOG(ERR, model, "no memory file for BAR 0: %s", strerror(errno));
			if (model->bar0_fd >= 0)
				close(model->bar0_fd);
			return -ENOMEM;
		}
		model->bar0_fd_owned = true;
	} else if (fstat(conf->bar0_fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		   (uint64_t)st.st_size < E810_BAR0_SIZE ||
		   conf->bar0_offset > (uint64_t)st.st_size - E810_BAR0_SIZE ||
		   conf->bar0_offset % sysconf(_SC_PAGESIZE) != 0) {
		MODEL_LOG(ERR, model, "bar0_fd: wanted a memory file with 0x%x bytes from the "
			  "page-aligned bar0_offset 0x%" PRIx64 " on", E810_BAR0_SIZE,
			  conf->bar0_offset);
		return -EINVAL;
	}

	bar = mmap(conf->bar0_hint, E810_BAR0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   model->bar0_fd, conf->bar0_offset);
	if (bar == MAP_FAILED) {
		MODEL_LOG(ERR, model, "BAR 0 cannot be mapped: %s", strerror(errno));
		return -ENOMEM;
	}
	model->bar0 = bar;
	return 0;
}

static void
bar_close(struct aether_model *model)
{
	if (model->bar0 != NULL)
		munmap(model->bar0, E810_BAR0_SIZE);
	if (model->bar0_fd_owned)
		close(model->bar0_fd);
}

/** EAL's TSC frequency, or, without EAL, our own measurement, once in the process. */
static uint64_t
tsc_frequency(void)
{
	static uint64_t measured;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct timespec nap = { .tv_nsec = TSC_CALIBRATION_NS };
	struct timespec from, to;
	uint64_t tsc, ns;

	if (rte_get_tsc_hz() != 0)
		return rte_get_tsc_hz();
	pthread_mutex_lock(&lock);
	if (measured == 0) {
		clock_gettime(CLOCK_MONOTONIC_RAW, &from);
		tsc = rte_rdtsc();
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC_RAW, &to);
		tsc = rte_rdtsc() - tsc;
		ns = (to.tv_sec - from.tv_sec) * UINT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
		measured = (uint64_t)((double)tsc * 1e9 / ns);
	}
	pthread_mutex_unlock(&lock);
	return measured;
}

static int
model_power_on(struct aether_model *model, const struct aether_model_conf *conf)
{
	unsigned int i;
	int ret;

	rte_ticketlock_init(&model->lock);
	model->bar0_fd = -1;
	for (i = 0; i < MODEL_MSIX; i++)
		model->irq_fd[i] = -1;
	ret = conf_take(model, conf);
	if (ret != 0)
		return ret;
	ret = model_card_join(model);
	if (ret == 0)
		ret = model_fault_parse(model, model->conf.fault);
	if (ret != 0)
		return ret;
	model->reset_stuck = model_fault_active(model, MODEL_FAULT_RESET_STUCK);
	model->tsc_hz = tsc_frequency();
	model->lport = model->conf.pf_id;
	model->vsi_first = model->conf.pf_id * MODEL_VSIS;
	model->cable_up = true;
	ret = bar_open(model);
	if (ret == 0 && model->conf.bar_mode == AETHER_MODEL_BAR_MEMORY)
		ret = model_watch_create(model);
	if (ret == 0)
		ret = model_asked_create(model);
	if (ret == 0)
		ret = model_flex_create(model);
	if (ret == 0)
		ret = model_fw_create(model);
	if (ret != 0)
		return ret;
	model_config_init(model);
	model_queues_reset(model);
	model_reset_power_on(model);
	model_fw_reset(model, MODEL_RESET_POWER);
	ret = model_wire_open(model, model->conf.wire);
	if (ret != 0)
		return ret;
	model_fw_link_update(model);
	model_reg_put(model, PFINT_OICR, 0);	/* no news to whoever comes later */
	model_coverage_start(model);
	return 0;
}

/** Undo model_power_on(), however far it came. */
static void
model_power_off(struct aether_model *model)
{
	model_coverage_stop(model);
	if (model->wire != NULL)
		model_wire_close(model);
	if (model->bar0 != NULL)
		model_queues_reset(model);
	model_fw_free(model);
	model_flex_free(model);
	model_watch_free(model);
	bar_close(model);
	model_iommu_free(model);
	model_card_leave(model);
	free(model->asked);
	free(model->faults);
	free((void *)(uintptr_t)model->conf.wire);
	free((void *)(uintptr_t)model->conf.fault);
	free((void *)(uintptr_t)model->conf.card);
	free((void *)(uintptr_t)model->conf.pcap);
	free(model);
}

struct aether_model *
aether_model_create(const struct aether_model_conf *conf)
{
	struct aether_model *model;
	void *memory;
	int ret;

	if (conf == NULL) {
		rte_errno = EINVAL;
		return NULL;
	}
	if (posix_memalign(&memory, RTE_CACHE_LINE_SIZE, sizeof(*model)) != 0) {
		rte_errno = ENOMEM;
		return NULL;
	}
	model = memory;
	memset(model, 0, sizeof(*model));
	ret = model_power_on(model, conf);
	if (ret == 0)
		ret = registry_add(model);
	if (ret != 0) {
		model_power_off(model);
		rte_errno = -ret;
		return NULL;
	}
	return model;
}

void
aether_model_destroy(struct aether_model *model)
{
	if (model == NULL)
		return;
	registry_remove(model);
	model_power_off(model);
}

void *
aether_model_bar0(struct aether_model *model)
{
	return model->bar0;
}

int
aether_model_bar0_fd(const struct aether_model *model)
{
	return model->bar0_fd;
}

unsigned int
aether_model_step(struct aether_model *model, unsigned int budget)
{
	unsigned int done = 0;
	uint64_t tsc;

	rte_ticketlock_lock(&model->lock);
	model_card_follow(model);
	tsc = rte_rdtsc();
	model->stats.steps++;
	model_stall_step(model, tsc);
	model_watch_step(model, tsc);
	model_reset_step(model, tsc);
	model_wire_step(model, tsc);
	if (likely(!model->in_reset))
		done += model_aq_step(model);
	model_flex_step(model);
	/* A function in reset has no queues, but frames still arrive, and are lost. */
	done += model_rx_step(model, budget, tsc);
	done += model_tx_step(model, budget, tsc);
	model_irq_step(model, tsc);
	rte_ticketlock_unlock(&model->lock);
	return done;
}

void
aether_model_stats_get(struct aether_model *model, struct aether_model_stats *stats)
{
	rte_ticketlock_lock(&model->lock);
	*stats = model->stats;
	rte_ticketlock_unlock(&model->lock);
}

void
aether_model_link_set(struct aether_model *model, bool up)
{
	rte_ticketlock_lock(&model->lock);
	model->cable_up = up;
	model_fw_link_update(model);
	rte_ticketlock_unlock(&model->lock);
}
