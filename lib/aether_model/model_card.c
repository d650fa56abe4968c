/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Cards: several functions of one device.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "model_asked.h"
#include "model_card.h"

static struct model_card *cards;
static pthread_mutex_t cards_lock = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------------------------ joining and leaving ----- */

/** The named card, or NULL. Under cards_lock. */
static struct model_card *
card_find(const char *name)
{
	struct model_card *card;

	for (card = cards; card != NULL; card = card->next)
		if (card->shared && strcmp(card->name, name) == 0)
			return card;
	return NULL;
}

static struct model_card *
card_create(const struct aether_model *model)
{
	const char *name = model->conf.card;
	struct model_card *card = calloc(1, sizeof(*card));

	if (card == NULL)
		return NULL;
	card->shared = name != NULL;
	if (name != NULL)
		strcpy(card->name, name);
	card->ddp = fw_ddp_create(model);
	if (card->ddp == NULL) {
		free(card);
		return NULL;
	}
	card->device_id = model->conf.device_id;
	card->serial = model->conf.serial;
	card->ddp_conf = model->conf.ddp;
	card->pxe_mode = true;
	rte_rwlock_init(&card->lock);
	card->next = cards;
	cards = card;
	return card;
}

static void
card_free(struct model_card *card)
{
	struct model_card **it = &cards;

	while (*it != card)
		it = &(*it)->next;
	*it = card->next;
	fw_ddp_destroy(card->ddp);
	free(card);
}

static int
card_check_name(const struct aether_model *model)
{
	const char *name = model->conf.card;
	size_t max = sizeof(((struct model_card *)NULL)->name) - 1;

	if (name == NULL || (*name != '\0' && strlen(name) <= max))
		return 0;
	MODEL_LOG(ERR, model, "card: found '%s', wanted 1 to %zu characters", name, max);
	return -EINVAL;
}

/** Make the model a function of the card. Card's lock held. @return 0, -EEXIST, -EINVAL */
static int
card_add(struct model_card *card, struct aether_model *model)
{
	const unsigned int pf = model->conf.pf_id;

	if (card->function[pf] != NULL) {
		MODEL_LOG(ERR, model, "function %u of card '%s' is %s already; give another pf, "
			  "0 to %u", pf, card->name, card->function[pf]->name,
			  E810_MAX_FUNCTIONS - 1);
		return -EEXIST;
	}
	if (model->conf.device_id != card->device_id) {
		MODEL_LOG(ERR, model, "device: found %04x, but card '%s' is a %04x; give all its "
			  "functions the same", model->conf.device_id, card->name,
			  card->device_id);
		return -EINVAL;
	}
	if (model->conf.ddp != card->ddp_conf)
		MODEL_LOG(INFO, model, "ddp: what the first function of card '%s' was given "
			  "counts", card->name);
	card->function[pf] = model;
	memset(card->use[pf], 0, sizeof(card->use[pf]));
	card->refs++;
	model->card = card;
	model->card_resets = card->resets;
	memcpy(model->card_resets_of, card->resets_of, sizeof(model->card_resets_of));
	model->conf.serial = card->serial;
	model->conf.ddp = card->ddp_conf;
	return 0;
}

int
model_card_join(struct aether_model *model)
{
	struct model_card *card = NULL;
	int ret = card_check_name(model);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&cards_lock);
	if (model->conf.card != NULL)
		card = card_find(model->conf.card);
	if (card == NULL)
		card = card_create(model);
	if (card == NULL) {
		ret = -ENOMEM;
		goto unlock;
	}
	rte_rwlock_write_lock(&card->lock);
	ret = card_add(card, model);
	rte_rwlock_write_unlock(&card->lock);
unlock:
	pthread_mutex_unlock(&cards_lock);
	return ret;
}

void
model_card_lock_take(struct aether_model *model, enum model_card_res res, uint64_t expires)
{
	struct model_card *card = model->card;

	model_card_lock_end(card, res, false);
	card->res[res] = (struct model_card_lock){
		.held = true, .owner = model->conf.pf_id, .since = rte_rdtsc(), .expires = expires,
	};
	card->use[model->conf.pf_id][res].granted++;
}

/** @param dropped a reset takes it away, if its time is not over anyway */
void
model_card_lock_end(struct model_card *card, enum model_card_res res, bool dropped)
{
	struct model_card_lock *lock = &card->res[res];
	struct aether_model_lock_use *use = &card->use[lock->owner][res];
	const uint64_t now = rte_rdtsc();

	if (!lock->held)
		return;
	lock->held = false;
	if (now >= lock->expires) {
		use->expired++;
	} else if (dropped) {
		use->dropped++;
	} else {
		use->released++;
		use->held_ns_max = RTE_MAX(use->held_ns_max, now - lock->since);
	}
}

