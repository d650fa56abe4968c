# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Programs that a scenario starts: their output goes to a file, and they never outlive the lab."""

import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_lab():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def describe_exit(status):
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"


class Child:
    """A running program."""

    def __init__(self, name, command, log, **more):
        self.name = name
        self.log = log
        with open(log, "wb") as output:
            output.write((" ".join(map(str, command)) + "\n").encode())
            output.flush()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, preexec_fn=die_with_lab,
                                            **more)

    @property
    def pid(self):
        return self.process.pid

    @property
    def status(self):
        """None while it runs."""
        return self.process.poll()

    def said(self):
        return self.log.read_text(errors="replace")

    def epitaph(self):
        """How it ended, with its last words."""
        last = " | ".join(self.said().splitlines()[1:][-3:])
        return f"{self.name} {describe_exit(self.status)}" + (f": {last}" if last else "")

    def stop(self, seconds=0):
        """End it: nicely for so many seconds, then by force. @return its exit status"""
        if self.status is None and seconds:
            self.process.terminate()
            try:
                return self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        if self.status is None:
            self.process.kill()
        return self.process.wait()
