/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* From lines of a trace to who had how much of a gap. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "host_tree.h"
#include "part_noise.h"

#define OWN		77
#define THRESHOLD	500

/** A line as the kernel writes it, of CPU 2. */
#define LINE(when, event)	"    aether-watch-77      [002] d..2.  " #when ": " event
#define SWITCH(when, from, state, to, name) \
	LINE(when, "sched_switch: prev_comm=a prev_pid=" #from " prev_prio=120 prev_state=" state \
	     " ==> next_comm=" name " next_pid=" #to " next_prio=120")

static void
test_lines(void **state)
{
	static const struct {
		const char *line;
		enum part_event_type type;
		enum part_cause_kind kind;
		const char *name;	/* NULL: it is none of ours */
	} lines[] = {
		{ LINE(5000, "irq_handler_entry: irq=4 name=ttyS0"), PART_EVENT_ENTER,
		  PART_CAUSE_DEVICE, "interrupt 4 ttyS0" },
		{ LINE(5000, "irq_handler_entry: irq=24 name=PCIe PME, aerdrv"), PART_EVENT_ENTER,
		  PART_CAUSE_DEVICE, "interrupt 24 PCIe PME, aerdrv" },
		{ LINE(5000, "irq_handler_exit: irq=4 ret=handled"), PART_EVENT_EXIT,
		  PART_CAUSE_DEVICE, "" },
		{ SWITCH(5000, 77, "R", 33, "kworker/2:1 x"), PART_EVENT_SWITCH, PART_CAUSE_TASK,
		  "task kworker/2:1 x" },
		{ LINE(5000, "hrtimer_expire_entry: hrtimer=0000 function=tick_nohz_handler now=5"),
		  PART_EVENT_ENTER, PART_CAUSE_TIMER, "timer: clock tick" },
		{ LINE(5000, "timer_expire_entry: timer=0 function=watchdog [ice] now=5 baseclk=5"),
		  PART_EVENT_ENTER, PART_CAUSE_TIMER, "timer: watchdog [ice]" },
		{ LINE(5000, "softirq_entry: vec=1 [action=TIMER]"), PART_EVENT_ENTER,
		  PART_CAUSE_SOFTIRQ, "softirq TIMER" },
		{ LINE(5000, "csd_function_entry: func=flush_tlb_func, csd=0000"), PART_EVENT_ENTER,
		  PART_CAUSE_IPI, "IPI: TLB shootdown" },
		{ LINE(5000, "csd_function_entry: func=ipi_mb, csd=0000"), PART_EVENT_ENTER,
		  PART_CAUSE_IPI, "IPI: function call ipi_mb" },
		{ LINE(5000, "workqueue_execute_start: work struct 00: function vmstat_update"),
		  PART_EVENT_WORK, PART_CAUSE_TASK, "vmstat_update" },
		{ LINE(5000, "sched_process_exec: filename=/usr/bin/x pid=1 pid=208 old_pid=208"),
		  PART_EVENT_EXEC, PART_CAUSE_TASK, "task x pid=1" },
		{ LINE(5000, "page_fault_user: address=0x1 ip=0x2 error_code=0x4"), PART_EVENT_OWN,
		  PART_CAUSE_FAULT, "page fault" },
		{ LINE(5000, "nmi_handler: backtrace() delta_ns: 1234 handled: 1"), PART_EVENT_NMI,
		  PART_CAUSE_FIRMWARE, "NMI: backtrace" },
		{ LINE(5000, "signal_deliver: sig=14 errno=0 code=-2 sa_handler=0 sa_flags=0"),
		  PART_EVENT_OWN, PART_CAUSE_TIMER, "timer: its own, signal 14" },
		{ LINE(5000, "signal_deliver: sig=10 errno=0 code=0 sa_handler=0 sa_flags=0"),
		  PART_EVENT_OWN, PART_CAUSE_OWN, "signal 10" },
		{ "CPU:2 [LOST 12 EVENTS]", PART_EVENT_LOST, PART_CAUSE_UNKNOWN,
		  "not told: the kernel has lost trace events" },
		/* A task may be called as it likes, and not pass for another event, or for none. */
		{ "  [002] d 7: e: -9     [002] d..2.  5000: page_fault_user: a", PART_EVENT_OWN,
		  PART_CAUSE_FAULT, "page fault" },
		{ "x\033[2J-9    [002] d..2.  5000: irq_handler_entry: irq=4 name=\033[2Jx",
		  PART_EVENT_ENTER, PART_CAUSE_DEVICE, "interrupt 4 ?[2Jx" },
		{ "    aether-watch-77      [003] .....  5000: page_fault_user: address=0x1", 0, 0, NULL },
		{ LINE(x, "page_fault_user: a"), 0, 0, NULL },
		{ LINE(5000, "nobody_knows: a"), 0, 0, NULL },
		{ LINE(5000, "sched_switch: prev_comm=a prev_pid=1"), 0, 0, NULL },
		{ LINE(5000, "irq_handler_entry: name=x"), 0, 0, NULL },
		{ "", 0, 0, NULL },
	};
	struct part_event event;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(lines); i++) {
		bool is = part_event_parse(lines[i].line, 2, &event);

		assert_int_equal(is, lines[i].name != NULL);
		if (!is)
			continue;
		assert_int_equal(event.when, event.type == PART_EVENT_LOST ? 0 : 5000);
		assert_int_equal(event.type, lines[i].type);
		assert_int_equal(event.kind, lines[i].kind);
		assert_string_equal(event.name, lines[i].name);
	}
}

