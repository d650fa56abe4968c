#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our gaps beside those that oslat (rt-tests) finds: stalls made on purpose, and the background.

oslat has buckets of a microsecond up to 1024, the last for all that is longer, and the maximum. So it
is asked twice: for several stalls in one run, their number and the sum of their lengths; and for each
length once more alone, in which the maximum is the stall. Ours writes down each gap by itself.
"""

import json
import math
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
# Longer than what a busy machine mostly does by itself, and shorter than what the kernel allows a
# program of real-time priority.
STALLS = (0.3, 0.5, 0.2, 0.4, 0.25, 0.45, 0.35, 0.22)
PAUSE = 0.2
CLOSE = 0.1
ROUNDS = 11
TRIES = 6
# Others that share the CPU get little of it, whether the kernel weighs threads or sessions.
FIRST = ("setsid", "nice", "-n", "-15", "sh", "-c",
         '{ echo -15 >/proc/$$/autogroup; } 2>/dev/null; exec "$@"',
         "sh") if os.geteuid() == 0 else ()
LEAST_US = 5
OSLAT_MOST_US = 1024

# A program that is the first on its CPU whenever it wants: for each number that it is told, it keeps
# the CPU for so many seconds, and says when that was.
SPIN = """
import sys, time
print("here", flush=True)
for line in sys.stdin:
    begin = time.monotonic()
    while time.monotonic() < begin + float(line):
        pass
    print(begin, time.monotonic(), flush=True)
"""


def want(condition, message):
    if not condition:
        sys.exit(message)


def close(found, wanted):
    return abs(found - wanted) < CLOSE * wanted


class Samplers:
    """Both at once, each on a CPU of its own; with None for a CPU, the other alone."""

    def __init__(self, folder, oslat_cpu, our_cpu, seconds, more=()):
        self.json, self.log = folder / "oslat.json", folder / "gaps"
        self.oslat = self.ours = None
        self.log.unlink(missing_ok=True)
        if our_cpu is not None:
            # Beside oslat it is told when to end.
            length = seconds if oslat_cpu is None else 600
            self.ours = subprocess.Popen(
                [*FIRST, BUILD / "aether-partition", "watch", "--json", "--log", self.log, *more,
                 "--workers", str(our_cpu), "--seconds", str(length),
                 "--threshold-us", str(LEAST_US)], stdout=subprocess.PIPE, text=True)
        if oslat_cpu is not None:
            self.oslat = subprocess.Popen(
                [*FIRST, "stdbuf", "-oL", "oslat", "-c", str(oslat_cpu), "-D", str(seconds), "-b",
                 str(OSLAT_MOST_US), f"--json={self.json}"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            # It measures how fast the counter is for a second before.
            while "Test starts" not in (line := self.oslat.stdout.readline()):
                want(line, "oslat does not start")

    def pids(self):
        return [self.oslat.pid, self.ours.pid]

    def oslat_result(self):
        self.oslat.communicate(timeout=60)
        want(self.oslat.returncode == 0, "oslat has failed")
        found = json.loads(self.json.read_text())["thread"]["0"]
        counts = {int(us): count for us, count in found["histogram"].items()}
        # The mean is over all that it has counted, with the full lengths of those in the last bucket.
        total = found["avg"] * sum(counts.values())
        total -= sum(us * count for us, count in counts.items() if us < OSLAT_MOST_US)
        return {"seconds": found["duration"], "longest": found["max"] / 1e6,
                "long": counts.get(OSLAT_MOST_US, 0), "long_total": total / 1e6,
                "gaps": sum(count for us, count in counts.items() if us > LEAST_US)}

    def our_result(self):
        """@return our report, and each gap as a line of the log says it, but for its length in seconds"""
        if self.oslat is not None:
            self.ours.send_signal(signal.SIGINT)
        said = self.ours.communicate(timeout=60)[0]
        want(self.ours.returncode == 0, f"ours has ended with {self.ours.returncode}")
        gaps = [json.loads(line) for line in self.log.read_text().splitlines()]
        for gap in gaps:
            gap["length"] = gap["us"] / 1e6
        return json.loads(said), gaps


class Stopper:
    """SIGSTOP, for both samplers at once."""

    def __init__(self, samplers):
        self.pids = samplers.pids()

    def stall(self, seconds):
        """@return when it began and ended, as seen from outside"""
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        time.sleep(seconds)
        end = time.monotonic()
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)
        return [(begin, end)] * 2

    def who(self):
        """Nobody: the CPU is anybody's."""
        return None

    def end(self):
        pass


