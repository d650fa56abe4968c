#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What applications ask of a port through rte_eth_* never becomes a command that harms a card, nor a
reset of more than its function. Programs that use all that a port offers are run anew, and the
models' own records of what was used of them are looked at (what base/ does when it is disturbed is
test_harm.c's)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["AETHER_BUILD"])
SOURCE = pathlib.Path(os.environ["AETHER_SRC"])
TESTS = BUILD / "tests"
PROGRAMS = [
    ["features", "--check", SOURCE / "docs" / "net_aether_features.md"],
    ["phy"], ["filter"], ["rss"],
]
# NVM Erase, Write, Config Write, Write Activate, Update EMPR; Write I2C; Set GPIO; Set Tx Topology;
# LLDP Stop, Start, Stop/Start Agent; LLDP Filter Control; Manage MAC Write; Set Port Params.
HARMFUL = {0x0702, 0x0703, 0x0705, 0x0707, 0x0709, 0x06E3, 0x06EC, 0x0417, 0x0A05, 0x0A06, 0x0A09,
           0x0A0A, 0x0108, 0x0203}
# Commands without which the record would be of nothing.
USUAL = {0x0001, 0x0008, 0x0009, 0x0701, 0x0210, 0x02A0, 0x0601, 0x0603, 0x0C30, 0x0C41}


def records(program, *args):
    """What the models of a run have noted."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, AETHER_MODEL_COVERAGE=folder, AETHER_MODEL_WITNESS="net_aether")
        done = subprocess.run([TESTS / f"test-drivers_net_aether-{program}", *args], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        if done.returncode != 0:
            sys.exit(f"{program} failed ({done.returncode}):\n{done.stdout[-4000:]}")
        found = [json.loads(path.read_text()) for path in pathlib.Path(folder).iterdir()]
    if not found:
        sys.exit(f"{program} left no record")
    return found


def main():
    used = set()
    for program, *args in PROGRAMS:
        for record in records(program, *args):
            asked = {answer["opcode"] for answer in record["answers"]
                     if answer["queue"] == "command"}
            used |= asked
            if asked & HARMFUL:
                sys.exit(f"{program} made net_aether send "
                         + ", ".join(f"0x{opcode:04x}" for opcode in sorted(asked & HARMFUL)))
            for block in record["registers"]:
                if "GLGEN_RTRIG" in block["name"] and block["written"]:
                    sys.exit(f"{program} made net_aether write GLGEN_RTRIG")
    if not USUAL <= used:
        sys.exit("the usual commands are not in the record: "
                 + ", ".join(f"0x{opcode:04x}" for opcode in sorted(USUAL - used)))
    print(f"{len(used)} different commands, none of which harms")


if __name__ == "__main__":
    main()
