# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Writes initramfs archives: the 'newc' format of the kernel's buffer-format document."""

import stat

MAGIC = b"070701"
END = "TRAILER!!!"


def _padding(length):
    return b"\0" * (-length % 4)


class Writer:
    """Entries in the order of the calls; folders above an entry are added by themselves."""

    def __init__(self, out):
        self.out = out
        self.names = set()
        self.inode = 0

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (self.inode, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(encoded), 0)
        head = MAGIC + b"".join(b"%08X" % field for field in fields) + encoded
        self.out.write(head + _padding(len(head)) + data + _padding(len(data)))

    def _new(self, name):
        """The name without slashes around it, or None where there is such an entry already."""
        name = name.strip("/")
        if ".." in name.split("/") or not name:
            raise ValueError(f"{name!r} is no name inside an archive")
        if name in self.names:
            return None
        if "/" in name:
            self.folder(name.rpartition("/")[0])
        self.names.add(name)
        return name

    def folder(self, name, mode=0o755):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFDIR | mode)

    def file(self, name, data, mode=0o644):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def node(self, name, major, minor, mode=0o600):
        """A character device."""
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFCHR | mode, rdev=(major, minor))

    def close(self):
        self._entry(END, 0)
