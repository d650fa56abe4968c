# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Programs that are run: one by one, each in a process group that ends with us."""

import os
import pty
import re
import select
import signal
import subprocess
import time


class Failed(Exception):
    """A program did not do what it was wanted for. text: what it has said."""

    def __init__(self, why, text=""):
        super().__init__(why)
        self.text = text


def end(process):
    """It and its children, kindly first: a driver that closes its port puts settings back."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass


def run(command, seconds, environment=None):
    """(exit code, standard output, standard error) of a program. Raises Failed after so long."""
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               errors="replace", env=environment, start_new_session=True)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        out, err = process.communicate()
        raise Failed(f"{command[0]} did not end within {seconds} s", out + err) from None
    except BaseException:
        end(process)
        raise
    return process.returncode, out, err


class Testpmd:
    """Stock testpmd, asked line by line. It writes to a terminal, so it holds nothing back."""

    def __init__(self, command, log, environment=None):
        self.log = log
        master, slave = pty.openpty()
        self.master = master
        self.text = ""
        self.asked = 0
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True)
        os.close(slave)

    def _read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def wait(self, pattern, seconds, start=0):
        """What it has said from `start` on, once the pattern is in it."""
        until = time.monotonic() + seconds
        while True:
            if re.search(pattern, self.text[start:]):
                return self.text[start:]
            if not self._read(0.2) and not re.search(pattern, self.text[start:]):
                self.process.wait(10)
                raise Failed(f"testpmd has ended with {self.process.returncode}", self.text)
            if time.monotonic() > until:
                raise Failed(f"testpmd did not say '{pattern}' within {seconds} s", self.text)

    def ask(self, line, seconds=20):
        """All that it says to a command: a second one, that it does not know, ends the answer."""
        start = len(self.text)
        self.asked += 1
        mark = f"end{self.asked}"
        self.process.stdin.write(f"{line}\n{mark}\n".encode())
        self.process.stdin.flush()
        return self.wait(rf"(?m)^.*{mark}\b[\s\S]*Command not found", seconds, start)

    def quit(self):
        """Whether it ended well."""
        self.process.stdin.write(b"quit\n")
        self.process.stdin.flush()
        until = time.monotonic() + 30
        while time.monotonic() < until and self._read(0.5):
            pass
        try:
            return self.process.wait(10) == 0
        except subprocess.TimeoutExpired:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
        self.process.stdin.close()
        while self._read(0):
            if not select.select([self.master], [], [], 0)[0]:
                break
        os.close(self.master)
        self.log.write_text(self.text)
