# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Gaps on a CPU, provoked one kind at a time: each is put down to its cause, by name."""

import json

import partition
from failure import check
from scenario import scenario

TIMES = 40
# Of those provoked, so many are to be named: other gaps may hide one.
LEAST = 20
# It has begun to look.
TRACED = ("until ls -d /sys/kernel/tracing/instances/aether-* >/dev/null 2>&1; do sleep 0.1; done; "
          "sleep 0.5")
# What is done while CPU 2 is watched, and how the cause is called.
SHELL = {
    "a device's interrupt": (
        "for irq in /proc/irq/*/ttyS0; do echo 2 >${irq%/*}/smp_affinity_list; done; "
        "exec 9>/dev/ttyS0; grep ttyS0 /proc/interrupts >&2; "
        f"for n in $(seq {TIMES}); do echo line >&9; sleep 0.1; done; "
        "grep ttyS0 /proc/interrupts >&2", " ttyS0", "interrupt"),
    "a program": (
        f"for n in $(seq {TIMES}); do taskset -c 2 true; sleep 0.1; done", "task taskset (", "task"),
    # Each CPU's counters are summed up by a thread of its own.
    "a kernel thread": (
        f"for n in $(seq {TIMES}); do cat /proc/sys/vm/stat_refresh; sleep 0.1; done",
        "task kworker/2:", "task"),
}
# The same by a program whose own thread is watched.
PROGRAM = {
    "a page fault": ("fault", "page fault", "page fault"),
    "a TLB shootdown": ("shootdown", "IPI: ", "ipi"),
    "a timer": ("timer", "timer: posix_timer_fn", "timer"),
}


def gaps(report, name, kind):
    return sum(cause["gaps"] for cause in report["causes"]
               if name in cause["name"] and cause["kind"] == kind)


def describe(report):
    return ", ".join(f"{cause['name']}: {cause['gaps']}" for cause in report["causes"][:8])


def check_named(lab, what, output, name, kind):
    # Before it what the shell has shown of /proc/interrupts.
    report = json.loads(output[output.index("{"):])
    lab.fact(what, f"{gaps(report, name, kind)} named, of: {describe(report)}")
    lab.fact("shown", output[:output.index("{")])
    check(report["by"] == "trace", f"{what}: there are no trace events")
    check(gaps(report, name, kind) >= LEAST, f"{what}: not named: {describe(report)}")


@scenario("partition-watch", "a device's interrupt, a kernel thread, a page fault, a program, a timer, "
          "a TLB shootdown: each is named as the cause of the gaps it makes", limit=300,
          dpdks=partition.VERSIONS)
def watch(lab):
    # From a CPU in nohz_full timers go to others, and come back as IPIs.
    isolation = {name: value for name, value in partition.ISOLATION.items() if name != "nohz_full"}
    guest = partition.boot(lab, isolation, files=lab.driver.app("provoke", ("aether_partition",)))
    guest.must("mount -t tracefs tracefs /sys/kernel/tracing")
    for what, (provoke, name, kind) in SHELL.items():
        output = guest.must("aether-partition watch --workers 2 --seconds 12 --json >/tmp/watch & "
                            f"{TRACED}; {provoke}; wait; cat /tmp/watch", 60)
        check_named(lab, what, output, name, kind)
    for what, (provoke, name, kind) in PROGRAM.items():
        check_named(lab, what, guest.must(f"provoke {provoke} {TIMES}", 60), name, kind)
    check(guest.must("ls /sys/kernel/tracing/instances") == "", "tracing goes on")
    # Without trace events the counters have to do.
    guest.must("umount /sys/kernel/tracing")
    provoke, name, _ = SHELL["a program"]
    report = json.loads(guest.must(
        "aether-partition watch --workers 2 --seconds 15 --json >/tmp/watch & "
        f"sleep 5; {provoke}; wait; cat /tmp/watch", 60))
    lab.fact("by counters", describe(report))
    check(report["by"] == "counters" and gaps(report, "another task", "task") >= LEAST,
          describe(report))
