# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Whether the verdict about a host is right, with real kernels as the hosts."""

import random
import subprocess

import partition
from failure import check
from partition import ISOLATION, LCORES
from scenario import scenario
from suites import KERNELS


def partition_scenario(name, about, limit=150, kernels=KERNELS[:1]):
    return scenario(name, about, limit=limit, kernels=kernels, dpdks=partition.VERSIONS)


@partition_scenario("partition", "an isolated guest: no error, testpmd starts by strict and enforce",
                    kernels=KERNELS)
def isolated(lab):
    guest = partition.boot(lab)
    verdict = partition.judge(guest)
    lab.fact("verdict", partition.describe(verdict))
    # The kernel's threads for memory are on all CPUs of their node.
    check(not verdict.broken() and not verdict.unknown() and
          verdict.broken("warning") <= {"task.kthreads"}, partition.describe(verdict))
    for rule in ("cpu.isolated", "kernel.nohz_full", "kernel.rcu", "kernel.workqueues",
                 "irq.default", "irq.delivered", "irq.allowed", "task.pinned", "task.allowed"):
        check(verdict.result(rule) == "fine", f"{rule}: {verdict.rules[rule]}")
    partition.check_starts(lab, guest, verdict)


# What is left out of the command line, or put into it, and the errors that must come of it.
# Whether an interrupt goes to a worker is the kernel's choice, if it has one.
WITHOUT = {
    "no-isolcpus": ("isolcpus=", {"isolcpus": None}, {"cpu.isolated"}),
    "no-nohz-full": ("nohz_full=", {"nohz_full": None}, {"kernel.nohz_full"}),
    "no-rcu-nocbs": ("rcu_nocbs=, which nohz_full= brings along", {"rcu_nocbs": None}, set()),
    "no-irqaffinity": ("irqaffinity=", {"irqaffinity": None}, {"irq.default"}),
    "nothing": ("any parameter", {name: None for name in ISOLATION},
                {"cpu.isolated", "kernel.nohz_full", "irq.default"}),
    "wrong-ranges": ("CPUs that there are", {
        "isolcpus": "managed_irq,domain,2-9", "nohz_full": "2-9", "rcu_nocbs": "2-9"},
        {"cpu.isolated", "kernel.nohz_full"}),
    "other-cpus": ("the CPUs that are wanted", {
        "isolcpus": "managed_irq,domain,1-2", "nohz_full": "1-2", "rcu_nocbs": "1-2"},
        {"cpu.isolated", "kernel.nohz_full"}),
}


def check_without(lab, changes, errors):
    isolation = {name: changes.get(name, value) for name, value in ISOLATION.items()}
    guest = partition.boot(lab, {name: value for name, value in isolation.items() if value})
    verdict = partition.judge(guest)
    lab.fact("verdict", partition.describe(verdict))
    check(errors <= verdict.broken() <= errors | {"irq.delivered"} and not verdict.unknown(),
          f"wanted were {errors}: {partition.describe(verdict)}")
    ignored = {name for name, value in isolation.items() if value and value.endswith("-9")}
    check((verdict.result("kernel.cmdline") == "broken") == bool(ignored) and
          all(f"{name}=" in verdict.found("kernel.cmdline") for name in ignored),
          verdict.found("kernel.cmdline"))
    check(verdict.result("kernel.rcu") == ("broken" if {"kernel.nohz_full"} <= errors and
                                           isolation["rcu_nocbs"] != "2-3" else "fine"),
          verdict.rules["kernel.rcu"])
    partition.check_starts(lab, guest, verdict)


def register():
    for name, (what, changes, errors) in WITHOUT.items():
        partition_scenario(f"partition-{name}", f"a guest without {what}: "
                           + (", ".join(sorted(errors)) or "no error"))(
            lambda lab, changes=changes, errors=errors: check_without(lab, changes, errors))


register()

IN_SHELL = "{mend}\n{then}"


@partition_scenario("partition-cgroup", "a cgroup v2 partition instead of isolcpus=: made by the "
                    "command that the verdict has, in force for who is in it only",
                    kernels=KERNELS)
def cgroup(lab):
    guest = partition.boot(lab, {**ISOLATION, "isolcpus": "managed_irq,2-3"})
    verdict = partition.judge(guest)
    check(verdict.broken() == {"cpu.isolated"}, partition.describe(verdict))
    mend = verdict.rules["cpu.isolated"]["mend_now"]
    lab.fact("mended by", mend.replace("\n", "; "))
    # The shell that mends it, and what it starts, is in the group.
    inside = partition.parse(*guest.run(IN_SHELL.format(
        mend=mend, then=f"aether-partition check --json --lcores {LCORES}"), 30))
    lab.fact("inside", partition.describe(inside))
    check(not inside.broken() and not inside.unknown(), partition.describe(inside))
    code, said = guest.run("echo $$ >/sys/fs/cgroup/aether/cgroup.procs\n" + partition.testpmd(
        lab.driver.plugin(), "-a partition:strict", ",partition=enforce"), 60)
    check(code == 0 and "Configuring Port 0" in said, said)
    # Outside the CPUs cannot be had.
    outside = partition.judge(guest)
    lab.fact("outside", partition.describe(outside))
    # That is for who starts the application to know, and an error for an application.
    check(not outside.broken() and outside.result("app.cpuset") == "broken" and
          "/sys/fs/cgroup/aether" in outside.rules["app.cpuset"]["mend_now"],
          partition.describe(outside))
    partition.check_refused(lab, guest)


