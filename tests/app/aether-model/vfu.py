# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A vfio-user client, as far as tests need one."""

import os
import socket
import struct

VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO = 1, 2, 3, 4, 5
GET_IRQ_INFO, SET_IRQS, REGION_READ, REGION_WRITE, RESET = 7, 8, 9, 10, 13
BAR0, BAR3, CONFIG = 0, 3, 7
MSIX = 2
HEADER = struct.Struct("<HHIII")


class Refused(Exception):
    """The server's answer is an errno."""

    def __init__(self, command, errno):
        super().__init__(f"command {command}: {os.strerror(errno)}")
        self.errno = errno


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.id = 0
        try:
            self.version = self.ask(VERSION, struct.pack("<HH", 0, 0) + b'{"capabilities":{}}\0')[0]
        except Exception:
            self.close()
            raise

    def close(self):
        self.socket.close()

    def receive(self, size):
        data, fds = b"", []
        while len(data) < size:
            part, new, _, _ = socket.recv_fds(self.socket, size - len(data), 16)
            if not part:
                raise ConnectionResetError("the server hung up")
            data += part
            fds += new
        return data, fds

    def ask(self, command, payload=b"", fds=()):
        """(payload, descriptors) of the answer."""
        self.id = (self.id + 1) % 65536
        message = HEADER.pack(self.id, command, HEADER.size + len(payload), 0, 0) + payload
        socket.send_fds(self.socket, [message], list(fds))
        header, got = self.receive(HEADER.size)
        answered, _, size, _, errno = HEADER.unpack(header)
        assert answered == self.id, "an answer to something else"
        data, more = self.receive(size - HEADER.size)
        if errno:
            raise Refused(command, errno)
        return data, got + more

    def read(self, region, offset, count):
        return self.ask(REGION_READ, struct.pack("<QII", offset, region, count))[0][16:]

    def write(self, region, offset, data):
        self.ask(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data)

    def register(self, offset):
        return struct.unpack("<I", self.read(BAR0, offset, 4))[0]

    def set_register(self, offset, value):
        self.write(BAR0, offset, struct.pack("<I", value))

    def region(self, index, room=4096):
        """(size, flags, areas, descriptors)"""
        data, fds = self.ask(GET_REGION_INFO, struct.pack("<IIIIQQ", room, 0, index, 0, 0, 0))
        _, flags, _, at, size, _ = struct.unpack_from("<IIIIQQ", data)
        areas = []
        if at:
            n = struct.unpack_from("<I", data, at + 8)[0]
            areas = [struct.unpack_from("<QQ", data, at + 16 + 16 * i) for i in range(n)]
        return size, flags, areas, fds

    def map(self, iova, size, fd, offset=0):
        self.ask(DMA_MAP, struct.pack("<IIQQQ", 32, 3, offset, iova, size), [fd])

    def eventfds(self, first, fds):
        self.ask(SET_IRQS, struct.pack("<IIIII", 20, 0x24, MSIX, first, len(fds)), fds)
