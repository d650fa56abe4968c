# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Whom our driver leaves a card to, and what it says when it cannot have one."""

import re

import aether
import dpdk
from failure import check
from ice import PACKAGE, ddp_package
from machine import bdf
from scenario import scenario

TWO = {"ice0": aether.CABLE, "ice1": aether.CABLE}
PACKETS = 20_000


def pair(lab, guest, name, eal, wanted):
    """Two ports with these drivers, and traffic between them."""
    testpmd = aether.start_testpmd(guest, eal, "--rxd=1024 --txd=1024", name)
    found = aether.drivers_of(testpmd)
    check(found == wanted, f"{name}: the drivers are {found}, wanted {wanted}:\n{testpmd.said()}")
    aether.check_counters(aether.forward(testpmd, PACKETS), PACKETS)
    testpmd.quit()
    lab.fact(name, f"{' and '.join(found)}, {PACKETS} packets each way")


@scenario("aether-and-net-ice", "net_aether and DPDK's net_ice in one process, a card each: every "
          "one has what it was given", dpdks=aether.VERSIONS, limit=240)
def and_net_ice(lab):
    guest = aether.boot_bound(lab, TWO, nics=("librte_net_ice",))
    first, second = bdf(0), bdf(1)
    common = f"-l 0,1 -n 1 -d {lab.driver.plugin()}"
    pair(lab, guest, "first-is-ours", f"{common} -a {first},pmd=aether -a {second}",
         ["net_aether", "net_ice"])
    pair(lab, guest, "second-is-ours", f"{common} -a {first} -a {second},pmd=aether",
         ["net_ice", "net_aether"])
    # A vdev is probed after the PCI devices.
    pair(lab, guest, "vdev-is-ours", f"{common} -a {second} --vdev net_aether0,bdf={first}",
         ["net_ice", "net_aether"])
    pair(lab, guest, "none-is-ours", f"{common} -a {first} -a {second}", ["net_ice"] * 2)
    aether.check_model(lab)


class Refusals:
    """Tries to have a port, and wants a reason."""

    def __init__(self, lab, guest):
        self.lab = lab
        self.guest = guest
        self.common = f"-l 0,1 -n 1 --no-telemetry -d {lab.driver.plugin()}"

    def refused(self, name, eal, *patterns, ports=0):
        """So many ports of those asked for are there; the reason has all of the patterns in it."""
        text = self.guest.must(f"dpdk-testpmd {self.common} {eal} -- --total-num-mbufs=2048 "
                               "</dev/null 2>&1 || true", 40)
        check(ports or "No probed ethernet devices" in text, f"{name}: a port is there:\n{text}")
        found = re.findall(r"^Configuring Port (\d+)", text, re.M)
        check(len(found) == ports, f"{name}: {len(found)} ports, wanted {ports}:\n{text}")
        said = [line for line in text.splitlines() if line.startswith("net_aether ")
                and all(re.search(pattern, line) for pattern in patterns)]
        check(said, f"{name}: no line has all of {patterns}:\n{text}")
        self.lab.fact(name, said[0])

    def both(self, name, where, *patterns):
        """By both forms of opening."""
        self.refused(f"{name}, -a", f"-a {where},pmd=aether", *patterns)
        self.refused(f"{name}, --vdev", f"--no-pci --vdev net_aether0,bdf={where}", *patterns)


SHARED = 1  # slot of two functions


@scenario("aether-refusals", "not bound, bound to ice, taken, in a group with others, no such "
          "device: each refused with the reason", dpdks=aether.VERSIONS, limit=300)
def refusals(lab):
    # Linux's ice has them for a while.
    lab.start_model({name: {"wire": "loop"} for name in ("ice0", "ice1", "ice2")}, None)
    slots = [[lab.model.sockets[0]], lab.model.sockets[1:]]
    guest = aether.boot(lab, modules=("ice",), files={PACKAGE: ddp_package()}, iommu=True,
                        memory=1536, command_line=f"{dpdk.IOMMU} hugepages=64", devices=slots)
    dpdk.huge_pages(guest)
    guest.must("modprobe vfio-pci")
    tries = Refusals(lab, guest)
    alone, shared = bdf(0), bdf(SHARED)
    tries.both("not bound", alone, f"{alone} is bound to no driver", "driver_override")
    guest.must("modprobe ice")
    tries.both("bound to ice", alone, f"{alone} is bound to ice, with interface eth\d",
               "driver_override")
    dpdk.bind(guest, [shared])
    tries.both("its group is not viable", shared, "IOMMU group", r"02:00\.1 \(ice\)",
               "as a whole")
    tries.both("no such function", "0000:09:00.0", "there is no PCI function 0000:09:00.0")
    tries.refused("no E810", "--no-pci --vdev net_aether0,bdf=0000:00:01.0",
                  "1b36:000c, which is no device of this driver")
    dpdk.bind(guest, [alone])
    tries.refused("twice in one process",
                  f"-a {alone},pmd=aether --vdev net_aether0,bdf={alone}",
                  "in use already|open already", ports=1)
    testpmd = aether.start_testpmd(guest, aether.pci_form(lab, 0, eal="-m 64"),
                                   "--total-num-mbufs=4096")
    other = "--file-prefix=other -m 32"
    tries.refused("taken, -a", f"{other} -a {alone},pmd=aether", "another process has /dev/vfio")
    tries.refused("taken, --vdev", f"{other} --no-pci --vdev net_aether0,bdf={alone}",
                  "another process has /dev/vfio")
    # It never noticed.
    aether.wait_link(testpmd, "up", 1)
    testpmd.quit()


@scenario("aether-no-iommu", "without an IOMMU: refused with what to do, also when no-IOMMU mode "
          "is asked for and the kernel has none", dpdks=aether.VERSIONS, limit=240)
def no_iommu(lab):
    lab.start_model({"ice0": {"wire": "loop"}}, aether.witness(lab))
    guest = aether.boot(lab, files={PACKAGE: ddp_package()}, command_line="hugepages=64")
    dpdk.huge_pages(guest)
    alone = bdf(0)
    # vfio-pci itself refuses a function without a group.
    guest.run(dpdk.BIND.format(ports=alone, driver="vfio-pci"))
    tries = Refusals(lab, guest)
    tries.both("no IOMMU", alone, f"{alone} is in no IOMMU group", "intel_iommu=on")
    tries.refused("noiommu=1, -a", f"-a {alone},pmd=aether,noiommu=1", "no IOMMU group")
    tries.refused("noiommu=1, --vdev", f"--no-pci --vdev net_aether0,bdf={alone},noiommu=1",
                  "no IOMMU group")
