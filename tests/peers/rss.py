# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Flows for tests of receive-side scaling, and what their hash must be.

The hash is Microsoft's (toeplitz.py); nothing of the model or a driver is in it. A flow is known again by its source address on layer 2.
"""

import functools
import ipaddress
import random
import struct

from toeplitz import Toeplitz

PCAP_HEADER = struct.Struct("<IHHiIII")
PACKET_HEADER = struct.Struct("<IIII")
PCAP_MAGIC_US = 0xA1B2C3D4
LINK_ETHERNET = 1
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
PROTOCOL = {"tcp": 6, "udp": 17, "sctp": 132, "other": 253}  # 253: for experiments
# The shortest header of each, behind the ports.
REST = {"tcp": bytes.fromhex("00000000 00000000 50020000 00000000"), "udp": b"",
        "sctp": bytes(8), "other": b""}
KINDS = [(version, kind) for version in (4, 6) for kind in PROTOCOL]


@functools.lru_cache(maxsize=8)
def hash_with(key):
    return Toeplitz(key)


def toeplitz(key, data):
    return hash_with(bytes(key))(data)


def internet_sum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Flow:
    """One flow: `version` 4 or 6, `kind` tcp, udp, sctp or other."""

    def __init__(self, number, version, kind, rng):
        self.number, self.version, self.kind = number, version, kind
        size = 4 if version == 4 else 16
        self.source, self.destination = rng.randbytes(size), rng.randbytes(size)
        self.ports = struct.pack(">HH", rng.randrange(1, 65536), rng.randrange(1, 65536))

    def mac(self):
        return bytes([2, 0xF1]) + struct.pack(">I", self.number)

    def addresses(self):
        return self.source + self.destination

    def four_tuple(self):
        """What is hashed by addresses and ports: of what has no ports, the addresses."""
        return self.addresses() + (b"" if self.kind == "other" else self.ports)

    def _ip(self, payload):
        protocol = PROTOCOL[self.kind]
        if self.version == 6:
            return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + self.addresses()
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
        total = internet_sum(head + self.addresses())
        return head[:10] + struct.pack(">H", total) + self.addresses()

    def frame(self, destination_mac):
        payload = bytes(24)
        if self.kind == "udp":
            # Checksum 0 is none, which IPv6 forbids and no switch minds.
            payload = self.ports + struct.pack(">HH", 8 + len(payload), 0) + payload
        elif self.kind != "other":
            payload = self.ports + REST[self.kind] + payload
        frame = (destination_mac + self.mac() + struct.pack(">H", ETHERTYPE[self.version]) +
                 self._ip(payload) + payload)
        return frame.ljust(60, b"\0")

    def __str__(self):
        source, destination = map(ipaddress.ip_address, (self.source, self.destination))
        return f"flow {self.number}: {source} > {destination} {self.kind} {self.ports.hex()}"


def make_flows(per_kind, seed, kinds=tuple(KINDS)):
    rng = random.Random(seed)
    return [Flow(i, *kinds[i % len(kinds)], rng) for i in range(per_kind * len(kinds))]


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(PCAP_HEADER.pack(PCAP_MAGIC_US, 2, 4, 0, 0, 65535, LINK_ETHERNET))
        for number, frame in enumerate(frames):
            file.write(PACKET_HEADER.pack(0, number, len(frame), len(frame)))
            file.write(frame)
