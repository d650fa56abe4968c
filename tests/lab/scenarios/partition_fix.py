# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Repair and restore, with real kernels as the hosts."""

import re

import partition
from failure import check
from partition import LCORES
from scenario import scenario
from suites import KERNELS

# What a repair cannot mend: it takes a boot, or is no setting.
BOOT_ONLY = {"kernel.nohz_full", "kernel.rcu", "clock.watchdog", "clock.tsc", "memory.memlock",
             "memory.cache_group", "irq.managed", "memory.hugepages", "cpu.smt", "app.cpuset"}
# Nothing that concerns CPUs is given at boot; the rest as a distribution has it.
PLAIN = "hugepages=64 transparent_hugepage=always"
# A guest that is made worse than it boots, as an old installation is.
SPOIL = """
echo 1 >/sys/kernel/mm/ksm/run
echo 1 >/proc/sys/kernel/watchdog
echo acpi_pm >/sys/devices/system/clocksource/clocksource0/current_clocksource
taskset -c 2-3 sleep 10000 >/dev/null 2>&1 &
taskset -c 2 sleep 10001 >/dev/null 2>&1 &
sleep 10002 >/dev/null 2>&1 &
sleep 0.5
"""
# Every setting that a repair may touch, and the groups that there are. Tasks that come and go are
# left out; at one that goes meanwhile cat goes on, and busybox's awk would end.
LOOK = r"""
grep -H '' /proc/irq/*/smp_affinity_list /proc/irq/default_smp_affinity \
	/sys/devices/virtual/workqueue/cpumask /sys/devices/virtual/workqueue/*/cpumask \
	/proc/sys/kernel/watchdog_cpumask /proc/sys/kernel/numa_balancing \
	/proc/sys/kernel/sched_rt_runtime_us /proc/sys/vm/stat_interval /sys/kernel/mm/ksm/run \
	/sys/kernel/mm/transparent_hugepage/enabled \
	/sys/devices/system/clocksource/clocksource0/current_clocksource \
	/sys/devices/system/machinecheck/machinecheck*/ignore_ce \
	/sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us \
	/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor \
	/sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/cpuset.cpus.isolated 2>/dev/null
ls -d /sys/fs/cgroup/*/ 2>/dev/null
cat /proc/[0-9]*/status 2>/dev/null | awk '/^Name:/ { name = $2 }
	/^Pid:/ { pid = $2 }
	/^Cpus_allowed_list:/ && name !~ /^(kworker|sh$|bash|cat|ls|awk|busybox|cmp|diff|su$)/ {
		print "task", pid, name, $2 }'
ls /run/aether 2>/dev/null | grep -v partition.lock
exit 0
"""


def fix_scenario(name, about, limit=150, kernels=KERNELS[:1]):
    return scenario(name, about, limit=limit, kernels=kernels, dpdks=partition.VERSIONS)


def boot(lab, cpus=4, **more):
    guest = partition.boot(lab, {}, PLAIN, cpus=cpus, **more)
    partition.write(guest, "/root/look", LOOK)
    guest.must(SPOIL)
    return guest


def look(guest):
    return guest.must("sh /root/look", 40)


def difference(before, after):
    before, after = set(before.splitlines()), set(after.splitlines())
    return "\n".join([f"- {line}" for line in sorted(before - after)]
                     + [f"+ {line}" for line in sorted(after - before)])


def check_same(guest, before, when):
    after = look(guest)
    check(after == before, f"{when}: not as it was:\n{difference(before, after)}")


def is_leaving(rule, text):
    """An interrupt that was told to go elsewhere leaves when it is raised the next time."""
    return rule == "irq.delivered" and not re.search(r"may go to (?!0-1\b)", text)


def left_over(verdict):
    """What is broken and no boot is needed for."""
    return {rule: found["found"] for rule, found in verdict.rules.items()
            if found["result"] == "broken" and rule not in BOOT_ONLY
            and not is_leaving(rule, found["found"])}


