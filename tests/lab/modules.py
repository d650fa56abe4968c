# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The modules of an unpacked kernel package, read as depmod does: each says what it depends on."""

import lzma
import pathlib
import re
import subprocess

from failure import SetupError

SUFFIX = re.compile(r"\.ko(\.xz|\.zst|\.gz)?$")


def plain_name(name):
    """The kernel writes '_' where a file's name may have '-'."""
    return SUFFIX.sub("", pathlib.PurePath(name).name).replace("-", "_")


def read_module(path):
    """What insmod would load; decompressed, since emulated CPUs are slow at that."""
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix in (".zst", ".gz"):
        return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout
    return path.read_bytes()


def depends(module):
    """Names that a module's .modinfo says it needs."""
    found = re.search(rb"(?:^|\0)depends=([^\0]*)\0", module)
    names = found.group(1).decode().split(",") if found else []
    return [plain_name(name) for name in names if name]


class Kernel:
    """An unpacked kernel: its version, image and modules."""

    def __init__(self, root):
        folders = sorted(pathlib.Path(root, "usr/lib/modules").glob("*/kernel"))
        if len(folders) != 1:
            raise SetupError(f"{root} holds {len(folders)} kernels: one was wanted")
        self.folder = folders[0].parent
        self.version = self.folder.name
        # Debian's kernels from 7 on have it beside the modules.
        places = [self.folder / "vmlinuz", pathlib.Path(root, "boot", f"vmlinuz-{self.version}")]
        self.image = next((place for place in places if place.exists()), None)
        if self.image is None:
            raise SetupError(f"{root} holds no kernel image: {places}")
        self.paths = {plain_name(path): path for path in self.folder.glob("kernel/**/*.ko*")}
        built_in = (self.folder / "modules.builtin").read_text().split()
        self.built_in = {plain_name(name) for name in built_in}

    def closure(self, names):
        """Path and content of these modules and of all that they need, needed ones first."""
        found = {}

        def add(name):
            name = plain_name(name)
            if name in found or name in self.built_in:
                return
            if name not in self.paths:
                raise SetupError(f"kernel {self.version} has no module {name}")
            content = read_module(self.paths[name])
            for needed in depends(content):
                add(needed)
            found[name] = (self.paths[name], content)

        for name in names:
            add(name)
        return found
