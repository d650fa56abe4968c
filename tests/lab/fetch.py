# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Sets of Debian packages, unpacked in the cache: root/, and manifest.json, which tells of it."""

import contextlib
import datetime
import json
import os
import re
import shutil
import subprocess

import cache
from apt import Apt, compare, mirrors, source_lines
from failure import SetupError
from suites import SUITES

UNUSED_DAYS = 60
# What no virtual machine reads, two thirds of some packages.
PRUNED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/include")


class Root:
    """A set as it lies in the cache."""

    def __init__(self, path, made):
        self.path = path / "root"
        self.manifest = json.loads((path / "manifest.json").read_text())
        self.made = made
        self.key = path.name

    def describe(self):
        have = self.manifest
        return (f"{have['set']}: {have['package']} {have['version']} from {have['suite']}, "
                f"{'fetched now' if self.made else 'cached, of ' + have['fetched']}")


def choose(wanted, candidate, order=compare):
    """The first suite that will do, and its version. candidate(suite) is what a suite offers."""
    seen = []
    for suite in wanted.suites:
        version = candidate(suite)
        if wanted.accepts(version, order):
            return suite, version
        seen.append(f"{suite}: {version or 'none'}")
    limits = f"{wanted.at_least} or later" + (f", below {wanted.below}" if wanted.below else "")
    raise SetupError(f"no suite offers a {wanted.judged} for the lab's {wanted.name} "
                     f"({limits} is wanted): {', '.join(seen)}. Is the network there? Else change "
                     "tests/lab/suites.py")


def download(apt, wanted, folder):
    """Fetch the set by the indexes that are here; if those are too old, by new ones."""
    if apt.download(wanted.packages, folder):
        return
    apt.update()
    if not apt.download(wanted.packages, folder):
        raise SetupError(f"the packages of the lab's {wanted.name} could not be fetched from "
                         f"{apt.suite}:\n{apt.said}")


def merge_usr(root):
    """As on an installed Debian, all of /bin, /sbin, /lib and /lib64 is in /usr.

    Packages up to Debian 12 have files there, which the installed system sees through links.
    """
    for name in ("bin", "sbin", "lib", "lib64"):
        old = root / name
        if old.is_dir() and not old.is_symlink():
            shutil.copytree(old, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(old)
            old.symlink_to(f"usr/{name}")


def unpack(debs, wanted, root):
    """Unpack what the set wants of these files. @return versions by package"""
    versions = {}
    for deb in sorted(debs):
        fields = subprocess.run(["dpkg-deb", "-f", deb, "Package", "Version"], check=True,
                                capture_output=True, text=True).stdout
        name, version = re.search(r"Package: (\S+)\nVersion: (\S+)", fields).groups()
        if wanted.unpacked and not re.fullmatch(wanted.unpacked, name):
            continue
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        versions[name] = version
    merge_usr(root)
    for folder in set(PRUNED) - set(wanted.keeps):
        shutil.rmtree(root / folder, ignore_errors=True)
    return versions


class Fetcher:
    """Provides sets, from the cache where they are in it; only then from the network."""

    def __init__(self, folder=None, suites=None, where=None, lines=source_lines):
        self.folder = folder or cache.cache_dir()
        self.suites = suites or SUITES
        self.where = where
        self.lines = lines

    def _apt(self, suite):
        where = mirrors() if self.where is None else self.where
        return Apt(suite, self.lines(self.suites[suite], where), self.folder / "apt" / suite)

    def _candidate(self, suite, package):
        apt = self._apt(suite)
        apt.update()
        return apt.candidate(package)

    def _make(self, wanted, folder):
        suite, version = choose(wanted, lambda name: self._candidate(name, wanted.judged))
        apt = self._apt(suite)
        download(apt, wanted, folder / "debs")
        version = apt.candidate(wanted.judged) or version
        (folder / "root").mkdir()
        versions = unpack((folder / "debs").glob("*.deb"), wanted, folder / "root")
        shutil.rmtree(folder / "debs")
        now = datetime.datetime.now(datetime.timezone.utc)
        (folder / "manifest.json").write_text(json.dumps({
            "set": wanted.name, "suite": suite, "package": wanted.judged, "version": version,
            "fetched": now.strftime("%Y-%m-%d %H:%M UTC"), "packages": versions}, indent=1) + "\n")

    def _key(self, wanted):
        return cache.key(wanted.definition(self.suites), *PRUNED)

    def provide(self, wanted, again=False, say=lambda text: None):
        """The set, fetched if it is not in the cache, or `again` if it is."""
        path = self.folder / "sets" / f"{wanted.name}-{self._key(wanted)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if again or not path.exists():
            say(f"fetching {wanted.name} ({wanted.about}) from Debian")
        # Sets share the indexes of a suite.
        with contextlib.ExitStack() as alone:
            if again or not path.exists():
                alone.enter_context(cache.locked(self.folder / "apt.lock"))
            made = cache.provide(path, lambda folder: self._make(wanted, folder), again)
            os.utime(path)
            cache.prune(path.parent, UNUSED_DAYS)
        return Root(path, made)
