# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Repair and restore while others change the host, end, or are in the way."""

import re

import partition
from failure import check
from scenarios.partition_fix import boot, check_same, difference, fix_scenario, look

# Processes in the background, and what a system has that was started by systemd: groups.
TOOLS = r"""
begin() {
	name=$1; shift
	rm -f /tmp/$name.ended
	( "$@" >/tmp/$name 2>&1; echo $? >/tmp/$name.ended ) &
}
await() {
	for n in $(seq 300); do eval "$1" && return 0; sleep 0.1; done
	echo "in vain: $1"; tail -n 20 /tmp/A /tmp/B 2>/dev/null; exit 1
}
ended() { await "test -e /tmp/$1.ended"; cat /tmp/$1.ended; }
# The first process that has this in its command line.
pid() { for p in /proc/[0-9]*; do { tr '\0' ' ' <$p/cmdline; } 2>/dev/null | grep -q "^$1" &&
	echo ${p#/proc/} && return; done; }
isolated() { cat /sys/fs/cgroup/cpuset.cpus.isolated; }
"""
GROUPS = r"""
mkdir -p /sys/fs/cgroup/system.slice/a.service
join="echo \$\$ >/sys/fs/cgroup/system.slice/a.service/cgroup.procs; exec"
sh -c "$join sleep 10003" >/dev/null 2>&1 &
sh -c "$join taskset -c 1,2 sleep 10004" >/dev/null 2>&1 &
sleep 0.5
"""


def start(lab, cpus=4, **more):
    guest = boot(lab, cpus=cpus, **more)
    partition.write(guest, "/root/tools", TOOLS)
    guest.must(GROUPS)
    return guest


def do(guest, script, seconds=60):
    return guest.must(f". /root/tools\n{script}", seconds)


def check_holds(guest, **wanted):
    """Some settings, by short names."""
    paths = {"isolated": "/sys/fs/cgroup/cpuset.cpus.isolated",
             "irqs": "/proc/irq/default_smp_affinity",
             "thp": "/sys/kernel/mm/transparent_hugepage/enabled",
             "work": "/sys/devices/virtual/workqueue/cpumask"}
    for name, text in wanted.items():
        found = guest.must(f"cat {paths[name]}").strip()
        check(text == found if name != "thp" else f"[{text}]" in found,
              f"{name}: '{found}', wanted '{text}'")


@fix_scenario("partition-fix-two", "two processes with different CPUs at once: one ends, the other's "
              "CPUs stay isolated; at the end all is as at first", limit=300)
