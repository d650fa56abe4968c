#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Gaps on this host, around and in an application: the gate before EAL starts, and telemetry."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

BUILD = pathlib.Path(os.environ["AETHER_BUILD"])
CPU = min(os.sched_getaffinity(0))
PREFIX = f"noise{os.getpid()}"
STOPPED = 0.5
# Longer than any machine is away, and a limit that the stop is over.
HUGE_US, LIMIT_US = 60_000_000, 200_000


def want(condition, message):
    if not condition:
        sys.exit(message)


def rules():
    """Whatever is wrong with this host: only what is measured is to count."""
    found = subprocess.run([BUILD / "aether-partition", "check", "--json", "--lcores", f"0@{CPU}"],
                           capture_output=True, text=True, timeout=60, check=False)
    return ";".join(finding["rule"] for finding in json.loads(found.stdout)["findings"]
                    if finding["severity"] == "error")


def start(eal, *options):
    return subprocess.Popen(
        [os.environ["AETHER_FWD"], "--lcores", f"0@{CPU}", "--no-huge", "-m", "64", "--no-pci",
         "--file-prefix", PREFIX, "--vdev", "net_null0", *eal, "--", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def stop(process, after):
    """The process is away for a while."""
    time.sleep(after)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(STOPPED)
    os.kill(process.pid, signal.SIGCONT)


def gate(ignored, limits, stopped):
    """@return its exit code, and what it said"""
    process = start(["--no-telemetry", "-a", f"partition:strict,ignore={ignored},{limits}"],
                    "--duration", "1")
    if stopped:
        stop(process, 0.8)
    said = process.communicate(timeout=60)[0]
    return process.returncode, said


def gates():
    ignored = rules()
    for limits, wanted in (
            (f"noise_max_us={HUGE_US},noise_percent=100,noise_seconds=0.5", None),
            (f"noise_max_us={LIMIT_US},noise_seconds=2",
             rf"CPU {CPU}: found a gap of (\d+\.\d) us, wanted noise_max_us={LIMIT_US}\n"),
            ("noise_percent=5,noise_seconds=2",
             rf"CPU {CPU}: found (\d+\.\d+) % of the time lost, wanted noise_percent=5\n")):
        code, said = gate(ignored, limits, wanted is not None)
        want("P99.9 us" in said, f"{limits}: what was measured is not told:\n{said}")
        if wanted is None:
            want(code == 0 and "stopped by duration" in said, f"{limits}: {code}\n{said}")
            continue
        found = re.search(wanted, said)
        want(code == 1 and found and "stopped by duration" not in said, f"{limits}: {code}\n{said}")
        print(found[0].strip())
        least = 0.8e6 * STOPPED if "max" in limits else 80 * STOPPED / 2
        want(float(found[1]) >= least, f"{limits}: found {found[1]}, wanted {least} or more")


def ask(command):
    base = pathlib.Path(os.environ.get("XDG_RUNTIME_DIR", "")) if os.geteuid() else None
    path = (base or pathlib.Path("/var/run")) / "dpdk" / PREFIX / "dpdk_telemetry.v2"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(20)
        sock.connect(str(path))
        sock.recv(16384)
        sock.send(command.encode())
        return json.loads(sock.recv(65536))[command]


def until(condition, seconds, message):
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except OSError:
            found = None
        if found:
            return found
        want(time.monotonic() < end, message)
        time.sleep(0.1)


def helper_cpus(pid):
    """@return where the thread may run that finds out about causes"""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text() == "aether-watch\n":
            return os.sched_getaffinity(int(task.name))
    return set()


def telemetry():
    """While it forwards: the same gaps as those that it prints in the end."""
    forwarder = start([], "--noise-us", "20")
    try:
        first = until(lambda: ask("/aether/partition/noise").get(f"cpu{CPU}"), 30,
                      "telemetry does not tell of the lcore")
        # It takes no time away from the lcore, where there is another CPU.
        mine = os.sched_getaffinity(0)
        until(lambda: helper_cpus(forwarder.pid) == (mine - {CPU} or mine), 10,
              "the helper thread is elsewhere")
        stop(forwarder, 0.3)

        def told():
            answer = ask("/aether/partition/noise")
            longest = answer[f"cpu{CPU}"]["max_ns"] / 1000
            causes = [re.fullmatch(r".+: \d+ gaps, ([\d.]+) us, at most [\d.]+ us", cause)
                      for cause in answer["causes"]]
            want(all(causes), answer)
            # The helper looks every 50 ms for what a gap came from; many may have a part in it.
            both = min(longest, sum(float(cause[1]) for cause in causes))
            return both >= 0.8e6 * STOPPED and answer

        answer = until(told, 10, "telemetry does not tell of the gap and its cause")
        now = answer[f"cpu{CPU}"]
        want(now["gaps"] > first["gaps"] and 0 < now["lost_ppm"] < 1e6 and
             now["p50_ns"] <= now["p99_ns"] <= now["p999_ns"] <= now["max_ns"], answer)
        want(answer["by"] in ("trace", "counters"), answer)
    finally:
        forwarder.send_signal(signal.SIGINT)
        said = forwarder.communicate(timeout=60)[0]
    want(forwarder.returncode == 0, f"{forwarder.returncode}: {said}")
    rows = said[said.index(" CPU   seconds"):].splitlines()
    gaps, longest = int(rows[1].split()[2]), float(rows[1].split()[7])
    print(f"telemetry: {now['gaps']} gaps, {now['max_ns'] / 1e3:.1f} us at most; in the end {gaps}, "
          f"{longest:.1f} us; causes: {'; '.join(answer['causes'][:3])}")
    want(gaps >= now["gaps"] and longest >= 0.8e6 * STOPPED and "What to do" in said, said)


def main():
    gates()
    telemetry()


if __name__ == "__main__":
    main()
