# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Repairs that need something in the guest: irqbalance, a card, a clock."""

import re

import partition
from failure import check
from partition import LCORES
from scenarios.partition import DISK
from scenarios.partition_fix import boot, check_same, difference, fix_scenario, look
from suites import KERNELS

FIX = f"aether-partition fix --lcores {LCORES}"
# The interrupts that may go to a worker, of those that somebody handles: they have a folder.
ON_WORKERS = """for handler in /proc/irq/[1-9]*/*/; do
	grep -H '[23]' ${handler%/*/}/smp_affinity_list
done
true
"""
# Debian's, as its service starts it; systemd makes the folder.
START = """
mkdir -p /run/irqbalance
/usr/sbin/irqbalance --foreground >/tmp/irqbalance 2>&1 &
for n in $(seq 100); do
	[ -S /run/irqbalance/irqbalance$!.sock ] && break
	sleep 0.1
done
echo $!
"""
PERIOD = 10     # seconds between two looks of irqbalance
PATIENCE = 2 * PERIOD + 5


def on_workers(guest):
    return guest.must(ON_WORKERS)


def wait(guest, seconds, until):
    """Ask again until it is so. @return whether it has come to be"""
    for _ in range(seconds):
        if until():
            return True
        guest.must("sleep 1")
    return False


def come_back(guest):
    """Whether irqbalance puts interrupts on the workers, sooner or later."""
    return wait(guest, PATIENCE, lambda: on_workers(guest))


def is_spared(guest):
    return partition.judge(guest).result("irq.irqbalance") != "broken"


@fix_scenario("partition-fix-irqbalance", "Debian's irqbalance is told to leave the workers alone, "
              "does so, and is told what it had before", limit=400)