/** Release what a function holds. Card's lock held. */
static void
release_all(struct model_card *card, unsigned int pf)
{
	unsigned int i;

	for (i = 0; i < MODEL_CARD_RES; i++)
		if (card->res[i].owner == pf)
			model_card_lock_end(card, i, true);
}

void
model_card_leave(struct aether_model *model)
{
	struct model_card *card = model->card;

	if (card == NULL)
		return;
	pthread_mutex_lock(&cards_lock);
	rte_rwlock_write_lock(&card->lock);
	release_all(card, model->conf.pf_id);
	card->function[model->conf.pf_id] = NULL;
	rte_rwlock_write_unlock(&card->lock);
	model->card = NULL;
	if (--card->refs == 0)
		card_free(card);
	pthread_mutex_unlock(&cards_lock);
}

uint8_t
model_card_functions(struct aether_model *model)
{
	struct model_card *card = model->card;
	uint8_t functions = 0;
	unsigned int pf;

	rte_rwlock_read_lock(&card->lock);
	for (pf = 0; pf < E810_MAX_FUNCTIONS; pf++)
		functions |= (card->function[pf] != NULL) << pf;
	rte_rwlock_read_unlock(&card->lock);
	return functions;
}

/* ------------------------------------------------------------------ resets ------------------ */

void
model_card_function_reset(struct aether_model *model)
{
	rte_rwlock_write_lock(&model->card->lock);
	release_all(model->card, model->conf.pf_id);
	rte_rwlock_write_unlock(&model->card->lock);
}

void
model_card_reset(struct aether_model *model, enum model_reset_level level)
{
	struct model_card *card = model->card;
	unsigned int i;

	if (model->in_reset && level <= model->reset_level)
		return;
	rte_rwlock_write_lock(&card->lock);
	for (i = 0; i < MODEL_CARD_RES; i++)
		model_card_lock_end(card, i, true);
	memset(card->shared_param, 0, sizeof(card->shared_param));
	card->pxe_mode = true;
	fw_ddp_card_reset(model, card->ddp);
	card->resets_of[level]++;
	model->card_resets_of[level] = card->resets_of[level];
	model->card_resets++;
	/* Release: what was reset, before the counter that tells siblings. */
	__atomic_store_n(&card->resets, card->resets + 1, __ATOMIC_RELEASE);
	rte_rwlock_write_unlock(&card->lock);
	model_reset_start(model, level);
}

void
model_card_reset_follow(struct aether_model *model)
{
	struct model_card *card = model->card;
	enum model_reset_level highest = MODEL_RESET_NONE;
	unsigned int level;

	rte_rwlock_write_lock(&card->lock);
	/* A command that was on its way may have taken one since the card's were released. */
	release_all(card, model->conf.pf_id);
	model->card_resets = card->resets;
	for (level = 0; level < RTE_DIM(card->resets_of); level++) {
		if (model->card_resets_of[level] != card->resets_of[level])
			highest = level;
		model->card_resets_of[level] = card->resets_of[level];
	}
	rte_rwlock_write_unlock(&card->lock);
	model_asked_suffered(model);
	/* Nothing higher than what this function did by itself meanwhile: it is through it. */
	if (highest != MODEL_RESET_NONE)
		model_reset_start(model, highest);
}

void
aether_model_card_reset(struct aether_model *model, enum aether_model_card_reset reset)
{
	static const enum model_reset_level levels[] = {
		[AETHER_MODEL_CARD_RESET_CORE] = MODEL_RESET_CORE,
		[AETHER_MODEL_CARD_RESET_GLOBAL] = MODEL_RESET_GLOBAL,
		[AETHER_MODEL_CARD_RESET_EMP] = MODEL_RESET_EMP,
	};

	RTE_BUILD_BUG_ON(MODEL_RESET_POWER + 1 != MODEL_RESET_LEVELS);
	if (reset < AETHER_MODEL_CARD_RESET_CORE || reset >= RTE_DIM(levels)) {
		MODEL_LOG(ERR, model, "card reset: found %d, wanted one of enum "
			  "aether_model_card_reset", reset);
		return;
	}
	rte_ticketlock_lock(&model->lock);
	model_card_follow(model);
	model_asked_suffered(model);
	model_card_reset(model, levels[reset]);
	rte_ticketlock_unlock(&model->lock);
}
