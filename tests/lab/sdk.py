# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""DPDK's driver SDK headers for a guest's DPDK: a folder that was named, or Debian's source."""

import functools
import pathlib
import re
import shutil
import subprocess
import tempfile

import cache
from apt import Apt, mirrors, source_lines
from failure import NotServed, SetupError
from suites import SUITES

HEADER = "ethdev_driver.h"
STAMP = "version"
NAMED = re.compile(r"driver_sdk_headers\s*\+?=\s*files\(([^)]*)\)")


def copy_headers(tree, folder):
    """What the source tree names as its driver SDK, as scripts/setup does. @return how many"""
    count = 0
    for build in sorted(tree.glob("lib/**/meson.build")) + sorted(
            tree.glob("drivers/**/meson.build")):
        for names in NAMED.findall(build.read_text()):
            for name in re.findall(r"'([^']+)'", names):
                shutil.copy(build.parent / name, folder)
                count += 1
    return count


def reason(said):
    """Of what apt has said, the first that is an error."""
    found = re.search(r"^E: Failed to fetch (.*)|^E: (.*)", said, re.M)
    return " ".join((found.group(1) or found.group(2)).split()) if found else "apt says no reason"


def download(suite, version, folder):
    """The unpacked source of this DPDK."""
    lines = [line.replace("deb ", "deb-src ", 1) for line in
             source_lines(SUITES[suite], mirrors())]
    apt = Apt(suite, lines, cache.cache_dir() / "apt" / f"{suite}-source")
    with cache.locked(cache.cache_dir() / "apt.lock"):
        apt.update()
        served = apt.source(f"dpdk={version}", folder)
    if not served:
        raise NotServed(f"no archive serves the source of Debian's DPDK {version}, which has the "
                        f"driver SDK headers ({reason(apt.said)}). With --sdk <folder> those that "
                        "you have are taken")
    subprocess.run(["dpkg-source", "--no-check", "-x", next(folder.glob("*.dsc")),
                    folder / "tree"], check=True, capture_output=True)
    return folder / "tree"


@functools.cache
def why_not(suite, version):
    """Have the headers in the cache. @return their folder, and why they are not served, or None"""
    try:
        return fetch(suite, version), None
    except NotServed as error:
        return None, error


def fetch(suite, version):
    """The headers of exactly this Debian version, from the cache if they were fetched before."""
    def make(folder):
        with tempfile.TemporaryDirectory(prefix="aether-lab-") as temporary:
            count = copy_headers(download(suite, version, pathlib.Path(temporary)), folder)
        if not (folder / HEADER).exists():
            raise SetupError(f"the source of DPDK {version} names {count} driver SDK headers, "
                             f"without {HEADER}")
        (folder / STAMP).write_text(version + "\n")

    path = cache.cache_dir() / "sdk" / version
    path.parent.mkdir(parents=True, exist_ok=True)
    cache.provide(path, make)
    return path


def provide(given, suite, version):
    """A folder with the headers: the one that was named, else Debian's."""
    if given is None:
        folder, error = why_not(suite, version)  # asked once, for all scenarios
        if error is not None:
            raise error
        return folder
    if not (given / HEADER).is_file():
        raise SetupError(f"{given} has no {HEADER}: --sdk (or AETHER_LAB_SDK) wants the folder "
                         f"with the driver SDK headers of DPDK {version}")
    return given
