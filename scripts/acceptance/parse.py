# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What other programs print, as values. Whatever they print: what is not there is None or empty."""

import itertools
import re

QSFP = {0x0C, 0x0D, 0x11}
MODULES = {0x03: "SFP/SFP+/SFP28", 0x0C: "QSFP", 0x0D: "QSFP+", 0x11: "QSFP28", 0x18: "QSFP-DD"}
PORT_INFO = {
    "mac": r"MAC address: ([0-9A-Fa-f:]{17})",
    "name": r"Device name: (\S+)",
    "driver": r"Driver name: (\S+)",
    "firmware": r"Firmware-version: ([^\n]+)",
    "link": r"Link status: (\w+)",
    "speed": r"Link speed: ([^\n]+)",
    "numa_node": r"Connect to socket: (-?\d+)",
    "mtu": r"MTU: (\d+)",
}


def first(pattern, text):
    found = re.search(pattern, text)
    return found.group(1).strip() if found else None


def eal_version(text):
    """Of "EAL: RTE Version: 'DPDK 22.11.11'"."""
    return first(r"RTE Version: '([^']+)'", text)


def port_info(text):
    """testpmd's "show port info"."""
    return {key: first(pattern, text) for key, pattern in PORT_INFO.items()}


def port_stats(text):
    """testpmd's "show port stats all": [{name: value}]."""
    blocks = re.split(r"NIC statistics for port +\d+", text)[1:]
    return [{key: int(value) for key, value in re.findall(r"([RT]X-[a-z]+): +(\d+)", block)}
            for block in blocks]


def xstats(text):
    """testpmd's "show port xstats": {name: value} of those that are not 0."""
    return {key: int(value) for key, value in re.findall(r"(?m)^(\w+): (\d+)\s*$", text)
            if int(value) != 0}


def cycles(text):
    """CPU cycles a packet, and the clock in MHz, of testpmd's forwarding statistics."""
    found = re.search(r"CPU cycles/packet=([\d.]+).*?at (\d+) MHz", text)
    return (float(found.group(1)), int(found.group(2))) if found else (None, None)


def hexdump(text):
    """The bytes of rte_hexdump()."""
    data = bytearray()
    for offset, row in re.findall(r"(?m)^([0-9A-F]{8}): ((?:[0-9A-F]{2} ?){1,16})", text):
        if int(offset, 16) == len(data):
            data += bytes.fromhex(row.replace(" ", ""))
    return bytes(data)


def printable(data):
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in data).strip()


def module(data):
    """Kind, vendor and part of a module, of its memory (SFF-8472, SFF-8636)."""
    if not data or data[0] in (0x00, 0xFF):
        return None
    at = 148 if data[0] in QSFP else 20
    if len(data) < at + 36:
        return None
    return {"kind": MODULES.get(data[0], f"identifier 0x{data[0]:02x}"),
            "vendor": printable(data[at:at + 16]), "part": printable(data[at + 20:at + 36])}


def driver_log(text):
    """What net_aether says of itself at level info, and what went wrong, by words."""
    ddp = re.search(r"DDP package (.+) (\d+(?:\.\d+){3}) (downloaded|was in force)", text)
    firmware = re.search(r"firmware ([\d.]+), NVM ([0-9a-f.]+) (0x[0-9a-f]+)", text)
    return {
        "device": first(r"net_aether \S+: (E810[^,]+), function", text),
        "serial": first(r"serial number ([0-9a-f]{16})", text),
        "firmware": firmware.group(1) if firmware else None,
        "nvm": firmware.group(2) if firmware else None,
        "eetrack": firmware.group(3) if firmware else None,
        "ddp": {"name": ddp.group(1), "version": ddp.group(2), "how": ddp.group(3)}
        if ddp else None,
        "safe_mode": "safe mode: the device has no DDP package" in text,
        "link_down": re.findall(r"net_aether: (\S+): link down: ([^\n(]+)", text),
        "unknown_flash": first(r"(flash image [^\n]+)", text),
        "errors": errors(text),
    }


def errors(text):
    """Lines in which our driver or EAL says that something failed, each once."""
    words = r"not probed|bring-up failed|cannot|refuses|no DDP package|is not there|DDP package " \
            r"(?:is|has|of|ends|was)\b|not started|wanted|Cannot|failed|unable|VFIO"
    lines = []
    for line in text.splitlines():
        ours = re.match(r"(net_aether|net_ice|ice_|EAL:|aether-probe:|testpmd:)", line.strip())
        # EAL says that it tries, and with what it works.
        if ours and re.search(words, line) and "VFIO support initialized" not in line \
                and "Using IOMMU type" not in line and line.strip() not in lines:
            lines.append(line.strip())
    return lines


NO_PACKAGE = re.compile(r"the E810 needs a DDP package, and none was found|"
                        r"the DDP package given as ddp_pkg_file= cannot be used")
BAD_PACKAGE = re.compile(r"the firmware refuses the DDP package.*|"
                         r"the card runs the DDP package .* this driver works with .*|"
                         r"the DDP package (?!\S+ [\d.]+ (?:downloaded|was in force)).*")


def ddp_problem(text):
    """What is wrong with the DDP package, or None."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = NO_PACKAGE.search(line)
        if found is not None:
            below = itertools.takewhile(lambda more: more.startswith("  "), lines[number + 1:])
            tried = [more.strip() for more in below if more.startswith("  /")]
            wrong = [more for more in tried if "is not there" not in more]
            return found.group() + (": " + "; ".join(wrong[:3]) if wrong else
                                    f" (tried {len(tried)} places)")
    for line in lines:
        found = BAD_PACKAGE.search(line)
        if found is not None and "net_aether" in line:
            return found.group().strip()
    return None


def kernel_parameters(text):
    """Of the kernel's command line what bears on latency and devices; the rest is private."""
    return " ".join(word for word in text.split() if re.match(
        r"(isolcpus|nohz|nohz_full|rcu_nocb\w*|irqaffinity|intel_iommu|amd_iommu|iommu|hugepages|"
        r"default_hugepagesz|hugepagesz|tsc|mitigations|idle|intel_idle\.\S+|processor\.\S+|nosmt|"
        r"intel_pstate|skew_tick|nosoftlockup|nmi_watchdog|vfio\S*|pci)(=|$)", word))


def meminfo(text):
    """Huge pages: (free, KiB each)."""
    free = first(r"HugePages_Free: +(\d+)", text)
    size = first(r"Hugepagesize: +(\d+)", text)
    return int(free or 0), int(size or 0)


def cpu_list(text):
    """[0, 1, 4] of "0-1,4"."""
    cpus = []
    for part in filter(None, text.strip().split(",")):
        begin, _, end = part.partition("-")
        cpus += range(int(begin), int(end or begin) + 1)
    return cpus
