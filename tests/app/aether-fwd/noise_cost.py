#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What --noise-us costs the forwarding loop, and that it tells of the same gaps as the stalls do."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

MOST_PERCENT = 2
# Thousands of pairs of slices: what they cannot tell to that is not measured.
MOST_DOUBT = 0.5
LEAST_PAIRS = 500
TRIES = 3
SECONDS = 3
# Ports without a wire: the loop is all there is, and shorter than with any card.
EAL = ["-l", "0", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "--file-prefix",
       f"cost{os.getpid()}", "--vdev", "net_null0", "--vdev", "net_null1"]
STALLS = (0.25, 0.3, 0.35)


def want(condition, message):
    if not condition:
        sys.exit(message)


class Forwarder:
    def __init__(self, *options):
        self.file = tempfile.NamedTemporaryFile(suffix=".json")
        self.process = subprocess.Popen(
            [os.environ["AETHER_FWD"], *EAL, "--", "--json", self.file.name, *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def result(self):
        """@return the report, and all that was said"""
        said = self.process.communicate(timeout=60)[0]
        want(self.process.returncode == 0, f"ended with {self.process.returncode}:\n{said}")
        with self.file:
            return json.load(self.file), said


def cost(burst):
    """@return whether the machine has let it be measured; not at all where it costs too much"""
    report, said = Forwarder("--duration", str(SECONDS), "--noise-us", "20", "--noise-cost",
                             "--burst", str(burst)).result()
    found = report["lcores"][0]["noise_cost"]
    want("--noise-us 20 costs" in said and "P99.9 us" in said, f"it is not told:\n{said}")
    if found is None:
        return False
    turn = 2 * burst  # packets: both ways between the two ports, and bursts are always full
    low, high = found["percent_low"], found["percent_high"]
    print(f"burst {burst}: {found['percent']:.2f} % fewer packets with --noise-us ({low:.2f} to "
          f"{high:.2f}); a turn of the loop takes {found['with_ns_per_packet'] * turn:.1f} ns, "
          f"{found['without_ns_per_packet'] * turn:.1f} without; {found['pairs']} pairs of slices",
          flush=True)
    want(low <= MOST_PERCENT, f"it costs {low:.2f} % or more, wanted {MOST_PERCENT} % at most")
    return found["pairs"] >= LEAST_PAIRS and high - low < MOST_DOUBT and high <= MOST_PERCENT


def gaps_are_stalls():
    """Each time that the lcore is away is told of once in each table."""
    forwarder = Forwarder("--duration", str(SECONDS), "--noise-us", "20", "--stall-us", "20")
    time.sleep(0.7)
    for seconds in STALLS:
        os.kill(forwarder.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(forwarder.process.pid, signal.SIGCONT)
        time.sleep(0.1)
    report, said = forwarder.result()
    lcore = report["lcores"][0]
    lines = said.splitlines()
    row = lines[[line.startswith(" CPU   seconds") for line in lines].index(True) + 1].split()
    gaps, percent, longest = int(row[2]), float(row[3]), float(row[7])
    told = report["noise"]["cpus"][0]
    want(told["gaps"] == gaps and abs(told["max_us"] - longest) < 0.1 and report["noise"]["causes"],
         f"JSON tells another story: {told}")
    print(f"{lcore['stalls']} stalls, the longest {lcore['stall_longest_us']:.1f} us; {gaps} gaps, "
          f"the longest {longest:.1f} us")
    # The two thresholds may be apart by what a number is rounded by.
    want(abs(gaps - lcore["stalls"]) <= 1 and gaps >= len(STALLS), "not the same number")
    want(abs(longest - lcore["stall_longest_us"]) <= 0.1 and longest > 0.9e6 * STALLS[-1],
         "not the same length")
    want(abs(percent - 100 * lcore["stall_share"]) < 0.1, "not the same share of the time")


def main():
    for burst in (32, 1):
        want(any(cost(burst) for _ in range(TRIES)),
             f"not known to be {MOST_PERCENT} % at most: the machine is too busy to measure it")
    gaps_are_stalls()


if __name__ == "__main__":
    main()
