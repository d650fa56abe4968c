#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our gaps beside those that oslat (rt-tests) finds: stalls made on purpose, and the background."""

import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ["AETHER_BUILD"])
# Longer than what a busy machine does by itself.
STALLS = (0.4, 0.6, 0.8)
BUSY = 0.5
ROUNDS = 11
TRIES = 5
# Others that share the CPU get little of it.
FIRST = ("nice", "-n", "-15") if os.geteuid() == 0 else ()
SECONDS = 2
LEAST_US = 5


def want(condition, message):
    if not condition:
        sys.exit(message)


class Samplers:
    """Both at once, each on a CPU of its own, which change places."""

    def __init__(self, folder, cpus, seconds):
        self.file = folder / "oslat.json"
        self.oslat = cpus[0] is not None and subprocess.Popen(
            [*FIRST, "oslat", "-c", str(cpus[0]), "-D", str(seconds), "-b", "1024", "-q",
             f"--json={self.file}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.ours = cpus[1] is not None and subprocess.Popen(
            [*FIRST, BUILD / "aether-partition", "watch", "--json", "--no-trace", "--workers", str(cpus[1]),
             "--seconds", str(seconds), "--threshold-us", str(LEAST_US)], stdout=subprocess.PIPE,
            text=True)

    def pids(self):
        return [self.oslat.pid, self.ours.pid]

    def results(self):
        """What each says: (our report or None, oslat's or None)."""
        ours = oslat = None
        if self.ours:
            ours = json.loads(self.ours.communicate(timeout=60)[0])["cpus"][0]
        if self.oslat:
            self.oslat.wait(60)
            oslat = json.loads(self.file.read_text())["thread"]["0"]
        return ours, oslat


def stop(pids, seconds):
    """@return how long they were stopped, as seen from outside"""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - started
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    return took * 1e6


def check_stall(what, us, ours, oslat):
    """@return whether both have found it, at its length"""
    print(f"{what}, {us / 1000:.0f} ms: ours {ours['max_us'] / 1000:.1f} ms, oslat "
          f"{oslat['max'] / 1000:.1f} ms", flush=True)
    want(ours["max_us"] > 0.9 * us and oslat["max"] > 0.9 * us, "a stall was not found")
    return max(abs(ours["max_us"] - us), abs(oslat["max"] - us)) < 0.1 * us


def several(attempt):
    """A machine that is busy itself takes a CPU away for longer at times, which hides the stall."""
    want(any(attempt() for _ in range(TRIES)), "the lengths differ by more than 10 %")


def stalls(folder, cpus):
    for number, seconds in enumerate(STALLS):
        def attempt(order=1 if number % 2 else -1, length=seconds):
            # Calibration and preheating are over by then.
            samplers = Samplers(folder, cpus[::order], 4)
            time.sleep(2.5)
            us = stop(samplers.pids(), length)
            return check_stall("SIGSTOP", us, *samplers.results())

        several(attempt)


def busy(folder, cpus):
    """A program of the highest real-time priority on each CPU: both are away as long as it is there."""
    spin = f"import time\nend = time.monotonic() + {BUSY}\nwhile time.monotonic() < end: pass\n"

    def attempt():
        samplers = Samplers(folder, cpus, 4)
        time.sleep(2.5)
        done = [subprocess.Popen(["chrt", "-f", "99", "taskset", "-c", str(cpu), sys.executable,
                                  "-S", "-c", spin]) for cpu in cpus]
        codes = [process.wait(30) for process in done]
        ours, oslat = samplers.results()
        if any(codes):
            print("SKIP of the busy program: real-time priorities are not to be had")
            return True
        return check_stall("busy program", BUSY * 1e6, ours, oslat)

    several(attempt)


def background(folder, cpu):
    """One after the other on one CPU, since two there would take turns."""
    counts = {"ours": [], "oslat": []}
    for number in range(2 * ROUNDS):
        name = ("ours", "oslat")[number % 2]
        ours, oslat = Samplers(folder, (cpu, None) if name == "oslat" else (None, cpu),
                               SECONDS).results()
        if ours:
            counts[name].append(ours["gaps"] / ours["seconds"])
        else:
            counts[name].append(sum(n for us, n in oslat["histogram"].items()
                                    if int(us) > LEAST_US) / oslat["duration"])
    medians = {name: statistics.median(values) for name, values in counts.items()}
    print(f"background on CPU {cpu}, gaps over {LEAST_US} us a second, median of {ROUNDS} runs each: "
          f"ours {medians['ours']:.0f}, oslat {medians['oslat']:.0f}")
    print(f"  ours {sorted(round(n) for n in counts['ours'])}\n"
          f"  oslat {sorted(round(n) for n in counts['oslat'])}")
    # The machine is not the same from one second to the next: the order must be.
    want(medians["ours"] < 3 * medians["oslat"] + 20 and medians["oslat"] < 3 * medians["ours"] + 20,
         "the medians are of another order")


def main():
    cpus = sorted(os.sched_getaffinity(0))
    if shutil.which("oslat") is None or len(cpus) < 2:
        print("SKIP: wanted oslat (Debian: rt-tests) and two CPUs")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aether-oslat-"))
    try:
        stalls(folder, cpus[:2])
        busy(folder, cpus[:2])
        background(folder, cpus[1])
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
