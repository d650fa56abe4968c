#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# record_trace.py <trace> <limit> <command ...>: runs a command under strace and writes the pages
# of files that it reads, in order, an address in hexadecimal a line, at most so many lines. A
# page's address is its number in the file plus 2^24 times the number of the file, in the order in
# which files are first read. Pages of 4 KiB. Sockets, pipes, devices and what lies in /proc, /sys
# and /dev are left out, as are mapped files.

import re
import subprocess
import sys
import tempfile

PAGE = 4096
READ = re.compile(r"^(\d+) +(read|pread64|readv|preadv)\((\d+)<([^>]*)>, .*, (\d+)\) += (\d+)$")
SEEK = re.compile(r"^(\d+) +lseek\((\d+)<([^>]*)>, .*\) += (\d+)$")
OPEN = re.compile(r"^(\d+) +openat?\(.* = (\d+)<([^>]*)>$")


class Trace:
    def __init__(self, out, limit):
        self.out, self.left = out, limit
        self.files = {}
        self.at = {}

    def read(self, path, offset, size):
        if size == 0 or not path.startswith("/") or re.match(r"/(proc|sys|dev)/", path):
            return
        base = self.files.setdefault(path, len(self.files) + 1) << 24
        for page in range(offset // PAGE, (offset + size - 1) // PAGE + 1):
            if self.left == 0:
                return
            self.left -= 1
            self.out.write(f"{base + page:x}\n")

    def line(self, text):
        if (m := READ.match(text)) is not None:
            pid, call, fd, path, last, size = m.groups()
            size = int(size)
            if call.startswith("p"):
                self.read(path, int(last), size)
                return
            # Processes that share a descriptor share the position; forks here do not read on.
            at = self.at.get((pid, fd, path), 0)
            self.read(path, at, size)
            self.at[pid, fd, path] = at + size
        elif (m := SEEK.match(text)) is not None:
            self.at[m[1], m[2], m[3]] = int(m[4])
        elif (m := OPEN.match(text)) is not None:
            self.at[m[1], m[2], m[3]] = 0


def main():
    with tempfile.NamedTemporaryFile("r") as log, open(sys.argv[1], "w") as out:
        subprocess.run(["strace", "-f", "-y", "-qq", "-s", "0", "-o", log.name, "-e",
                        "trace=read,pread64,readv,preadv,lseek,open,openat", *sys.argv[3:]],
                       stdout=subprocess.DEVNULL, check=False)
        trace = Trace(out, int(sys.argv[2]))
        for text in log:
            trace.line(text.rstrip("\n"))


main()
