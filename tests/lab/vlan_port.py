# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""vlan_port.py <interface> <vlan> <name>: a VLAN of an interface, as an interface of that name.

For kernels without 8021q. What the interface receives with the tag comes out of the new one without
it, and the other way round. Says "ready", goes on until it is ended.
"""

import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454ca
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
SO_RCVBUFFORCE = 33
SOL_PACKET = 263
PACKET_AUXDATA = 8
AUXDATA = struct.Struct("IIIHHHH")
PACKET_OUTGOING = 4
ETH_P_ALL = 3
STATUS_VLAN_VALID = 0x10
TAG_AT = 12  # behind the two addresses


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def tag_of(ancillary):
    """The VLAN that Linux has taken out of a frame, or None."""
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = AUXDATA.unpack(data)
            if status & STATUS_VLAN_VALID:
                return tci & 0xfff
    return None


def main(interface, vlan, name):
    tag = struct.pack("!HH", 0x8100, vlan)
    tap = open_tap(name)
    line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    line.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    line.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    line.bind((interface, ETH_P_ALL))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tap, line], [], [])
        if tap in ready:
            frame = os.read(tap, 65536)
            line.send(frame[:TAG_AT] + tag + frame[TAG_AT:])
        if line in ready:
            frame, ancillary, _, address = line.recvmsg(65536, 256)
            if address[2] != PACKET_OUTGOING and tag_of(ancillary) == vlan:
                os.write(tap, frame)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