def two(lab):
    guest = start(lab, cpus=6)
    before = look(guest)
    both = """begin A aether-partition fix --lcores 0,2 -- sleep 20001
await 'test "$(pid "sleep 20001")"'
begin B aether-partition fix --lcores 1,3 -- sleep 20002
await 'test "$(pid "sleep 20002")"'
"""
    do(guest, both)
    check_holds(guest, isolated="0-3", irqs="33", thp="madvise", work="30")
    said = do(guest, "cat /proc/$(pid 'sleep 20001')/cgroup /proc/$(pid 'sleep 20002')/cgroup; "
              "grep -h Cpus_allowed_list /proc/$(pid 'sleep 20001')/status /proc/$(pid 'sleep 20002')/status")
    check(said.split() == ["0::/aether-1", "0::/aether-2", "Cpus_allowed_list:", "0,2",
                           "Cpus_allowed_list:", "1,3"], said)
    # The first ends, by a signal that it passes on; the other is killed, and its command with it.
    check(do(guest, "kill $(pid 'aether-partition fix --lcores 0,2'); ended A").strip() == "143", "")
    check_holds(guest, isolated="1,3", irqs="37", thp="madvise", work="35")
    do(guest, "kill -9 $(pid 'aether-partition fix --lcores 1,3') $(pid 'sleep 20002'); ended B")
    said = guest.must("aether-partition restore", 40)
    check_same(guest, before, said)
    # The other way round.
    do(guest, both)
    do(guest, "kill -9 $(pid 'aether-partition fix --lcores 0,2') $(pid 'sleep 20001'); ended A")
    said = guest.must("aether-partition restore", 40)
    check("goes on" in said, said)
    check_holds(guest, isolated="1,3", irqs="37", thp="madvise", work="35")
    do(guest, "kill $(pid 'sleep 20002'); ended B")
    check_same(guest, before, said + guest.must("cat /tmp/B"))
    # One is kept, and one is a process's; the first to end is either.
    for first in (True, False):
        guest.must("aether-partition fix --lcores 0,2", 40)
        do(guest, "begin B aether-partition fix --lcores 1,3 -- sleep 20002\n"
           "await 'test \"$(pid \"sleep 20002\")\"'")
        check_holds(guest, isolated="0-3", irqs="33")
        if first:
            said = guest.must("aether-partition restore", 40)
            check_holds(guest, isolated="1,3", irqs="37", thp="madvise")
        do(guest, "kill $(pid 'sleep 20002'); ended B")
        if not first:
            check_holds(guest, isolated="0,2", irqs="3b", thp="madvise")
            said = guest.must("aether-partition restore", 40)
        check_same(guest, before, said + guest.must("cat /tmp/B"))
    # And two that repair by themselves.
    tests = [f"taskset -c {cpus} " + partition.testpmd(
        lab.driver.plugin(), "-a partition:fix", lcores=cpus, prefix=name) + " -i"
        for name, cpus in (("a", "0-1"), ("b", "2-3"))]
    do(guest, "".join(f"cat >/root/{name} <<'E'\ntail -f /dev/null | exec {test}\nE\n"
                      f"begin {name} sh /root/{name}\n"
                      f"await 'grep -q \"Configuring Port 0\" /tmp/{name}'\n"
                      for name, test in zip("AB", tests)), 120)
    check_holds(guest, isolated="0-3", irqs="35", thp="madvise")
    do(guest, "kill -9 $(pid 'dpdk-testpmd --lcores 0-1')")
    said = guest.must("aether-partition restore", 40)
    check("goes on" in said, said)
    check_holds(guest, isolated="2-3", irqs="37", thp="madvise")
    do(guest, "kill $(pid 'dpdk-testpmd --lcores 2-3')\n"
       "await '! grep -q ^2 /sys/fs/cgroup/cpuset.cpus.isolated'")
    guest.must("rm -rf /dev/shm/* /run/dpdk; for p in $(pidof tail); do kill $p; done; sleep 0.5")
    check_same(guest, before, said + guest.must("cat /tmp/B"))


FIX = "aether-partition fix --lcores 0,2"


def check_same_but(guest, before, said, pattern):
    """All as before, but for lines that the kernel itself has changed."""
    def kept(text):
        return "\n".join(line for line in text.splitlines() if not re.search(pattern, line))
    after = look(guest)
    check(kept(after) == kept(before), f"{difference(kept(before), kept(after))}\n{said}")


@fix_scenario("partition-fix-others", "settings and groups that somebody changes between fix and "
              "restore: reported and left alone, all else is put back")
