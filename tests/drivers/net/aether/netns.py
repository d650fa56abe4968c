# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Network namespaces in which real programs talk through tap wires."""

import json
import os
import re
import shutil
import subprocess
import time

from testpmd import skip


def check_host(*programs):
    """Skip where the host has not what such tests need."""
    packages = {"ip": "iproute2", "ping": "iputils-ping", "iperf3": "iperf3"}
    for program in ("ip", *programs):
        if shutil.which(program) is None:
            skip(f"{program} is not installed: apt-get install {packages.get(program, program)}")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        skip("/dev/net/tun cannot be opened (modprobe tun, run as root)")
    name = f"aether{os.getpid()}x"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode != 0:
        skip(f"no network namespace can be made: {made.stderr.strip()} (run as root)")
    subprocess.run(["ip", "netns", "del", name], check=True)


class Namespace:
    """A namespace and the one interface in it that a tap wire makes. Use as a context manager."""

    def __init__(self, side, address):
        self.name = f"aether{os.getpid()}{side}"
        self.interface = f"tap-{side}"
        self.address = address

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        # Linux talks less by itself without IPv6; where there is none, that fails.
        subprocess.run(self.command("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/"
                                    "disable_ipv6"), stderr=subprocess.DEVNULL, check=False)
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    @property
    def wire(self):
        return f"tap:{self.interface}:netns={self.name}"

    def command(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command, timeout=60):
        done = subprocess.run(self.command(*command), capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} in {self.name}:\n{done.stdout}"
                                 f"{done.stderr}")
        return done.stdout

    def ip(self, *args):
        return self.run("ip", *args)

    def configure(self):
        """Give the interface, which is there now, its address."""
        self.ip("addr", "add", f"{self.address}/24", "dev", self.interface)

    def interfaces(self):
        return re.findall(r"^\d+: ([\w-]+)[@:]", self.ip("-o", "link"), re.M)

    def wait_carrier(self, wanted, seconds=5):
        end = time.monotonic() + seconds
        while ("LOWER_UP" in self.ip("-o", "link", "show", self.interface)) != wanted:
            if time.monotonic() > end:
                raise AssertionError(f"{self.interface}: carrier is not {wanted}")
            time.sleep(0.02)


def ping(near, far, count):
    """ping's count packets, 10 ms apart, of which none may be lost. @return its last lines"""
    text = near.run("ping", "-n", "-q", "-c", str(count), "-i", "0.01", far.address,
                    timeout=30 + count)
    sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received",
                                        text).groups())
    assert (sent, received) == (count, count), text
    return text.strip().splitlines()[-1]


def transfer(near, far, size):
    """A TCP transfer of so many bytes by iperf3. @return Gbit/s, segments sent again"""
    with subprocess.Popen(far.command("iperf3", "-s", "-1"), stdout=subprocess.DEVNULL) as server:
        try:
            time.sleep(0.5)
            result = json.loads(near.run("iperf3", "-J", "-c", far.address, "-n", str(size),
                                         timeout=240))
            server.wait(10)
        finally:
            server.kill()
    sent, received = result["end"]["sum_sent"], result["end"]["sum_received"]
    # iperf3's receiver stops reading when the sender has written all: the rest is in sockets.
    waiting = sum(int(far.run("cat", f"/proc/sys/net/ipv4/tcp_{kind}").split()[2])
                  for kind in ("rmem", "wmem"))
    assert sent["bytes"] >= size and received["bytes"] >= size - waiting, result["end"]
    return received["bits_per_second"] / 1e9, sent["retransmits"]
