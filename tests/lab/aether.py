# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A guest with our driver in it."""

import re
import time

import dpdk
from failure import check
from ice import PACKAGE, ddp_package
from machine import bdf
from suites import DPDKS

VERSIONS = tuple(DPDKS)
# Devices in the order in which the machine has them, each behind a root port of its own.
CABLE = {"wire": "cable:lab:lossless"}


def boot(lab, nics=(), apps=(), modules=(), **more):
    """A guest with DPDK, our driver, drivers of other NICs and applications of tests/lab/guest."""
    lab.fact("DPDK", lab.guest.manifest["version"])
    built = lab.driver.files()
    for name in apps:
        built |= lab.driver.app(name)
    return lab.boot([*dpdk.PROGRAMS, *dpdk.drivers(lab.guest.path, *nics)],
                    (*dpdk.VFIO_MODULES, *modules), built=built, **more)


def witness(lab):
    """Who uses the model where no other driver does."""
    return f"net_aether (DPDK {lab.scenario.dpdk})"


def boot_bound(lab, devices, nics=(), apps=(), memory=1536, pages=256, **more):
    """A guest with an IOMMU and the model's devices, bound to vfio-pci."""
    lab.start_model(devices, None if nics else witness(lab))
    guest = boot(lab, nics, apps, files={PACKAGE: ddp_package()}, iommu=True, memory=memory,
                 command_line=f"{dpdk.IOMMU} hugepages={pages}", **more)
    dpdk.huge_pages(guest)
    bound = [bdf(n) for n in range(len(devices))]
    groups = dpdk.bind(guest, bound)
    check(len(groups) == 1 + len(bound), f"each port should have a group of its own: {groups}")
    return guest


def pci_form(lab, *numbers, eal="", cores="-l 0,1"):
    """EAL's arguments for ports by -a."""
    ports = " ".join(f"-a {bdf(n)},pmd=aether" for n in numbers)
    return f"{cores} -n 1 -d {lab.driver.plugin()} {eal} {ports}"


def vdev_form(lab, *numbers, eal="", cores="-l 0,1"):
    """The same for ports by --vdev."""
    ports = " ".join(f"--vdev net_aether{i},bdf={bdf(n)}" for i, n in enumerate(numbers))
    return f"{cores} -n 1 --no-pci -d {lab.driver.plugin()} {eal} {ports}"


def start_testpmd(guest, eal, options="", name="testpmd", seconds=60):
    """testpmd with ports that are ours, up to its prompt, the links up."""
    testpmd = dpdk.Testpmd(guest, f"{eal} -- -i --burst=64 --total-num-mbufs=16384 "
                           f"--no-flush-rx {options}", name)
    log = testpmd.wait("testpmd> ", seconds)
    check("IOVA mode 'VA'" in log or "IOVA as 'VA'" in log, f"no addresses of an IOMMU:\n{log}")
    return testpmd


def drivers_of(testpmd):
    """[name of the driver of each port]."""
    return re.findall(r"Driver name: (\w+)", testpmd.ask("show port info all"))


def wait_link(testpmd, state, ports=2, seconds=10):
    end = time.monotonic() + seconds
    while (text := testpmd.ask("show port info all")).count(f"Link status: {state}") != ports:
        check(time.monotonic() < end, f"the links are not {state} in {seconds} s:\n{text}")


def mbufs(testpmd, seconds=5):
    """(free, all) mbufs of testpmd's one pool, once it is at rest."""
    def look():
        text = testpmd.ask("dump_mempool")
        size = int(re.search(r"^ +populated_size=(\d+)", text, re.M).group(1))
        shared = int(re.search(r"^ +common_pool_count=(\d+)", text, re.M).group(1))
        cached = int(re.search(r"total_cache_count=(\d+)", text).group(1))
        return shared + cached, size

    end = time.monotonic() + seconds
    while (seen := look())[0] != seen[1] and time.monotonic() < end:
        time.sleep(0.3)
    return seen


def forward(testpmd, packets, first=8, seconds=120):
    """Packets go round until each of two ports has sent and received so many. @return counters"""
    # All of them fit into the ring of one queue when forwarding stops.
    testpmd.ask(f"start tx_first {first}")
    end = time.monotonic() + seconds
    while True:
        now = testpmd.statistics()
        if min(port[f"{side}-packets"] for port in now for side in ("RX", "TX")) >= packets:
            break
        check(time.monotonic() < end, f"too slow: {now}")
        time.sleep(0.5)
    testpmd.ask("stop")
    time.sleep(0.3)
    return testpmd.statistics()


def check_model(lab, *names):
    """No fault in the model, nor in the guest's IOMMU."""
    for name in names or lab.model.names:
        stats = lab.model.stats(name)
        check(stats["dma_faults"] == stats["mdd_events"] == stats["aq_unmodelled"] == 0,
              f"the model counts faults of {name}: {stats}")
    faults = dpdk.iommu_faults(lab.machine)
    check(not faults, f"the guest's IOMMU reports faults: {faults}")


def check_counters(counters, least):
    """Two ports joined by a cable: what one has sent the other has received."""
    for port, mine in enumerate(counters):
        far = counters[1 - port]
        check(mine["RX-missed"] == mine["RX-errors"] == mine["TX-errors"] == 0, f"{counters}")
        check(mine["RX-packets"] == far["TX-packets"] >= least, f"packets were lost: {counters}")
