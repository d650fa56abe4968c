# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""DPDK's net_ice in the guest, through vfio-pci and an emulated Intel IOMMU."""

import re
import time

import dpdk
from failure import check
from ice import PACKAGE, ddp_package
from scenario import scenario

PACKETS = 1_000_000
PORTS = {"ice0": "0000:01:00.0", "ice1": "0000:02:00.0"}
OPTIONS = ("-l 0,1 -n 1 --no-telemetry -a {} -a {} -- -i --rxq=2 --txq=2 --rxd=2048 --txd=1024 "
           "--nb-cores=1 --burst=64 --total-num-mbufs=16384 --no-flush-rx")


def boot(lab):
    """A guest with both ports bound to vfio-pci."""
    have = lab.guest
    lab.start_model({name: {"wire": "cable:lab:lossless"} for name in PORTS},
                    f"net_ice {have.manifest['version']}")
    lab.fact("DPDK", have.manifest["version"])
    guest = lab.boot([*dpdk.PROGRAMS, *dpdk.drivers(have.path, "librte_net_ice")],
                     dpdk.VFIO_MODULES, {PACKAGE: ddp_package()}, iommu=True, memory=1536,
                     command_line=f"{dpdk.IOMMU} hugepages=256")
    dpdk.huge_pages(guest)
    groups = dpdk.bind(guest, PORTS.values())
    check(len(groups) == 1 + len(PORTS), f"each port should have a group of its own: {groups}")
    return guest


def check_start(lab, testpmd):
    """Full mode, with the addresses of an IOMMU, and a link."""
    log = testpmd.wait("testpmd> ", 60)
    package = re.search(r"Active package is: ([\d.]+), ([^\n]+)", log)
    check(package is not None and "afe mode" not in log.lower(), f"it is not in full mode:\n{log}")
    lab.fact("package", f"{package.group(2)} {package.group(1)}")
    check("IOVA mode 'VA'" in log, f"the addresses that the device gets are no IOVA:\n{log}")
    for port in range(len(PORTS)):
        text = testpmd.ask(f"show port info {port}")
        check("Link speed: 100 Gbps" in text and "Link status: up" in text, text)


def forward(lab, testpmd):
    """Packets go round until each port has sent and received enough. @return their counters"""
    # 1024 circulate; all of them fit into the ring of one queue when forwarding stops.
    testpmd.command("start tx_first 8", "packet forwarding - ports=2")
    started = time.monotonic()
    while True:
        now = testpmd.statistics()
        if min(port[f"{side}-packets"] for port in now for side in ("RX", "TX")) >= PACKETS:
            break
        check(time.monotonic() - started < 120, f"too slow: {now}")
        time.sleep(1)
    took = time.monotonic() - started
    testpmd.command("stop", "Done")
    time.sleep(0.5)
    now = testpmd.statistics()
    lab.fact("rate", f"{now[0]['RX-packets'] / took / 1e3:.0f} kpps each way on the device model")
    return now


@scenario("net-ice", "DPDK's net_ice behind an IOMMU: full mode, a million packets each way, no "
          "fault", limit=180)
def net_ice(lab):
    guest = boot(lab)
    testpmd = dpdk.Testpmd(guest, OPTIONS.format(*PORTS.values()))
    check_start(lab, testpmd)
    counters = forward(lab, testpmd)
    for port, mine in enumerate(counters):
        far = counters[1 - port]
        lab.fact(f"port {port}", f"{mine['RX-packets']} received, {mine['TX-packets']} sent")
        check(mine["RX-missed"] == mine["RX-errors"] == mine["TX-errors"] == 0, f"{counters}")
        check(mine["RX-packets"] == far["TX-packets"] >= PACKETS, f"packets were lost: {counters}")
    testpmd.quit()
    faults = dpdk.iommu_faults(guest)
    check(not faults, f"the guest's IOMMU reports faults: {faults}")
    for name in PORTS:
        stats = lab.model.stats(name)
        check(stats["dma_faults"] == stats["mdd_events"] == stats["aq_unmodelled"] == 0,
              f"the model counts faults: {stats}")
    lab.fact("IOMMU faults", len(faults))