@partition_scenario("partition-smt", "a worker whose core has another thread: a warning, and that "
                    "thread put offline by the command")
def smt(lab):
    guest = partition.boot(lab, cpus="4,cores=2,threads=2")
    both = partition.judge(guest)
    check(both.result("cpu.smt") == "broken" and both.rules["cpu.smt"]["mend_now"] == "" and
          "two workers share a core" in both.found("cpu.smt"), both.rules["cpu.smt"])
    one = partition.judge(guest, "--lcores 0,2")
    lab.fact("one worker", one.found("cpu.smt"))
    check(one.result("cpu.smt") == "broken" and "CPU 3" in one.found("cpu.smt"),
          one.rules["cpu.smt"])
    check(not one.broken(), partition.describe(one))
    guest.must(one.rules["cpu.smt"]["mend_now"])
    mended = partition.judge(guest, "--lcores 0,2")
    check(mended.result("cpu.smt") == "fine", mended.rules["cpu.smt"])
    partition.check_starts(lab, guest, mended, lcores="0,2")


SOCKETS = "4,sockets=2,cores=2"
# A root port of each node, and behind it a card of the emulator's.
TWO_NODES = [part for node in range(2) for part in (
    "-device", f"pxb-pcie,id=pxb{node},bus_nr={0x40 + 0x20 * node},numa_node={node},bus=pcie.0",
    "-device", f"pcie-root-port,id=far{node},bus=pxb{node},chassis={10 + node},slot={10 + node}",
    "-device", f"e1000e,bus=far{node}")]
CARDS = ("0000:41:00.0", "0000:61:00.0")


@partition_scenario("partition-numa", "two nodes: a card at the workers' node, and one at the other")
def numa(lab):
    guest = partition.boot(lab, cpus=SOCKETS, nodes=2, arguments=TWO_NODES)
    for node, card in enumerate(CARDS):
        found = guest.must(f"cat /sys/bus/pci/devices/{card}/numa_node").strip()
        check(found == str(node), f"{card} is on node {found}")
    near = partition.judge(guest, f"--lcores {LCORES} --device {CARDS[1]}")
    far = partition.judge(guest, f"--lcores {LCORES} --device {CARDS[0]}")
    lab.fact("near", partition.describe(near))
    lab.fact("far", partition.describe(far))
    check(near.result("device.node") == "fine" and not near.broken(), partition.describe(near))
    check(far.broken() == {"device.node"}, partition.describe(far))
    check(near.result("memory.numa_balancing") != "not applicable", "two nodes are taken for one")
    for card, quiet in zip(CARDS, (False, True)):
        started, _, said = partition.start(lab, guest,
                                           f"-a partition:strict,device={card}")
        check(started == quiet, f"strict with {card}: EAL started: {started}\n{said}")
    # A worker of each node: one card for each, perhaps.
    mixed = partition.judge(guest, f"--lcores 0-1,3 --device {CARDS[1]} --ignore cpu.isolated,"
                            "kernel.nohz_full,irq.default,irq.delivered")
    check("device.node" in mixed.broken("warning"), partition.describe(mixed))


DISK = ["-blockdev", "driver=null-co,node-name=disk,size=16777216,read-zeroes=on",
        "-device", "virtio-blk-pci,drive=disk,num-queues=4"]


def managed_interrupts(lab, flag):
    guest = partition.boot(lab, {**ISOLATION, "isolcpus": f"{flag}domain,2-3"},
                           modules=["virtio_blk"], arguments=DISK)
    guest.must("modprobe virtio_blk; ls /dev/vda")
    verdict = partition.judge(guest)
    lab.fact("irq.managed", verdict.found("irq.managed"))
    check(not verdict.broken(), partition.describe(verdict))
    rule = verdict.rules["irq.managed"]
    code, said = guest.run("for irq in /proc/irq/*/virtio0-req.*; do "
                           "echo 0-1 >${irq%/*}/smp_affinity_list && exit 1; done; exit 0")
    check(code == 0 and "rror" in said, f"a managed interrupt can be moved: {said}")
    return guest, verdict, rule


