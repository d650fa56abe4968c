#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The live view of aether-partition watch, on a terminal: drawn again and again, ended by Ctrl-C."""

import os
import pty
import select
import sys
import termios
import time

COMMAND = os.path.join(os.environ["AETHER_BUILD"], "aether-partition")
DRAW = b"\033[H\033[J"
TABLE = b" CPU   seconds      gaps     lost %"
LIMIT = 60


def want(condition, message):
    if not condition:
        sys.exit(message)


def read_until(terminal, done):
    """@return what was written, when that is enough, or all there is"""
    shown, end = b"", time.monotonic() + LIMIT
    while not done(shown):
        want(time.monotonic() < end, f"no more is shown: {shown!r}")
        if select.select([terminal], [], [], 1)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:     # the other side is closed
                break
    return shown


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execv(COMMAND, [COMMAND, "watch", "--workers", "0", "--seconds", "600"])
    before = termios.tcgetattr(terminal)
    shown = read_until(terminal, lambda text: text.count(DRAW) >= 3)
    frames = shown.split(DRAW)
    want(frames[0] == b"" and all(TABLE in frame for frame in frames[1:3]), shown)
    want(termios.tcgetattr(terminal) == before, "the terminal is another while it runs")
    os.write(terminal, b"\x03")
    rest = read_until(terminal, lambda text: False)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    last = rest.split(DRAW)[-1]
    want(code == 0, f"ends with {code}: {rest!r}")
    # The report is what stays there.
    want(TABLE in last and b"Causes, by" in last and b"What to do" in last, rest)
    want(last.endswith(b"\r\n") and b"\033" not in last, f"it ends in a line of its own: {last!r}")
    want(termios.tcgetattr(terminal) == before, "the terminal is left another")
    print(f"drawn {len(frames) - 1} times, then the report")


if __name__ == "__main__":
    main()
