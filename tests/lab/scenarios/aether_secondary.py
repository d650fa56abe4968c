# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Two processes on one card."""

import re
import time

import aether
from failure import check
from scenario import scenario

WANTED = 20_000
# Flows differ by address, or by port on later versions.
OPTIONS = "--num-procs=2 --proc-id={} --rxq=2 --txq=2 --txonly-multi-flow --rss-udp"


def member(lab, guest, form, number):
    """testpmd as one of two processes, with a queue and a CPU of its own."""
    eal = f"--proc-type={'secondary' if number else 'primary'}"
    cores = f"--lcores={2 * number}@{number},{2 * number + 1}@{number}"
    # A secondary is told of a --vdev by the primary.
    numbers = () if number and form is aether.vdev_form else (0,)
    return aether.start_testpmd(guest, form(lab, *numbers, eal=eal, cores=cores),
                                OPTIONS.format(number), f"member{number}")


def sent(testpmd):
    """Packets by queue."""
    text = testpmd.ask("show port xstats 0")
    return [int(re.search(rf"^tx_q{queue}_packets: (\d+)", text, re.M).group(1))
            for queue in range(2)]


def forward(members):
    """What comes round is shared out between the processes by RSS, and both forward."""
    before = sent(members[0])
    for one in members:
        one.ask("start tx_first 4")
    end = time.monotonic() + 40
    while any(now < then + WANTED for now, then in zip(sent(members[0]), before)):
        check(time.monotonic() < end, f"too slow: {before}, then {sent(members[0])}")
    for one in members:
        one.ask("stop")
    time.sleep(0.3)
    counts = [sent(one) for one in members]
    stats = [one.statistics() for one in members]
    check(counts[0] == counts[1] and stats[0] == stats[1], f"{counts} {stats}")
    check(stats[0][0]["RX-packets"] == stats[0][0]["TX-packets"], f"packets are lost: {stats}")
    return counts[0]


def pull_cable(lab, members):
    """The interrupt is the primary's; both see what has become of the link."""
    for state in "down", "up":
        start = members[0].size()
        lab.model.cable("ice0", state)
        members[0].wait("Port 0: link state change event", 10, start)
        for one in members:
            aether.wait_link(one, state, 1)


@scenario("aether-secondary", "a primary and a secondary process on one card, both forward and see "
          "the link; the secondary is killed, and another comes", dpdks=aether.VERSIONS, limit=240)
def secondary(lab):
    guest = aether.boot_bound(lab, {"ice0": {"wire": "loop"}})
    for form, name in (aether.pci_form, "-a"), (aether.vdev_form, "--vdev"):
        members = [member(lab, guest, form, number) for number in range(2)]
        forward(members)
        pull_cable(lab, members)
        guest.must("kill -9 $(grep -l proc-type=secondary /proc/[0-9]*/cmdline | cut -d/ -f3)")
        _, status = members[1].ended()
        check(status == 137, f"the secondary ended with {status}")
        members[1] = member(lab, guest, form, 1)
        counts = forward(members)
        for one in reversed(members):
            one.quit()
        lab.fact(name, f"{counts[0]} packets by the primary's queue, {counts[1]} by the "
                 "secondary's")
    aether.check_model(lab)
