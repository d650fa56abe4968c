# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""aether-model: the devices that virtual machines are given, and what it says of them."""

import json
import os
import socket
import time

from failure import Failure, ModelDied, SetupError, check
from process import Child

START_LIMIT = 10
PREFIX = "lab"


class Model(Child):
    """A running aether-model. devices: {name: {key: value}} as its --device takes them.

    Its sockets are named for the devices, in a folder with short names. The witness is who uses
    them, for the record of that (docs/fidelity.md); None: more than one driver does, so that no
    record is kept.
    """

    def __init__(self, build, folder, sockets, devices, witness):
        program = build / "aether-model"
        if not program.exists():
            raise SetupError(f"{program} is not there: scripts/build builds it")
        self.names = list(devices)
        self.sockets = [sockets / name for name in devices]
        self.telemetry = sockets / "dpdk" / PREFIX / "dpdk_telemetry.v2"
        command = [str(program), "--file-prefix", PREFIX]
        for name, keys in devices.items():
            parts = {"name": name, "socket": sockets / name, **keys}
            command += ["--device", ",".join(f"{key}={value}" for key, value in parts.items())]
        env = {"AETHER_MODEL_COVERAGE": str(build / "coverage"), **os.environ,
               "RUNTIME_DIRECTORY": str(sockets), "AETHER_MODEL_WITNESS": witness or ""}
        if witness is None:
            del env["AETHER_MODEL_COVERAGE"], env["AETHER_MODEL_WITNESS"]
        super().__init__("aether-model", command, folder / "model.log", env=env)
        self._wait_start()

    def _wait_start(self):
        end = time.monotonic() + START_LIMIT
        while not (self.telemetry.exists() and all(path.exists() for path in self.sockets)):
            if self.status is not None:
                raise ModelDied(self.epitaph())
            check(time.monotonic() < end, f"aether-model listens not after {START_LIMIT} s:\n"
                  + self.said())
            time.sleep(0.02)

    def ask(self, command):
        """The answer to a command of telemetry, as a value of Python."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
                line.settimeout(5)
                line.connect(str(self.telemetry))
                line.recv(16384)
                line.send(command.encode())
                answer = json.loads(line.recv(65536))
        except OSError as error:
            if self.status is not None:
                raise ModelDied(self.epitaph()) from error
            raise Failure(f"aether-model does not answer {command}: {error}") from error
        return next(iter(answer.values()))

    def stats(self, name):
        found = self.ask(f"/aether/model/stats,{name}")
        check(isinstance(found, dict), f"aether-model has no counters of {name}: {found}")
        return found

    def port(self, name):
        return self.ask(f"/aether/model/port,{name}")

    def cable(self, name, state):
        """Pull the cable of a device ("down") or plug it ("up")."""
        found = self.ask(f"/aether/model/link,{name},{state}")
        check(isinstance(found, dict), f"aether-model did not take the cable of {name}: {found}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """A model that has served to the end ends well; sanitizers have their say there."""
        running = self.status is None
        if self.stop(10) != 0 and running and kind is None:
            raise ModelDied(self.epitaph())
