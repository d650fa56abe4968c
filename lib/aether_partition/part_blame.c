/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Who had the CPU in a gap, and for how long, from the events in it. At its begin and at its end the
 * thread that looks is running. In between each moment belongs to whoever came last and is not done
 * yet: an interrupt in a task's turn is the interrupt's, not the task's (as osnoise counts,
 * Documentation/trace/osnoise-tracer.rst).
 */

#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

__extension__ typedef unsigned __int128 wide;

#define DEPTH	16	/* of what interrupts what */

struct frame {
	enum part_frame class;
	bool vague;		/* what is inside says why it is there */
	uint64_t spent;		/* of its own */
	struct part_who who;
};

struct walk {
	struct part_shares *shares;
	pid_t own;
	bool running;		/* the thread that looks, but for what is on the stack */
	uint64_t at;		/* all up to here is somebody's */
	struct frame base;	/* who else has its turn, or what the thread itself is stopped by */
	struct part_who reason;	/* what the thread itself is stopped by, when it has its turn again */
	unsigned int depth;
	struct frame stack[DEPTH];
	uint64_t nobody, longest;	/* nothing was seen, in all and in one piece */
};

static void
add_share(struct part_shares *shares, const struct part_who *who, uint64_t cycles)
{
	struct part_share *share;
	unsigned int i;

	for (i = 0; i < shares->n; i++) {
		share = &shares->all[i];
		if (share->who.kind == who->kind && share->who.id == who->id &&
		    strcmp(share->who.name, who->name) == 0 &&
		    strcmp(share->who.detail, who->detail) == 0)
			break;
	}
	if (i == RTE_DIM(shares->all)) {
		share = &shares->all[--i];
		memset(&share->who, 0, sizeof(share->who));
		share->who.kind = PART_CAUSE_UNKNOWN;
		strcpy(share->who.name, PART_OTHERS);
	}
	share = &shares->all[i];
	if (i == shares->n) {
		shares->n++;
		share->who = *who;
		share->cycles = 0;
	}
	share->cycles += cycles;
}

static void
flush(struct walk *walk, struct frame *frame)
{
	/* Short ones took part as well. */
	if (frame->who.name[0] != '\0')
		add_share(walk->shares, &frame->who, frame->spent);
	frame->spent = 0;
}

/** The time up to an event is that of who has the CPU before it. */
static void
account(struct walk *walk, uint64_t until)
{
	const uint64_t cycles = until > walk->at ? until - walk->at : 0;

	if (walk->depth != 0) {
		walk->stack[walk->depth - 1].spent += cycles;
	} else if (walk->base.who.name[0] != '\0') {
		walk->base.spent += cycles;
	} else {
		walk->nobody += cycles;
		walk->longest = RTE_MAX(walk->longest, cycles);
	}
	walk->at = RTE_MAX(walk->at, until);
}

static void
set_who(struct part_who *who, const struct part_event *event)
{
	memset(who, 0, sizeof(*who));
	who->kind = event->kind;
	strcpy(who->name, event->name);
}

static void
pop(struct walk *walk)
{
	flush(walk, &walk->stack[--walk->depth]);
}

static void
set_base(struct walk *walk, enum part_cause_kind kind, const char *name, pid_t id)
{
	flush(walk, &walk->base);
	memset(&walk->base, 0, sizeof(walk->base));
	walk->base.who.kind = kind;
	walk->base.who.id = id;
	strcpy(walk->base.who.name, name);
}

/** The thread itself is in the kernel, until it is seen to run again, which is the gap's end. */
static void
set_reason(struct walk *walk, enum part_cause_kind kind, const char *name)
{
	set_base(walk, kind, name, 0);
	walk->reason = walk->base.who;
}

