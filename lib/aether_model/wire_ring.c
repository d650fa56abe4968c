/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include <rte_memcpy.h>

#include "model_wire.h"

static inline uint32_t
position_slot(uint64_t position)
{
	return (uint32_t)position;
}

static inline uint32_t
position_line(uint64_t position)
{
	return (uint32_t)(position >> 32);
}

static inline uint64_t
make_position(uint32_t slot, uint32_t line)
{
	return (uint64_t)line << 32 | slot;
}

static inline uint32_t
frame_lines(uint32_t len)
{
	return (len + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE;
}

/* Where a frame of so many lines goes when `line` is free: both sides compute the same. */
static inline uint32_t
frame_start(uint32_t line, uint32_t lines)
{
	uint32_t until_end = WIRE_RING_LINES - line % WIRE_RING_LINES;

	return lines <= until_end ? line : line + until_end;
}

static inline uint8_t *
line_data(const struct wire_ring *ring, uint32_t line)
{
	return (uint8_t *)(uintptr_t)ring->data +
		(size_t)(line % WIRE_RING_LINES) * RTE_CACHE_LINE_SIZE;
}

struct wire_ring *
wire_ring_create(void)
{
	struct wire_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*ring));

	if (ring != NULL)
		memset(ring, 0, sizeof(*ring));
	return ring;
}

unsigned int
wire_ring_count(const struct wire_ring *ring)
{
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	return position_slot(head) - position_slot(tail);
}

static inline bool
has_room(const struct wire_ring *ring, uint32_t slot, uint32_t end_line)
{
	return slot - position_slot(ring->tail_seen) < WIRE_RING_SLOTS &&
		end_line - position_line(ring->tail_seen) <= WIRE_RING_LINES;
}

unsigned int
wire_ring_put(struct wire_ring *ring, const struct model_frame *frames, unsigned int n)
{
	uint32_t slot = position_slot(ring->head), line = position_line(ring->head);
	uint32_t start, lines;
	unsigned int i;

	for (i = 0; i < n; i++)
		rte_prefetch0(frames[i].data);
	for (i = 0; i < n; i++) {
		lines = frame_lines(frames[i].len);
		start = frame_start(line, lines);
		if (unlikely(!has_room(ring, slot, start + lines))) {
			/* Acquire: the consumer has read the frames before the slots that this
			 * shows as free are written below. */
			ring->tail_seen = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
			if (!has_room(ring, slot, start + lines))
				break;
		}
		rte_memcpy(line_data(ring, start), frames[i].data, frames[i].len);
		ring->len[slot % WIRE_RING_SLOTS] = frames[i].len;
		slot++;
		line = start + lines;
	}
	/* Release: data and len of the new frames are written before head shows them. */
	if (i != 0)
		__atomic_store_n(&ring->head, make_position(slot, line), __ATOMIC_RELEASE);
	return i;
}

unsigned int
wire_ring_peek(struct wire_ring *ring, struct model_wire *wire, struct model_frame *frames,
	       unsigned int n)
{
	/* Acquire: head is read before the data and len of the frames that it shows. */
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint32_t slot = position_slot(ring->tail), line = position_line(ring->tail);
	uint64_t new_bytes = 0;
	unsigned int i, fresh = 0;
	uint32_t lines;

	n = RTE_MIN(n, position_slot(head) - slot);
	for (i = 0; i < n; i++, slot++) {
		frames[i].len = ring->len[slot % WIRE_RING_SLOTS];
		lines = frame_lines(frames[i].len);
		line = frame_start(line, lines);
		frames[i].data = line_data(ring, line);
		line += lines;
		if (slot == ring->shown) {
			ring->shown++;
			fresh++;
			new_bytes += frames[i].len;
		}
	}
	if (fresh != 0)
		wire_count_offered(wire, fresh, new_bytes);
	return n;
}

void
wire_ring_take(struct wire_ring *ring, unsigned int n)
{
	uint32_t slot = position_slot(ring->tail), line = position_line(ring->tail);
	uint32_t lines;
	unsigned int i;

	for (i = 0; i < n; i++, slot++) {
		lines = frame_lines(ring->len[slot % WIRE_RING_SLOTS]);
		line = frame_start(line, lines) + lines;
	}
	/* Release: the frames have been read before tail lets the producer overwrite them. */
	__atomic_store_n(&ring->tail, make_position(slot, line), __ATOMIC_RELEASE);
}

unsigned int
wire_ring_offered(const struct wire_ring *ring)
{
	return ring->shown - position_slot(ring->tail);
}

unsigned int
wire_ring_drain(struct wire_ring *ring)
{
	unsigned int n = wire_ring_count(ring);

	wire_ring_take(ring, n);
	ring->shown = position_slot(ring->tail);
	return n;
}