@partition_scenario("partition-managed", "a disk with a queue for each CPU, whose interrupts nobody "
                    "can move: a warning, and the parameter that helps", kernels=KERNELS)
def managed(lab):
    guest, verdict, rule = managed_interrupts(lab, "")
    check(rule["result"] == "broken" and rule["severity"] == "warning" and
          "virtio0-req" in rule["found"] and rule["mend_now"] == "" and
          "managed_irq" in rule["mend_boot"], rule)
    partition.check_starts(lab, guest, verdict)


@partition_scenario("partition-managed-kept", "the same with isolcpus=managed_irq: they are raised "
                    "by the worker's own requests only, which is a note")
def managed_kept(lab):
    _, _, rule = managed_interrupts(lab, "managed_irq,")
    check(rule["result"] == "fine" or rule["severity"] == "note", rule)


@partition_scenario("partition", "an isolated guest whose kernel is PREEMPT_RT", kernels=("rt",))
def realtime(lab):
    guest = partition.boot(lab)
    verdict = partition.judge(guest)
    lab.fact("verdict", partition.describe(verdict))
    check("PREEMPT_RT" in verdict.found("kernel.preemption"), verdict.found("kernel.preemption"))
    check(not verdict.broken() and not verdict.unknown(), partition.describe(verdict))
    partition.check_starts(lab, guest, verdict)
    # What handles an interrupt is a thread, which may be on the wrong CPU by itself.
    guest.must("for task in /proc/[0-9]*; do case $(cat $task/comm) in irq/*) "
               "taskset -cp 2 ${task#/proc/} && exit 0;; esac; done; exit 1")
    moved = partition.judge(guest)
    check("irq/" in moved.found("task.kthreads"), moved.found("task.kthreads"))


# Everything that a command can mend, made wrong. The card is the second of TWO_NODES.
PROVOKE = f"""
for task in 1 $(cat /sys/fs/cgroup/cgroup.procs); do taskset -cp 0-3 $task; done >/dev/null 2>&1
echo always >/sys/kernel/mm/transparent_hugepage/enabled
echo 1 >/sys/kernel/mm/ksm/run
echo 1 >/proc/sys/kernel/numa_balancing
echo 1 >/proc/sys/vm/stat_interval
echo 950000 >/proc/sys/kernel/sched_rt_runtime_us
echo 0-3 >/proc/sys/kernel/watchdog_cpumask
echo 1 >/proc/sys/kernel/watchdog
echo 1 >/proc/sys/kernel/soft_watchdog
echo 0 >/sys/devices/system/machinecheck/machinecheck2/ignore_ce
echo f >/sys/devices/virtual/workqueue/cpumask
echo f >/proc/irq/default_smp_affinity
echo 0 >/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
echo acpi_pm >/sys/devices/system/clocksource/clocksource0/current_clocksource
echo powersave >/sys/module/pcie_aspm/parameters/policy
echo auto >/sys/bus/pci/devices/{CARDS[1]}/power/control
first=
for irq in $(cd /proc/irq && ls -d [0-9]*/ttyS1 [0-9]*/ttyS0); do
	[ -n "$first" ] && echo 0-3 >/proc/irq/${{irq%/*}}/smp_affinity_list
	[ -z "$first" ] && echo 2 >/proc/irq/${{irq%/*}}/smp_affinity_list
	first=$irq
done
taskset -c 2 sleep 1000 >/dev/null 2>&1 &
taskset -c 1-2 sleep 1001 >/dev/null 2>&1 &
bash -c 'printf irqbalance >/proc/$$/comm; sleep 1002; :' >/dev/null 2>&1 &
echo 0 >/sys/devices/system/cpu/cpu3/online
sleep 1
"""
# What that breaks, all of which a command has to mend.
PROVOKED = {
    "cpu.online", "cpu.isolated", "kernel.workqueues", "kernel.watchdog", "kernel.mce",
    "irq.delivered", "irq.default", "irq.irqbalance", "task.pinned", "task.allowed",
    "task.kthreads", "memory.numa_balancing", "memory.thp", "memory.ksm", "memory.hugepages",
    "memory.stat_interval", "memory.memlock", "sched.rt_throttling", "clock.source",
    "device.power", "device.aspm",
}


@partition_scenario("partition-mend", "a guest in which all is wrong: every command that the "
                    "verdict has is run, and mends what it is for", limit=200)
