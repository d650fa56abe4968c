/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Faults to inject: what a test makes the device do wrong.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_fw.h"

#define FAULT_MAX		32
#define FAULT_WORD_MAX		64

static int
fault_number(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoul(text, &end, 0);
	return errno != 0 || *end != '\0' || *value > max ? -EINVAL : 0;
}

/** "aq:<opcode>:<rc>" and "aq:nth:<n>:<rc>"; text is what follows "aq:". */
static int
fault_parse_aq(char *text, struct model_fault *fault)
{
	unsigned long what, rc;
	unsigned long max = UINT16_MAX;
	char *sep;

	fault->kind = MODEL_FAULT_AQ_OPCODE;
	if (strncmp(text, "nth:", 4) == 0) {
		fault->kind = MODEL_FAULT_AQ_NTH;
		max = UINT32_MAX;
		text += 4;
	}
	sep = strchr(text, ':');
	if (sep == NULL)
		return -EINVAL;
	*sep = '\0';
	/* rc 0 would be no fault at all. */
	if (fault_number(text, max, &what) != 0 || fault_number(sep + 1, UINT8_MAX, &rc) != 0 ||
	    rc == 0)
		return -EINVAL;
	fault->what = what;
	fault->rc = rc;
	return 0;
}

static int
fault_parse_word(char *word, struct model_fault *fault)
{
	unsigned long opcode, ms;

	if (strncmp(word, "aq:", 3) == 0)
		return fault_parse_aq(word + 3, fault);
	if (strncmp(word, "lock-ms:", 8) == 0) {
		if (fault_number(word + 8, UINT16_MAX, &ms) != 0 || ms == 0)
			return -EINVAL;
		fault->kind = MODEL_FAULT_LOCK_MS;
		fault->what = ms;
		return 0;
	}
	if (strncmp(word, "aq-timeout:", 11) == 0) {
		if (fault_number(word + 11, UINT16_MAX, &opcode) != 0)
			return -EINVAL;
		fault->kind = MODEL_FAULT_AQ_TIMEOUT;
		fault->what = opcode;
		return 0;
	}
	if (strcmp(word, "reset-stuck") == 0)
		fault->kind = MODEL_FAULT_RESET_STUCK;
	else if (strcmp(word, "link-down") == 0)
		fault->kind = MODEL_FAULT_LINK_DOWN;
	else
		return -EINVAL;
	return 0;
}

int
model_fault_parse(struct aether_model *model, const char *spec)
{
	char word[FAULT_WORD_MAX];
	size_t len;

	if (spec == NULL || *spec == '\0')
		return 0;
	model->faults = calloc(FAULT_MAX, sizeof(*model->faults));
	if (model->faults == NULL)
		return -ENOMEM;

	for (;; spec += len + 1) {
		len = strcspn(spec, ",");
		if (model->n_faults == FAULT_MAX) {
			MODEL_LOG(ERR, model, "fault: more than %d faults; give fewer", FAULT_MAX);
			return -EINVAL;
		}
		if (len < sizeof(word)) {
			memcpy(word, spec, len);
			word[len] = '\0';
		}
		if (len >= sizeof(word) ||
		    fault_parse_word(word, &model->faults[model->n_faults]) != 0) {
			MODEL_LOG(ERR, model, "fault: found '%.*s', wanted aq:<opcode>:<rc>, "
				  "aq:nth:<n>:<rc> (rc 1 to 255), aq-timeout:<opcode>, lock-ms:<n>, "
				  "reset-stuck or link-down, separated by commas", (int)len, spec);
			return -EINVAL;
		}
		model->n_faults++;
		if (spec[len] == '\0')
			return 0;
	}
}

bool
model_fault_active(const struct aether_model *model, enum model_fault_kind kind)
{
	unsigned int i;

	for (i = 0; i < model->n_faults; i++)
		if (model->faults[i].kind == kind)
			return true;
	return false;
}

enum e810_aq_err
model_fault_aq(const struct aether_model *model, uint16_t opcode, uint64_t n)
{
	const struct model_fault *fault;
	unsigned int i;

	for (i = 0; i < model->n_faults; i++) {
		fault = &model->faults[i];
		if ((fault->kind == MODEL_FAULT_AQ_OPCODE && fault->what == opcode) ||
		    (fault->kind == MODEL_FAULT_AQ_NTH && fault->what == n))
			return fault->rc;
	}
	return E810_AQ_RC_OK;
}

uint32_t
model_fault_lock_ms(const struct aether_model *model, uint32_t ms)
{
	unsigned int i;

	for (i = 0; i < model->n_faults; i++)
		if (model->faults[i].kind == MODEL_FAULT_LOCK_MS)
			return model->faults[i].what;
	return ms;
}

bool
model_fault_aq_timeout(const struct aether_model *model, uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < model->n_faults; i++)
		if (model->faults[i].kind == MODEL_FAULT_AQ_TIMEOUT &&
		    model->faults[i].what == opcode)
			return true;
	return false;
}