static void
enter(struct walk *walk, const struct part_event *event)
{
	struct frame *frame, *below = walk->depth == 0 ? NULL : &walk->stack[walk->depth - 1];

	/* What it asks of other CPUs, a thread does on its own as well. */
	if (event->frame == PART_FRAME_CALL && below == NULL) {
		if (walk->running && walk->base.who.name[0] == '\0')
			set_reason(walk, PART_CAUSE_OWN, "its own system call");
		return;
	}
	if (walk->depth == DEPTH)
		return;
	frame = &walk->stack[walk->depth++];
	memset(frame, 0, sizeof(*frame));
	frame->class = event->frame;
	frame->vague = event->frame == PART_FRAME_VECTOR;
	set_who(&frame->who, event);
	if (event->frame == PART_FRAME_INTERRUPT)
		frame->who.id = event->to;
	/* A vector that another CPU or the clock has sent is there for this. */
	if (below != NULL && below->vague && below->who.kind == frame->who.kind) {
		below->who = frame->who;
		below->vague = false;
	}
}

static void
leave(struct walk *walk, enum part_frame class)
{
	unsigned int i = walk->depth;

	while (i != 0 && walk->stack[i - 1].class != class)
		i--;
	/* One whose begin was lost ends nothing. */
	if (i == 0)
		return;
	while (walk->depth >= i)
		pop(walk);
}

/** Why the thread that looks gives up the CPU, where nobody has taken it. */
static void
gives_up(struct walk *walk, const struct part_event *event)
{
	if (walk->base.who.kind == PART_CAUSE_FAULT && walk->base.who.name[0] != '\0')
		return;
	if (event->state == 'T' || event->state == 't')
		set_base(walk, PART_CAUSE_OWN, "stopped by a signal", 0);
	else
		set_base(walk, PART_CAUSE_OWN, "its own waiting", 0);
}

static void
switch_to(struct walk *walk, const struct part_event *event)
{
	while (walk->depth != 0)
		pop(walk);
	if (event->from == walk->own && event->state != 'R') {
		/* Whoever runs until it is there again does not take anything from it. */
		walk->running = false;
		gives_up(walk, event);
	} else if (event->to == walk->own) {
		if (!walk->running && walk->base.who.kind == PART_CAUSE_TASK)
			set_base(walk, walk->reason.kind, walk->reason.name, 0);
		walk->running = true;
	} else if (walk->running || walk->base.who.kind == PART_CAUSE_TASK) {
		walk->running = false;
		if (event->to == 0)
			set_base(walk, PART_CAUSE_TASK, "throttled: beyond its share of CPU time", 0);
		else
			set_base(walk, PART_CAUSE_TASK, event->name, event->to);
	}
}

/** What a kworker does. It may do several things in one turn. */
static void
work(struct walk *walk, const struct part_event *event)
{
	struct part_who *who = &walk->base.who;

	if (walk->running || who->kind != PART_CAUSE_TASK || who->id == 0 ||
	    strncmp(who->detail, event->name, sizeof(who->detail) - 1) == 0)
		return;
	if (who->detail[0] != '\0')
		flush(walk, &walk->base);
	part_text_copy(who->detail, sizeof(who->detail), event->name);
}

static void
take(struct walk *walk, const struct part_event *event)
{
	switch (event->type) {
	case PART_EVENT_ENTER:
		enter(walk, event);
		break;
	case PART_EVENT_EXIT:
		leave(walk, event->frame);
		break;
	case PART_EVENT_SWITCH:
		switch_to(walk, event);
		break;
	case PART_EVENT_EXEC:
		if (!walk->running && walk->base.who.kind == PART_CAUSE_TASK &&
		    walk->base.who.id == event->to)
			set_base(walk, PART_CAUSE_TASK, event->name, event->to);
		break;
	case PART_EVENT_WORK:
		work(walk, event);
		break;
	case PART_EVENT_OWN:
		if (walk->depth == 0 && walk->running)
			set_reason(walk, event->kind, event->name);
		break;
	case PART_EVENT_FLUSH:
		if (walk->depth != 0 && walk->stack[walk->depth - 1].who.kind == PART_CAUSE_IPI)
			set_who(&walk->stack[walk->depth - 1].who, event);
		else if (event->from != 0 && walk->depth == 0 && walk->running &&
			 walk->base.who.name[0] == '\0')
			set_reason(walk, PART_CAUSE_OWN, "its own system call");
		break;
	case PART_EVENT_NMI:
		break;
	case PART_EVENT_LOST:
		while (walk->depth != 0)
			pop(walk);
		set_base(walk, event->kind, event->name, 0);
		walk->running = true;
		break;
	}
}