def others(lab):
    guest = start(lab)
    before = look(guest)
    guest.must(FIX, 40)
    said = do(guest, """echo never >/sys/kernel/mm/transparent_hugepage/enabled
echo 1 >/proc/irq/4/smp_affinity_list
taskset -cp 3 $(pid 'sleep 10002')
echo 5 >/proc/sys/vm/stat_interval
# Into the partition and out of it, a group in it, and other CPUs for it.
mkdir /sys/fs/cgroup/aether-1/nested
sleep 20001 >/dev/null 2>&1 & echo $! >/sys/fs/cgroup/aether-1/cgroup.procs
sleep 20002 >/dev/null 2>&1 & echo $! >/sys/fs/cgroup/aether-1/nested/cgroup.procs
echo 2-3 >/sys/fs/cgroup/aether-1/cpuset.cpus; isolated
aether-partition restore; echo "code $?"
aether-partition restore; echo "code $?"
# It is in nobody's way.
aether-partition fix --lcores 0,2 >/tmp/again; echo "code $?"; isolated
aether-partition restore >/dev/null; echo "code $?"
cat /proc/$(pid 'sleep 20001')/cgroup
rmdir /sys/fs/cgroup/aether-1/nested 2>/dev/null || kill $(pid 'sleep 20002')
await 'rmdir /sys/fs/cgroup/aether-1/nested 2>/dev/null'
aether-partition restore; echo "code $?"
kill $(pid 'sleep 20001')
""")
    check(re.findall(r"^code (\d)", said, re.M) == list("44040"), said)
    check(re.findall(r"^(?:0,)?2(?:-3)?$", said, re.M) == ["2-3", "0,2"], said)
    for words in ("transparent_hugepage/enabled: changed by somebody else since, to 'never'",
                  "irq/4/smp_affinity_list: changed by somebody else since, to '1'",
                  "vm/stat_interval: changed by somebody else since, to '5'",
                  "(sleep) is in the partition /sys/fs/cgroup/aether-1 still: it goes on",
                  "/sys/fs/cgroup/aether-1: could not be removed: Device or resource busy; "
                  "somebody has made the group 'nested' in it", "0::/\n"):
        check(words in said, f"'{words}':\n{said}")
    check_holds(guest, thp="never", isolated="")
    check(guest.must("cat /proc/irq/4/smp_affinity_list /proc/sys/vm/stat_interval").split() ==
          ["1", "5"], "not left alone")
    undo = """echo always >/sys/kernel/mm/transparent_hugepage/enabled
echo 0-3 >/proc/irq/4/smp_affinity_list; echo 1 >/proc/sys/vm/stat_interval
taskset -cp 0-3 $(pid 'sleep 10002')
echo -cpuset >/sys/fs/cgroup/cgroup.subtree_control
sleep 0.2"""
    do(guest, undo)
    # Which ends with "never", and begins again.
    check_same_but(guest, before, said, "khugepaged")
    before = look(guest)
    # The group, or the controller, goes by somebody's hand.
    for gone in ("rmdir /sys/fs/cgroup/aether-1",
                 "echo -cpuset >/sys/fs/cgroup/cgroup.subtree_control"):
        guest.must(FIX, 40)
        guest.must(gone)
        said = guest.must("aether-partition restore", 40)
        check_same(guest, before, said)
    # A partition of somebody else's that is there when ours goes.
    guest.must(FIX, 40)
    other = "/sys/fs/cgroup/other"
    guest.must(f"mkdir {other}; echo 3 >{other}/cpuset.cpus; "
               f"echo isolated >{other}/cpuset.cpus.partition")
    check_holds(guest, isolated="0,2-3")
    said = guest.must("aether-partition restore", 40)
    check("others have begun to use cpusets" in said, said)
    check_holds(guest, isolated="3")
    check("0 settings" in guest.must("aether-partition restore"), "it is put back twice")
    guest.must(f"echo member >{other}/cpuset.cpus.partition; rmdir {other}")
    do(guest, undo)
    check_same(guest, before, said)


STORM = r"""
card() { echo 0000:00:02.0 >/sys/bus/pci/drivers/e1000e/$1; }
keyboard() { echo i8042 >/sys/bus/platform/drivers/i8042/$1; }
storm() {
	while ! test -e /tmp/stop; do
		card unbind; keyboard unbind
		card bind; ip link set eth0 up; keyboard bind
		echo x >>/tmp/storms
	done
}
forks() { while ! test -e /tmp/stop; do (:) & (sleep 0.01) & taskset -c 2 sh -c :; done; }
"""


@fix_scenario("partition-fix-moving", "interrupts, tasks and CPUs that come and go between fix and "
              "restore, and while they are at work", limit=240)
