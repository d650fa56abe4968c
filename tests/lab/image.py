# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What a virtual machine boots with: a few programs with their libraries, modules, our init."""

import io
import os
import pathlib
import re
import subprocess

import cache
import cpio
from failure import SetupError
from modules import Kernel, SUFFIX

LIBRARIES = "usr/lib/x86_64-linux-gnu"
SEARCHED = (LIBRARIES, "usr/lib64", "usr/lib")
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
# Loaded by pthread_cancel(), which no dependency tells.
UNWINDER = f"{LIBRARIES}/libgcc_s.so.1"
# busybox's own shell prefers busybox's commands to programs of the same name.
SHELL = "usr/bin/bash"
INIT = pathlib.Path(__file__).with_name("guest") / "init"
UNUSED_DAYS = 7
FORMAT = "5"  # to be raised when what an image holds changes without any of its inputs


def needed(paths):
    """The names of the shared libraries that these files want; none for what is no program."""
    if not paths:
        return set()
    done = subprocess.run(["readelf", "--dynamic", "--wide", *paths], capture_output=True,
                          text=True, check=False)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout))


def inside(root, path):
    """Where a path below root leads to, links with absolute targets included."""
    at = root / path
    while at.is_symlink():
        at = root / os.path.normpath(os.path.join(
            "/", os.path.dirname(at.relative_to(root)), os.readlink(at))).lstrip("/")
    return at


def library_closure(root, paths, needed_by=needed, given=()):
    """The library files (below root) that the programs at `paths` are loaded with.

    Paths are below root unless absolute; libraries that are `given` by name are not looked for.
    """
    found = {name: None for name in given}
    new = [path if os.path.isabs(path) else inside(root, path) for path in paths]
    while new:
        names = needed_by(new) - set(found)
        new = []
        for name in sorted(names):
            at = next((place for place in SEARCHED if (root / place / name).exists()), None)
            if at is None:
                raise SetupError(f"{name} is in none of {', '.join(SEARCHED)} below {root}")
            found[name] = f"{at}/{name}"
            new.append(inside(root, f"{at}/{name}"))
    return sorted(path for path in found.values() if path is not None)


class Image:
    """An initramfs for one kernel. Files are given as {path in the guest: bytes or host path}.

    Built are programs and libraries of ours, {path in the guest: host path}: they come with the
    guest's libraries that they need.
    """

    def __init__(self, guest, kernel, programs, modules, files=None, built=None):
        self.guest = guest
        self.kernel = Kernel(kernel.path)
        self.programs = sorted({SHELL, UNWINDER, *programs})
        self.modules = list(modules)
        self.built = dict(built or {})
        self.files = {name: data if isinstance(data, bytes) else pathlib.Path(data).read_bytes()
                      for name, data in {**(files or {}), **self.built}.items()}
        self.key = cache.key(FORMAT, guest.key, guest.manifest["fetched"], kernel.key,
                             kernel.manifest["fetched"], INIT.read_bytes(), *self.programs, "/",
                             *self.modules, "/", *[part for item in sorted(self.files.items())
                                                   for part in item])

    def _copy(self, archive, path):
        """A file of the guest's root. Links stay links: the loader loads one file once."""
        at = self.guest.path / path
        if at.is_symlink():
            target = os.path.normpath(os.path.join("/", os.path.dirname(path), os.readlink(at)))
            archive.link(path, target)
            self._copy(archive, target.lstrip("/"))
        else:
            archive.file(path, at.read_bytes(), 0o755 if os.access(at, os.X_OK) else 0o644)

    def _write_programs(self, archive):
        for name in self.programs:
            self._copy(archive, name)
        self._copy(archive, LOADER)
        ours = {pathlib.PurePath(name).name for name in self.built}
        for path in library_closure(self.guest.path, [*self.programs, *self.built.values()],
                                    given=ours):
            self._copy(archive, path)

    def _write_modules(self, archive):
        folder = f"usr/lib/modules/{self.kernel.version}"
        for path, content in self.kernel.closure(self.modules).values():
            inside = path.relative_to(self.kernel.folder)
            archive.file(f"{folder}/{inside.parent}/{SUFFIX.sub('.ko', inside.name)}", content)
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            if (self.kernel.folder / name).exists():
                archive.file(f"{folder}/{name}", (self.kernel.folder / name).read_bytes())

    def _write(self, out):
        archive = cpio.Writer(out)
        for name in ("bin", "sbin", "lib", "lib64"):
            archive.folder(f"usr/{name}")
            archive.link(name, f"usr/{name}")
        for name in ("proc", "sys", "dev", "tmp", "run", "root", "etc", "var"):
            archive.folder(name)
        archive.link("var/run", "/run")
        archive.node("dev/console", 5, 1)
        archive.node("dev/null", 1, 3, 0o666)
        archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        archive.file("etc/group", b"root:x:0:\n")
        archive.file("init", INIT.read_bytes(), 0o755)
        self._copy(archive, "usr/bin/busybox")
        archive.link("usr/bin/sh", "bash")
        self._write_programs(archive)
        self._write_modules(archive)
        for name, data in sorted(self.files.items()):
            archive.file(name, data, 0o755 if data.startswith((b"#!", b"\x7fELF")) else 0o644)
        archive.close()

    def provide(self):
        """The path of the archive, from the cache if it has been made before."""
        def make(folder):
            out = io.BytesIO()
            self._write(out)
            (folder / "initramfs").write_bytes(out.getvalue())

        path = cache.cache_dir() / "images" / self.key
        path.parent.mkdir(parents=True, exist_ok=True)
        cache.provide(path, make)
        os.utime(path)
        cache.prune(path.parent, UNUSED_DAYS)
        return path / "initramfs"
