/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include "forward.h"

void
fwd_request_stop(struct fwd_control *control, enum fwd_stop reason)
{
	uint32_t none = FWD_STOP_NONE;

	/* Relaxed: the flag carries no data; results are read after the lcores are joined. */
	__atomic_compare_exchange_n(&control->stop, &none, reason, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* One writer: a plain addition; the atomic store only keeps main from reading half a word. */
static __rte_always_inline void
counter_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static __rte_always_inline void
counter_set(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

static void
drop_waiting(struct fwd_stream *stream)
{
	rte_pktmbuf_free_bulk(&stream->pkts[stream->next], stream->waiting);
	counter_add(&stream->counters.tx_dropped, stream->waiting);
	stream->waiting = 0;
	stream->tries = 0;
}

/*
 * Offer the packets that are left of the last burst to Tx again. While some wait the stream does
 * not receive: the backlog stays in the Rx ring, where the NIC counts what it cannot take.
 */
static uint16_t
retry_waiting(struct fwd_stream *stream)
{
	uint16_t sent;

	sent = rte_eth_tx_burst(stream->tx_port, 0, &stream->pkts[stream->next],
				stream->waiting);
	stream->next += sent;
	stream->waiting -= sent;
	counter_add(&stream->counters.tx, sent);
	if (stream->waiting == 0)
		stream->tries = 0;
	else if (stream->max_tries != FWD_TX_RETRY_FOREVER &&
		 ++stream->tries >= stream->max_tries)
		drop_waiting(stream);
	return sent;
}

static void
keep_unsent(struct fwd_stream *stream, uint16_t sent, uint16_t received)
{
	stream->next = sent;
	stream->waiting = received - sent;
	if (stream->max_tries == 0)
		drop_waiting(stream);
}

/* Receive, change and send one burst. Returns the packets received. */
static __rte_always_inline uint16_t
forward_burst(struct fwd_stream *stream, enum fwd_mode mode, uint64_t now)
{
	struct rte_mbuf **pkts = stream->pkts;
	uint16_t received, sent, runts = 0;

	received = rte_eth_rx_burst(stream->rx_port, 0, pkts, stream->burst);
	if (received == 0)
		return 0;
	if (mode == FWD_MODE_MACSWAP)
		runts = fwd_transform(pkts, received, NULL);
	else if (mode == FWD_MODE_MAC)
		runts = fwd_transform(pkts, received, &stream->mac);
	sent = rte_eth_tx_burst(stream->tx_port, 0, pkts, received);

	if (unlikely(stream->counters.rx == 0))
		counter_set(&stream->counters.first_tsc, now);
	counter_set(&stream->counters.last_tsc, now);
	counter_add(&stream->counters.rx, received);
	counter_add(&stream->counters.tx, sent);
	if (mode != FWD_MODE_IO)
		counter_add(&stream->counters.runts, runts);
	if (unlikely(sent < received))
		keep_unsent(stream, sent, received);
	return received;
}

static bool
anything_waits(const struct fwd_lcore *lcore)
{
	uint16_t i;

	for (i = 0; i < lcore->nb_streams; i++)
		if (lcore->streams[i]->waiting != 0)
			return true;
	return false;
}

/*
 * After a stop was asked for: may this lcore leave its loop? A limit that was reached ends the
 * receiving at once, or an endless source would run past it. Otherwise what is already under way
 * is still carried, until nothing arrives any more or the time for that is over.
 */
static bool
may_leave(struct fwd_lcore *lcore, enum fwd_stop stop, uint64_t now)
{
	const struct fwd_control *control = lcore->control;

	if (lcore->drain_start == 0)
		lcore->drain_start = now;
	if (stop == FWD_STOP_DURATION || stop == FWD_STOP_PACKETS)
		return true;
	if (__atomic_load_n(&control->abort, __ATOMIC_RELAXED) != 0)
		return true;
	if (now - lcore->drain_start > control->drain_bound)
		return true;
	return now - lcore->last_moved > control->drain_quiet && !anything_waits(lcore);
}

/* Send what waits for a full Tx ring, without receiving more; what stays behind is dropped. */
static void
push_out(struct fwd_lcore *lcore)
{
	const struct fwd_control *control = lcore->control;
	struct fwd_stream *stream;
	uint16_t i;

	while (anything_waits(lcore) &&
	       rte_rdtsc() - lcore->drain_start <= control->drain_bound &&
	       __atomic_load_n(&control->abort, __ATOMIC_RELAXED) == 0)
		for (i = 0; i < lcore->nb_streams; i++)
			if (lcore->streams[i]->waiting != 0)
				retry_waiting(lcore->streams[i]);

	for (i = 0; i < lcore->nb_streams; i++) {
		stream = lcore->streams[i];
		if (stream->waiting != 0)
			drop_waiting(stream);
	}
}

/* One pass over the lcore's streams. Returns how many packets moved. */
static __rte_always_inline uint32_t
forward_all(struct fwd_lcore *lcore, enum fwd_mode mode, uint64_t now)
{
	struct fwd_stream *stream;
	uint32_t moved = 0;
	uint16_t i, n;

	for (i = 0; i < lcore->nb_streams; i++) {
		stream = lcore->streams[i];
		if (unlikely(stream->waiting != 0)) {
			n = retry_waiting(stream);
			if (n != 0)
				counter_set(&stream->counters.last_tsc, now);
			moved += n;
			if (stream->waiting != 0)
				continue;
		}
		n = forward_burst(stream, mode, now);
		lcore->received += n;
		moved += n;
	}
	return moved;
}

/* What is to be done at times, behind a single comparison in the loop. */
static __rte_noinline void
do_due(struct fwd_lcore *lcore, uint64_t now)
{
	if (now >= lcore->housekeep_next) {
		lcore->housekeep_next = now + lcore->housekeep_every;
		lcore->housekeep(lcore->arg);
	}
	lcore->due = lcore->housekeep_next;
	if (lcore->cost == NULL)
		return;
	if (now >= lcore->cost->next)
		fwd_cost_turn(lcore->cost, lcore, now);
	lcore->due = RTE_MIN(lcore->due, lcore->cost->next);
}

static __rte_always_inline void
forward_loop(struct fwd_lcore *lcore, enum fwd_mode mode)
{
	struct fwd_control *control = lcore->control;
	enum fwd_stop stop;
	uint64_t now;

	for (;;) {
		now = rte_rdtsc();
		fwd_stall_tick(&lcore->stall, now);
		if (lcore->noise != NULL)
			rte_aether_partition_noise_tick_at(lcore->noise, now);
		if (forward_all(lcore, mode, now) != 0)
			lcore->last_moved = now;
		if (unlikely(lcore->received >= control->packet_limit))
			fwd_request_stop(control, FWD_STOP_PACKETS);
		stop = __atomic_load_n(&control->stop, __ATOMIC_RELAXED);
		if (unlikely(stop != FWD_STOP_NONE) && may_leave(lcore, stop, now))
			break;
		if (unlikely(now >= lcore->due))
			do_due(lcore, now);
	}
}

/*
 * The lcores are launched before the ports start and wait here, so that the first packet meets a
 * running loop. Acquire pairs with main's release of go: it orders the start of the ports, and
 * all that main wrote for it, before this lcore's first access to them.
 */
static bool
wait_for_go(const struct fwd_control *control)
{
	while (__atomic_load_n(&control->go, __ATOMIC_ACQUIRE) == 0) {
		if (__atomic_load_n(&control->stop, __ATOMIC_RELAXED) != FWD_STOP_NONE)
			return false;
		rte_pause();
	}
	return true;
}

/* What takes a while comes before the time is read: it is neither a stall nor a gap. */
static struct rte_aether_partition_noise *
begin(struct fwd_lcore *lcore)
{
	struct rte_aether_partition_noise *noise = NULL;

	if (lcore->noise_us != 0)
		noise = rte_aether_partition_noise_start(lcore->noise_us);
	lcore->noise = noise;
	lcore->start_tsc = rte_rdtsc();
	lcore->last_moved = lcore->start_tsc;
	fwd_stall_start(&lcore->stall, lcore->stall.threshold, lcore->start_tsc);
	if (noise != NULL)
		rte_aether_partition_noise_resume(noise);
	if (lcore->cost != NULL)
		fwd_cost_start(lcore->cost, lcore, noise, lcore->start_tsc);
	return noise;
}

int
fwd_lcore_run(void *arg)
{
	struct fwd_lcore *lcore = arg;
	struct rte_aether_partition_noise *noise;

	if (!wait_for_go(lcore->control))
		return 0;
	noise = begin(lcore);

	/* The mode is a constant in each copy of the loop, so none tests it for each burst. */
	switch (lcore->mode) {
	case FWD_MODE_MACSWAP:
		forward_loop(lcore, FWD_MODE_MACSWAP);
		break;
	case FWD_MODE_MAC:
		forward_loop(lcore, FWD_MODE_MAC);
		break;
	case FWD_MODE_IO:
		forward_loop(lcore, FWD_MODE_IO);
		break;
	}

	lcore->end_tsc = rte_rdtsc();
	rte_aether_partition_noise_stop(noise);
	if (lcore->leaving != NULL)
		lcore->leaving(lcore->arg, lcore);
	push_out(lcore);
	return 0;
}