def moving(lab):
    guest = start(lab, modules=["e1000e"], arguments=["-device", "e1000e"])
    guest.must("modprobe e1000e; ip link set eth0 up; ls -d /proc/irq/*/eth0*")
    partition.write(guest, "/root/tools", TOOLS + STORM)
    before = look(guest)
    # Gone when they are to be put back; one comes back with the number and the CPUs it had.
    said = do(guest, f"""{FIX} >/dev/null
card unbind; keyboard unbind
aether-partition restore; echo "code $?"
keyboard bind
aether-partition restore; echo "code $?"
card bind; ip link set eth0 up""")
    check(re.findall(r"^code (\d)", said, re.M) == ["4", "0"] and "no driver has this" in said, said)
    check_same(guest, before, said)
    # They come and go all the time, and so do tasks.
    said = do(guest, f"""storm >/dev/null 2>&1 & forks >/dev/null 2>&1 &
for n in $(seq 15); do
	{FIX} >/tmp/said 2>&1 || {{ echo failed; cat /tmp/said; }}
	# An interrupt without a driver is left to the next one.
	aether-partition restore >/tmp/said 2>&1 || grep -v ' -> ' /tmp/said
	grep '^knob' /run/aether/partition.journal 2>/dev/null | grep -v 'proc/irq/' && echo failed
done
touch /tmp/stop; wait; rm /tmp/stop
aether-partition restore >/dev/null || echo failed
echo "$(wc -l </tmp/storms) times"
card unbind; card bind; ip link set eth0 up; sleep 0.2""", 120)
    lab.fact("drivers came and went", re.search(r"\d+ times", said).group(0))
    check("failed" not in said and int(re.search(r"(\d+) times", said).group(1)) > 3, said)
    # The card's, which is new, has the default of the moment.
    check_same_but(guest, before, said, r"/proc/irq/2\d/")
    # CPUs: the worker's, and another, with cpusets in all groups and without a partition.
    groups = "/sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/system.slice/cgroup.subtree_control"
    guest.must(f"for f in {groups}; do echo +cpuset >$f; done")
    before = look(guest)
    # For good the kernel moves what had no other CPU: threads, interrupts, and the task that SPOIL
    # binds to CPU 2, when a partition goes while that is off-line.
    moved = r"irq/9-acpi|/proc/irq/\d+/| sleep (2|1,3)$"
    for cpu, options in ((1, "--ignore cpu.isolated"), (2, "--ignore cpu.isolated"), (2, "")):
        said = do(guest, f"""{FIX} {options} >/dev/null
echo 0 >/sys/devices/system/cpu/cpu{cpu}/online; sleep 0.3
aether-partition restore; echo "code $?"
echo 1 >/sys/devices/system/cpu/cpu{cpu}/online; sleep 0.3
aether-partition restore; echo "code $?"
""")
        check(said.rstrip().endswith("code 0"), said)
        check_same_but(guest, before, said, moved)
    # While a command runs on it.
    said = do(guest, f"""begin A {FIX} -- sleep 20001
await 'test "$(pid "sleep 20001")"'
echo 0 >/sys/devices/system/cpu/cpu2/online; sleep 0.2
echo 1 >/sys/devices/system/cpu/cpu2/online; sleep 0.2
isolated; kill $(pid "sleep 20001"); ended A""")
    check(said.split()[-2:] == ["0,2", "143"], said)
    check_same_but(guest, before, guest.must("cat /tmp/A"), moved)


@fix_scenario("partition-fix-places", "a journal that does not fit, files that are read-only or not "
              "there, folders that are not root's alone, no rights, other kinds of control groups",
              limit=240)
