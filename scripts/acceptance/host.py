# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The host and its PCI functions, as /sys and /proc show them."""

import pathlib
import platform
import re

import parse

DEVICES = {
    "0x1591": "E810-C backplane", "0x1592": "E810-C QSFP", "0x1593": "E810-C SFP",
    "0x1599": "E810-XXV backplane", "0x159a": "E810-XXV QSFP", "0x159b": "E810-XXV SFP",
}
BDF = re.compile(r"(?:([0-9a-fA-F]{4}):)?([0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])")
IFF_UP = 0x1
GLOBAL_SCOPE = 0x00


class Refusal(Exception):
    """The run is not begun, or not gone on with, for this reason."""


def normal(bdf):
    """0000:18:00.0 of 18:00.0. Raises Refusal."""
    found = BDF.fullmatch(bdf)
    if found is None:
        raise Refusal(f"'{bdf}' is no PCI function; wanted its address as lspci -D shows it, such "
                      "as 0000:18:00.0")
    return f"{found.group(1) or '0000'}:{found.group(2)}".lower()


def read(path, otherwise=""):
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return otherwise


class Host:
    """root: where /sys and /proc are, for tests."""

    def __init__(self, root="/"):
        self.root = pathlib.Path(root)
        self.sys = self.root / "sys"
        self.proc = self.root / "proc"

    def functions(self):
        """E810s of this host."""
        folder = self.sys / "bus/pci/devices"
        found = sorted(folder.iterdir()) if folder.exists() else []
        return [path.name for path in found if read(path / "vendor") == "0x8086"
                and read(path / "device") in DEVICES]

    def device(self, bdf):
        return Function(self, bdf)

    def node_cpus(self):
        """{NUMA node: its CPUs}."""
        return {int(path.name[4:]): parse.cpu_list(read(path / "cpulist"))
                for path in sorted((self.sys / "devices/system/node").glob("node[0-9]*"))}

    def online_cpus(self):
        return parse.cpu_list(read(self.sys / "devices/system/cpu/online", "0"))

    def huge_pages(self):
        return parse.meminfo(read(self.proc / "meminfo"))

    def iommu_groups(self):
        folder = self.sys / "kernel/iommu_groups"
        return len(list(folder.iterdir())) if folder.exists() else 0

    def facts(self):
        cpuinfo = read(self.proc / "cpuinfo")
        free, kib = self.huge_pages()
        return {
            "kernel": platform.release(),
            "distribution": parse.first(r'PRETTY_NAME="?([^"\n]+)',
                                        read(self.root / "etc/os-release")),
            "cpu": parse.first(r"model name\s*: ([^\n]+)", cpuinfo),
            "cpus": len(self.online_cpus()),
            "hypervisor": re.search(r"flags\s*:.*\bhypervisor\b", cpuinfo) is not None,
            "numa_nodes": {str(node): cpus for node, cpus in self.node_cpus().items()},
            "kernel_parameters": parse.kernel_parameters(read(self.proc / "cmdline")),
            "iommu_groups": self.iommu_groups(),
            "huge_pages_free": free, "huge_page_kib": kib,
            "board": read(self.sys / "class/dmi/id/product_name") or None,
        }


class Function:
    """A PCI function."""

    def __init__(self, host, bdf):
        self.host = host
        self.bdf = bdf
        self.path = host.sys / "bus/pci/devices" / bdf

    def attribute(self, name):
        return read(self.path / name)

    def driver(self):
        link = self.path / "driver"
        return link.resolve().name if link.exists() else None

    def numa_node(self):
        return int(self.attribute("numa_node") or -1)

    def group(self):
        link = self.path / "iommu_group"
        return link.resolve().name if link.exists() else None

    def netdevs(self):
        folder = self.path / "net"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def facts(self):
        return {
            "bdf": self.bdf,
            "ids": f"{self.attribute('vendor')[2:]}:{self.attribute('device')[2:]}",
            "subsystem": f"{self.attribute('subsystem_vendor')[2:]}:"
                         f"{self.attribute('subsystem_device')[2:]}",
            "device": DEVICES.get(self.attribute("device")),
            "numa_node": self.numa_node(), "iommu_group": self.group(),
            "driver": self.driver(), "netdevs": self.netdevs(),
            "pcie": f"{self.attribute('current_link_speed') or '?'} x"
                    f"{self.attribute('current_link_width') or '?'}",
            "pcie_max": f"{self.attribute('max_link_speed') or '?'} x"
                        f"{self.attribute('max_link_width') or '?'}",
        }

    def check(self):
        """Raises Refusal for what is no E810."""
        if not self.path.exists():
            here = ", ".join(self.host.functions()) or "there is none"
            raise Refusal(f"there is no PCI function {self.bdf}; E810s of this host: {here}")
        if self.attribute("vendor") != "0x8086" or self.attribute("device") not in DEVICES:
            raise Refusal(f"{self.bdf} is {self.attribute('vendor')[2:]}:"
                          f"{self.attribute('device')[2:]}, no E810 (8086:1591-1593, 1599-159b)")


class ModelFunction(Function):
    """A port of the device model that the driver has in itself: nothing of this host."""

    def __init__(self, host, number, devargs):
        super().__init__(host, f"net_aether{number}")
        self.devargs = devargs

    def check(self):
        pass

    def facts(self):
        return {"bdf": self.bdf, "device": "the embedded device model", "devargs": self.devargs}


def addresses(host, name):
    """Addresses of an interface that reach beyond its link."""
    found = []
    for line in read(host.proc / "net/if_inet6").splitlines():
        address, _, _, scope, _, interface = line.split()
        if interface == name and int(scope, 16) == GLOBAL_SCOPE:
            found.append(address)
    for line in read(host.proc / "net/route").splitlines()[1:]:
        fields = line.split()
        if fields and fields[0] == name:
            found.append(f"route {fields[1]}")
    return found


def carries_network(host, function):
    """Why a function's interface is not to be taken away, or None."""
    for name in function.netdevs():
        folder = host.sys / "class/net" / name
        if not int(read(folder / "flags", "0x0"), 16) & IFF_UP:
            continue
        if (folder / "master").exists():
            return f"{name} is up and part of {(folder / 'master').resolve().name}"
        found = addresses(host, name)
        if found:
            return f"{name} is up and has addresses or routes ({', '.join(found[:3])})"
    return None
