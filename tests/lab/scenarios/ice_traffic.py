# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Linux's ice on the model under traffic: offloads, filters, counters."""

import re
import time

from failure import check
from host import tshark
from ice import DEVICE, GUEST_ADDRESS, IceGuest, iperf_result, settle
from scenario import scenario
from suites import KERNELS

MEGABYTES = 48
VLAN = 5
VLAN_NET = "10.78.0"
OFFLOADS = ("tcp-segmentation-offload", "tx-checksumming", "rx-checksumming",
            "generic-receive-offload", "generic-segmentation-offload", "scatter-gather",
            "rx-vlan-offload", "tx-vlan-offload")
# Checksums as tshark judges them: 0 wrong, 1 right; anything else was not judged.
JUDGE = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o",
         "udp.check_checksum:TRUE")


def transfer(guest, reverse, address, megabytes=MEGABYTES):
    """TCP between guest and host by iperf3; the guest is the client. @return Gbit/s"""
    host = guest.host
    server = host.start("iperf3", "iperf3", "-s", "-1", "-i", "0", "--forceflush")
    host.wait_output(server, "listening")
    end = iperf_result(guest.must(f"iperf3 -J -c {address} -n {megabytes}M "
                                  f"{'-R' if reverse else ''} || true", 90))
    server.stop(5)
    check(end["sum_received"]["bytes"] >= megabytes * 0.9 * 2**20, f"iperf3: {end['sum_received']}")
    return end["sum_received"]["bits_per_second"] / 1e9


def big_packets(guest, direction, size):
    """Start to look for packets in the guest that are larger than the wire's; see seen_big()."""
    guest.tcpdump(f"-Q {direction} -c 1 greater {size}", "/tmp/big")


def seen_big(guest):
    return bool(guest.must("sleep 0.2; cat /tmp/big").strip())


def both_ways(lab, guest, address, what, mtu):
    """TCP both ways. Segments leave the guest unsegmented, and arrive in it merged."""
    for reverse, direction in (False, "out"), (True, "in"):
        big_packets(guest, direction, 2 * mtu)
        speed = transfer(guest, reverse, address)
        lab.fact(f"TCP {'to' if reverse else 'from'} the guest, {what}, MTU {mtu}",
                 f"{MEGABYTES} MB, {speed:.2f} Gbit/s on the device model")
        check(seen_big(guest), f"{'GRO' if reverse else 'TSO'} was not at work, {what}, MTU {mtu}")


def start(lab):
    guest = IceGuest(lab, memory=1536).start()
    features = guest.features()
    for name in OFFLOADS:
        check(features.get(name), f"{name} is not on by default: {features.get(name)}")
    return guest


def finish(guest):
    statistics = guest.statistics()
    for name in "rx_csum_bad.nic", "tx_errors", "tx_errors.nic", "tx_timeout.nic":
        check(statistics.get(name, 0) == 0, f"the guest counts {statistics[name]} {name}")
    guest.check_messages()
    guest.check_model()


@scenario("ice-iperf", "iperf3 TCP both ways with TSO, GRO and checksums, MTU 1500 and 9000",
          KERNELS, limit=150)
def iperf(lab):
    guest = start(lab)
    for mtu in 1500, 9000:
        guest.host.ip("link", "set", guest.host.interface, "mtu", str(mtu))
        guest.must(f"ip link set {guest.interface} mtu {mtu}")
        guest.wait_carrier(True)
        guest.host.wait_carrier(True)
        both_ways(lab, guest, guest.host.address, "untagged", mtu)
    finish(guest)


@scenario("ice-iperf-vlan", "iperf3 TCP both ways over a VLAN with tag insertion and removal",
          KERNELS, limit=90)
def iperf_vlan(lab):
    guest = start(lab)
    vlan_up(guest, VLAN, VLAN_NET)
    both_ways(lab, guest, f"{VLAN_NET}.1", f"VLAN {VLAN}", 1500)
    finish(guest)


@scenario("ice-checksums", "checksums that the device computes, judged by tshark on the host",
          KERNELS, limit=90)