def places(lab):
    guest = start(lab)
    guest.must("echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd; aether-partition restore")
    before = look(guest)

    def fails(command, *wanted):
        code, said = guest.run(command, 60)
        check(code == 4 and all(word in said for word in wanted), f"{command}: {code}: {said}")
        check_same(guest, before, said)

    # There is room for the journal n times, and none when it is put back.
    done = do(guest, f"""sh /root/look >/tmp/before
for options in '' '--ignore cpu.isolated'; do for size in nr_inodes=2 nr_inodes=3 size=4k size=8k size=12k; do
	mount -t tmpfs -o $size,mode=755 full /run/aether
	{FIX} $options >/tmp/said 2>&1; code=$?
	dd if=/dev/zero of=/run/aether/x bs=1k 2>/dev/null
	case $code in
	4) grep -q 'No space left' /tmp/said || {{ cat /tmp/said; exit 1; }} ;;
	*) aether-partition restore >/tmp/said 2>&1 || {{ cat /tmp/said; exit 1; }} ;;
	esac
	echo "$size $code"
	test -e /run/aether/partition.journal && exit 1
	umount /run/aether
	sh /root/look >/tmp/after
	cmp /tmp/before /tmp/after || {{ diff /tmp/before /tmp/after; cat /tmp/said; exit 1; }}
done; done""", 120)
    lab.fact("room for the journal, exit code", ", ".join(done.splitlines()))
    check({line.split()[1] for line in done.splitlines()} == {"0", "4"}, done)
    for folder in ("/proc/sys", "/sys/fs/cgroup", "/proc/irq"):
        fails(f"mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}; {FIX}; code=$?; "
              f"umount {folder}; exit $code", "Read-only file system", "nothing is repaired")
    fails(f"mv /run /gone; {FIX}; code=$?; mv /gone /run; exit $code",
          "/run/aether: No such file or directory")
    fails(f"mkdir -p /tmp/his && chown nobody /tmp/his && {FIX} --journal /tmp/his", "root alone")
    fails(f"chmod 1777 /tmp && {FIX} --journal /tmp", "root alone")
    fails(f"ln -sfn /tmp/his /run/link && {FIX} --journal /run/link", "root alone")
    fails(f"mkdir /tmp/ro && mount -t tmpfs -o ro,mode=755 none /tmp/ro && {FIX} --journal /tmp/ro",
          "Read-only file system", "wanted")
    # A link is as good as where it leads to.
    guest.must(f"mkdir -p /root/j; ln -s /root/j /run/good; {FIX} --journal /run/good && "
               "test -s /root/j/partition.journal && aether-partition restore --journal /root/j", 60)
    check_same(guest, before, "by a link")
    # Without rights, and with those of a root who has none outside.
    testpmd = partition.testpmd(lab.driver.plugin(), "-a partition:fix")
    for who in ("su -s /bin/sh nobody -c", "su -s /bin/sh nobody -c 'unshare -r sh -c \"$0\"'"):
        for command in (FIX, "aether-partition restore"):
            fails(f"{who} '{command}'", "the journal's folder /run/aether", "root")
    fails(f"su -s /bin/sh nobody -c 'unshare -r sh -c \"mkdir -m 755 /tmp/n; {FIX} --journal "
          "/tmp/n\"'", "denied", "nothing is repaired", "put back")
    guest.must(f"su -s /bin/sh nobody -c '{FIX} --dry-run'", 40)
    check_same(guest, before, "--dry-run of nobody's")
    code, said = guest.run(f"su -s /bin/sh nobody -c '{testpmd}'", 60)
    check(code != 0 and "so EAL does not start" in said and "sudo" in said, said)
    check_same(guest, before, said)
    # No version 2 at all; version 2 beside version 1, as systemd has it in its hybrid mode.
    hybrid = "mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; " \
             "mount -t cgroup2 none /sys/fs/cgroup/unified; " \
             "mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd"
    guest.must("umount /sys/fs/cgroup")
    for mount, has in (("true", False), (hybrid, True)):
        guest.must(mount)
        before = look(guest)
        said = guest.must(FIX, 40)
        check(("no partition is made: there is no cgroup v2 with cpusets" in said) != has, said)
        check(("/sys/fs/cgroup/unified/aether-1" in said) == has, said)
        said = guest.must("aether-partition restore; ! ls -d /sys/fs/cgroup/unified/aether*", 40)
        check_same(guest, before, said)


