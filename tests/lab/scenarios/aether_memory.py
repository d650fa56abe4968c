# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Memory that our driver's device reaches through the IOMMU, of every kind."""

import itertools
import re

import aether
import dpdk
from failure import check
from scenario import scenario

TWO = {"ice0": aether.CABLE, "ice1": aether.CABLE}
PACKETS = 20_000
MEGABYTES = 64  # without huge pages
# Far fewer mappings than that has pages. EAL of 22.11 makes one of all of them: for it there is 0.
LIMITS = {"22.11": 0, "24.11": 1000}
LIMIT_FILE = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"


def external(lab, guest, form, kind):
    """Buffers in memory of the application's own."""
    eal = form(lab, 0, 1, eal="--no-telemetry")
    text = guest.must(f"extmem {eal} -- {kind} {PACKETS} 2>&1", 90)
    check(f"extmem: {PACKETS} and {PACKETS} packets" in text and "extmem: done" in text, text)
    free, every = re.search(r"extmem: (\d+) of (\d+) buffers are free", text).groups()
    check(free == every, f"{free} of {every} buffers are free in the end:\n{text}")
    lab.fact(f"external memory, {kind} pages, {form.__name__}", f"{PACKETS} packets each way, all "
             f"{every} buffers free")


def traffic(lab, guest, name, eal, options=""):
    """testpmd, with memory of some kind."""
    testpmd = aether.start_testpmd(guest, eal, options, name)
    aether.check_counters(aether.forward(testpmd, PACKETS), PACKETS)
    testpmd.ask("port stop all")
    free, every = aether.mbufs(testpmd)
    check(free == every, f"{name}: {every - free} of {every} mbufs are lost")
    testpmd.quit()
    lab.fact(name, f"{PACKETS} packets each way, all {every} mbufs free")


def refused(lab, guest):
    """More pages than the kernel maps: said so, with what to do."""
    limit = LIMITS[lab.scenario.dpdk]
    guest.must(f"echo {limit} >{LIMIT_FILE}")
    eal = aether.pci_form(lab, 0, eal=f"--no-huge -m {MEGABYTES} --no-telemetry")
    text = guest.must(f"dpdk-testpmd {eal} -- --total-num-mbufs=2048 </dev/null 2>&1 || true", 60)
    check("No probed ethernet devices" in text, f"a port is there:\n{text}")
    said = [line for line in text.splitlines()
            if "use huge pages" in line and f"the kernel allows {limit};" in line]
    check(said, f"it is not said that the kernel allows {limit} mappings:\n{text}")
    lab.fact(f"--no-huge, limit {limit}", said[0])


@scenario("aether-memory", "buffers in external memory, in 2 MB pages and without: as far as the "
          "kernel maps them, refused with the reason beyond", dpdks=aether.VERSIONS, limit=400)
def memory(lab):
    guest = aether.boot_bound(lab, TWO, apps=("extmem",), memory=2048)
    for form, kind in itertools.product((aether.pci_form, aether.vdev_form), ("huge", "small")):
        external(lab, guest, form, kind)
    both = aether.pci_form(lab, 0, 1)
    for kind in "xmemhuge", "xbuf":
        traffic(lab, guest, kind, both, f"--mp-alloc={kind}")
    traffic(lab, guest, "no-huge", f"{both} --no-huge -m {MEGABYTES}")
    refused(lab, guest)
    aether.check_model(lab)
