# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A guest whose CPUs are judged by aether-partition, and stock testpmd that asks for a verdict."""

import base64
import json
import re

import dpdk
from failure import check

# What the driver of this build runs with, as the host has it.
VERSIONS = ("22.11",)
LCORES = "0,2-3"
# How a guest of four CPUs is isolated, by parameter; a scenario leaves some out.
ISOLATION = {"isolcpus": "managed_irq,domain,2-3", "nohz_full": "2-3", "rcu_nocbs": "2-3",
             "irqaffinity": "0-1"}
OTHERS = "mce=ignore_ce transparent_hugepage=madvise hugepages=64"
EXIT_CODES = {"quiet": 0, "warned": 1, "noisy": 2, "unproven": 3}


def command_line(isolation, others=OTHERS):
    return " ".join([f"{name}={value}" for name, value in isolation.items()] + [others])


def boot(lab, isolation=None, others=OTHERS, cpus=4, modules=(), programs=(), **more):
    """A guest with these parameters. Its workers are CPUs 2 and 3."""
    lab.fact("DPDK", lab.guest.manifest["version"])
    built = lab.driver.files()
    built["usr/bin/aether-partition"] = lab.driver.build / "aether-partition"
    guest = lab.boot([*dpdk.PROGRAMS, *dpdk.drivers(lab.guest.path), *programs], modules,
                     built=built, cpus=cpus, memory=1024,
                     command_line=command_line(ISOLATION if isolation is None else isolation,
                                               others), **more)
    # As systems have it; systemd is what mounts it there.
    guest.must("mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    return guest


def write(guest, path, text):
    """A file in the guest, in pieces, since a command has a limit."""
    guest.must(f": >{path}")
    for start in range(0, len(text), 1200):
        encoded = base64.b64encode(text[start:start + 1200].encode()).decode()
        guest.must(f"echo {encoded} | base64 -d >>{path}")


class Verdict:
    """What the command says of a guest."""

    def __init__(self, text):
        self.all = json.loads(text)
        self.overall = self.all["overall"]
        self.rules = {found["rule"]: found for found in self.all["findings"]}

    def broken(self, severity="error"):
        return {rule for rule, found in self.rules.items()
                if found["result"] == "broken" and found["severity"] == severity}

    def unknown(self, severity="error"):
        return {rule for rule, found in self.rules.items()
                if found["result"] == "unknown" and found["severity"] == severity}

    def result(self, rule):
        return self.rules[rule]["result"]

    def found(self, rule):
        return self.rules[rule]["found"]


def parse(code, output):
    """A verdict, whose exit code has to be the one it should have."""
    verdict = Verdict(output)
    check(EXIT_CODES[verdict.overall] == code, f"{verdict.overall} ends with status {code}")
    return verdict


def judge(guest, options=f"--lcores {LCORES}"):
    return parse(*guest.run(f"aether-partition check --json {options}", 30))


def describe(verdict):
    return (f"{verdict.overall}; errors: {', '.join(sorted(verdict.broken())) or 'none'}; "
            f"warnings: {', '.join(sorted(verdict.broken('warning'))) or 'none'}; "
            f"unknown errors: {', '.join(sorted(verdict.unknown())) or 'none'}")


def testpmd(plugin, devargs="", vdev="", lcores=LCORES, prefix="p"):
    """A command that starts testpmd, which ends at once if it has started."""
    return (f"dpdk-testpmd --lcores '{lcores}' --no-huge -m 64 --no-pci --no-telemetry "
            f"--file-prefix {prefix} -d {plugin} {devargs} --vdev net_aether0{vdev} -- "
            "--total-num-mbufs=2048 --nb-cores=1")


def start(lab, guest, devargs="", vdev="", **more):
    """Run testpmd. @return whether EAL started, the number of ports, all it said"""
    code, said = guest.run(testpmd(lab.driver.plugin(), devargs, vdev, **more), 60)
    started = "Unable to parse device" not in said
    check(started or code != 0, f"testpmd ended with 0 and without EAL:\n{said}")
    return started, len(set(re.findall(r"^Configuring Port (\d+)", said, re.M))), said


def check_refused(lab, guest):
    started, _, said = start(lab, guest, "-a partition:strict")
    check(not started and said.count("so EAL does not start") == 1, said)


def check_starts(lab, guest, verdict, **more):
    """Stock testpmd starts, or does not, as the verdict is; so does a port."""
    quiet = verdict.overall in ("quiet", "warned")
    started, ports, said = start(lab, guest, "-a partition:strict", **more)
    check(started == quiet, f"strict: EAL started: {started}, but {describe(verdict)}\n{said}")
    check(said.count("so EAL does not start") == (not quiet), f"strict:\n{said}")
    started, ports, said = start(lab, guest, "-a partition:warn", **more)
    check(started and ports == 1, f"warn: EAL started: {started}, {ports} ports\n{said}")
    started, ports, said = start(lab, guest, vdev=",partition=enforce", **more)
    check(started and ports == quiet, f"enforce: {ports} ports, but {describe(verdict)}\n{said}")