WRITTEN = re.compile(r"^would write '.*' to (?:(/[^ ,]+)|CPUs of task (\d+) )", re.M)
CHANGES = re.compile(r"^changes (?:(/\S+)|task (\d+))$", re.M)


def changed(pattern, said):
    """Files and tasks. The files of a group are the group; what its members are is no setting."""
    found = {path or int(task) for path, task in pattern.findall(said)}
    return {re.sub(r"/cpuset\.cpus(\.partition)?$", "", one) if isinstance(one, str) else one
            for one in found if not str(one).endswith("cgroup.procs")}


@fix_scenario("partition-fix-ends", "what --dry-run names is what is written; commands and testpmd "
              "that end in every way, while they repair and later", limit=300)
def ends(lab):
    die_at = lab.driver.app("die_at")
    guest = start(lab, files=die_at)
    before = look(guest)
    for options in ("", " --ignore cpu.isolated"):
        would = changed(WRITTEN, guest.must(f"{FIX}{options} --dry-run", 40))
        check("changes" not in guest.must(f"die_at 0 {FIX}{options} --dry-run 2>&1 >/dev/null", 60),
              "--dry-run writes")
        check_same(guest, before, "after --dry-run")
        did = changed(CHANGES, guest.must(f"die_at 0 {FIX}{options} 2>&1", 60))
        lab.fact(f"written{options}", len(did))
        check(would == did and len(did) > 12, f"named only: {would - did}; written only: {did - would}")
        said = guest.must("aether-partition restore", 40)
        check_same(guest, before, said)
    # Who is interrupted while it repairs has repaired, or has not; nobody's reading ends it.
    said = do(guest, f"{FIX} | head -n 1; aether-partition restore | tail -n 1")
    check(int(re.search(r"(\d+) settings were put back", said).group(1)) > 12, said)
    check_same(guest, before, said)
    for delay in (0.02, 0.05, 0.1, 0.2, 0.3):
        do(guest, f"begin A {FIX} -- true\nsleep {delay}; kill $(pid '{FIX}'); ended A")
        check_same(guest, before, guest.must("cat /tmp/A"))
    # Signals that end the command, and its own end, with a process that it leaves behind.
    for name, code in (("TERM", 143), ("INT", 130), ("HUP", 129), ("KILL", 137)):
        victim = "sleep 20001" if name == "KILL" else FIX
        said = do(guest, f"begin A {FIX} -- sh -c 'trap - INT; exec sleep 20001'\n"
                  "await 'test \"$(pid \"sleep 20001\")\"'\n"
                  f"kill -{name} $(pid '{victim}'); ended A")
        check(said.strip() == str(code), f"{name}: {said}")
        check_same(guest, before, guest.must("cat /tmp/A"))
    said = do(guest, f"{FIX} -- sh -c 'sleep 20001 >/dev/null 2>&1 & exit 3'; echo $?; "
              "cat /proc/$(pid 'sleep 20001')/cgroup; kill $(pid 'sleep 20001')")
    check("(sleep) is in the partition" in said and said.endswith("3\n0::/\n"), said)
    check_same(guest, before, said)
    # Killed, and what it has started goes on.
    said = do(guest, f"begin A {FIX} -- sleep 20001\nawait 'test \"$(pid \"sleep 20001\")\"'\n"
              f"kill -9 $(pid '{FIX}'); ended A; aether-partition restore\n"
              "cat /proc/$(pid 'sleep 20001')/cgroup; kill $(pid 'sleep 20001')")
    check("(sleep) is in the partition" in said and said.endswith("\n0::/\n"), said)
    check_same(guest, before, said)
    # testpmd ends by a fault of its own, and is killed in the middle of its repair.
    testpmd = partition.testpmd(lab.driver.plugin(), "-a partition:fix", lcores="2-3")
    clean = "rm -rf /dev/shm/* /run/dpdk /var/run/dpdk; "
    for name in ("SEGV", "ABRT"):
        said = do(guest, f"tail -f /dev/null | {testpmd} -i >/tmp/A 2>&1 & feeder=$!\n"
                  "await 'grep -q \"Configuring Port 0\" /tmp/A'; "
                  f"kill -{name} $(pid 'dpdk-testpmd'); {clean} kill $(pidof tail)\n"
                  "aether-partition restore", 90)
        check_same(guest, before, said)
    said = do(guest, "sh /root/look >/tmp/before\nfor settings in 0 1 3 6 10 14; do\n"
              f"{testpmd} -i </dev/zero >/tmp/A 2>&1 & begun=$!\n"
              "while [ $(grep -c ' -> ' /tmp/A) -lt $settings ]; do sleep 0.02; done\n"
              f"kill -9 $begun; wait; {clean}\n"
              "aether-partition restore >/tmp/B 2>&1 || { cat /tmp/B; exit 1; }\n"
              "sh /root/look >/tmp/after; cmp -s /tmp/before /tmp/after || { echo $settings; "
              "cat /tmp/A /tmp/B; diff /tmp/before /tmp/after; exit 1; }\n"
              "echo $(grep -c ' -> ' /tmp/A)/$(grep -c ' -> ' /tmp/B)\ndone", 120)
    lab.fact("testpmd killed in its repair: settings changed/put back",
             ", ".join(re.findall(r"^\d+/\d+$", said, re.M)))


