#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock testpmd as DPDK's guide has it in several processes: --num-procs=2, the queues shared out
between a primary and a secondary. RSS gives both of them packets, and both forward."""

import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

# pylint: disable=wrong-import-position
from huge_pages import enter_own_mounts, huge_pages, skip
from testpmd import Testpmd


class Member(Testpmd):
    """One of two processes."""

    def __init__(self, folder, number, vdev=()):
        # pylint: disable=super-init-not-called
        program = shutil.which("dpdk-testpmd")
        if program is None:
            skip("dpdk-testpmd is not installed")
        cpus = sorted(os.sched_getaffinity(0))
        cpu = cpus[number % len(cpus)]
        eal = ["--no-pci", "--no-telemetry", f"--huge-dir={folder}", "-d",
               os.environ["AETHER_DRIVER"], f"--file-prefix=aether_testpmd_mp_{os.getpid()}",
               f"--lcores={2 * number}@{cpu},{2 * number + 1}@{cpu}", "--proc-type=auto", *vdev]
        if os.environ.get("AETHER_SANITIZE", "none") != "none":
            # EAL's usual addresses are the sanitizer's.
            eal.append("--base-virtaddr=0x200000000000")
        self.run([program, *eal, "--", "-i", "--num-procs=2", f"--proc-id={number}", "--rxq=2",
                  "--txq=2", "--no-flush-rx", "--forward-mode=io", "--txonly-multi-flow",
                  "--total-num-mbufs=16384"])


def main():
    enter_own_mounts()
    cpu = sorted(os.sched_getaffinity(0))[0]
    with huge_pages() as folder:
        with Member(folder, 0, ["--vdev", f"net_aether0,wire=loop,cpu={cpu}"]) as primary:
            with Member(folder, 1) as secondary:
                for member in primary, secondary:
                    member.command("start tx_first 4")
                time.sleep(1)
                for member in primary, secondary:
                    member.command("stop")
                time.sleep(0.2)
                stats, same = (member.stats(0) for member in (primary, secondary))
                # Those of queues are counted by the bursts: of the first by the primary's.
                queues = secondary.xstats(0)
            assert stats == same, (stats, same)
            assert stats["RX-packets"] == stats["TX-packets"], stats
            counts = [queues[f"tx_q{i}_packets"] for i in (0, 1)]
            # More than the first bursts: what came back was forwarded.
            assert min(counts) > 256 and sum(counts) == stats["TX-packets"], (counts, stats)
            # The primary goes on alone.
            primary.command("start")
            time.sleep(0.2)
            primary.command("stop")
            after = primary.xstats(0)
            assert after["rx_q1_packets"] == queues["rx_q1_packets"], (after, queues)
            assert after["tx_q1_packets"] == counts[1], (after, queues)
    print(f"forwarded: {counts[0]} packets by the primary, {counts[1]} by the secondary")


main()
