#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock testpmd forwards between two tap wires whose interfaces are in two network namespaces:
ping loses nothing, a TCP transfer completes, and either side sees the other's link. Arguments:
how many pings, how many MB."""

import re
import sys
import time

from netns import Namespace, check_host, ping, transfer
from testpmd import Testpmd

PINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 50


def differences(pmd, before, full):
    """What one counter has and another has not: nothing, when nothing is on its way."""
    found = []
    for port in 0, 1:
        stats, xstats, peer = pmd.stats(port), pmd.xstats(port), pmd.stats(1 - port)
        assert stats["RX-missed"] == stats["RX-errors"] == stats["TX-errors"] == 0, stats
        assert xstats["model_dma_faults"] == xstats["model_mdd_events"] == 0, xstats
        assert stats["RX-packets"] > 0, stats
        offered, delivered, dropped, sent = (
            xstats[name] - before[port][name] for name in
            ("wire_rx_offered", "wire_rx_delivered", "wire_tx_dropped", "wire_tx_packets"))
        for what, one, other in (
                ("offered and delivered", offered, delivered),
                ("delivered and received", delivered, stats["RX-packets"]),
                ("received and sent", stats["RX-packets"], peer["TX-packets"] + full[1 - port]),
                ("sent and taken", stats["TX-packets"], sent - dropped)):
            if one != other:
                found.append(f"port {port}: {what}: {one}, {other}")
    return found


def check_counters(pmd, before):
    """What came was delivered, and what one port got the other sent; testpmd drops what finds its
    Tx ring full, and says how much. Linux may say something in between: then again."""
    full = [0, 0]
    for _ in range(5):
        time.sleep(0.5)
        text = pmd.command("stop")
        for port, n in re.findall(r"statistics for port (\d) .*?TX-dropped: (\d+)", text, re.S):
            full[int(port)] += int(n)
        time.sleep(0.2)
        found = differences(pmd, before, full)
        pmd.command("start")
        if not found:
            return
    raise AssertionError(found)


def wait_link(pmd, port, wanted):
    end = time.monotonic() + 5
    while ("Link status: up" in pmd.command(f"show port info {port}")) != wanted:
        assert time.monotonic() < end, f"port {port}: link is not {wanted}"
        time.sleep(0.05)


def check_link(pmd, left):
    """Down and up, by Linux and by the port."""
    left.ip("link", "set", left.interface, "down")
    wait_link(pmd, 0, False)
    wait_link(pmd, 1, True)
    left.ip("link", "set", left.interface, "up")
    wait_link(pmd, 0, True)
    pmd.command("set link-down port 0")
    left.wait_carrier(False)
    pmd.command("set link-up port 0")
    left.wait_carrier(True)


check_host("ping", "iperf3")
with Namespace("left", "10.77.0.1") as left, Namespace("right", "10.77.0.2") as right:
    with Testpmd([f"net_aether0,wire={left.wire}", f"net_aether1,wire={right.wire}"]) as pmd:
        for side in left, right:
            side.wait_carrier(True)
            side.configure()
        pmd.command("start")
        # Before all was up, Linux had things to say that nobody could hear.
        pmd.command("clear port stats all")
        before = [pmd.xstats(port) for port in (0, 1)]
        print(f"{PINGS} pings:", ping(left, right, PINGS))
        speed, again = transfer(left, right, MEGABYTES * 1_000_000)
        print(f"{MEGABYTES} MB by TCP: {speed:.2f} Gbit/s on the device model, {again} segments "
              "sent again")
        check_counters(pmd, before)
        check_link(pmd, left)
    for side in left, right:
        assert side.interfaces() == ["lo"], side.interfaces()