@fix_scenario("partition-fix-boot", "a journal that is on a disk at the next boot is dropped, and "
              "nothing is changed by it; one that is torn is refused, and set aside")
def next_boot(lab):
    keep = "--journal /root/j"
    guest = start(lab)
    guest.must(f"{FIX} {keep}", 40)
    journal = guest.must("cat /root/j/partition.journal").encode()
    check(b"knob group" in journal, journal)
    guest.close()   # as by a power loss
    for name in ("console", "commands", "monitor"):
        (lab.sockets / name).unlink(missing_ok=True)
    guest = start(lab, files={"root/j/partition.journal": journal, "root/j/kept": journal})
    guest.must("chmod 755 /root/j")
    before = look(guest)
    for then, wanted in ((f"aether-partition restore {keep}", "0 settings were put back"),
                         (f"{FIX} {keep}", "settings were changed")):
        said = guest.must(then, 40)
        check("before the last boot" in said and wanted in said, said)
        if "restore" in then:
            check_same(guest, before, said)
            guest.must("test ! -e /root/j/partition.journal && "
                       "cp /root/j/kept /root/j/partition.journal")
    said = guest.must(f"aether-partition restore {keep}", 40)
    check_same(guest, before, said)
    # Torn: the beginning of one of this boot's.
    guest.must(f"{FIX} {keep}; cp /root/j/partition.journal /root/j/kept", 40)
    said = do(guest, f"""size=$(stat -c %s /root/j/kept); sh /root/look >/tmp/before
for n in 0 1 $((size / 3)) $((size - 22)) $((size - 1)); do
	head -c $n /root/j/kept >/root/j/partition.journal
	{FIX} {keep} >/tmp/said 2>&1; echo $? $(grep -c 'damaged; aether-partition restore' /tmp/said)
	aether-partition restore {keep} >/tmp/said 2>&1; echo $? $(grep -c 'partition.journal.damaged' /tmp/said)
	sh /root/look >/tmp/now; cmp /tmp/before /tmp/now
done
cp /root/j/kept /root/j/partition.journal""")
    check(said.splitlines() == ["4 1"] * 10, said)
    said = guest.must(f"aether-partition restore {keep}", 40)
    check_same(guest, before, said)
