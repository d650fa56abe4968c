# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The Toeplitz hash of receive side scaling, from Microsoft's description of it.

For each bit of the input that is set, counted from the first byte's most significant one, the
result is xored with the 32 bits of the key that begin at the same place.
"""

import ipaddress
import struct

# Microsoft's verification suite ("Verifying the RSS Hash Calculation").
MICROSOFT_KEY = bytes.fromhex(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")
# Destination and its port, source and its port, hash of the addresses, and with ports.
MICROSOFT_VECTORS = [
    ("161.142.100.80", 1766, "66.9.149.187", 2794, 0x323E8FC2, 0x51CCC178),
    ("65.69.140.83", 4739, "199.92.111.2", 14230, 0xD718262A, 0xC626B0EA),
    ("12.22.207.184", 38024, "24.19.198.95", 12898, 0xD2D0A5DE, 0x5C2B394A),
    ("209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xAFC7327F),
    ("202.188.127.2", 1303, "153.39.163.191", 44251, 0x5D1809C5, 0x10E828A2),
    ("3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2CC18CD5, 0x40207D3D),
    ("ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0F0C461C, 0xDDE51BBF),
    ("fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
     0x4B61E985, 0x02D1FEEF),
]


class Toeplitz:
    """The hash with one key. Remembers what each byte does at each place."""

    def __init__(self, key):
        self.key = int.from_bytes(key, "big")
        self.bits = 8 * len(key)
        self.bytes = {}

    def _byte(self, place, byte):
        result = 0
        for bit in range(8):
            if byte & 0x80 >> bit:
                shift = self.bits - 32 - (8 * place + bit)
                result ^= self.key >> shift & 0xFFFFFFFF
        return result

    def __call__(self, data):
        result = 0
        for entry in enumerate(data):
            if entry not in self.bytes:
                self.bytes[entry] = self._byte(*entry)
            result ^= self.bytes[entry]
        return result


def check_vectors():
    """Whether this is the published function. @return a message, or None"""
    toeplitz = Toeplitz(MICROSOFT_KEY)
    for destination, destination_port, source, source_port, plain, with_ports in MICROSOFT_VECTORS:
        data = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
        ports = struct.pack(">HH", source_port, destination_port)
        if (toeplitz(data), toeplitz(data + ports)) != (plain, with_ports):
            return f"Toeplitz of {source} to {destination} is not what Microsoft published"
    return None