/** Names that look like what stands around them. */
static void
test_switch(void **state)
{
	struct part_event event;

	RTE_SET_USED(state);
	assert_true(part_event_parse(LINE(1, "sched_switch: prev_comm= prev_pid=1 x prev_pid=77 "
		"prev_prio=120 prev_state=S ==> next_comm=a next_pid=0  next_pid=33 "
		"next_prio=120"), 2, &event));
	assert_int_equal(event.from, 77);
	assert_int_equal(event.to, 33);
	assert_int_equal(event.state, 'S');
	assert_string_equal(event.name, "task a next_pid=0 ");
	assert_true(part_event_parse(LINE(1, "sched_switch: prev_comm= ==> next_comm= prev_pid=9 "
		"prev_prio=120 prev_state=R+ ==> next_comm=b next_pid=77 next_prio=120"), 2, &event));
	assert_int_equal(event.from, 9);
	assert_int_equal(event.to, 77);
	assert_int_equal(event.state, 'R');
}

static struct part_events *events;
static struct part_shares shares;

/** Lines come in pieces, and names of tasks may have newlines in them. */
static void
test_text(void **state)
{
	static const char whole[] = LINE(1, "page_fault_user: a") "\n" "ab\ncd-5  [002] d..2. 2: "
		"sched_switch: prev_comm=ab\ncd prev_pid=5 prev_prio=1 prev_state=R ==> next_comm=\n"
		" next_pid=7 next_prio=120\n" "CPU:2 [LOST 1 EVENTS]\n";
	static const char rest[] = LINE(4, "irq_handler");
	char text[1024];
	size_t used;

	RTE_SET_USED(state);
	events->n = 0;
	snprintf(text, sizeof(text), "%s%s", whole, rest);
	used = part_events_take(events, 2, text);
	assert_int_equal(used, strlen(whole));
	assert_string_equal(text + used, rest);
	assert_int_equal(events->n, 3);
	assert_int_equal(events->all[1].from, 5);
	assert_int_equal(events->all[1].to, 7);
	assert_string_equal(events->all[1].name, "task ?");
	assert_int_equal(events->all[2].type, PART_EVENT_LOST);
	assert_int_equal(events->all[2].when, 2);
	strcpy(text, "    x-1  [002] d..2.  5: sched_switch: prev_comm=a\n");
	assert_int_equal(part_events_take(events, 2, text), 0);
}

/** What is blamed for a gap from 10000 to 20000, of which these lines were traced. */
static void
blame(const char *const *lines)
{
	const struct part_gap gap = { .begin = 10000, .end = 20000 };
	uint64_t sum = 0;
	unsigned int i;

	events->n = 0;
	for (; *lines != NULL; lines++) {
		struct part_event *event = &events->all[events->n % PART_EVENTS];

		assert_true(part_event_parse(*lines, 2, event));
		if (event->type == PART_EVENT_LOST)
			event->when = events->all[events->n - 1].when;
		events->n++;
	}
	part_blame(events, &gap, OWN, THRESHOLD, &shares);
	for (i = 0; i < shares.n; i++)
		sum += shares.all[i].cycles;
	assert_int_equal(sum, 10000);
}

