#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Debian's OVS-DPDK, a bridge of two net_aether ports, whose tap wires end in two network
namespaces: real programs talk through it, and OVS changes, loses and gets back its ports."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

from debian import unpack
from netns import Namespace, check_host, ping, transfer
from testpmd import skip

PACKAGES = ["openvswitch-switch-dpdk", "openvswitch-switch", "openvswitch-common", "libbpf1",
            "libcap-ng0", "libevent-2.1-7", "libgmp10", "libhogweed6", "libnettle8", "libnuma1",
            "libunbound8", "libxdp1"]


class Ovs:
    """A running OVS with files of its own. Use as a context manager; leaving it ends it."""

    def __init__(self, root, folder, home):
        self.root = root
        self.home = home
        self.folder = pathlib.Path(folder)
        self.database = f"unix:{folder}/db.sock"
        self.cpus = sorted(os.sched_getaffinity(0))
        self.env = dict(os.environ)
        for kind in ("RUN", "DB", "LOG", "SYSCONF"):
            self.env[f"OVS_{kind}DIR"] = folder
        self.env["LD_LIBRARY_PATH"] += f":{next(root.glob('usr/lib/*-linux-gnu'))}"
        self.children = []

    def program(self, name):
        return str(next(self.root.glob(f"usr/*bin/{name}")))

    def run(self, name, *args):
        done = subprocess.run([self.program(name), *args], env=self.env, capture_output=True,
                              text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"{name} {' '.join(args)}:\n{done.stdout}{done.stderr}\n"
                                 f"{self.log()}")
        return done.stdout.strip()

    def vsctl(self, *args):
        return self.run("ovs-vsctl", f"--db={self.database}", "--timeout=20", *args)

    def appctl(self, *args):
        return self.run("ovs-appctl", "-t", f"{self.folder}/ctl", *args)

    def get(self, port, column):
        return self.vsctl("get", "Interface", port, column)

    def wait(self, port, column, value, seconds=15):
        """OVS looks at links and counters every 5 s."""
        end = time.monotonic() + seconds
        while self.get(port, column) != value:
            if time.monotonic() > end:
                raise AssertionError(f"{port}: {column} is {self.get(port, column)}, not {value}:"
                                     f"\n{self.log()}")
            time.sleep(0.1)

    def log(self):
        path = self.folder / "ovs-vswitchd.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def start(self, program, *args):
        name = os.path.basename(program)
        with open(self.folder / f"{name}.out", "wb") as out:
            # In a namespace of its own, for it makes interfaces for its bridge and datapath.
            self.children.append(subprocess.Popen(self.home.command(program, *args), env=self.env,
                                                  stdout=out, stderr=out))

    def __enter__(self):
        schema = self.root / "usr/share/openvswitch/vswitch.ovsschema"
        self.run("ovsdb-tool", "create", str(self.folder / "conf.db"), str(schema))
        self.start(self.program("ovsdb-server"), f"--remote=p{self.database}",
                   str(self.folder / "conf.db"))
        while not (self.folder / "db.sock").exists():
            assert self.children[0].poll() is None, "ovsdb-server does not start"
            time.sleep(0.05)
        # OVS asks for --in-memory unless it is told of --legacy-mem, which goes with --no-huge.
        extra = (f"-d {os.environ['AETHER_DRIVER']} --no-pci --no-huge --legacy-mem -m 1024 "
                 f"--no-telemetry --file-prefix=aether_ovs_{os.getpid()}")
        self.vsctl("--no-wait", "init")
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   f'other_config:dpdk-extra="{extra}"',
                   f"other_config:dpdk-lcore-mask={1 << self.cpus[0]:#x}",
                   f"other_config:pmd-cpu-mask={1 << self.cpus[-1]:#x}")
        self.start(str(self.root / "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"),
                   self.database, f"--log-file={self.folder}/ovs-vswitchd.log",
                   f"--unixctl={self.folder}/ctl")
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
        return self

    def add_port(self, number, side):
        # The PMD thread is no lcore: the device's thread must be told to keep off its CPU.
        self.vsctl("add-port", "br0", f"p{number}", "--", "set", "Interface", f"p{number}",
                   "type=dpdk", f'options:dpdk-devargs="net_aether{number},wire={side.wire},'
                   f'cpu={self.cpus[0]}"')
        assert self.get(f"p{number}", "error") == "[]", self.log()
        side.wait_carrier(True)
        side.configure()

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.appctl("exit", "--cleanup")
                assert self.children[1].wait(20) == 0, self.log()
            else:
                print(self.log())
        finally:
            for child in self.children:
                child.kill()
                child.wait()