@fix_scenario("partition-fix", "a guest that was never tuned, with cgroup v2: after fix only what a "
              "boot decides is broken, after restore each file has its first value", kernels=KERNELS)
def repair(lab):
    guest = boot(lab)
    before = look(guest)
    broken = left_over(partition.judge(guest))
    lab.fact("broken before", ", ".join(sorted(broken)))
    check({"cpu.isolated", "irq.default", "kernel.workqueues", "memory.ksm", "task.pinned"}
          <= set(broken), broken)
    would = guest.must(f"aether-partition fix --lcores {LCORES} --dry-run")
    check("would write" in would, would)
    check_same(guest, before, "after --dry-run")
    said = guest.must(f"aether-partition fix --lcores {LCORES}", 40)
    lab.fact("fix", said.splitlines()[-1])
    verdict = partition.judge(guest)
    lab.fact("after", partition.describe(verdict))
    check(not left_over(verdict), f"{left_over(verdict)}\n{said}")
    check(verdict.broken() - {"irq.delivered"} == {"kernel.nohz_full"}, partition.describe(verdict))
    inside = partition.parse(*guest.run(
        f"echo $$ >/sys/fs/cgroup/aether-1/cgroup.procs; "
        f"aether-partition check --json --lcores {LCORES}", 30))
    check(inside.broken() - {"irq.delivered"} == {"kernel.nohz_full"}, partition.describe(inside))
    # An application is started where the CPUs are, and finds them; a plain start is told where.
    testpmd = partition.testpmd(lab.driver.plugin(), "-a partition:warn")
    code, output = guest.run(f"aether-partition fix --lcores {LCORES} -- {testpmd}", 90)
    check(code == 0 and "Configuring Port 0" in output and not complains(output, "cpu.isolated"),
          output)
    code, output = guest.run(partition.testpmd(lab.driver.plugin(), "-a partition:strict"), 60)
    check(code != 0 and complains(output, "app.cpuset") and "/sys/fs/cgroup/aether-1" in output,
          output)
    check("aether-1" in guest.must("ls /sys/fs/cgroup"), "the partition went with the application")
    said = guest.must("aether-partition restore", 40)
    lab.fact("restore", said.splitlines()[-1])
    check_same(guest, before, said)
    check("0 settings" in guest.must("aether-partition restore"), "it is put back twice")


def complains(said, rule):
    """Whether what EAL prints has this error."""
    return re.search(rf"^ERROR +{re.escape(rule)}$", said, re.M) is not None


@fix_scenario("partition-fix-run", "fix -- command, and testpmd with partition:fix: put back at exit, "
              "after SIGKILL by restore or by the next one")
def run(lab):
    guest = boot(lab)
    before = look(guest)
    testpmd = partition.testpmd(lab.driver.plugin(), "-a partition:warn")
    code, said = guest.run(f"aether-partition fix --lcores {LCORES} -- {testpmd}", 90)
    check(code == 0 and "Configuring Port 0" in said, said)
    check(not complains(said, "cpu.isolated") and complains(said, "kernel.nohz_full"), said)
    check_same(guest, before, said)
    code, said = guest.run(f"aether-partition fix --lcores {LCORES} -- sh -c 'exit 7'", 60)
    check(code == 7, f"{code}: {said}")
    check_same(guest, before, said)
    # With the main lcore's CPU and one for EAL's own threads a partition leaves CPU 1, or none.
    for lcores, isolated in (("2-3", True), (LCORES, False)):
        testpmd = partition.testpmd(lab.driver.plugin(), "-a partition:fix", lcores=lcores)
        code, said = guest.run(testpmd, 90)
        lab.fact(f"partition:fix, lcores {lcores}",
                 re.search(r"\d+ settings were changed", said).group(0))
        check(code == 0 and "Configuring Port 0" in said, said)
        check(complains(said, "cpu.isolated") != isolated and ("no partition is made" in said) !=
              isolated, said)
        check_same(guest, before, said)
    # Killed: what it leaves behind is put back by restore, or by who repairs next.
    kill = f"{testpmd} -i </dev/zero >/tmp/said 2>&1 &\nfor n in $(seq 300); do " \
           "grep -q 'Configuring Port 0' /tmp/said && break; sleep 0.1; done; kill -9 $!; wait; " \
           "rm -rf /dev/shm/* /run/dpdk /var/run/dpdk; cat /run/aether/partition.journal"
    for then in ("aether-partition restore",
                 f"aether-partition fix --lcores {LCORES} && aether-partition restore"):
        said = guest.must(kill, 60)
        lab.fact("left in the journal", f"{said.count('knob ')} settings")
        check("knob " in said, said)
        said = guest.must(then, 40)
        check_same(guest, before, said)