/** Its cycles, give or take the ways in and out; 0: it had no part. */
static void
assert_share(const char *name, uint64_t cycles)
{
	char label[PART_LABEL];
	unsigned int i;

	for (i = 0; i < shares.n; i++) {
		part_who_label(&shares.all[i].who, false, label);
		if (strcmp(label, name) == 0)
			break;
	}
	if (i == shares.n && cycles != 0)
		fail_msg("%s has no part", name);
	if (i < shares.n)
		assert_in_range(shares.all[i].cycles, cycles - cycles / 20, cycles + cycles / 20);
}

#define BLAME(...)	blame((const char *const []){ __VA_ARGS__, NULL })

static void
test_one(void **state)
{
	RTE_SET_USED(state);
	/* Nothing at all; what was before, and what comes behind. */
	BLAME(LINE(9000, "irq_handler_entry: irq=4 name=ttyS0"),
	      LINE(9500, "irq_handler_exit: irq=4 ret=handled"),
	      LINE(21000, "page_fault_user: a"));
	assert_int_equal(shares.n, 1);
	assert_share(PART_NOBODY, 10000);
	BLAME(LINE(10200, "irq_handler_entry: irq=4 name=ttyS0"),
	      LINE(19800, "irq_handler_exit: irq=4 ret=handled"));
	assert_int_equal(shares.n, 1);
	assert_int_equal(shares.all[0].who.id, 4);
	assert_share("interrupt 4 ttyS0", 10000);
	BLAME(LINE(10200, "page_fault_user: a"));
	assert_share("page fault", 10000);
	/* A longer piece without anything is not the tick's that comes behind it. */
	BLAME(LINE(19000, "local_timer_entry: vector=236"), LINE(19900, "local_timer_exit: vector=236"));
	assert_share("local timer", 1000);
	assert_share(PART_NOBODY, 9000);
}

static void
test_nested(void **state)
{
	RTE_SET_USED(state);
	/* A timer that wakes a kernel thread: the vector is there for the timer. */
	BLAME(LINE(10000, "local_timer_entry: vector=236"),
	      LINE(10500, "hrtimer_expire_entry: hrtimer=0 function=hrtimer_wakeup now=5"),
	      LINE(11500, "hrtimer_expire_exit: hrtimer=0"),
	      LINE(12000, "local_timer_exit: vector=236"),
	      LINE(12000, "softirq_entry: vec=9 [action=RCU]"),
	      LINE(13000, "softirq_exit: vec=9 [action=RCU]"),
	      SWITCH(13000, 77, "R+", 33, "kworker/2:1"),
	      LINE(13100, "workqueue_execute_start: work struct 00: function vmstat_update"),
	      /* Within its turn, which goes on. */
	      LINE(15000, "irq_handler_entry: irq=4 name=ttyS0"),
	      LINE(16000, "irq_handler_exit: irq=4 ret=handled"),
	      LINE(18000, "workqueue_execute_start: work struct 00: function flush_to_ldisc"),
	      SWITCH(20000, 33, "I", 77, "own"));
	assert_share("timer: hrtimer_wakeup", 2000);
	assert_share("local timer", 0);
	assert_share("softirq RCU", 1000);
	assert_share("task kworker/2:1 (33), vmstat_update", 4000);
	assert_share("task kworker/2:1 (33), flush_to_ldisc", 2000);
	assert_share("interrupt 4 ttyS0", 1000);
	/* An NMI is told when it is over; nobody's time counts twice. */
	BLAME(SWITCH(10000, 77, "R", 5, "x"), SWITCH(15000, 5, "R", 6, "y"),
	      LINE(15000, "nmi_handler: b() delta_ns: 0 handled: 1"));
	assert_share("task x (5)", 5000);
	assert_share("task y (6)", 5000);
	BLAME(LINE(15000, "nmi_handler: b() delta_ns: 99999999999999999999999999 handled: 1"));
	assert_share("NMI: b", 10000);
	/* A page fault that waits for its page is one to the end. */
	BLAME(LINE(10000, "page_fault_user: a"), SWITCH(11000, 77, "D", 0, "swapper/2"),
	      SWITCH(14000, 0, "R", 6, "y"), SWITCH(19000, 6, "S", 77, "own"));
	assert_int_equal(shares.n, 1);
	assert_share("page fault", 10000);
	BLAME(LINE(10000, "page_fault_user: a"), SWITCH(11000, 77, "R", 6, "y"),
	      SWITCH(19000, 6, "S", 77, "own"));
	assert_share("page fault", 2000);
	assert_share("task y (6)", 8000);
}

