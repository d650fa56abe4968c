#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Runs each block of commands (```sh) in README.md and docs/*.md, and fails if one fails.

A block runs in the repository's top folder, under bash -euo pipefail. Not run are blocks after a
line "<!-- not run: REASON -->", and the command scripts/test, since that is what runs this test.
"""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ["AETHER_SRC"])
# What the tests of a build set for themselves; a reader's shell has none of it.
TEST_ONLY = re.compile(r"AETHER_|ASAN_OPTIONS|UBSAN_OPTIONS|LD_LIBRARY_PATH|MESON_|DPDK_LIBDIR")
BLOCK = re.compile(r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```sh\n(?P<text>.*?)^```$", re.M | re.S)


def blocks():
    """(where, commands, reason why they are not run or None) for each block."""
    for path in [TOP / "README.md", *sorted((TOP / "docs").glob("**/*.md"))]:
        text = path.read_text()
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start("text")) + 1
            yield f"{path.relative_to(TOP)}:{line}", found["text"], found["reason"]


def run(commands):
    env = {key: value for key, value in os.environ.items() if not TEST_ONLY.match(key)}
    lines = [line for line in commands.splitlines() if line.strip() != "scripts/test"]
    return subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], cwd=TOP, env=env,
                          stdin=subprocess.DEVNULL, check=False).returncode


def main():
    failed = []
    ran = 0
    for where, commands, reason in blocks():
        if reason:
            print(f"{where}: not run: {reason}", flush=True)
            continue
        print(f"{where}:\n{commands}", flush=True)
        ran += 1
        if run(commands) != 0:
            failed.append(where)
    print(f"{ran} blocks were run; these failed: {' '.join(failed) or 'none'}")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