class Spinner:
    """A program of the highest real-time priority on each of the samplers' CPUs."""

    def __init__(self, cpus):
        self.programs = [subprocess.Popen(
            ["chrt", "-f", "99", "taskset", "-c", str(cpu), sys.executable, "-S", "-c", SPIN],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for cpu in cpus]
        for program in self.programs:
            want(program.stdout.readline(), "the busy program does not start")

    def stall(self, seconds):
        """@return when it began and ended on each CPU, as seen from there"""
        for program in self.programs:
            program.stdin.write(f"{seconds}\n")
        return [tuple(map(float, program.stdout.readline().split())) for program in self.programs]

    def who(self):
        """@return as causes are told: its name ends with that"""
        return f"({self.programs[1].pid})"

    def end(self):
        for program in self.programs:
            program.communicate(timeout=30)


def matching(stall, gaps):
    """@return the gaps that have something of the stall, but for small ones"""
    begin, end = stall
    return [gap for gap in gaps if gap["time"] < end and gap["time"] + gap["length"] > begin
            and gap["length"] > CLOSE * (end - begin)]


def run(folder, cpus, kind, lengths):
    """
    @return (each stall on our CPU, who made them there, oslat's total of them, our report, our gaps,
    oslat's result)
    """
    ours, theirs = [], 0
    # A program that spins starts before oslat measures its counter.
    spinner = Spinner(cpus) if kind == "busy program" else None
    seconds = math.ceil(sum(lengths) + 1.2 * PAUSE * (len(lengths) + 1))
    samplers = Samplers(folder, *cpus, seconds)
    injector = spinner or Stopper(samplers)
    for seconds in lengths:
        time.sleep(PAUSE)
        on_oslat, on_ours = injector.stall(seconds)
        ours.append(on_ours)
        theirs += on_oslat[1] - on_oslat[0]
    time.sleep(PAUSE)
    oslat = samplers.oslat_result()
    report, gaps = samplers.our_result()
    injector.end()
    return ours, injector.who(), theirs, report, gaps, oslat


def check_ours(stalls, who, report, gaps):
    """
    Each stall is one gap, at its time, and its cause is who made it.
    @return whether the lengths are right, and words for them
    """
    right, words = True, []
    for stall in stalls:
        length = stall[1] - stall[0]
        found = matching(stall, gaps)
        total = sum(gap["length"] for gap in found)
        seen = ", ".join(f"{1e3 * gap['length']:.1f}" for gap in found)
        words.append(f"{1e3 * length:.1f}: {seen}")
        want(total > (1 - CLOSE) * length, f"ours has not found a stall of {length} s: {found}")
        right = right and len(found) == 1 and close(total, length)
        if right and who and report["by"] == "trace":
            cause = found[0]["causes"][0]
            # The helper came too late for the trace, and says so.
            right = cause["kind"] != "unknown"
            want(not right or cause["name"].endswith(who), f"not {who}: {found}")
    return right, "; ".join(words)


def several(what, attempt):
    """A machine that is busy itself takes a CPU away for longer at times, which changes the stall."""
    want(any(attempt() for _ in range(TRIES)), f"{what}: the lengths differ by more than 10 %")


def together(folder, cpus, kind):
    """All of them in one run of both: number and lengths."""
    def attempt():
        stalls, who, total, report, gaps, oslat = run(folder, cpus, kind, STALLS)
        right, words = check_ours(stalls, who, report, gaps)
        made_by_us = [gap for stall in stalls for gap in matching(stall, gaps)]
        others = [gap["length"] for gap in gaps if gap["us"] >= OSLAT_MOST_US and gap not in made_by_us]
        print(f"{kind}, {len(stalls)} in one run, each of ms, and ours of ms: {words}\n"
              f"  gaps over {OSLAT_MOST_US} us: ours {len(made_by_us) + len(others)}, of which "
              f"{len(others)} the host's own, {sum(others) * 1e3:.0f} ms; oslat {oslat['long']}, of "
              f"{oslat['long_total'] * 1e3:.0f} ms in all, of which {total * 1e3:.0f} ms made; "
              f"causes by {report['by']}", flush=True)
        want(len(gaps) <= report["cpus"][0]["gaps"], "more gaps are written down than counted")
        want(oslat["long"] >= len(stalls) and oslat["long_total"] > (1 - CLOSE) * total,
             f"oslat has not found all {len(stalls)} stalls")
        # oslat does not tell the host's own apart; on our CPU there were as many, more or less.
        return right and oslat["long_total"] < (1 + CLOSE) * total + 2 * sum(others)

    several(kind, attempt)


def alone(folder, cpus, kind, seconds):
    """One in a run: the longest of both is the stall."""
    def attempt():
        stalls, who, length, report, gaps, oslat = run(folder, cpus, kind, [seconds])
        right, words = check_ours(stalls, who, report, gaps)
        longest = report["cpus"][0]["max_us"] / 1e6
        print(f"{kind} alone: ms, and ours of ms: {words}; oslat {length * 1e3:.1f}: "
              f"{oslat['longest'] * 1e3:.1f}", flush=True)
        want(oslat["longest"] > (1 - CLOSE) * length, "oslat has not found the stall")
        return right and close(oslat["longest"], length) and close(longest, length)

    several(kind, attempt)


def made(folder, cpus, kind):
    together(folder, cpus, kind)
    for number, seconds in enumerate(STALLS):
        # They change places.
        alone(folder, cpus[::-1] if number % 2 else cpus, kind, seconds)


def at_the_end(folder, cpus):
    """A stall that outlasts the time for which ours was told to look is a gap, too."""
    spinner = Spinner(cpus)
    samplers = Samplers(folder, None, cpus[1], 1)
    time.sleep(0.6)
    stall = spinner.stall(0.8)[1]
    report, gaps = samplers.our_result()
    spinner.end()
    found = [gap["length"] for gap in matching(stall, gaps)]
    print(f"busy program at the end, {stall[1] - stall[0]:.3f} s: ours {found}")
    want(found and max(found) > (1 - CLOSE) * (stall[1] - stall[0]) and
         report["cpus"][0]["max_us"] >= 1e6 * max(found), "the last stall was not found")


def background(folder, cpu):
    """One after the other on one CPU, since two there would take turns."""
    counts = {"ours": [], "oslat": []}
    for _ in range(ROUNDS):
        report = Samplers(folder, None, cpu, 1, ["--no-trace"]).our_result()[0]["cpus"][0]
        counts["ours"].append(report["gaps"] / report["seconds"])
        oslat = Samplers(folder, cpu, None, 1).oslat_result()
        counts["oslat"].append(oslat["gaps"] / oslat["seconds"])
    medians = {name: statistics.median(values) for name, values in counts.items()}
    print(f"background on CPU {cpu}, gaps over {LEAST_US} us a second, median of {ROUNDS} runs each: "
          f"ours {medians['ours']:.0f}, oslat {medians['oslat']:.0f}")
    print(f"  ours {sorted(round(n) for n in counts['ours'])}\n"
          f"  oslat {sorted(round(n) for n in counts['oslat'])}")
    # The machine is not the same from one second to the next: the order must be.
    want(medians["ours"] < 3 * medians["oslat"] + 20 and medians["oslat"] < 3 * medians["ours"] + 20,
         "the medians are of another order")


def real_time():
    return subprocess.run(["chrt", "-f", "99", "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def main():
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if shutil.which("oslat") is None or len(cpus) < 2:
        print("SKIP: wanted oslat (Debian: rt-tests) and two CPUs")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aether-oslat-"))
    try:
        made(folder, cpus, "SIGSTOP")
        if real_time():
            made(folder, cpus, "busy program")
            at_the_end(folder, cpus)
        else:
            print("SKIP of the busy program: real-time priorities are not to be had")
        background(folder, cpus[1])
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
