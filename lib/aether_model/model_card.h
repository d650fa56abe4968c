/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_CARD_H
#define MODEL_CARD_H

/**
 * @file
 * What the functions of one card have in common: the firmware's resource locks, the package, the
 * driver shared parameters, the serial number, and resets of the whole device.
 *
 * A card comes into being with its first function and goes with its last. Lock order: a
 * function's lock, then its card's; a function never takes the lock of a sibling, so a reset of
 * the card reaches each of them by a counter that they compare whenever they do something.
 */

#include <rte_rwlock.h>

#include "fw_ddp.h"
#include "model_fw.h"

/** Resources that one driver holds at a time (datasheet section 9.5.9.1). */
enum model_card_res {
	MODEL_CARD_NVM,
	MODEL_CARD_SDP,
	MODEL_CARD_CHANGE,	/* change lock: writes to the package's tables */
	MODEL_CARD_GLOBAL,	/* global configuration lock: package download */
	MODEL_CARD_RES,
};

struct model_card_lock {
	bool held;
	uint8_t owner;			/* PF */
	uint64_t since, expires;	/* TSC */
};

struct model_card {
	/*
	 * Resets of the card so far, of any level and of each. Atomic: written by who starts one,
	 * compared by each function at each register access and step.
	 */
	uint32_t resets;
	uint32_t resets_of[MODEL_RESET_LEVELS];

	/* Of the registry of cards (model_card.c), under its lock. */
	struct model_card *next;
	unsigned int refs;
	bool shared;			/* has a name that other functions can give */

	/* Everything below. */
	rte_rwlock_t lock;
	const struct aether_model *function[E810_MAX_FUNCTIONS];	/* NULL: there is none */
	struct model_card_lock res[MODEL_CARD_RES];
	/* Of each function; held_ns_max in TSC cycles here. */
	struct aether_model_lock_use use[E810_MAX_FUNCTIONS][MODEL_CARD_RES];
	uint32_t shared_param[E810_DRIVER_PARAM_MAX];
	bool pxe_mode;
	uint16_t device_id;
	uint64_t serial;
	enum aether_model_ddp ddp_conf;	/* what its first function was given */
	struct fw_ddp *ddp;		/* has a lock of its own, taken after this one */
	char name[64];
};

/**
 * Join the card that conf names, or a new one.
 *
 * Of an older card the model takes over what is the card's: serial number, conf.ddp.
 *
 * @return 0, -EEXIST (the card has this function already), -EINVAL (name, or another
 *   device_id than the card's), -ENOMEM
 */
int model_card_join(struct aether_model *model);
/** Leave it: locks that the function holds are released, the last one frees it. */
void model_card_leave(struct aether_model *model);

/** A reset of the whole device begins: this function's at once, siblings' as they notice. */
void model_card_reset(struct aether_model *model, enum model_reset_level level);
/** A sibling's reset has to be followed; see model_card_follow(). */
void model_card_reset_follow(struct aether_model *model);
/** The function alone is reset: the locks that it holds are released. */
void model_card_function_reset(struct aether_model *model);

/** A function takes a lock that is free, or gives one back, or finds that the holder's time is
 * over. The card's lock is held. */
void model_card_lock_take(struct aether_model *model, enum model_card_res res, uint64_t expires);
void model_card_lock_end(struct model_card *card, enum model_card_res res, bool dropped);

/** Functions of the card, a bit each. */
uint8_t model_card_functions(struct aether_model *model);

/** Go through the reset that a sibling has begun, if one has. Under the model's lock. */
static inline void
model_card_follow(struct aether_model *model)
{
	/* Acquire: pairs with the release in model_card_reset(): what was reset is seen reset. */
	if (unlikely(__atomic_load_n(&model->card->resets, __ATOMIC_ACQUIRE) !=
		     model->card_resets))
		model_card_reset_follow(model);
}

#endif /* MODEL_CARD_H */
