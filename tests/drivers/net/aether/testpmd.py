# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Stock dpdk-testpmd with the driver of this build, driven through its command line."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../scripts"))
from prompt import PROMPT  # pylint: disable=wrong-import-position


def skip(reason):
    print("SKIP:", reason)
    sys.exit(77)


def sanitized():
    return os.environ.get("AETHER_SANITIZE", "none") != "none"


class Testpmd:
    """A running testpmd. Use as a context manager; leaving it quits, and checks the exit."""

    def __init__(self, vdevs, args=(), eal=()):
        program = shutil.which("dpdk-testpmd")
        if program is None:
            skip("dpdk-testpmd is not installed")
        cpus = sorted(os.sched_getaffinity(0))
        # The main lcore waits for commands, so the model's thread may have its CPU; the other
        # one forwards.
        lcores = f"0@{cpus[0]},1@{cpus[-1]}"
        self.prefix = f"aether_testpmd_{os.getpid()}"
        command = [program, "--no-huge", "-m", "512", "--no-pci", "--no-telemetry",
                   f"--lcores={lcores}", f"--file-prefix={self.prefix}",
                   "-d", os.environ["AETHER_DRIVER"], *eal]
        for vdev in vdevs:
            command += ["--vdev", f"{vdev},cpu={cpus[0]}"]
        # What arrives before the first "start" is to be forwarded, not flushed.
        self.run([*command, "--", "-i", "--no-flush-rx", "--forward-mode=io", *args])

    def run(self, command):
        env = dict(os.environ)
        if env.get("AETHER_PRELOAD"):
            env["LD_PRELOAD"] = env["AETHER_PRELOAD"]
        self.terminal, terminal = pty.openpty()
        settings = termios.tcgetattr(terminal)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
        self.process = subprocess.Popen(command, stdin=terminal, stdout=terminal,
                                        stderr=terminal, env=env)
        os.close(terminal)
        self.seen = 0
        self.log = ""

    def __enter__(self):
        self.start_text = self.wait(60)
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            os.write(self.terminal, b"quit\n")
            self.wait(60, until_exit=True)
            if self.process.returncode != 0:
                raise AssertionError(f"testpmd ended with {self.process.returncode}:\n{self.log}")
        elif self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.terminal)
        if kind is not None:
            print(self.log, file=sys.stderr)

    def read(self, timeout):
        """Whether the program is still there."""
        if not select.select([self.terminal], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.log += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def wait(self, timeout, until_exit=False):
        """What has been printed up to the next prompt."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            alive = self.read(0.2)
            text = self.log[self.seen:]
            if not until_exit and PROMPT.search(text):
                self.seen = len(self.log)
                return text
            if not alive:
                self.process.wait(10)
                if until_exit:
                    return text
                raise AssertionError(f"testpmd is gone ({self.process.returncode}):\n{self.log}")
        raise AssertionError(f"no answer from testpmd in {timeout} s:\n{self.log}")

    def command(self, line, timeout=30):
        os.write(self.terminal, (line + "\n").encode())
        return self.wait(timeout)

    def stats(self, port):
        """Counters that `show port stats` prints, by name."""
        text = self.command(f"show port stats {port}")
        return {name: int(value) for name, value in
                re.findall(r"([RT]X-\w+): +(\d+)", text)}

    def xstats(self, port):
        text = self.command(f"show port xstats {port}")
        return {name: int(value) for name, value in re.findall(r"^(\w+): (\d+)$", text, re.M)}