def mend(lab):
    guest = partition.boot(lab, {}, "", cpus=SOCKETS, nodes=2, arguments=TWO_NODES)
    code, said = guest.run(PROVOKE, 40)
    check(code == 0 and "rror" not in said, said)
    options = f"--lcores {LCORES} --device {CARDS[1]}"
    before = partition.judge(guest, options)
    broken = {rule for rule, found in before.rules.items() if found["result"] == "broken"}
    check(PROVOKED <= broken, f"not seen: {PROVOKED - broken}")
    commands = {rule: found["mend_now"] for rule, found in before.rules.items()
                if found["mend_now"]}
    check(PROVOKED <= set(commands), f"without a command: {PROVOKED - set(commands)}")
    lab.fact("commands", f"{len(commands)}: {', '.join(commands)}")
    script = "".join(f"echo '# {rule}'\n{command}" for rule, command in commands.items())
    # In one shell, as somebody would type them, and the check in the same.
    partition.write(guest, "/tmp/mend", script + f"aether-partition check --json {options} >/tmp/after\n"
                "echo $? >/tmp/code\n")
    lab.fact("said", guest.must("bash /tmp/mend 2>&1", 60).count("\n"))
    after = partition.parse(int(guest.must("cat /tmp/code")), guest.must("cat /tmp/after"))
    lab.fact("after", partition.describe(after))
    # An interrupt that is moved leaves when it is raised the next time.
    still = {rule: after.found(rule) for rule in commands if after.result(rule) != "fine" and
             "it leaves when" not in after.found(rule)}
    check(not still, f"not mended: {still}")
    # What a command cannot do is left: the boot's.
    check(after.broken() == {"kernel.nohz_full"}, partition.describe(after))
    # The serial port has been raised since.
    later = partition.judge(guest, options).found("irq.delivered")
    check("ttyS1" not in later, later)


SEED = 20261127
FIXED = ["0", "0-3", "3,1,2", " 1 , 3", "1 3", "1\v3\f2\r0", "1\xa0" "3", "007", "03", "N", "0-N",
         "N-N", "all", "ALL", "aLl", "all:1/2", "1-N:1/2", "0-3:2/4", "0-3:1/2", "0-3:0/4,1",
         "0-3:N/N", "0-4095:7/8", "0-3:1/4294967295", "\n1", "1\n3", "1,\n3", "0-3:1/25",
         "0-3:1/2all", "0-3:1/2N", "4", "0-4", "1,4", "4294967295", "4294967296",
         "99999999999999999999999", "-1", "1-", "1--2", "3-1", "0x3", "1:1/2", "0-3:", "0-3:1",
         "0-3:1/", "0-3:1/0", "0-3:3/2", "0-3/2", "n", "al", "1;2", "all,all", ",,1,,", "1, ",
         "all3", "N3", "1N", "0-3:1/2:1/2", "0-3:1/2,", "3-N", "N-3", "N,0", "+1", "1.", "１"]
ALPHABET = list("0123 ,-:/N\n\t") + ["all", "0-3", "1/2", "4", "x", "\xa0", "42949672950"]


def lists():
    chosen = random.Random(SEED)
    made = ["".join(chosen.choice(ALPHABET) for _ in range(chosen.randint(1, 8)))
            for _ in range(700)]
    return [text.encode("latin-1", "replace") for text in FIXED + made]


# A set that has no CPU online is refused by this file whatever it says. The shell's own printf
# writes line by line, and another process takes long.
ASK_KERNEL = """
for irq in /proc/irq/*/ttyS*; do file=${irq%/*}/smp_affinity_list; done
while read -r text; do
	echo 0-3 >$file
	case "$text" in
	*x0a*) printf "$text" >/tmp/text; dd bs=4096 if=/tmp/text of=$file ;;
	*) printf "$text" >$file ;;
	esac && cat $file || echo refused
done </root/lists 2>/dev/null
"""


@partition_scenario("partition-lists", "hundreds of CPU lists, as our parser and the kernel's "
                    "read them", kernels=KERNELS, limit=200)
def cpu_lists(lab):
    texts = lists()
    escaped = "".join("".join(f"\\x{byte:02x}" for byte in text) + "\n" for text in texts)
    guest = partition.boot(lab, files={"root/lists": escaped.encode(),
                                       "root/ask": ASK_KERNEL.encode()})
    kernels = guest.must("bash /root/ask", 120).splitlines()
    program = next(iter(lab.driver.app("cpulist").values()))
    done = subprocess.run([program, "4"], input=escaped, capture_output=True, text=True,
                          timeout=30, check=True)
    ours = ["refused" if answer in ("", "error") else answer for answer in
            done.stdout.split("\n")[:-1]]
    check(len(kernels) == len(ours) == len(texts), f"{len(kernels)}, {len(ours)} answers")
    wrong = [f"{text!r}: kernel {kernel}, ours {our}"
             for text, kernel, our in zip(texts, kernels, ours) if kernel != our]
    check(not wrong, "\n".join(wrong))
    taken = sum(answer != "refused" for answer in kernels)
    lab.fact("lists", f"{len(texts)}, of which {taken} are lists to both, {len(texts) - taken} to "
             "neither")
    check(taken > 100 and len(texts) - taken > 100, "the lists are all of one kind")
