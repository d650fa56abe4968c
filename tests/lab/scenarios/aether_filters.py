# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our driver's filters, RSS and MTU in the guest, with frames from the host's end of the wire."""

import pathlib
import re
import sys
import time

import aether
from failure import check
from host import Host
from scenario import scenario

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "peers"))

from toeplitz import Toeplitz  # noqa: E402

FAR = bytes.fromhex("020000000077")
OTHER = "02:00:00:00:00:99"
GROUP = "01:00:5e:00:00:05"
BROADCAST = "ff:ff:ff:ff:ff:ff"
VLAN = 5
QUEUES = 4
FLOWS = 32
KEY = bytes((3 * n + 1) & 0xff for n in range(52))


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(mac, size=60, vlan=None, kind=b"\x88\xb5", payload=b""):
    tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
    return (mac_bytes(mac) + FAR + tag + kind + payload).ljust(size, b"\x5a")


def udp(mac, number):
    """A datagram of a flow. @return the frame, and what RSS hashes of it"""
    source, far = bytes((10, 1, number, 1)), bytes((10, 2, 0, number))
    ports = (1000 + number).to_bytes(2, "big") + (53).to_bytes(2, "big")
    head = bytes.fromhex("45000024000000004011") + bytes(2) + source + far
    total = sum(int.from_bytes(head[n:n + 2], "big") for n in range(0, 20, 2))
    total = (total & 0xffff) + (total >> 16)
    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
    head = head[:10] + total.to_bytes(2, "big") + head[12:]
    payload = head + ports + (16).to_bytes(2, "big") + bytes(2) + bytes(8)
    return frame(mac, 60, kind=b"\x08\x00", payload=payload), source + far + ports


class Port:
    """testpmd that prints what one port receives, and the host that sends to it."""

    def __init__(self, lab, guest, host, form):
        self.host = host
        self.testpmd = aether.start_testpmd(
            guest, form(lab, 0), f"--rxq={QUEUES} --txq={QUEUES} "
            "--forward-mode=rxonly --rss-udp --max-pkt-len=9018 --mbuf-size=10240")
        host.wait_carrier(True)
        text = self.ask("show port info 0")
        self.mac = re.search(r"MAC address: (\S+)", text).group(1)
        self.ask("set promisc all off", "set allmulti all off", "set verbose 1", "start")

    def ask(self, *lines):
        text = self.testpmd.ask(*lines)
        check(not re.search(r"Bad arguments|[Ee]rror[:=]|[Ff]ailed|[Ii]nvalid", text),
              f"{lines}:\n{text}")
        return text

    def received(self, *frames):
        """What testpmd prints of these frames of ours, in the order in which they came."""
        start = self.testpmd.size()
        # One that always comes, last: then the others have come, or never will.
        self.host.send_frames(*frames, frame(BROADCAST, 61))
        found = []
        end = time.monotonic() + 10
        while True:
            text = self.testpmd.said(start)
            found = [line for line in text.splitlines() if "src=02:00:00:00:00:77" in line]
            if any("length=61 " in line for line in found):
                return [line for line in found if "length=61 " not in line]
            check(time.monotonic() < end, f"a broadcast does not come:\n{text}")
            time.sleep(0.1)

    def passes(self, wanted, what, *frames):
        found = self.received(*frames)
        check(len(found) == wanted, f"{what}: {len(found)} of {len(frames)} frames come, wanted "
              f"{wanted}: {found}")
        return found


def addresses(port):
    """Unicast and multicast addresses that are set, promiscuous mode."""
    other, group = frame(OTHER), frame(GROUP)
    port.passes(1, "its own address", frame(port.mac))
    port.passes(0, "addresses that it has not", other, group)
    port.ask(f"mac_addr add 0 {OTHER.upper()}", f"mcast_addr add 0 {GROUP}")
    port.passes(2, "addresses that were added", other, group)
    port.ask(f"mac_addr remove 0 {OTHER.upper()}", f"mcast_addr remove 0 {GROUP}")
    port.passes(0, "addresses that were removed", other, group)
    port.ask("set promisc 0 on")
    port.passes(2, "promiscuous mode", other, group)
    port.ask("set promisc 0 off", "set allmulti 0 on")
    port.passes(1, "all multicast", other, group)
    port.ask("set allmulti 0 off")


def vlans(port):
    """The VLAN filter; and tags are taken off when that is wanted."""
    mine, others = frame(port.mac, 64, VLAN), frame(port.mac, 64, VLAN + 1)
    port.passes(2, "VLANs without a filter", mine, others)
    port.ask("vlan set filter on 0", f"rx_vlan add {VLAN} 0")
    port.passes(1, "a VLAN that was added, another one", mine, others)
    port.ask("vlan set strip on 0")
    line = port.passes(1, "the tag taken off", mine)[0]
    check(f"VLAN tci=0x{VLAN:x}" in line and "length=60 " in line, line)
    port.ask(f"rx_vlan rm {VLAN} 0")
    port.passes(0, "a VLAN that was removed", mine, others)
    port.ask("vlan set filter off 0", "vlan set strip off 0")
    port.passes(2, "the filter off again", mine, others)


def hashes(port):
    """The hash is Toeplitz's of the key in force, and decides about the queue."""
    flows = [udp(port.mac, number) for number in range(FLOWS)]
    for key in None, KEY:
        if key is not None:
            port.ask(f"port config 0 rss-hash-key ipv4-udp {key.hex().upper()}")
        text = port.ask("show port 0 rss-hash key")
        shown = re.search(r"RSS key:\s*([0-9A-Fa-f]+)", text)
        check(shown is not None, text)
        hasher = Toeplitz(bytes.fromhex(shown.group(1)))
        check(key is None or bytes.fromhex(shown.group(1)) == key,
              f"the key is not in force: {text}")
        lines = port.passes(FLOWS, "flows", *[one for one, _ in flows])
        seen = [re.search(r"RSS hash=0x([0-9a-f]+) - RSS queue=0x([0-9a-f]+)", line)
                for line in lines]
        check(all(seen), f"frames without a hash: {lines}")
        values = sorted(int(one.group(1), 16) for one in seen)
        wanted = sorted(hasher(data) for _, data in flows)
        check(values == wanted, f"hashes {values}, wanted {wanted}")
        spread = {int(one.group(2), 16) for one in seen}
        check(len(spread) == QUEUES, f"{FLOWS} flows meet the queues {spread} only")


def sizes(port):
    """Frames up to the MTU, and none above."""
    small, large = frame(port.mac, 1514), frame(port.mac, 9014)
    port.passes(2, "MTU 9000", small, large)
    port.ask("stop", "port stop 0", "port config mtu 0 1500", "port start 0", "start")
    port.host.wait_carrier(True)
    port.passes(1, "MTU 1500", small, large)


@scenario("aether-filters", "addresses, VLANs, RSS and MTU by testpmd's commands, with frames from "
          "the host", dpdks=aether.VERSIONS, limit=240)
def filters(lab):
    host = lab.use(Host(lab.folder))
    guest = aether.boot_bound(lab, {"ice0": {"wire": host.wire}})
    host.configure()
    host.ip("link", "set", host.interface, "mtu", "9000", "up")
    for form in aether.pci_form, aether.vdev_form:
        port = Port(lab, guest, host, form)
        for part in addresses, vlans, hashes, sizes:
            part(port)
            lab.fact(f"{form.__name__}, {part.__name__}", "as wanted")
        port.testpmd.quit()
    aether.check_model(lab)
