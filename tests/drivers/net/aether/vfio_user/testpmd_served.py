#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock testpmd on two devices of aether-model, which have a cable: packets go round and none is
lost, as both sides count; ports stop and start; a pulled cable is told of; the server is killed
under load, testpmd is told within a second, lets the ports go, and gets new ones of a new server."""

import os
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

# pylint: disable=wrong-import-position
from server import Server
from testpmd import Testpmd, sanitized, skip

PACKETS = 100_000 if sanitized() else 500_000
RESTARTS = 5
CABLE = "cable:blue:pace=lossless"


class Served(Testpmd):
    """testpmd with a port on each device of the server."""

    def __init__(self, server):
        # pylint: disable=super-init-not-called
        program = shutil.which("dpdk-testpmd")
        if program is None:
            skip("dpdk-testpmd is not installed")
        cpus = sorted(os.sched_getaffinity(0))
        command = [program, "--no-huge", "-m", "512", "--no-pci", "--no-telemetry",
                   f"--lcores=0@{cpus[0]},1@{cpus[-1]}",
                   f"--file-prefix=aether_testpmd_{os.getpid()}", "-d", os.environ["AETHER_DRIVER"]]
        for number in range(2):
            command += ["--vdev", f"net_aether{number},vfio-user={server.socket(number)}"]
        self.run([*command, "--", "-i", "--no-flush-rx", "--forward-mode=io"])

    def wait_log(self, words, start, seconds=10):
        """Wait until all of them have been printed. @return seconds since start"""
        end = time.monotonic() + seconds
        while not all(re.search(word, self.log) for word in words):
            assert time.monotonic() < end, (words, self.log)
            self.read(0.01)
        return time.monotonic() - start


def go_round(pmd, more):
    wanted = pmd.stats(0)["RX-packets"] + pmd.stats(1)["RX-packets"] + more
    start = time.monotonic()
    pmd.command("start tx_first 30")
    while pmd.stats(0)["RX-packets"] + pmd.stats(1)["RX-packets"] < wanted:
        assert time.monotonic() - start < 120, (pmd.stats(0), pmd.stats(1))
        time.sleep(0.1)
    seconds = time.monotonic() - start
    pmd.command("stop")
    # What was on its way arrives in the rings.
    time.sleep(0.2)
    return more / seconds


def check(pmd, server):
    ports = pmd.stats(0), pmd.stats(1)
    for number, (me, peer) in enumerate((ports, ports[::-1])):
        assert me["RX-packets"] == peer["TX-packets"] > 0, ports
        assert me["RX-bytes"] == peer["TX-bytes"] == 64 * me["RX-packets"], ports
        assert me["RX-missed"] == me["RX-errors"] == me["RX-nombuf"] == me["TX-errors"] == 0, ports
        served = server.ask(f"/aether/model/stats,p{number}")
        assert served["rx_delivered"] == me["RX-packets"], (served, ports)
        assert served["tx_packets"] == me["TX-packets"], (served, ports)
        for name in ("dma_faults", "mdd_events", "aq_unmodelled", "rx_dropped", "tx_dropped"):
            assert served[name] == 0, served


def check_link(pmd, server):
    start = time.monotonic()
    server.ask("/aether/model/link,p0,down")
    pmd.wait_log([r"Port 0: link state change event", r"Port 1: link state change event"], start)
    for port in 0, 1:
        assert "Link status: down" in pmd.command(f"show port info {port}"), pmd.log
    server.ask("/aether/model/link,p0,up")
    end = time.monotonic() + 10
    while not all("Link status: up" in pmd.command(f"show port info {port}") for port in (0, 1)):
        assert time.monotonic() < end, pmd.log


def check_killed(pmd, server):
    pmd.command("start tx_first 30")
    time.sleep(0.5)
    killed = server.kill()
    seconds = pmd.wait_log([r"device removal event"], killed)
    # testpmd stops, closes and detaches by itself, on the thread that the second event waits for.
    pmd.wait_log([r"Now total ports is 0"], killed, 20)
    assert pmd.log.count("device removal event") == 2, pmd.log
    pmd.command("stop")
    assert "Number of available ports: 0" in pmd.command("show port summary all"), pmd.log
    return seconds


def attach_again(pmd, server):
    assert "no server there" in pmd.command(
        f"port attach net_aether0,vfio-user={server.socket(0)}"), pmd.log
    server.start()
    for port in 0, 1:
        text = pmd.command(f"port attach net_aether{port},vfio-user={server.socket(port)}")
        assert f"Port {port} is attached" in text, pmd.log
    pmd.command("port start all")
    go_round(pmd, PACKETS // 10)
    check(pmd, server)


def main():
    with tempfile.TemporaryDirectory() as folder, \
         Server(folder, [CABLE, CABLE], sorted(os.sched_getaffinity(0))[0]) as server:
        with Served(server) as pmd:
            rate = go_round(pmd, PACKETS)
            check(pmd, server)
            for _ in range(RESTARTS):
                pmd.command("port stop all")
                pmd.command("port start all")
                go_round(pmd, 1000)
            check(pmd, server)
            check_link(pmd, server)
            go_round(pmd, 1000)
            seconds = check_killed(pmd, server)
            attach_again(pmd, server)
        assert "disconnected" not in server.text(), server.text()
    print(f"{PACKETS} packets went round at {rate / 1e6:.2f} Mpps on the device model, none lost; "
          f"killed under load, testpmd was told within {seconds * 1000:.0f} ms")
    assert seconds < 1


main()