static void
test_ipi(void **state)
{
	RTE_SET_USED(state);
	BLAME(LINE(10000, "call_function_entry: vector=252"),
	      LINE(10500, "csd_function_entry: func=flush_tlb_func, csd=00"),
	      LINE(19000, "tlb_flush: pages:1 reason:remote shootdown (1)"),
	      LINE(19500, "csd_function_exit: func=flush_tlb_func, csd=00"),
	      LINE(20000, "call_function_exit: vector=252"));
	assert_int_equal(shares.n, 1);
	assert_share("IPI: TLB shootdown", 10000);
	/* Kernels before 6.4 do not tell the function. */
	BLAME(LINE(10000, "call_function_entry: vector=252"),
	      LINE(19000, "tlb_flush: pages:1 reason:remote shootdown (1)"),
	      LINE(20000, "call_function_exit: vector=252"));
	assert_share("IPI: TLB shootdown", 10000);
	BLAME(LINE(10000, "call_function_entry: vector=252"),
	      LINE(20000, "call_function_exit: vector=252"));
	assert_share("IPI: function call", 10000);
	/* The thread's own unmapping is no IPI, nor is another task's address space. */
	BLAME(LINE(10000, "tlb_flush: pages:1 reason:local mm shootdown (3)"));
	assert_share("its own system call", 10000);
	BLAME(LINE(10000, "csd_function_entry: func=flush_tlb_func, csd=00"),
	      LINE(10001, "csd_function_exit: func=flush_tlb_func, csd=00"));
	assert_share("its own system call", 10000);
	BLAME(SWITCH(10000, 77, "R", 5, "x"), LINE(10001, "tlb_flush: pages:-1 reason:flush on task "
	      "switch (0)"), SWITCH(20000, 5, "R", 77, "own"));
	assert_share("task x (5)", 10000);
}

static void
test_own(void **state)
{
	RTE_SET_USED(state);
	BLAME(SWITCH(10000, 77, "S", 0, "swapper/2"), SWITCH(15000, 0, "R", 6, "y"),
	      SWITCH(20000, 6, "S", 77, "own"));
	assert_int_equal(shares.n, 1);
	assert_int_equal(shares.all[0].who.kind, PART_CAUSE_OWN);
	assert_share("its own waiting", 10000);
	BLAME(SWITCH(10000, 77, "T", 0, "swapper/2"), SWITCH(20000, 0, "R", 77, "own"));
	assert_share("stopped by a signal", 10000);
	/* It could run, and nothing does. */
	BLAME(SWITCH(10000, 77, "R", 0, "swapper/2"), SWITCH(20000, 0, "R", 77, "own"));
	assert_share("throttled: beyond its share of CPU time", 10000);
	/* A program's name is the file's from exec on. */
	BLAME(SWITCH(10000, 77, "R", 5, "sh"),
	      LINE(12000, "sched_process_exec: filename=/bin/true pid=5 old_pid=5"),
	      SWITCH(20000, 5, "X", 77, "own"));
	assert_share("task sh (5)", 2000);
	assert_share("task true (5)", 8000);
}

