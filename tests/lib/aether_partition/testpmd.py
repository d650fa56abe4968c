#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Stock testpmd with the library by -d: what -a partition:... does, for hosts that are captured."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ["AETHER_BUILD"])
SHAPE = BUILD / "tests/lib/aether_partition/host-tree"
# Both lcores are on the one CPU that every machine has; the tree's host has eight.
OPTIONS = ["--lcores", "0@0,2@0", "--no-huge", "-m", "64", "--no-pci", "--vdev", "net_null0"]
FORWARD = ["--", "--total-num-mbufs=2048", "--nb-cores=1"]
# What is wrong with that.
RULES = "lcore.shared"


def environment():
    env = dict(os.environ)
    env["LD_PRELOAD"] = env.get("AETHER_PRELOAD", "")
    return env


def start(devargs, plugin="librte_aether_partition.so", more=(), vdevs=()):
    command = ["dpdk-testpmd", *OPTIONS, "--file-prefix", f"part-{os.getpid()}", "-d", plugin]
    for devarg in devargs:
        command += ["-a", devarg]
    for vdev in vdevs:
        command += ["--vdev", vdev]
    return [*command, *more, *FORWARD]


def run(devargs, **more):
    done = subprocess.run(start(devargs, more=["--no-telemetry"], **more), env=environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def want(condition, message):
    if not condition:
        sys.exit(message)


def refused(devargs, *texts, **more):
    code, said = run(devargs, **more)
    want(code != 0, f"{devargs}: testpmd started:\n{said}")
    want("Unable to parse device" in said and "Port 0" not in said, f"{devargs}: {code}\n{said}")
    for text in texts:
        want(said.count(text) == 1, f"{devargs}: '{text}' {said.count(text)} times:\n{said}")


def started(devargs, *texts, **more):
    code, said = run(devargs, **more)
    want(code == 0 and "Port 0" in said, f"{devargs}: {code}\n{said}")
    for text in texts:
        want(said.count(text) == 1, f"{devargs}: '{text}' {said.count(text)} times:\n{said}")
    return said


def ask(prefix, command):
    """EAL's telemetry."""
    base = pathlib.Path(os.environ.get("XDG_RUNTIME_DIR", "")) if os.geteuid() else None
    base = base or pathlib.Path("/var/run")
    path = base / "dpdk" / prefix / "dpdk_telemetry.v2"
    end = time.monotonic() + 20
    while True:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
                sock.settimeout(20)
                sock.connect(str(path))
                sock.recv(4096)
                sock.send(command.encode())
                return json.loads(sock.recv(65536))[command.split(",")[0]]
        except OSError:
            want(time.monotonic() < end, f"{path} does not answer")
            time.sleep(0.1)


def telemetry(top):
    command = start([f"partition:warn,root={top},ignore={RULES}"])
    child = subprocess.Popen([*command, "-i"], env=environment(), stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        verdict = ask(f"part-{os.getpid()}", "/aether/partition/verdict")
        want(verdict["by"] == "partition" and "lcore.shared: ignored (error): used by several "
             "lcores: CPU 0" in verdict["rules"], f"telemetry: {verdict}")
        # Of this host, whatever it is like.
        verdict = ask(f"part-{os.getpid()}", "/aether/partition/verdict,now")
        want(verdict["by"] == "telemetry" and verdict["workers"] == "0", f"telemetry: {verdict}")
    finally:
        child.stdin.close()
        child.wait(20)


def port():
    """Two lcores share a CPU, so the host that this runs on is noisy, whatever it is like."""
    driver = os.environ["AETHER_DRIVER"]
    for mode, up, word in (("enforce", False, "partition=enforce, and the lcores' CPUs are not"),
                           ("warn", True, "(0) are not left alone: "), ("off", True, ""),
                           ("", True, "")):
        devargs = f"net_aether0,partition={mode}" if mode else "net_aether0"
        said = started([], vdevs=[devargs], plugin=driver)
        want(("Port 1:" in said) == up, f"{devargs}:\n{said}")
        want(word in said if word else "left alone" not in said, f"{devargs}:\n{said}")
        want(("lcore.shared" in said) == bool(word), f"{devargs}:\n{said}")


def main():
    top = tempfile.mkdtemp(prefix="aether-host-", dir="/dev/shm")
    try:
        subprocess.run([SHAPE, top, "0-1", "2-7", "fc"], check=True)
        base = f"root={top}"
        refused([f"partition:strict,{base}"], "so EAL does not start", " lcore.shared\n", "NOISY")
        started([f"partition:warn,{base}"], "NOISY")
        said = started([f"partition:strict,{base},ignore={RULES}"])
        want(re.search(r"\bQUIET|MOSTLY QUIET", said), said)
        refused([f"partition:strict,{base},ignore=lcore.shard"], "Invalid argument")
        refused([f"partition:strict,{base},x=y"], "found 'x=y'")
        refused([f"partition:warn,{base},x"], "found 'x', wanted key=value")
        refused(["partition:strickt"], "found mode 'strickt'")
        refused(["partition:strict,root=/nowhere"], "the host cannot be judged")
        # The driver brings the library along.
        refused([f"partition:strict,{base}"], "so EAL does not start",
                plugin=os.environ["AETHER_DRIVER"])
        # Nothing is asked for: nothing is said.
        want("aether:" not in started([]), "the library speaks unasked")
        telemetry(top)
        port()
    finally:
        shutil.rmtree(top)
    print("testpmd starts, or does not, as the verdict is")


if __name__ == "__main__":
    main()
