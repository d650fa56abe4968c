# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A card that is pulled out of a running machine, and put back."""

import time

import aether
import dpdk
from failure import check
from machine import bdf
from scenario import scenario

TWO = {"ice0": aether.CABLE, "ice1": aether.CABLE}
PACKETS = 20_000
PULLED = 1


def wait_traffic(testpmd, seconds=30):
    end = time.monotonic() + seconds
    while any(port["RX-packets"] < PACKETS for port in testpmd.statistics()):
        check(time.monotonic() < end, "too slow")


def pull(guest, testpmd):
    """While it forwards. The application is told, goes on, and gives the device back."""
    testpmd.ask("clear port stats all", "start tx_first 8")
    wait_traffic(testpmd)
    start = testpmd.size()
    started = time.monotonic()
    # The kernel asks testpmd for the device, which lets go of it.
    guest.unplug(PULLED)
    took = time.monotonic() - started
    text = testpmd.wait(r"Port 1: device removal event[\s\S]*(?:is detached|total ports is 1)", 15,
                        start)
    check(text.count("Port 1: device removal event") == 1, f"it is told more than once:\n{text}")
    testpmd.ask("stop", "port stop all")
    free, every = aether.mbufs(testpmd)
    check(free == every, f"{every - free} of {every} mbufs are lost:\n{testpmd.said()}")
    return took, every


def put_back(guest, testpmd, devargs):
    """Into the same slot; bound, attached, and used as before."""
    guest.plug(PULLED)
    dpdk.bind(guest, [bdf(PULLED)])
    text = testpmd.ask(f"port attach {devargs}")
    check("Now total ports is 2" in text, text)
    testpmd.ask("port start all")
    aether.wait_link(testpmd, "up")
    testpmd.ask("clear port stats all")
    aether.check_counters(aether.forward(testpmd, PACKETS), PACKETS)


@scenario("aether-unplug", "a card is unplugged while it forwards: the application is told, no "
          "mbuf is lost; plugged in again, it is attached and forwards", dpdks=aether.VERSIONS,
          limit=240)
def unplug(lab):
    guest = aether.boot_bound(lab, TWO, slots=True)
    for form, name, devargs in ((aether.pci_form, "-a", f"{bdf(PULLED)},pmd=aether"),
                                (aether.vdev_form, "--vdev", f"net_aether1,bdf={bdf(PULLED)}")):
        testpmd = aether.start_testpmd(guest, form(lab, 0, 1), name=name)
        took, every = pull(guest, testpmd)
        put_back(guest, testpmd, devargs)
        testpmd.quit()
        lab.fact(name, f"unplugged in {took:.1f} s, all {every} mbufs free, plugged in and "
                 f"{PACKETS} packets each way")
    aether.check_model(lab)
