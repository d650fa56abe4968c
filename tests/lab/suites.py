# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What the lab takes from Debian, and from which suites: the one place that names them.

A set is taken from the first of its suites whose candidate is new enough, in the version that the
suite has on that day. No version is pinned: a suite that moves on is followed.
"""

import dataclasses
import json

# What apt reads for a suite: (archive, suite, components). The archives are below each mirror.
MAIN = "debian"
SECURITY = "debian-security"
FIRMWARE = ("main", "non-free-firmware")
TRIXIE = (
    (MAIN, "trixie", FIRMWARE),
    (MAIN, "trixie-updates", FIRMWARE),
    (SECURITY, "trixie-security", FIRMWARE),
)
SUITES = {
    "bookworm": (
        (MAIN, "bookworm", ("main",)),
        (MAIN, "bookworm-updates", ("main",)),
        (SECURITY, "bookworm-security", ("main",)),
    ),
    "trixie": TRIXIE,
    "trixie-backports": TRIXIE + ((MAIN, "trixie-backports", ("main",)),),
    "forky": ((MAIN, "forky", ("main",)),),
    "sid": ((MAIN, "sid", ("main",)),),
}
# Suites that apt prefers to the others in their list only when told to.
PREFERRED = ("trixie-backports",)


@dataclasses.dataclass(frozen=True)
class Set:
    """Packages that are fetched, unpacked and kept together."""

    name: str
    about: str
    suites: tuple  # in the order of trial
    judged: str  # the package whose version decides about a suite
    packages: tuple  # with all that they depend on
    at_least: str = "0"
    below: str = ""
    unpacked: str = ""  # expression for the packages to unpack, others are dependencies on paper
    keeps = ()  # folders that are kept, though no virtual machine reads them

    def accepts(self, version, compare):
        """Whether a suite with this candidate will do. compare(a, operator, b): Debian's order."""
        return bool(version) and compare(version, "ge", self.at_least) and (
            not self.below or compare(version, "lt", self.below))

    def definition(self, suites):
        """All that decides what is fetched: a set with another definition is another set."""
        return json.dumps([dataclasses.asdict(self), [suites[name] for name in self.suites]],
                          sort_keys=True)


class BuildSet(Set):
    """With headers: what runs in the guest is built against it."""

    keeps = ("usr/include",)

    def definition(self, suites):
        return super().definition(suites) + json.dumps(self.keeps)


KERNEL = dict(judged="linux-image-amd64", packages=("linux-image-amd64",),
              unpacked=r"linux-(image|binary|modules|base)-[0-9].*")

SETS = {found.name: found for found in (
    # vfio-user-pci came with 10.1.
    Set("qemu", "the emulator", ("trixie-backports", "forky", "sid"), "qemu-system-x86",
        ("qemu-system-x86",), at_least="1:10.1"),
    Set("kernel-6.12", "the kernel of Debian 13", ("trixie",), at_least="6.12", below="6.13",
        **KERNEL),
    Set("kernel-7", "a kernel 7.x", ("trixie-backports", "forky", "sid"), at_least="7", **KERNEL),
    Set("kernel-rt", "the kernel of Debian 13 with PREEMPT_RT", ("trixie",), at_least="6.12",
        judged="linux-image-rt-amd64", packages=("linux-image-rt-amd64",),
        unpacked=KERNEL["unpacked"]),
    BuildSet("guest", "what runs in the virtual machine", ("trixie",), "dpdk-dev",
             ("bash", "busybox-static", "coreutils", "iproute2", "ethtool", "iputils-ping",
              "iperf3", "kmod", "tcpdump", "pciutils", "dpdk-dev", "librte-meta-net",
              "liblzma-dev", "libc6-dev")),
    Set("guest-bookworm", "the same of Debian 12, with its DPDK", ("bookworm",), "dpdk-dev",
        ("bash", "busybox-static", "coreutils", "kmod", "dpdk-dev", "librte-meta-net",
         "libjansson4", "python3", "irqbalance")),
)}
KERNELS = ("6.12", "7")
# The DPDK versions in guests, and the set that each is in.
DPDKS = {"22.11": "guest-bookworm", "24.11": "guest"}
