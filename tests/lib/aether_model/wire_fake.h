/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef WIRE_FAKE_H
#define WIRE_FAKE_H

/*
 * A device reduced to what wires see of one: the wires' own sources are linked with these fakes
 * instead of the firmware and the engines. Time is the test's: FAKE_HZ makes a cycle of it 1 ns.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_wire.h"

#define FAKE_HZ		UINT64_C(1000000000)
#define FAKE_US		(FAKE_HZ / 1000000)
#define FAKE_MS		(FAKE_HZ / 1000)

/** A device with this wire, link up, one Rx queue of 512 descriptors, all available. */
struct aether_model *fake_open(const char *name, const char *wire);
/** The same, but the wire must not open, nor keep anything. @return the error */
int fake_open_fails(const char *wire);
void fake_close(struct aether_model *model);

/** What the Rx engine does with up to n frames at tsc: take and count as delivered.
 * @return frames; the last one is copied to *last if not NULL (MODEL_MAX_FRAME bytes) */
unsigned int fake_receive(struct aether_model *model, unsigned int n, uint64_t tsc, uint8_t *last);
/** What the Tx engine does. @return what the wire took */
unsigned int fake_send(struct aether_model *model, const void *data, uint32_t len, uint64_t tsc);

/** What was logged since the last call; valid until the next. */
const char *fake_log(void);
/** The last message logged holds each of these (NULL-terminated). */
void assert_logged(const char *first, ...);

/** What aether_model_step() does. */
extern unsigned int (*fake_step)(struct aether_model *model);
/** Times that the firmware was told that the link may have changed. */
extern unsigned int fake_link_updates;

#endif /* WIRE_FAKE_H */