def checksums(lab):
    guest = start(lab)
    host = guest.host
    capture = host.capture("checksums")
    server = host.start("iperf3-udp", "iperf3", "-s", "-1", "-i", "0", "--forceflush")
    host.wait_output(server, "listening")
    end = iperf_result(guest.must(f"iperf3 -J -u -b 20M -l 1000 -t 3 -c {host.address} || true",
                                  60))
    check(end["sum"]["lost_packets"] == 0, f"UDP packets were lost: {end['sum']}")
    transfer(guest, False, host.address, 4)
    path, packets = host.stop_capture(capture)
    for protocol in "ip", "udp", "tcp":
        lines = tshark(path, *JUDGE, "-Y", f"ip.src == {GUEST_ADDRESS} && {protocol}", "-T",
                       "fields", "-e", f"{protocol}.checksum.status", "-e", f"{protocol}.checksum")
        wrong = [line for line in lines if not re.fullmatch(r"1\t0x[0-9a-f]{4}", line)]
        check(len(lines) > 100, f"of {packets} packets only {len(lines)} are {protocol}")
        check(not wrong, f"{len(wrong)} of {len(lines)} {protocol} checksums are wrong: "
              f"{wrong[:3]}")
        lab.fact(f"{protocol} checksums by tshark", f"{len(lines)} right")
    zero = tshark(path, "-Y", f"ip.src == {GUEST_ADDRESS} && udp.checksum == 0")
    check(not zero, f"{len(zero)} UDP packets without a checksum")
    finish(guest)


def vlan_up(guest, vlan, net):
    """An interface for a VLAN on both sides: .1 is the host."""
    name = f"{guest.interface}.{vlan}"
    guest.must(f"ip link add link {guest.interface} name {name} type vlan id {vlan} && "
               f"ip addr add {net}.2/24 dev {name} && ip link set {name} up")
    guest.host.vlan(vlan, f"{net}.1")


PROBE = 0x88b5  # IEEE's for experiments
GROUP_IP = "01:00:5e:0a:0b:0c"
GROUP = bytes.fromhex(GROUP_IP.replace(":", ""))
FOREIGN = bytes.fromhex("020000009999")


class Probes:
    """Frames that differ by a number, and which of them the guest's stack has seen."""

    def __init__(self, guest):
        self.guest = guest
        self.number = 0
        self.source = bytes.fromhex(guest.host.mac().replace(":", ""))
        guest.tcpdump(f"-p -xx ether proto 0x{PROBE:x}", "/tmp/seen")

    def frame(self, to, vlan=None):
        self.number += 1
        tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
        payload = b"lab!" + self.number.to_bytes(4, "big") + bytes(52)
        return to + self.source + tag + PROBE.to_bytes(2, "big") + payload

    def seen(self):
        text = re.sub(r"\n\s+0x[0-9a-f]+:\s+", " ", self.guest.must("cat /tmp/seen"))
        digits = re.sub(r"\s", "", text)
        return {int(found, 16) for found in re.findall("6c616221([0-9a-f]{8})", digits)}

    def passes(self, to, vlan=None):
        """Whether a frame arrives. A broadcast after it tells when it should have."""
        wanted = self.frame(to, vlan)
        number = self.number
        last = self.frame(b"\xff" * 6)
        self.guest.host.send_frames(wanted, last)
        for _ in range(50):
            seen = self.seen()
            if self.number in seen:
                return number in seen
            self.guest.must("sleep 0.1")
        check(False, f"a broadcast does not arrive: {seen}")

    def expect(self, arrives, what, to, vlan=None):
        """Filters follow what was asked a little later: Linux sets them in a thread of its own."""
        end = time.monotonic() + 5
        while self.passes(to, vlan) != arrives:
            check(time.monotonic() < end, f"{what}: {'does not arrive' if arrives else 'arrives'}")