/** A firmware's interrupt is seen by its count alone, which is read when nobody else is left. */
static void
test_firmware(void **state)
{
	const struct part_gap gap = { .begin = 10000, .end = 20000 };
	char *top = host_tree_make(&host_small);
	struct part_smi smi = { 0 }, none = { 0 };
	static struct part_root root;
	uint64_t msr[8] = { 0 };
	char path[256];
	FILE *file;

	RTE_SET_USED(state);
	assert_int_equal(part_root_open(&root, top), 0);
	part_smi_read(&none, &root, 2);
	part_smi_read(&none, &root, 2);
	assert_int_equal(none.state, PART_SMI_NONE);
	for (msr[0] = 0xFFFFFFFF; msr[0] <= 0x100000000; msr[0]++) {
		tree_write(top, "dev/cpu/2/msr", "0123456789");
		snprintf(path, sizeof(path), "%s/dev/cpu/2/msr", top);
		file = fopen(path, "r+");
		assert_non_null(file);
		assert_int_equal(fseek(file, 0x34, SEEK_SET), 0);
		assert_int_equal(fwrite(msr, sizeof(msr), 1, file), 1);
		fclose(file);
		part_smi_read(&smi, &root, 2);
		assert_int_equal(smi.left, msr[0] >> 32);
	}
	part_blame_one(&gap, PART_CAUSE_TASK, "task x", 5, &shares);
	assert_false(part_smi_take(&smi, &shares));
	part_blame_one(&gap, PART_CAUSE_UNKNOWN, PART_NOBODY, 0, &shares);
	assert_true(part_smi_take(&smi, &shares));
	assert_share("SMI", 10000);
	assert_int_equal(shares.all[0].who.kind, PART_CAUSE_FIRMWARE);
	part_blame_one(&gap, PART_CAUSE_UNKNOWN, PART_NOBODY, 0, &shares);
	assert_false(part_smi_take(&smi, &shares));
	assert_share(PART_NOBODY, 10000);
	part_root_close(&root);
	host_tree_remove(top);
}

/** What is missing is not taken for nothing. */
static void
test_lost(void **state)
{
	const struct part_gap gap = { .begin = 10000, .end = 20000 };
	unsigned int i;

	RTE_SET_USED(state);
	BLAME(LINE(10000, "local_timer_entry: vector=236"), "CPU:2 [LOST 12 EVENTS]",
	      SWITCH(18000, 5, "R", 77, "own"));
	assert_share("not told: the kernel has lost trace events", 10000);
	/* Ends without a begin. */
	BLAME(LINE(15000, "softirq_exit: vec=9 [action=RCU]"), LINE(15000, "local_timer_exit: vector=2"));
	assert_share(PART_NOBODY, 10000);
	/* More than are kept: the first part of the gap is not known. */
	memset(events, 0, sizeof(*events));
	for (i = 0; i < 2 * PART_EVENTS; i++) {
		assert_true(part_event_parse(i % 2 == 0 ? LINE(0, "softirq_entry: [action=RCU]") :
					     LINE(0, "softirq_exit: vec=9"), 2,
					     &events->all[i % PART_EVENTS]));
		events->all[i % PART_EVENTS].when = 20000 - 2 * PART_EVENTS + i;
	}
	events->n = 2 * PART_EVENTS;
	part_blame(events, &gap, OWN, THRESHOLD, &shares);
	/* Which task runs is not known from then on, so of the others' time half is nobody's. */
	assert_int_equal(shares.n, 2);
	assert_share("not told: more trace events than are kept", 10000 - PART_EVENTS / 2);
	assert_share("softirq RCU", PART_EVENTS / 2);
	/* More inside each other than is kept apart, and more causes. */
	events->n = 0;
	for (i = 0; i < 200; i++) {
		struct part_event *event = &events->all[events->n++];

		assert_true(part_event_parse(i < 100 ? LINE(0, "softirq_entry: [action=RCU]") :
					     SWITCH(0, 77, "R", 5, "x"), 2, event));
		event->when = 10000 + 10 * i;
		event->to = 100 + i;
	}
	part_blame(events, &gap, OWN, THRESHOLD, &shares);
	assert_int_equal(shares.n, PART_SHARES);
	assert_share(PART_OTHERS, 8480);
	assert_share("softirq RCU", 1000);
}

static int
make(void **state)
{
	RTE_SET_USED(state);
	events = calloc(1, sizeof(*events));
	return events == NULL ? -1 : 0;
}

static int
end(void **state)
{
	RTE_SET_USED(state);
	free(events);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_ipi),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, make, end);
}
