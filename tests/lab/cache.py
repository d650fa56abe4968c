# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Folders that are made once, whole or not at all, and shared by every clone of the project."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import tempfile
import time


def cache_dir():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(os.environ.get("AETHER_LAB_CACHE") or os.path.join(home, "aether-lab"))


def key(*parts):
    """A short name for these strings or bytes, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def locked(path):
    """Alone, among all that lock the same file, threads and processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def provide(path, make, again=False):
    """`path`, made by make(a new folder) unless it is there; a failure leaves what was there.

    @return whether it was made now
    """
    with locked(path.parent / f".{path.name}.lock"):
        if path.exists() and not again:
            return False
        # What a run that was killed has left; nobody else is here.
        for left in path.parent.glob(f".{path.name}.new-*"):
            shutil.rmtree(left)
        fresh = pathlib.Path(tempfile.mkdtemp(prefix=f".{path.name}.new-", dir=path.parent))
        try:
            make(fresh)
            fresh.chmod(0o755)
            if path.exists():
                old = fresh.with_name(fresh.name + "-old")
                path.rename(old)
                fresh.rename(path)
                shutil.rmtree(old)
            else:
                fresh.rename(path)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        return True


def prune(folder, days):
    """Remove what nobody has used for so long; users touch what they use."""
    for path in folder.glob("[!.]*"):
        if time.time() - path.stat().st_mtime > days * 86400:
            with locked(folder / f".{path.name}.lock"):
                shutil.rmtree(path)
