# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our driver in the guest, on two versions of DPDK."""

import time

import aether
import dpdk
from failure import check
from scenario import scenario


@scenario("aether-embedded", "our driver, with its own device, under stock testpmd in a guest",
          dpdks=aether.VERSIONS)
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
