# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Gaps on a CPU, provoked one kind at a time: each is put down to its cause, by name."""

import json

import partition
from failure import check
from scenario import scenario
from suites import KERNELS

TIMES, FEW = 40, 5
# Without trace events: of so many it is told that it was another task.
GUESSED = 30
# What is provoked may come that much later than who provokes it has gone on.
LATE = 0.03
LOG = "/tmp/gaps"
WATCH = f"aether-partition watch --workers 2 --seconds 60 --json --log {LOG}"
# What is done while CPU 2 is watched, how often, and how the cause is called.
SHELL = {
    "a device's interrupt": (
        "for irq in /proc/irq/*/ttyS0; do echo 2 >${irq%/*}/smp_affinity_list; done",
        f"provoke line {TIMES}", "interrupt 4 ttyS0", "interrupt"),
    "a program": ("", f"provoke each {TIMES} taskset -c 2 true", "task taskset (", "task"),
    # Each CPU's counters are summed up by a thread of its own.
    "a kernel thread": ("", f"provoke each {TIMES} cat /proc/sys/vm/stat_refresh",
                        "task kworker/2:", "task"),
    # In another program's turn: both have their part of the gap.
    "a softirq": ("ip link set lo up", f"provoke packets {TIMES}", "softirq NET_RX", "softirq"),
    # The kernel asks all CPUs where they are.
    "an NMI": ("", f"provoke each {FEW} sh -c 'echo l >/proc/sysrq-trigger'", "NMI: ", "firmware"),
}
# The same by a program whose own thread is watched.
PROGRAM = {
    "a page fault": ("fault", "page fault", "page fault"),
    "a TLB shootdown": ("shootdown", "IPI: TLB shootdown", "ipi"),
    "a call of another CPU": ("call", "IPI: function call ipi_mb", "ipi"),
    "a timer": ("timer", "timer: posix_timer_fn", "timer"),
}


class Told:
    """What was provoked, each gap, and the report, from lines of JSON."""

    def __init__(self, output):
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        self.events = [line for line in lines if "from" in line]
        self.gaps = [line for line in lines if "time" in line]
        self.report = next(line for line in lines if "by" in line)

    def near(self, event):
        """The gaps that an event may have made."""
        return [gap for gap in self.gaps
                if gap["time"] <= event["to"] + LATE
                and gap["time"] + gap["us"] * 1e-6 >= event["from"]]

    def named(self, name, kind):
        """@return how many events lie in a gap, or next to one, with this cause; the others"""
        others = [event for event in self.events
                  if not any(cause["name"].startswith(name) and cause["kind"] == kind
                             for gap in self.near(event) for cause in gap["causes"])]
        return len(self.events) - len(others), others

    def summary(self):
        return ", ".join(f"{cause['name']}: {cause['gaps']}" for cause in self.report["causes"][:8])


def check_sums(told):
    """All of each gap is somebody's."""
    for gap in told.gaps:
        total = sum(cause["us"] for cause in gap["causes"])
        check(abs(total - gap["us"]) <= 0.002 * len(gap["causes"]) + 0.002, f"{gap}: not all told")
    share = sum(cause["share_percent"] for cause in told.report["causes"])
    check(abs(share - 100) < 0.5, f"the shares sum up to {share} %")


def check_named(lab, what, output, name, kind):
    told = Told(output)
    number, others = told.named(name, kind)
    lab.fact(what, f"{number} of {len(told.events)} named '{name}'; all gaps: {told.summary()}")
    check(told.report["by"] == "trace", f"{what}: there are no trace events")
    check(len(told.events) in (TIMES, FEW), f"{what}: was provoked {len(told.events)} times")
    check(not others, f"{what}: not named: " + "; ".join(
        f"{event}: {told.near(event)}" for event in others[:3]))
    check_sums(told)


def watched(guest, prepare, provoke, options=""):
    """What comes of it, and each gap."""
    # It has begun to look when it has found something.
    return guest.must(f"{prepare or ':'}; rm -f {LOG}; {WATCH} {options} >/tmp/report & "
                      f"until test -s {LOG}; do sleep 0.1; done; {provoke}; "
                      f"sleep 0.2; kill -INT $!; wait; cat {LOG} /tmp/report", 120)


@scenario("partition-watch", "a device's interrupt, a kernel thread, a page fault, a program, a timer, "
          "a TLB shootdown: each is named as the cause of the gap it makes", KERNELS, limit=600,
          dpdks=partition.VERSIONS)
def watch(lab):
    # From a CPU in nohz_full timers go to others, and come back as IPIs.
    isolation = {name: value for name, value in partition.ISOLATION.items() if name != "nohz_full"}
    guest = partition.boot(lab, isolation, files=lab.driver.app("provoke", ("aether_partition",)))
    guest.must("mount -t tracefs tracefs /sys/kernel/tracing")
    for what, (prepare, provoke, name, kind) in SHELL.items():
        check_named(lab, what, watched(guest, prepare, provoke), name, kind)
    for what, (provoke, name, kind) in PROGRAM.items():
        check_named(lab, what, guest.must(f"provoke {provoke} {TIMES}", 60), name, kind)
    check(guest.must("ls /sys/kernel/tracing/instances") == "", "tracing goes on")
    # Without trace events it is a guess; which task it was depends on who has looked when.
    guest.must("umount /sys/kernel/tracing")
    told = Told(watched(guest, "", f"provoke spin {TIMES}", "--no-trace"))
    by_name, by_kind = (told.named(name, "task")[0] for name in ("task provoke (", ""))
    another = told.named("another task", "task")[0]
    lab.fact("a busy program, by counters", f"of {len(told.events)} {by_kind} are another task's, "
             f"{by_name} by name, {another} without; all gaps: {told.summary()}")
    check(told.report["by"] == "counters" and by_kind >= GUESSED, told.summary())
    check_sums(told)