def check_traffic(ovs, left, right):
    print("300 pings:", ping(left, right, 300))
    speed, again = transfer(left, right, 200_000_000)
    print(f"200 MB by TCP: {speed:.2f} Gbit/s on the device model, {again} segments sent again")
    # The counters that OVS shows are those of the device.
    time.sleep(6)
    for port in "p0", "p1":
        assert int(ovs.get(port, "statistics:rx_packets")) > 1000, ovs.get(port, "statistics")
        assert int(ovs.get(port, "statistics:tx_packets")) > 1000, ovs.get(port, "statistics")


def check_changes(ovs, left, right):
    """Jumbo frames, queues, rings and modes at run time, and a link that goes and comes."""
    for port in "p0", "p1":
        ovs.vsctl("set", "Interface", port, "mtu_request=9000", "options:n_rxq=2",
                  "options:n_rxq_desc=2048", "options:n_txq_desc=1024",
                  "options:dpdk-lsc-interrupt=true", "options:rx-flow-ctrl=true",
                  "options:tx-flow-ctrl=true", "options:flow-ctrl-autoneg=true")
        ovs.wait(port, "mtu", "9000")
    queues = ovs.appctl("dpif-netdev/pmd-rxq-show")
    for port in "p0", "p1":
        for queue in 0, 1:
            assert re.search(rf"port: {port} +queue-id: +{queue} ", queues), queues
    assert "low control" not in ovs.log(), ovs.log()
    for side in left, right:
        side.ip("link", "set", side.interface, "mtu", "9000")
        side.wait_carrier(True)
    left.run("ping", "-q", "-c", "20", "-i", "0.05", "-M", "do", "-s", "8972", right.address)
    left.ip("link", "set", left.interface, "down")
    ovs.wait("p0", "link_state", "down")
    left.ip("link", "set", left.interface, "up")
    ovs.wait("p0", "link_state", "up")
    ping(left, right, 100)


check_host("ping", "iperf3")
root = unpack("openvswitch", PACKAGES)
missing = subprocess.run(["ldd", root / "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"],
                         capture_output=True, text=True).stdout
if "librte_eal.so.23 => not found" in missing:
    skip("Debian's OVS needs Debian's DPDK, and another one is installed")
with Namespace("left", "10.78.0.1") as left, Namespace("right", "10.78.0.2") as right, \
        Namespace("ovs", "") as home, tempfile.TemporaryDirectory() as folder:
    with Ovs(root, folder, home) as ovs:
        ovs.add_port(0, left)
        ovs.add_port(1, right)
        status = ovs.get("p0", "status")
        assert "driver_name=net_aether" in status and 'link_speed="100Gbps"' in status, status
        check_traffic(ovs, left, right)
        check_changes(ovs, left, right)
        ovs.vsctl("del-port", "br0", "p0")
        assert left.interfaces() == ["lo"], left.interfaces()
        ovs.add_port(0, left)
        ovs.vsctl("set", "Interface", "p0", "mtu_request=9000")
        print("with the port taken out and put in again:", ping(left, right, 100))
    for side in left, right:
        assert side.interfaces() == ["lo"], side.interfaces()
