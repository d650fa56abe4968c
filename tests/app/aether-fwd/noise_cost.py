#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What --noise-us costs the forwarding loop: pairs of runs, with and without, in turn."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

PAIRS = 11
MOST_PERCENT = 2
# Pairs scatter by ten percent on a shared machine: a cost is one that nearly all of them show.
SURE = 9
# Ports without a wire: the loop is all there is, and shorter than with any card.
EAL = ["-l", "0", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "--file-prefix",
       f"cost{os.getpid()}", "--vdev", "net_null0", "--vdev", "net_null1"]


def run(*more):
    """@return packets a TSC cycle, as good as the machine lets it be, and all that was said"""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([os.environ["AETHER_FWD"], *EAL, "--", "--duration", "1", "--json",
                               file.name, *more], capture_output=True, text=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"aether-fwd ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return json.load(file), done.stdout


def rate(report):
    """Packets a second of the time in which the lcore was in its loop."""
    lcore = report["lcores"][0]
    packets = sum(port["rx_packets"] for port in report["ports"])
    return packets / (report["active_s"] * (1 - lcore["stall_share"]))


def main():
    ratios = []
    for pair in range(PAIRS):
        # Which of the two comes first changes.
        order = [("--noise-us", "20"), ()][::1 if pair % 2 else -1]
        rates = {bool(more): run(*more) for more in order}
        if "P99.9 us" not in rates[True][1] or "P99.9 us" in rates[False][1]:
            sys.exit(f"gaps are not told:\n{rates[True][1]}")
        ratios.append(rate(rates[True][0]) / rate(rates[False][0]))
    lost = 100 * (1 - statistics.median(ratios))
    print(f"with --noise-us {lost:.2f} % fewer packets, the median of {PAIRS} pairs "
          f"({', '.join(f'{100 * (1 - ratio):.1f}' for ratio in sorted(ratios))})")
    return sum(100 * (1 - ratio) > MOST_PERCENT for ratio in ratios) >= SURE


if __name__ == "__main__":
    sys.exit(main())
