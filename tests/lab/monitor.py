# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""QEMU's monitor (QMP): a line of JSON each way, and events in between, which nobody reads here."""

import contextlib
import json
import socket

from failure import Failure

TIMEOUT = 10


class Monitor:
    """Connected on first use: QEMU listens from its start."""

    def __init__(self, path):
        self.path = str(path)
        self.line = None
        self.file = None

    def _connect(self):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(TIMEOUT)
        self.line.connect(self.path)
        self.file = self.line.makefile("rwb")
        self._read()  # its greeting
        self._ask("qmp_capabilities")

    def _read(self):
        text = self.file.readline()
        if not text:
            raise Failure("QEMU has closed its monitor")
        return json.loads(text)

    def _ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self.file.flush()
        while True:
            answer = self._read()
            if "error" in answer:
                raise Failure(f"QEMU refuses {command}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def ask(self, command, **arguments):
        """What QEMU returns."""
        if self.line is None:
            self._connect()
        try:
            return self._ask(command, **arguments)
        except (OSError, ValueError) as error:
            raise Failure(f"QEMU does not answer {command}: {error}") from error

    def close(self):
        """QEMU may have ended, with something for it not yet sent."""
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.file.close()
            self.line.close()
