# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our driver in the guest, on two versions of DPDK."""

import time

import aether
import dpdk
from failure import check
from scenario import scenario


@scenario("aether-embedded", "our driver, with its own device, under stock testpmd in a guest",
          dpdks=aether.VERSIONS, limit=240)
def embedded(lab):
    guest = aether.boot(lab)
    testpmd = dpdk.Testpmd(guest, f"-l 0,1 --no-huge -m 256 --no-pci -d {lab.driver.plugin()} "
                           "--vdev net_aether0,wire=cable:lab:lossless,cpu=0 "
                           "--vdev net_aether1,wire=cable:lab:lossless,cpu=0 -- -i --no-flush-rx "
                           "--total-num-mbufs=8192")
    testpmd.wait("testpmd> ", 40)
    testpmd.ask("start tx_first 4")
    end = time.monotonic() + 20
    while min(port["RX-packets"] for port in testpmd.statistics()) < 1000:
        check(time.monotonic() < end, f"too slow: {testpmd.statistics()}")
    testpmd.ask("stop")
    aether.check_counters(testpmd.statistics(), 1000)
    testpmd.quit()


PACKETS = 1_000_000
TWO = {"ice0": aether.CABLE, "ice1": aether.CABLE}
QUEUES = "--rxq=2 --txq=2 --rxd=2048 --txd=1024 --nb-cores=1"


def million(lab, guest, form, name):
    """Two ports, a million packets each way, all mbufs back."""
    testpmd = aether.start_testpmd(guest, form(lab, 0, 1), QUEUES, name)
    check(aether.drivers_of(testpmd) == ["net_aether"] * 2, testpmd.said())
    started = time.monotonic()
    counters = aether.forward(testpmd, PACKETS)
    took = time.monotonic() - started
    aether.check_counters(counters, PACKETS)
    lab.fact(name, f"{counters[0]['RX-packets']} and {counters[1]['RX-packets']} packets, "
             f"{counters[0]['RX-packets'] / took / 1e3:.0f} kpps each way on the device model")
    return testpmd


RESTARTS = 20


def restart(lab, testpmd):
    """Stop and start both ports many times; after the last all mbufs are back, and traffic goes."""
    text = testpmd.ask(*["port stop all", "port start all"] * RESTARTS, seconds=60)
    check("Fail" not in text and text.count("Done") == 2 * RESTARTS, f"a restart fails:\n{text}")
    aether.wait_link(testpmd, "up")
    testpmd.ask("clear port stats all")
    aether.check_counters(aether.forward(testpmd, 10_000), 10_000)
    testpmd.ask("port stop all")
    free, every = aether.mbufs(testpmd)
    check(free == every, f"{every - free} of {every} mbufs are lost after {RESTARTS} restarts")
    lab.fact(f"{testpmd.name}, {RESTARTS} restarts", f"all {every} mbufs are free")
    testpmd.ask("port start all")
    aether.wait_link(testpmd, "up")


def pull_cable(lab, testpmd):
    """The interrupt for a change of the link reaches the application."""
    for state in "down", "up":
        start = testpmd.size()
        lab.model.cable("ice0", state)
        # Port 1 is at the other end.
        for port in range(2):
            testpmd.wait(rf"Port {port}: link state change event", 10, start)
        aether.wait_link(testpmd, state)


def reset(testpmd):
    """rte_eth_dev_reset() of one port, after which it works as before."""
    testpmd.ask("port stop 0")
    text = testpmd.ask("port reset 0")
    check("Done" in text and "ailed" not in text, text)
    testpmd.ask("port start 0")
    aether.wait_link(testpmd, "up")
    testpmd.ask("clear port stats all")
    aether.check_counters(aether.forward(testpmd, 10_000), 10_000)


@scenario("aether-vfio", "two ports by -a and by --vdev: a million packets each way, no IOMMU "
          "fault, 20 restarts, a pulled cable, a reset", dpdks=aether.VERSIONS, limit=400)
def vfio(lab):
    guest = aether.boot_bound(lab, TWO)
    for form, name in (aether.pci_form, "-a"), (aether.vdev_form, "--vdev"):
        testpmd = million(lab, guest, form, name)
        restart(lab, testpmd)
        pull_cable(lab, testpmd)
        reset(testpmd)
        testpmd.quit()
    aether.check_model(lab)
