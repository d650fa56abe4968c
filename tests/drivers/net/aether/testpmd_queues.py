#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock testpmd with four queues each way: traffic on all of them over a cable, queues that stop
and start singly while the others go on, counters that add up; what testpmd shows of queues and
rings; VLAN tags put in as tcpdump sees them in a capture, and taken off again."""

import os
import re
import shutil
import subprocess
import tempfile
import time

from testpmd import Testpmd, sanitized, skip

QUEUES = ["--rxq=4", "--txq=4"]
CABLE = "wire=cable:blue:pace=lossless"
WANTED = 4_000 if sanitized() else 40_000
TAG = 0x123


def wait(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def received(pmd, port):
    xstats = pmd.xstats(port)
    return [xstats[f"rx_q{q}_packets"] for q in range(4)]


def all_queues(pmd, wanted):
    """Traffic goes round until each Rx queue of both ports has received so much."""
    wait(lambda: (received(pmd, 0), received(pmd, 1)),
         lambda: min(received(pmd, 0) + received(pmd, 1)) >= wanted, 100)


def check_sums(pmd):
    for port in 0, 1:
        stats, xstats, peer = pmd.stats(port), pmd.xstats(port), pmd.stats(1 - port)
        assert stats["RX-packets"] + stats["RX-missed"] == peer["TX-packets"], (stats, peer)
        assert stats["RX-errors"] == stats["TX-errors"] == stats["RX-nombuf"] == 0, stats
        assert sum(xstats[f"rx_q{q}_packets"] for q in range(4)) <= stats["RX-packets"], xstats
        # A stopped queue takes what it has not sent with it.
        assert sum(xstats[f"tx_q{q}_packets"] for q in range(4)) >= stats["TX-packets"], xstats
        assert xstats["model_mdd_events"] == xstats["model_dma_faults"] == 0, xstats


def single_queues(pmd):
    """One Rx and one Tx queue stop and start while the rest goes on."""
    # testpmd wants forwarding to rest while it does so.
    pmd.command("stop")
    pmd.command("port 0 rxq 1 stop")
    # The one that this is forwarded to: testpmd polls no queue whose partner is stopped, and on
    # a lossless cable a full ring would hold up all.
    pmd.command("port 1 txq 1 stop")
    pmd.command("start tx_first 2")
    text = pmd.command("show rxq info 0 1")
    assert "Rx queue state: stopped" in text, text
    stopped = received(pmd, 0)
    wait(lambda: (stopped, received(pmd, 0)),
         lambda: all(received(pmd, 0)[q] > stopped[q] for q in (0, 2, 3)))
    assert received(pmd, 0)[1] == stopped[1]
    assert pmd.stats(0)["RX-missed"] > 0
    pmd.command("stop")
    pmd.command("port 0 rxq 1 start")
    pmd.command("port 1 txq 1 start")
    text = pmd.command("show rxq info 0 1")
    assert "Rx queue state: started" in text, text
    pmd.command("start tx_first 2")
    wait(lambda: (stopped, received(pmd, 0)), lambda: received(pmd, 0)[1] > stopped[1] + 1000)


def show(pmd):
    text = pmd.command("show rxq info 0 3")
    assert "Number of RXDs: 1024" in text and "Burst mode: Scalar" in text, text
    text = pmd.command("show txq info 1 2")
    assert "Number of TXDs: 256" in text and "Burst mode: Scalar" in text, text
    text = pmd.command("show port 0 rxq 2 desc 0 status")
    assert re.search(r"(AVAILABLE|DONE)", text), text
    text = pmd.command("show port 0 txq 3 desc 1 status")
    assert re.search(r"(DONE|FULL)", text), text
    text = pmd.command("show port 0 rxq 2 desc used count")
    assert re.search(r"Used desc count = \d+", text), text
    text = pmd.command("port cleanup 0 txq 1 0")
    assert re.search(r"mbuf nums: \d+", text), text


def over_a_cable():
    with Testpmd([f"net_aether{i},{CABLE}" for i in (0, 1)],
                 [*QUEUES, "--rxd=1024", "--txd=256", "--txonly-multi-flow"]) as pmd:
        # So few that all have room in the rings when forwarding rests.
        pmd.command("start tx_first 2")
        all_queues(pmd, WANTED // 8)
        single_queues(pmd)
        pmd.command("stop")
        time.sleep(0.1)
        check_sums(pmd)
        show(pmd)
        # Fewer queues, unequal ones, and four again.
        for rx, tx in ((2, 3), (4, 4)):
            pmd.command("port stop all")
            pmd.command(f"port config all rxq {rx}")
            pmd.command(f"port config all txq {tx}")
            text = pmd.command("port start all")
            assert "Fail" not in text, text
        pmd.command("clear port stats all")
        pmd.command("start tx_first 2")
        all_queues(pmd, 1000)
        pmd.command("stop")
        time.sleep(0.1)
        check_sums(pmd)
        print(f"four queues each way: {received(pmd, 0)} and {received(pmd, 1)} packets by queue")


def tcpdump(path):
    program = shutil.which("tcpdump") or shutil.which("tcpdump", path="/usr/sbin:/sbin")
    if program is None:
        skip("tcpdump is not installed")
    return subprocess.run([program, "-n", "-t", "-e", "-r", path], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def vlan_tags(folder):
    capture = os.path.join(folder, "tagged.pcap")
    args = [*QUEUES, "--txonly-multi-flow", "--eth-peer=0,02:00:00:00:00:09"]
    with Testpmd([f"net_aether0,wire=pcap:out={capture}"], args) as pmd:
        pmd.command("port stop 0")
        text = pmd.command(f"tx_vlan set 0 {TAG}")
        assert "not support" not in text, text
        pmd.command("port start 0")
        pmd.command("start tx_first 1")
        wait(lambda: pmd.stats(0), lambda: pmd.stats(0)["TX-packets"] == 4 * 32)
        pmd.command("stop")
    lines = [line for line in tcpdump(capture).splitlines() if "ethertype 802.1Q" in line]
    assert len(lines) == 4 * 32, lines
    assert all(f"vlan {TAG}, p 0" in line and "length 68" in line for line in lines), lines[0]

    stripped = os.path.join(folder, "stripped.pcap")
    vdevs = [f"net_aether0,mac=02:00:00:00:00:09,wire=pcap:in={capture}:pace=lossless",
             f"net_aether1,wire=pcap:out={stripped}"]
    # By an option: what the capture brings is in the rings before the first command.
    with Testpmd(vdevs, [*QUEUES, "--enable-hw-vlan-strip"]) as pmd:
        text = pmd.command("show port info 0")
        assert "strip on" in text, text
        pmd.command("start")
        wait(lambda: pmd.stats(1), lambda: pmd.stats(1)["TX-packets"] == len(lines))
        pmd.command("stop")
        assert sum(received(pmd, 0)) == len(lines)
    lines = tcpdump(stripped).splitlines()
    assert len([line for line in lines if "ethertype IPv4" in line and "length 64" in line]) == \
        4 * 32 and not any("802.1Q" in line for line in lines), lines
    print(f"{4 * 32} frames tagged on four queues, as tcpdump reads them, and stripped again")


over_a_cable()
with tempfile.TemporaryDirectory() as work:
    vlan_tags(work)