STEPS = r"""
n=1
while [ $n -lt 400 ]; do
	die_at $n aether-partition {command} >/tmp/out 2>&1
	code=$?
	[ $code -eq 137 ] || break
	{then} >/tmp/restored 2>&1 || {{ echo "step $n: restore fails"; cat /tmp/out /tmp/restored; exit 1; }}
	sh /root/look >/tmp/now
	cmp -s /tmp/before /tmp/now || {{ echo "step $n"; cat /tmp/out /tmp/restored
		diff /tmp/before /tmp/now; exit 1; }}
	{again}
	n=$((n + {stride}))
done
echo "steps $n $code"
aether-partition restore >/dev/null
exit $code
"""


@fix_scenario("partition-fix-killed", "fix, then restore, killed at each step in turn: restore finds "
              "all as it was at first", limit=1300)
def killed(lab):
    guest = boot(lab, files=lab.driver.app("die_at"))
    guest.must("sh /root/look >/tmp/before")
    fix = f"fix --lcores {LCORES}"
    for name, command, again in (("fix", fix, ""),
                                 ("restore", "restore", f"aether-partition {fix} >/dev/null")):
        partition.write(guest, "/root/steps", (f"aether-partition {fix} >/dev/null\n" if again
                        else "") + STEPS.format(command=command, again=again, stride=1,
                                                then="aether-partition restore"))
        said = guest.must("sh /root/steps", 600).splitlines()[-1]
        lab.fact(name, said)
        check(int(said.split()[1]) > 20, said)


@fix_scenario("partition-fix-refused", "no rights, files that are read-only, a full disk, a CPU that "
              "goes: a clear message, and nothing half done")
def refused(lab):
    guest = boot(lab)
    guest.must("echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd")
    before = look(guest)
    fix = f"aether-partition fix --lcores {LCORES}"

    def fails(command, *wanted):
        code, said = guest.run(command, 40)
        check(code == 4 and all(word in said for word in wanted), f"{command}: {code}: {said}")
        check_same(guest, before, said)

    full = "mount -t tmpfs -o size=4k,mode=755 full /run/aether && dd if=/dev/zero of=/run/aether/x bs=4k " \
           "2>/dev/null; {}; code=$?; umount /run/aether; exit $code"
    fails(f"mkdir -p /run/aether; {full.format(fix)}", "No space left")
    fails(f"mount -o remount,bind,ro /sys; {fix}; code=$?; mount -o remount,bind,rw /sys; exit $code",
          "Read-only file system", "put back")
    fails(f"su -s /bin/sh nobody -c '{fix}'", "wanted", "root")
    # A CPU goes off-line between fix and restore, and comes back.
    guest.must(f"{fix} && echo 0 >/sys/devices/system/cpu/cpu3/online", 40)
    said = guest.must("aether-partition restore", 40)
    guest.must("echo 1 >/sys/devices/system/cpu/cpu3/online; sleep 0.5")
    check_same(guest, before, said)