/** It is told when it is over, with its length. */
static void
take_nmi(struct walk *walk, const struct part_event *event)
{
	const uint64_t cycles = event->ns * (part_tsc_hz() * 1e-9);
	struct part_who who;

	account(walk, event->when > cycles ? event->when - cycles : 0);
	set_who(&who, event);
	add_share(walk->shares, &who, event->when > walk->at ? event->when - walk->at : 0);
	walk->at = RTE_MAX(walk->at, event->when);
}

static int
compare(const void *a, const void *b)
{
	const struct part_share *one = a, *other = b;

	return one->cycles < other->cycles ? 1 : one->cycles > other->cycles ? -1 :
	       strcmp(one->who.name, other->who.name);
}

/**
 * Ways into the kernel and out of it are nobody's: each has its part of them. A piece in which nothing
 * was seen, and that is longer than all that was, is no such way.
 */
static void
share_rest(struct walk *walk, uint64_t threshold)
{
	static const struct part_who unknown = { .kind = PART_CAUSE_UNKNOWN, .name = PART_NOBODY };
	struct part_shares *shares = walk->shares;
	uint64_t known = 0, rest = walk->nobody, given = 0, piece = 0;
	unsigned int i;

	for (i = 0; i < shares->n; i++)
		known += shares->all[i].cycles;
	if (shares->n == 0 || (walk->longest > threshold && walk->longest > known))
		piece = shares->n == 0 ? rest : walk->longest;
	rest -= piece;
	for (i = 0; i < shares->n; i++) {
		const uint64_t part = known == 0 ? 0 :
				      (wide)rest * shares->all[i].cycles / known;

		shares->all[i].cycles += RTE_MIN(part, rest - given);
		given += RTE_MIN(part, rest - given);
	}
	if (shares->n != 0)
		shares->all[0].cycles += rest - given;
	if (piece != 0)
		add_share(shares, &unknown, piece);
}

/** The first that is kept, and not before a time. */
static uint64_t
find_first(const struct part_events *events, uint64_t oldest, uint64_t when)
{
	uint64_t low = oldest, high = events->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (events->all[middle % PART_EVENTS].when < when)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
part_blame(const struct part_events *events, const struct part_gap *gap, pid_t own,
	   uint64_t threshold, struct part_shares *shares)
{
	struct walk walk = { .shares = shares, .own = own, .running = true, .at = gap->begin };
	const uint64_t oldest = events->n > PART_EVENTS ? events->n - PART_EVENTS : 0;
	uint64_t i = find_first(events, oldest, gap->begin);

	shares->n = 0;
	if (oldest != 0 && i == oldest)
		set_base(&walk, PART_CAUSE_UNKNOWN, "not told: more trace events than are kept", 0);
	for (; i < events->n; i++) {
		const struct part_event *event = &events->all[i % PART_EVENTS];

		if (event->when > gap->end)
			break;
		if (event->type == PART_EVENT_NMI) {
			take_nmi(&walk, event);
			continue;
		}
		account(&walk, event->when);
		take(&walk, event);
	}
	account(&walk, gap->end);
	while (walk.depth != 0)
		pop(&walk);
	flush(&walk, &walk.base);
	share_rest(&walk, threshold);
	qsort(shares->all, shares->n, sizeof(shares->all[0]), compare);
}

void
part_blame_one(const struct part_gap *gap, enum part_cause_kind kind, const char *name, long id,
	       struct part_shares *shares)
{
	struct part_who *who = &shares->all[0].who;

	memset(who, 0, sizeof(*who));
	who->kind = kind;
	who->id = id;
	part_text_copy(who->name, sizeof(who->name), name);
	shares->n = 1;
	shares->all[0].cycles = gap->end - gap->begin;
}
