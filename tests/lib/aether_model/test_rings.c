/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Device and driver in two threads: packets go round through both rings and a loop, and the
 * driver uses its buffers again as soon as the device says that it may. Under the thread
 * sanitizer this proves the orderings that the engines' comments name; without it, it is a test
 * of the data.
 */

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "data_fake.h"

#define PACKETS		20000u
#define RING		64u
#define ROOM		256u
#define SLOTS		32u
#define REPORT_EVERY	8u

/** A loop that holds SLOTS frames; only the device's thread uses it. */
struct loop_wire {
	struct model_wire wire;
	uint8_t data[SLOTS][ROOM];
	uint32_t len[SLOTS];
	unsigned int head, tail;
};

struct rings {
	struct fake *fake;
	struct loop_wire wire;
	struct fake_rxq rxq;
	struct fake_txq txq;
	uint8_t *tx_buffers;
	bool stop;
	/* The driver's. */
	unsigned int sent, cleaned, received, returned;
};

static unsigned int
loop_peek(struct model_wire *base, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct loop_wire *wire = (struct loop_wire *)base;
	unsigned int i;

	(void)tsc;
	n = RTE_MIN(n, wire->tail - wire->head);
	for (i = 0; i < n; i++) {
		frames[i].data = wire->data[(wire->head + i) % SLOTS];
		frames[i].len = wire->len[(wire->head + i) % SLOTS];
	}
	return n;
}

static void
loop_take(struct model_wire *base, unsigned int n)
{
	((struct loop_wire *)base)->head += n;
}

static unsigned int
loop_tx(struct model_wire *base, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct loop_wire *wire = (struct loop_wire *)base;
	unsigned int i;

	(void)tsc;
	n = RTE_MIN(n, SLOTS - (wire->tail - wire->head));
	for (i = 0; i < n; i++, wire->tail++) {
		memcpy(wire->data[wire->tail % SLOTS], frames[i].data, frames[i].len);
		wire->len[wire->tail % SLOTS] = frames[i].len;
	}
	return n;
}

static const struct model_wire_ops loop_ops = {
	.rx_peek = loop_peek,
	.rx_take = loop_take,
	.tx = loop_tx,
};

static void *
device_main(void *arg)
{
	struct rings *rings = arg;
	uint64_t tsc = 1;

	while (!__atomic_load_n(&rings->stop, __ATOMIC_RELAXED)) {
		unsigned int moved = model_tx_step(rings->fake->model, 32, tsc);

		moved += model_rx_step(rings->fake->model, 32, tsc++);
		if (moved == 0)
			sched_yield();
	}
	return NULL;
}

static uint32_t
packet_len(unsigned int number)
{
	return 60 + number % (ROOM - 60);
}

static void
doorbell(struct rings *rings, uint32_t offset, uint32_t value)
{
	/* Release: descriptors and packets are written before the doorbell. */
	__atomic_store_n((uint32_t *)(void *)(rings->fake->model->bar0 + offset), value,
			 __ATOMIC_RELEASE);
}

static void
driver_clean(struct rings *rings)
{
	while (rings->sent - rings->cleaned >= REPORT_EVERY) {
		unsigned int last = (rings->cleaned + REPORT_EVERY - 1) % RING;
		/* Acquire: DESC_DONE is read before the buffers are written again. */
		uint64_t qword1 = __atomic_load_n(&rings->txq.ring[last].cmd_type_offset_bsz,
						  __ATOMIC_ACQUIRE);

		if ((qword1 & E810_TXD_QW1_DTYPE_M) != E810_TXD_DTYPE_DESC_DONE)
			return;
		rings->cleaned += REPORT_EVERY;
	}
}

static void
driver_send(struct rings *rings)
{
	unsigned int before = rings->sent;

	while (rings->sent < PACKETS && rings->sent - rings->cleaned < RING - 1) {
		uint8_t *data = rings->tx_buffers + rings->sent % RING * ROOM;
		uint64_t cmd = E810_TXD_CMD_EOP;

		if (rings->sent % REPORT_EVERY == REPORT_EVERY - 1)
			cmd |= E810_TXD_CMD_RS;
		fake_frame(data, packet_len(rings->sent), 0x020000000001, 0x88B5, rings->sent);
		fake_tx_put(rings->fake, &rings->txq, data, packet_len(rings->sent),
			    cmd << E810_TXD_QW1_CMD_S);
		rings->sent++;
	}
	if (rings->sent != before)
		doorbell(rings, QTX_COMM_DBELL(0), rings->txq.tail);
}

static void
driver_receive(struct rings *rings)
{
	uint8_t want[ROOM];

	for (;;) {
		unsigned int at = rings->received % RING;
		uint64_t *desc = fake_rx_desc(&rings->rxq, at);
		/* Acquire: DD is read before the other words and the payload. */
		uint64_t qword1 = __atomic_load_n(&desc[1], __ATOMIC_ACQUIRE);
		uint32_t len = packet_len(rings->received);

		if (!(qword1 & E810_RXD_FLEX_STATUS0_DD))
			break;
		assert_int_equal(desc[0] >> 32 & E810_RXD_FLEX_PKT_LEN_M, len);
		fake_frame(want, len, 0x020000000001, 0x88B5, rings->received);
		assert_memory_equal(fake_rx_buffer(&rings->rxq, at), want, len);
		memset(fake_rx_buffer(&rings->rxq, at), 0xDD, len);
		desc[0] = fake_iova(rings->fake, fake_rx_buffer(&rings->rxq, at));
		desc[1] = 0;
		rings->received++;
	}
	if (rings->received - rings->returned >= 16) {
		rings->returned = rings->received & ~7u;
		doorbell(rings, QRX_TAIL(0), (rings->returned + RING - 8) % RING);
	}
}

static void
test_two_threads(void **state)
{
	static struct rings rings;
	pthread_t device;
	unsigned int i;

	(void)state;
	rings.fake = fake_create();
	rings.wire.wire.ops = &loop_ops;
	rings.wire.wire.lossless = true;
	rings.fake->model->wire = &rings.wire.wire;
	rings.rxq = (struct fake_rxq){ .qlen = RING, .rxdid = E810_RXDID_FLEX_NIC };
	rings.txq = (struct fake_txq){ .qlen = RING };
	assert_int_equal(fake_rxq_enable(rings.fake, &rings.rxq), 0);
	assert_int_equal(fake_txq_enable(rings.fake, &rings.txq), 0);
	rings.tx_buffers = fake_alloc(rings.fake, RING * ROOM);
	fake_rxq_post(rings.fake, &rings.rxq, RING - 8);
	assert_int_equal(pthread_create(&device, NULL, device_main, &rings), 0);
	for (i = 0; rings.received < PACKETS; i++) {
		unsigned int before = rings.sent + rings.received;

		driver_clean(&rings);
		driver_send(&rings);
		driver_receive(&rings);
		if (rings.sent + rings.received == before)
			sched_yield();
	}
	__atomic_store_n(&rings.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(device, NULL), 0);
	assert_int_equal(rings.received, PACKETS);
	assert_int_equal(rings.fake->model->wire_stats.rx_delivered, PACKETS);
	assert_int_equal(rings.fake->model->wire_stats.tx_packets, PACKETS);
	assert_int_equal(rings.fake->model->wire_stats.rx_dropped, 0);
	assert_int_equal(rings.fake->model->stats.dma_faults, 0);
	fake_destroy(rings.fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
