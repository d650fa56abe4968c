#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock testpmd, two ports, a lossless cable: packets go round until a number of them has, and
both ports' counters agree: none is lost. The number is a million, or the first argument."""

import sys
import time

from testpmd import Testpmd, sanitized

WANTED = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000 if sanitized() else 1_000_000
CABLE = "wire=cable:blue:pace=lossless"


def go_round(pmd, wanted):
    start = time.monotonic()
    pmd.command("start tx_first 30")
    while pmd.stats(0)["RX-packets"] + pmd.stats(1)["RX-packets"] < wanted:
        if time.monotonic() - start > 120:
            raise AssertionError(f"{wanted} packets did not go round in 120 s: "
                                 f"{pmd.stats(0)}, {pmd.stats(1)}")
        time.sleep(0.1)
    seconds = time.monotonic() - start
    pmd.command("stop")
    # What was on its way arrives in the rings.
    time.sleep(0.1)
    return seconds


def check(pmd, wanted):
    ports = pmd.stats(0), pmd.stats(1)
    for me, peer in (ports, reversed(ports)):
        assert me["RX-packets"] == peer["TX-packets"], ports
        assert me["RX-bytes"] == peer["TX-bytes"] == 64 * me["RX-packets"], ports
        assert me["RX-missed"] == me["RX-errors"] == me["RX-nombuf"] == me["TX-errors"] == 0, ports
    total = ports[0]["RX-packets"] + ports[1]["RX-packets"]
    assert total >= wanted, ports
    for port in 0, 1:
        xstats = pmd.xstats(port)
        for name in ("model_dma_faults", "model_mdd_events", "model_aq_unmodelled",
                     "rx_dropped_packets", "wire_rx_dropped", "wire_tx_dropped",
                     "rx_bad_descriptor_packets", "tx_malformed_packets"):
            assert xstats[name] == 0, (port, name, xstats)
        assert xstats["wire_rx_delivered"] == ports[port]["RX-packets"], (port, xstats)
    return total


with Testpmd(["net_aether0," + CABLE, "net_aether1," + CABLE]) as pmd:
    assert "aether_packed" in pmd.start_text, pmd.start_text
    seconds = go_round(pmd, WANTED)
    total = check(pmd, WANTED)
    print(f"{total} packets went round in {seconds:.1f} s ({total / seconds / 1e6:.2f} Mpps on the "
          "device model), none lost")
    # And again after a stop, with the counters of before.
    pmd.command("port stop all")
    pmd.command("port start all")
    go_round(pmd, total + WANTED // 10)
    check(pmd, total + WANTED // 10)
