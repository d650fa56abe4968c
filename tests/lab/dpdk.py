# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""DPDK in the guest: its drivers, ports bound to vfio-pci, testpmd."""

import re
import time

from failure import Hang, check
from image import LIBRARIES

# testpmd does not flush what it prints to a file.
PROGRAMS = ("usr/bin/dpdk-testpmd", "usr/bin/tail", "usr/bin/stdbuf",
            "usr/libexec/coreutils/libstdbuf.so")
VFIO_MODULES = ("vfio_pci", "vfio_iommu_type1")
IOMMU = "intel_iommu=on iommu=strict"
# Those that every application here wants; a scenario adds its NICs.
DRIVERS = ("librte_bus_pci", "librte_bus_vdev", "librte_mempool_ring")
BIND = """set -e
modprobe vfio-pci
for port in {ports}; do
	echo {driver} >/sys/bus/pci/devices/$port/driver_override
	[ ! -e /sys/bus/pci/devices/$port/driver ] ||
		echo $port >/sys/bus/pci/devices/$port/driver/unbind
	echo $port >/sys/bus/pci/drivers_probe
done
ls /dev/vfio
"""


def drivers(root, *nics):
    """EAL's folder of drivers, with what is needed of it."""
    wanted = (*DRIVERS, *nics)
    found = [str(path.relative_to(root)) for name in wanted
             for path in sorted(root.glob(f"{LIBRARIES}/dpdk/pmds-*/{name}.so.*"))]
    check(len(found) >= len(wanted), f"the guest's DPDK lacks one of {wanted}: {found}")
    return found


def bind(guest, ports, driver="vfio-pci"):
    """Bind ports by their addresses, whatever has them. @return what /dev/vfio has then"""
    return guest.must(BIND.format(ports=" ".join(ports), driver=driver)).split()


def huge_pages(guest):
    guest.must("mount -t hugetlbfs none /dev/hugepages")


def iommu_faults(guest):
    """What the guest's kernel tells of its IOMMU's faults."""
    log = guest.must("dmesg")
    check("DMAR: IOMMU enabled" in log, "the guest does not use its IOMMU")
    return re.findall(r".*DMAR.*(?:fault|\[DMA).*", log)


class Program:
    """A program in the guest that reads commands from a file that grows. What it says is kept."""

    def __init__(self, guest, command, name="testpmd"):
        self.guest = guest
        self.name = name
        self.typed, self.log = f"/tmp/{name}.typed", f"/tmp/{name}.said"
        # Both files are there before anybody looks: the pipeline may start late.
        guest.must(f": >{self.typed}; : >{self.log}")
        guest.must(f"(tail -n +1 -f {self.typed} | stdbuf -o L {command} >>{self.log} 2>&1; "
                   f"echo \"{name} ended with $?\" >>{self.log}) >/dev/null 2>&1 &")

    def said(self, start=0):
        """All after the first `start` bytes."""
        return self.guest.must(f"tail -c +{start + 1} {self.log}")

    def size(self):
        """How many bytes it has said."""
        return int(self.guest.must(f"stat -c %s {self.log}"))

    def wait(self, pattern, seconds, start=0):
        """Until it has said so; what it has said."""
        end = time.monotonic() + seconds
        while True:
            text = self.said(start)
            if re.search(pattern, text):
                return text
            check(f"{self.name} ended" not in text, f"{self.name} has ended early:\n{text}")
            if time.monotonic() > end:
                raise Hang(f"{self.name} did not say '{pattern}' in {seconds} s:\n{text}")
            time.sleep(0.05)

    def ended(self, seconds=30):
        """What it has said up to its end, and its exit status."""
        end = rf"{self.name} ended with (\d+)"
        text = self.wait(end, seconds)
        return text, int(re.search(end, text).group(1))

    def type(self, *lines):
        """@return how many bytes it had said before"""
        words = " ".join(f"'{line}'" for line in lines)
        return int(self.guest.must(f"stat -c %s {self.log}; printf '%s\\n' {words} >>{self.typed}"))

    def command(self, line, pattern, seconds=10):
        return self.wait(pattern, seconds, self.type(line))


class Testpmd(Program):
    """Stock testpmd. After each command a second one is sent, whose answer ends the first's."""

    def __init__(self, guest, options, name="testpmd"):
        super().__init__(guest, f"dpdk-testpmd {options}", name)
        self.asked = 0

    def ask(self, *lines, seconds=20):
        """All that it says to these commands."""
        self.asked += 1
        # It complains of a command that it does not know, when it gets to it.
        mark = f"end{self.asked}"
        start = self.type(*lines, mark)
        return self.wait(rf"(?m)^.*{mark}\b[\s\S]*Command not found", seconds, start)

    def statistics(self):
        """[{name: value} for each port]."""
        text = self.ask("show port stats all")
        blocks = re.split(r"NIC statistics for port \d+", text)[1:]
        return [{key: int(value) for key, value in re.findall(r"([RT]X-[a-z]+): +(\d+)", block)}
                for block in blocks]

    def quit(self, seconds=30):
        """@return all that it has said; it has to end well."""
        self.type("quit")
        text, status = self.ended(seconds)
        check(status == 0, f"{self.name} ends with {status}:\n{text}")
        return text
