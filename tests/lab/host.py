# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The host's side of a wire: a TAP in a network namespace, with the host's own programs on it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from failure import Failure, SetupError, check
from process import Child

# What scenarios run on the host; scripts/setup installs it.
PROGRAMS = ("ip", "tcpdump", "iperf3", "tshark", "readelf", "zstd")
HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "drivers/net/aether"))

import netns  # noqa: E402


def require():
    """Whether this machine can run scenarios; else what to do."""
    if os.geteuid() != 0:
        raise SetupError("run it as root: network interfaces (TAP) and namespaces are made")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise SetupError(f"{', '.join(missing)}: not installed here; scripts/setup does that")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise SetupError("/dev/net/tun cannot be opened: modprobe tun")


class Host(netns.Namespace):
    """A namespace whose one interface a model makes. Use by Lab.use()."""

    def __init__(self, folder, side="host", address="10.77.0.1"):
        super().__init__(side, address)
        self.folder = folder
        self.children = []

    def __exit__(self, *error):
        for child in self.children:
            child.stop()
        super().__exit__(*error)

    def run(self, *command, timeout=60):
        try:
            done = subprocess.run(self.command(*command), capture_output=True, text=True,
                                  timeout=timeout, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"{' '.join(command)} on the host took over {timeout} s") from error
        check(done.returncode == 0, f"{' '.join(command)} on the host:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name, *command):
        """A program that goes on; its output is in <name>.log."""
        child = Child(name, self.command(*command), self.folder / f"{name}.log")
        self.children.append(child)
        return child

    def wait_output(self, child, text, seconds=10):
        """Until a program has said something."""
        end = time.monotonic() + seconds
        while text not in child.said():
            check(child.status is None, child.epitaph() if child.status is not None else "")
            check(time.monotonic() < end, f"{child.name} did not say '{text}' in {seconds} s:\n"
                  + child.said())
            time.sleep(0.02)

    def wait_carrier(self, wanted, seconds=10):
        try:
            super().wait_carrier(wanted, seconds)
        except AssertionError as error:
            raise Failure(str(error)) from error

    def counters(self, interface=None):
        """What Linux has counted at the interface: {"rx": {...}, "tx": {...}}, stats64 of ip."""
        text = self.run("ip", "-j", "-s", "link", "show", interface or self.interface)
        return json.loads(text)[0]["stats64"]

    def mac(self):
        return json.loads(self.run("ip", "-j", "link", "show", self.interface))[0]["address"]

    def capture(self, name, *expression):
        """tcpdump on the interface, from when this returns; give it to stop_capture()."""
        path = self.folder / f"{name}.pcap"
        child = self.start(f"tcpdump-{name}", "tcpdump", "-n", "-U", "-B", "65536", "-i",
                           self.interface, "-w", str(path), *expression)
        self.wait_output(child, "listening on")
        return child, path

    def stop_capture(self, capture):
        """@return the path, packets captured; fails if the kernel has dropped some"""
        child, path = capture
        time.sleep(0.3)
        child.process.send_signal(2)
        child.process.wait(20)
        counts = re.search(r"(\d+) packets? captured[\s\S]*?(\d+) packets? dropped by kernel",
                           child.said())
        check(counts is not None, f"tcpdump says no counts:\n{child.said()}")
        check(counts.group(2) == "0", f"tcpdump lost packets:\n{child.said()}")
        return path, int(counts.group(1))

    def vlan(self, vlan, address):
        """An interface for a VLAN, with an address; not by 8021q, which not every host has."""
        name = f"v{vlan}"
        port = self.start(f"vlan-{vlan}", sys.executable, "-B", str(HERE / "vlan_port.py"),
                          self.interface, str(vlan), name)
        self.wait_output(port, "ready")
        self.ip("addr", "add", f"{address}/24", "dev", name)
        self.ip("link", "set", name, "up")

    def send_frames(self, *frames):
        """Put these on the wire as they are, each a bytes object."""
        self.run(sys.executable, "-B", str(HERE / "send_frames.py"), self.interface,
                 *[frame.hex() for frame in frames])


def tshark(path, *args):
    """Lines that tshark prints about a capture."""
    done = subprocess.run(["tshark", "-n", "-r", str(path), *args], capture_output=True, text=True,
                          timeout=120, check=False)
    check(done.returncode == 0, f"tshark {' '.join(args)}: {done.stderr}")
    return done.stdout.splitlines()
