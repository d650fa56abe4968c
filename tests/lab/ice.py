# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A guest in which Linux's ice drives one port of the model, and the host at the other end."""

import json
import pathlib
import re
import subprocess
import time

from failure import Failure, SetupError, check
from host import Host

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("usr/bin/ip", "usr/sbin/ethtool", "usr/bin/ping", "usr/bin/iperf3", "usr/bin/tcpdump")
MODULES = ("ice", "8021q")
PACKAGE = "usr/lib/firmware/intel/ice/ddp/ice.pkg"
GUEST_ADDRESS = "10.77.0.2"
DEVICE = "ice0"
# Linux talks less by itself without IPv6, and counters can be compared.
COMMAND_LINE = "ipv6.disable=1"
MARK = "lab: from here on"
# What kernels say when the host has stopped the emulated CPUs for a while, whatever was going on.
STALLS = r"hrtimer: interrupt took|hogged CPU|perf: interrupt took too long|clocksource: |rcu: INFO"


def ddp_package():
    """Intel's OS default package, which Debian has."""
    done = subprocess.run([TOP / "tests/peers/fetch_ddp"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or not done.stdout.split():
        raise SetupError(f"Intel's DDP package could not be had: {done.stderr.strip()}")
    return pathlib.Path(done.stdout.split()[0])


class IceGuest:
    """Boots, with the module not yet loaded. load() and configure() bring the port up."""

    def __init__(self, lab, package=True, programs=(), modules=(), files=None, **more):
        self.lab = lab
        self.host = lab.use(Host(lab.folder))
        # Without RDMA in its capabilities ice warns of that.
        lab.start_model({DEVICE: {"wire": self.host.wire}}, f"ice {lab.kernel_name}")
        files = dict(files or {})
        if package:
            files[PACKAGE] = ddp_package()
        self.machine = lab.boot((*PROGRAMS, *programs), (*MODULES, *modules), files,
                                command_line=COMMAND_LINE, **more)
        self.interface = None
        self.must(f"echo '{MARK}' >/dev/kmsg")

    def run(self, command, seconds=20):
        return self.machine.run(command, seconds)

    def must(self, command, seconds=20):
        return self.machine.must(command, seconds)

    def load(self):
        """Load ice and wait for its interface."""
        self.must("modprobe ice")
        self.interface = self.machine.must(
            "for n in $(seq 100); do ls /sys/bus/pci/drivers/ice/*/net 2>/dev/null && exit; "
            "sleep 0.1; done; echo there is no interface of ice; dmesg | tail -20; exit 1").strip()
        return self.interface

    def up(self, address=GUEST_ADDRESS, seconds=10):
        """Bring the interface up and wait for the link, on both sides."""
        self.must(f"ip addr add {address}/24 dev {self.interface}; "
                  f"ip link set {self.interface} up")
        self.wait_carrier(True, seconds)
        self.host.wait_carrier(True, seconds)

    def start(self):
        """All of it: loaded, up, addresses on both sides."""
        self.load()
        self.host.configure()
        self.up()
        return self

    def wait_carrier(self, wanted, seconds=10):
        self.must(f"for n in $(seq {seconds * 20}); do "
                  f"grep -qx {int(wanted)} /sys/class/net/{self.interface}/carrier && exit; "
                  f"sleep 0.05; done; echo the carrier does not become {int(wanted)}; exit 1",
                  seconds + 20)

    def messages(self, worst=4):
        """What the kernel has logged since the boot, of this severity or worse."""
        text = self.must("dmesg -r").split(MARK, 1)[-1]
        found = []
        for priority, line in re.findall(r"^<(\d+)>(.*)$", text, re.M):
            if int(priority) & 7 <= worst and not re.search(STALLS, line):
                found.append(line)
        return found

    def check_messages(self, expected=()):
        """No warning or error but the expected ones: (regular expression, reason) each.

        All expected ones have to be there.
        """
        lines = self.messages()
        unknown = [line for line in lines
                   if not any(re.search(pattern, line) for pattern, _ in expected)]
        check(not unknown, "ice complains:\n" + "\n".join(unknown))
        for pattern, reason in expected:
            check(any(re.search(pattern, line) for line in lines),
                  f"ice does not say '{pattern}' ({reason}): {lines}")

    def check_model(self):
        """The model has seen nothing that hardware would refuse."""
        stats = self.lab.model.stats(DEVICE)
        for name in "dma_faults", "mdd_events", "aq_unmodelled":
            check(stats[name] == 0, f"the model counts {stats[name]} {name}: {stats}")

    def ping(self, count, interval=0.01, far=None, options=""):
        """The guest pings the host; none may be lost."""
        text = self.must(f"ping -n -q -c {count} -i {interval} {options} "
                         f"{far or self.host.address} || true", 30 + count * interval * 2)
        found = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        check(found is not None and found.groups() == (str(count),) * 2, text)
        return text.strip().splitlines()[-1]

    def statistics(self):
        """ethtool -S."""
        text = self.must(f"ethtool -S {self.interface}")
        return {key: int(value) for key, value in re.findall(r"^ +([\w.]+): (\d+)$", text, re.M)}

    def features(self):
        """ethtool -k: {name: whether it is on}."""
        text = self.must(f"ethtool -k {self.interface}")
        found = re.findall(r"^\t?([\w-]+): (on|off)", text, re.M)
        return {key: value == "on" for key, value in found}

    def tcpdump(self, arguments, output):
        """Start it in the guest; it prints to a file, from when this returns."""
        self.must(f"(timeout 120 tcpdump -Z root -n -l -i {self.interface} {arguments} >{output} "
                  f"2>{output}.log &) ; for n in $(seq 100); do grep -q listening {output}.log && "
                  f"exit; sleep 0.1; done; cat {output}.log; exit 1")


def settle(look, seconds=5, quiet=0.3):
    """What look() gives once it gives the same twice."""
    end = time.monotonic() + seconds
    before = look()
    while True:
        time.sleep(quiet)
        now = look()
        if now == before:
            return now
        if time.monotonic() > end:
            raise Failure(f"it does not come to rest: {before}, {now}")
        before = now


def iperf_result(text):
    """What iperf3 -J says, or the failure that it tells."""
    try:
        result = json.loads(text)
    except ValueError as error:
        raise Failure(f"iperf3 printed no result: {text}") from error
    check("error" not in result, f"iperf3: {result.get('error')}")
    return result["end"]