def balance(lab):
    guest = boot(lab, programs=("usr/sbin/irqbalance",))
    pid = guest.must(START).strip()
    check(guest.run(f"kill -0 {pid}")[0] == 0, guest.must("cat /tmp/irqbalance"))
    lab.fact("irqbalance", lab.guest.manifest["packages"]["irqbalance"])
    # Without being told it moves them back.
    guest.must(f"{FIX} --ignore irq.irqbalance", 60)
    check(not on_workers(guest), on_workers(guest))
    check(come_back(guest), "it gives the workers nothing to do")
    lab.fact("moved back by it", " ".join(on_workers(guest).split()))
    guest.must("aether-partition restore", 60)
    check(not is_spared(guest), "it is not reported")
    said = guest.must(FIX, 60)
    told = re.search(r"/run/irqbalance/irqbalance(\d+).sock: none -> 2-3; irqbalance does so", said)
    check(told and told.group(1) == pid, said)
    check("irq.irqbalance" not in said, said)
    # Until it has looked, and after.
    for _ in range(PATIENCE // 2):
        check(not on_workers(guest), f"back on the workers: {on_workers(guest)}")
        verdict = partition.judge(guest)
        check(verdict.result("irq.irqbalance") == "fine", verdict.found("irq.irqbalance"))
        guest.must("sleep 2")
    lab.fact("after", verdict.found("irq.irqbalance"))
    check("told" not in verdict.found("irq.irqbalance"), "it has never looked")
    said = guest.must("aether-partition restore", 60)
    check("2-3 -> none; irqbalance does so when" in said, said)
    check(come_back(guest), "the workers stay banned")
    check(wait(guest, PATIENCE, lambda: not is_spared(guest)), "it is taken for banned")
    # It has looked: nothing is left to be done, nor to be remembered.
    said = guest.must("aether-partition restore", 60)
    check("0 settings" in said and "partition.journal" not in guest.must("ls /run/aether"), said)
    # Told by a process that is killed, which ends without a word.
    guest.run(f"{FIX} -- sh -c 'kill -9 $PPID'", 60)
    check("balance" in guest.must("cat /run/aether/partition.journal"), "it was not told")
    said = guest.must("aether-partition restore", 60)
    check(come_back(guest), said)


CARD = "0000:00:1f.0"      # the bridge to ISA, which every q35 has
SPOIL_CARD = f"""
echo auto >/sys/bus/pci/devices/{CARD}/power/control
echo powersave >/sys/module/pcie_aspm/parameters/policy
echo acpi_pm >/sys/devices/system/clocksource/clocksource0/current_clocksource
"""
LOOK_CARD = f"""
grep -H '' /sys/bus/pci/devices/{CARD}/power/control /sys/module/pcie_aspm/parameters/policy \
	/sys/devices/system/clocksource/clocksource0/current_clocksource
"""


@fix_scenario("partition-fix-card", "a card's power, ASPM and the clock are repaired and put back; "
              "workers that are offline, and what is left to the user, are named", kernels=KERNELS)
def card(lab):
    guest = boot(lab)
    guest.must(SPOIL_CARD)
    before, card_before = look(guest), guest.must(LOOK_CARD)
    broken = partition.judge(guest, f"--lcores {LCORES} --device {CARD}")
    wanted = {"device.power", "device.aspm", "clock.source"}
    check(all(broken.result(rule) == "broken" for rule in wanted), card_before)
    guest.must("echo 0 >/sys/devices/system/cpu/cpu3/online")
    code, said = guest.run(FIX, 40)
    check(code == 4 and "echo 1 >/sys/devices/system/cpu/cpu3/online" in said, said)
    guest.must("echo 1 >/sys/devices/system/cpu/cpu3/online; sleep 0.5")
    check_same(guest, before, said)
    said = guest.must(f"{FIX} --device {CARD}", 60)
    lab.fact("fix", said.splitlines()[-1])
    verdict = partition.judge(guest, f"--lcores {LCORES} --device {CARD}")
    check(all(verdict.result(rule) == "fine" for rule in wanted), partition.describe(verdict))
    left = re.findall(r"left to you: (\S+):", said)
    lab.fact("left to the user", ", ".join(left))
    check(set(left) == {rule for rule, found in verdict.rules.items()
                        if found["result"] == "broken" and found["mend_now"]} - {"app.cpuset"},
          said)
    said = guest.must("aether-partition restore", 60)
    check_same(guest, before, said)
    after = guest.must(LOOK_CARD)
    check(after == card_before, difference(card_before, after))
    # Unlimited for what is run in the partition.
    said = guest.must(f"ulimit -l 64; {FIX} -- sh -c 'ulimit -l'", 60)
    check("unlimited" in said, said)
    check_same(guest, before, said)


# The files of what nobody may move cannot be written, by their mode. Here they can.
UNLOCK = """for irq in /proc/irq/*/virtio0-req.*; do
	chmod 644 ${irq%/*}/smp_affinity_list
	echo 0-1 >${irq%/*}/smp_affinity_list && exit 1
done
exit 0
"""


@fix_scenario("partition-fix-managed", "interrupts of a disk that only the kernel places, and it says "
              "so only when they are written: all else is repaired, and put back", kernels=KERNELS)
def managed(lab):
    guest = boot(lab, modules=["virtio_blk"], arguments=DISK)
    guest.must("modprobe virtio_blk; ls /dev/vda")
    lab.fact("a write", guest.must(UNLOCK).splitlines()[0].split("write error: ")[-1])
    before = look(guest)
    said = guest.must(FIX, 60)
    stubborn = re.findall(r"/proc/irq/\d+/smp_affinity_list: the kernel lets nobody change it",
                          said)
    lab.fact("left", f"{len(stubborn)} interrupts")
    check(stubborn and "irq.default" not in said, said)
    verdict = partition.judge(guest)
    check(verdict.result("irq.default") == verdict.result("kernel.workqueues") == "fine",
          partition.describe(verdict))
    said = guest.must("aether-partition restore", 60)
    check_same(guest, before, said)
