/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_ASKED_H
#define MODEL_ASKED_H

/**
 * @file
 * What a host's driver asked of the card: each admin command with its parameters and answer, each
 * reset, in order. Always kept; only control paths come by here. What was done with the locks is
 * the card's to know (model_card.h).
 *
 * All functions below are called under the model's lock.
 */

#include "model_priv.h"

/** @return 0 or -ENOMEM; the record goes by free() */
int model_asked_create(struct aether_model *model);
/** A command comes. params: 16 bytes. */
void model_asked_command(struct aether_model *model, uint16_t opcode, const uint8_t *params);
/** It was answered. */
void model_asked_answer(struct aether_model *model, uint16_t rc);
/** The host asks for a reset, which has not begun yet. */
void model_asked_reset(struct aether_model *model, enum aether_model_asked_reset reset);
/** A reset of the whole device came from elsewhere. */
void model_asked_suffered(struct aether_model *model);

#endif /* MODEL_ASKED_H */
