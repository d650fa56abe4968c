# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A guest with our driver in it."""

import dpdk
from failure import check
from suites import DPDKS

VERSIONS = tuple(DPDKS)


def boot(lab, nics=(), apps=(), **more):
    """A guest with DPDK, our driver, drivers of other NICs and applications of tests/lab/guest."""
    lab.fact("DPDK", lab.guest.manifest["version"])
    built = lab.driver.files()
    for name in apps:
        built |= lab.driver.app(name)
    return lab.boot([*dpdk.PROGRAMS, *dpdk.drivers(lab.guest.path, *nics)], dpdk.VFIO_MODULES,
                    built=built, **more)


def check_counters(counters, least):
    """Two ports joined by a cable: what one has sent the other has received."""
    for port, mine in enumerate(counters):
        far = counters[1 - port]
        check(mine["RX-missed"] == mine["RX-errors"] == mine["TX-errors"] == 0, f"{counters}")
        check(mine["RX-packets"] == far["TX-packets"] >= least, f"packets were lost: {counters}")
