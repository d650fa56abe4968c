/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What a secondary process makes of the primary's answers, with EAL's messages played by hand: in
 * time, too late for its question, or of another length.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define rte_mp_request_sync fake_request_sync
#include "aether_secondary.c"
#undef rte_mp_request_sync

#define RESULT	0x5a5a5a5a

enum { IN_TIME, LATE, OTHER_LENGTH } play;

int
fake_request_sync(struct rte_mp_msg *msg, struct rte_mp_reply *reply,
		  const struct timespec *timeout)
{
	static struct rte_mp_msg last;
	const struct rte_mp_msg before = last;
	const struct aether_mp_call *call = (const struct aether_mp_call *)msg->param;
	struct aether_mp_answer *answer = (struct aether_mp_answer *)last.param;
	const uint32_t result = RESULT;

	RTE_SET_USED(timeout);
	memset(&last, 0, sizeof(last));
	last.len_param = sizeof(*answer) + (play == OTHER_LENGTH);
	answer->number = call->number;
	reply->msgs = malloc(sizeof(*reply->msgs));
	reply->nb_sent = reply->nb_received = 1;
	assert_non_null(reply->msgs);
	reply->msgs[0] = play == LATE ? before : last;
	if (play == IN_TIME)
		assert_int_equal(pwrite(msg->fds[0], &result, sizeof(result), 0), sizeof(result));
	return 0;
}

static void
test_answers(void **state)
{
	struct secondary sec = { .name = "net_aether0" };
	struct rte_eth_dev dev = { .process_private = &sec };
	uint32_t value = 0;

	(void)state;
	play = IN_TIME;
	assert_int_equal(aether_secondary_call(&dev, AETHER_MP_FEC_GET, &value, sizeof(value)), 0);
	assert_int_equal(value, RESULT);
	/* The answer to the last question, before the operation for this one has run. */
	play = LATE;
	value = 1;
	assert_int_equal(aether_secondary_call(&dev, AETHER_MP_FEC_GET, &value, sizeof(value)),
			 -EAGAIN);
	assert_int_equal(value, 1);
	play = OTHER_LENGTH;
	assert_int_equal(aether_secondary_call(&dev, AETHER_MP_FEC_GET, &value, sizeof(value)),
			 -EPROTO);
	play = IN_TIME;
	assert_int_equal(aether_secondary_call(&dev, AETHER_MP_FEC_GET, &value, sizeof(value)), 0);
	assert_int_equal(value, RESULT);
	sec.closed = true;
	assert_int_equal(aether_secondary_call(&dev, AETHER_MP_FEC_GET, &value, sizeof(value)),
			 -ENODEV);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
