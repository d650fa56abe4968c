# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""DPDK's net_ice in the guest, through vfio-pci and an emulated Intel IOMMU."""

import re
import time

from failure import Hang, check
from ice import PACKAGE, ddp_package
from scenario import scenario

PACKETS = 1_000_000
PORTS = {"ice0": "0000:01:00.0", "ice1": "0000:02:00.0"}
LIBRARIES = "usr/lib/x86_64-linux-gnu"
# testpmd does not flush what it prints to a file.
UNBUFFERED = ("usr/bin/stdbuf", "usr/libexec/coreutils/libstdbuf.so")
DRIVERS = ("librte_net_ice", "librte_bus_pci", "librte_bus_vdev", "librte_mempool_ring")
BIND = """set -e
mount -t hugetlbfs none /dev/hugepages
modprobe vfio-pci
for port in {ports}; do
	echo vfio-pci >/sys/bus/pci/devices/$port/driver_override
	echo $port >/sys/bus/pci/drivers_probe
done
ls /dev/vfio
"""


def drivers(root):
    """EAL's folder of drivers, with what is needed of it."""
    found = [str(path.relative_to(root)) for name in DRIVERS
             for path in sorted(root.glob(f"{LIBRARIES}/dpdk/pmds-*/{name}.so.*"))]
    check(len(found) >= len(DRIVERS), f"the guest's DPDK lacks one of {DRIVERS}: {found}")
    return found


class Testpmd:
    """testpmd in the guest. It reads commands from a file that grows."""

    def __init__(self, guest, options):
        self.guest = guest
        # Both files are there before anybody looks: the pipeline may start late.
        guest.must(": >/tmp/typed; : >/tmp/said")
        guest.must(f"(tail -n +1 -f /tmp/typed | stdbuf -o L dpdk-testpmd {options} "
                   ">>/tmp/said 2>&1; echo \"testpmd ended with $?\" >>/tmp/said) >/dev/null 2>&1 &")

    def said(self):
        return self.guest.must("cat /tmp/said")

    def wait(self, pattern, seconds, start=0):
        """Until it has said so; what it has said."""
        end = time.monotonic() + seconds
        while True:
            text = self.said()[start:]
            if re.search(pattern, text):
                return text
            check("testpmd ended" not in text, f"testpmd has ended early:\n{text}")
            if time.monotonic() > end:
                raise Hang(f"testpmd did not say '{pattern}' in {seconds} s:\n{text}")
            time.sleep(0.3)

    def command(self, line, pattern, seconds=10):
        start = len(self.said())
        self.guest.must(f"echo '{line}' >>/tmp/typed")
        return self.wait(pattern, seconds, start)

    def statistics(self):
        """[{name: value} for each port]."""
        text = self.command("show port stats all", r"port 1 +#+[\s\S]*Tx-pps")
        blocks = re.split(r"NIC statistics for port \d", text)[1:]
        return [{key: int(value) for key, value in re.findall(r"([RT]X-[a-z]+): +(\d+)", block)}
                for block in blocks]


OPTIONS = ("-l 0,1 -n 1 --no-telemetry -a {} -a {} -- -i --rxq=2 --txq=2 --rxd=2048 --txd=1024 "
           "--nb-cores=1 --burst=64 --total-num-mbufs=16384 --no-flush-rx")


def boot(lab):
    """A guest with both ports bound to vfio-pci."""
    dpdk = lab.roots["guest"]
    lab.start_model({name: {"wire": "cable:lab:lossless"} for name in PORTS},
                    f"net_ice {dpdk.manifest['version']}")
    lab.fact("DPDK", dpdk.manifest["version"])
    guest = lab.boot(["usr/bin/dpdk-testpmd", "usr/bin/tail", *UNBUFFERED, *drivers(dpdk.path)],
                     ["vfio_pci", "vfio_iommu_type1"], {PACKAGE: ddp_package()}, iommu=True,
                     memory=1536, command_line="intel_iommu=on iommu=strict hugepages=256")
    groups = guest.must(BIND.format(ports=" ".join(PORTS.values()))).split()
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
        text = testpmd.command(f"show port info {port}", r"Max possible number of TXDs")
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
    testpmd = Testpmd(guest, OPTIONS.format(*PORTS.values()))
    check_start(lab, testpmd)
    counters = forward(lab, testpmd)
    for port, mine in enumerate(counters):
        far = counters[1 - port]
        lab.fact(f"port {port}", f"{mine['RX-packets']} received, {mine['TX-packets']} sent")
        check(mine["RX-missed"] == mine["RX-errors"] == mine["TX-errors"] == 0, f"{counters}")
        check(mine["RX-packets"] == far["TX-packets"] >= PACKETS, f"packets were lost: {counters}")
    testpmd.command("quit", "testpmd ended with 0", 20)

    log = guest.must("dmesg")
    check("DMAR: IOMMU enabled" in log, "the guest does not use its IOMMU")
    faults = re.findall(r".*DMAR.*(?:fault|\[DMA).*", log)
    check(not faults, f"the guest's IOMMU reports faults: {faults}")
    for name in PORTS:
        stats = lab.model.stats(name)
        check(stats["dma_faults"] == stats["mdd_events"] == stats["aq_unmodelled"] == 0,
              f"the model counts faults: {stats}")
    lab.fact("IOMMU faults", len(faults))
