# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""aether-model as a process, for ports on the vfio-user door."""

import json
import os
import signal
import subprocess
import sys
import time


class Server:
    """A running aether-model with devices p0, p1, ... Use as a context manager."""

    def __init__(self, folder, wires, cpu=None):
        self.folder, self.wires, self.cpu = folder, wires, cpu
        self.prefix = f"aether_served_{os.getpid()}"
        self.log = os.path.join(folder, "aether-model.log")
        self.process = None

    def socket(self, number):
        return os.path.join(self.folder, f"p{number}.sock")

    def text(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def start(self):
        command = [os.path.join(os.environ["AETHER_BUILD"], "aether-model"),
                   "--file-prefix", self.prefix]
        if self.cpu is not None:
            command += ["--cpu", str(self.cpu)]
        for number, wire in enumerate(self.wires):
            command += ["--device", f"name=p{number},socket={self.socket(number)},wire={wire},"
                        "ddp=preloaded"]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + 30
        while self.text().count(": listening on ") < len(self.wires):
            assert self.process.poll() is None and time.monotonic() < end, self.text()
            time.sleep(0.02)

    def kill(self):
        """As a crash. @return when, of time.monotonic()"""
        now = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return now

    def ask(self, command):
        """A command of its telemetry."""
        done = subprocess.run(["dpdk-telemetry.py", "-f", self.prefix], input=command + "\n",
                              capture_output=True, text=True, timeout=20, check=True)
        name = command.partition(",")[0]
        answers = [line.removeprefix("--> ") for line in done.stdout.splitlines()
                   if line.removeprefix("--> ").startswith(f'{{"{name}"')]
        return json.loads(answers[-1])[name]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.terminate()
            code = self.process.wait(30)
            assert kind is not None or code == 0, (code, self.text())
        if kind is not None:
            print(self.text(), file=sys.stderr)
