# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Serial ports of a virtual machine: sockets that QEMU connects to, read by threads of ours."""

import base64
import re
import socket
import threading

LONGEST_COMMAND = 3000  # of what the guest's terminal layer holds, 4095 bytes
ANSWER = re.compile(rb"^LAB (\d+) (\d+) (\d+)\n", re.M)
READY = re.compile(rb"^LAB ready (\S+)\n", re.M)

# What the kernel says when it cannot go on, or should not have come here.
BROKEN = re.compile(rb"Kernel panic|Oops:|BUG: |general protection fault|WARNING: |UBSAN: |"
                    rb"NETDEV WATCHDOG|unable to handle")


class Port:
    """One serial port. What comes is kept in `data` and in a file; `changed` is notified."""

    def __init__(self, path, log, changed):
        self.changed = changed
        self.data = b""
        self.ended = False
        self.connection = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.log = open(log, "wb", buffering=0)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            self.connection, _ = self.listener.accept()
            while chunk := self.connection.recv(65536):
                self.log.write(chunk)
                with self.changed:
                    self.data += chunk
                    self.changed.notify_all()
        except OSError:
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def close(self):
        for end in (self.connection, self.listener):
            if end is not None:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
        self.thread.join(5)
        self.log.close()


class Console(Port):
    """The kernel's own words."""

    def broken(self):
        """The first line that says that the kernel is broken, or None."""
        found = BROKEN.search(self.data)
        if found is None:
            return None
        start = self.data.rfind(b"\n", 0, found.start()) + 1
        end = self.data.find(b"\n", found.end())
        return self.data[start:end if end >= 0 else None].decode(errors="replace").strip()


class Commands(Port):
    """Commands to guest/init, and its answers."""

    def __init__(self, *args):
        super().__init__(*args)
        self.number = 0

    def ready(self):
        """The version of the kernel that is up, or None."""
        found = READY.search(self.data)
        return found.group(1).decode() if found else None

    def send(self, command):
        """@return the number under which answer() finds what comes of it"""
        encoded = base64.b64encode(command.encode())
        if len(encoded) > LONGEST_COMMAND:
            raise ValueError(f"{len(command)} bytes are too long a command: give the guest a file")
        self.number += 1
        with self.changed:
            self.data = b""
        self.connection.sendall(b"%d %s\n" % (self.number, encoded))
        return self.number

    def answer(self, number):
        """(exit code, output) of a command, or None as long as it is not here whole."""
        for found in ANSWER.finditer(self.data):
            if int(found.group(1)) == number:
                size = int(found.group(3))
                output = self.data[found.end():found.end() + size]
                if len(output) == size:
                    return int(found.group(2)), output.decode(errors="replace")
        return None