@scenario("ice-filter", "VLANs, promiscuous mode and multicast joins filter as asked", KERNELS)
def filters(lab):
    guest = IceGuest(lab).start()
    own = bytes.fromhex(guest.must(f"cat /sys/class/net/{guest.interface}/address").strip()
                        .replace(":", ""))
    probes = Probes(guest)
    probes.expect(True, "a frame to the own address", own)
    probes.expect(False, "a frame to another address", FOREIGN)
    guest.must(f"ip link set {guest.interface} promisc on")
    probes.expect(True, "a frame to another address, promiscuous", FOREIGN)
    guest.must(f"ip link set {guest.interface} promisc off")
    probes.expect(False, "a frame to another address, no longer promiscuous", FOREIGN)

    probes.expect(False, "a group that was not joined", GROUP)
    guest.must(f"ip maddr add {GROUP_IP} dev {guest.interface}")
    probes.expect(True, "a group that was joined", GROUP)
    guest.must(f"ip maddr del {GROUP_IP} dev {guest.interface}")
    probes.expect(False, "a group that was left", GROUP)
    guest.must(f"ip link set {guest.interface} allmulticast on")
    probes.expect(True, "a group, all multicast", GROUP)
    guest.must(f"ip link set {guest.interface} allmulticast off")
    probes.expect(False, "a group, no longer all multicast", GROUP)

    vlan_up(guest, VLAN, VLAN_NET)
    lab.fact(f"ping over VLAN {VLAN}", guest.ping(50, far=f"{VLAN_NET}.1"))
    probes.expect(True, f"VLAN {VLAN}, which the guest has", own, VLAN)
    probes.expect(False, f"VLAN {VLAN + 1}, which it has not", own, VLAN + 1)
    guest.must(f"ip link set {guest.interface} promisc on")
    probes.expect(True, f"VLAN {VLAN + 1}, promiscuous", own, VLAN + 1)
    guest.must(f"ip link set {guest.interface} promisc off")
    guest.must(f"ip link del {guest.interface}.{VLAN}")
    probes.expect(False, f"VLAN {VLAN}, removed", own, VLAN)
    # The filters of the address itself have survived all that.
    probes.expect(True, "a frame to the own address", own)
    lab.fact("frames tried", probes.number)
    guest.check_messages()
    guest.check_model()


def counters_of(guest):
    statistics = guest.statistics()
    wire = guest.lab.model.stats(DEVICE)
    return {
        "tx": {"guest": sum(statistics[f"tx_{kind}.nic"] for kind in
                            ("unicast", "multicast", "broadcast")),
               "model": wire["tx_packets"] - wire["tx_dropped"],
               "host": guest.host.counters()["rx"]["packets"]},
        "tx bytes": {"guest": statistics["tx_bytes.nic"],
                     "model": wire["tx_bytes"], "host": guest.host.counters()["rx"]["bytes"]},
        "rx": {"guest": sum(statistics[f"rx_{kind}.nic"] for kind in
                            ("unicast", "multicast", "broadcast")),
               "model": wire["rx_delivered"],
               "host": guest.host.counters()["tx"]["packets"]},
        "rx bytes": {"guest": statistics["rx_bytes.nic"],
                     "model": wire["rx_offered_bytes"],
                     "host": guest.host.counters()["tx"]["bytes"]},
    }


@scenario("ice-counters", "the guest, the model and the host have counted the same", KERNELS,
          limit=90)
def counters(lab):
    guest = IceGuest(lab).start()
    # An ARP is shorter than Ethernet's shortest frame: Linux counts it without the padding.
    mac = guest.must(f"cat /sys/class/net/{guest.interface}/address").strip()
    guest.host.ip("neigh", "replace", GUEST_ADDRESS, "lladdr", mac, "dev", guest.host.interface,
                  "nud", "permanent")
    guest.must(f"ip neigh replace {guest.host.address} lladdr {guest.host.mac()} "
               f"dev {guest.interface} nud permanent")
    guest.ping(20)
    before = settle(lambda: counters_of(guest), 20, 1.2)
    guest.ping(200)
    transfer(guest, False, guest.host.address, 8)
    transfer(guest, True, guest.host.address, 8)
    after = settle(lambda: counters_of(guest), 20, 1.2)
    moved = {what: {who: after[what][who] - before[what][who] for who in after[what]}
             for what in after}
    lab.fact("packets", f"tx {moved['tx']}, rx {moved['rx']}")
    lab.fact("bytes", f"tx {moved['tx bytes']}, rx {moved['rx bytes']}")
    for what in "tx", "rx":
        check(len(set(moved[what].values())) == 1 and moved[what]["host"] > 1000,
              f"{what} packets differ: {moved[what]}")
        # The port counts octets on the wire, so the FCS too; Linux and the wire do not.
        seen = moved[f"{what} bytes"]
        fcs = 4 * moved[what]["host"]
        check(seen["guest"] - fcs == seen["model"] == seen["host"],
              f"{what} bytes differ, {fcs} of them FCS: {seen}")
    statistics = guest.statistics()
    queues = {side: sum(value for key, value in statistics.items()
                        if re.fullmatch(rf"{side}_queue_\d+_packets", key))
              for side in ("rx", "tx")}
    lab.fact("packets by queue", queues)
    guest.check_messages()
    guest.check_model()
