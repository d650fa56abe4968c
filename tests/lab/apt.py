# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""apt with sources, lists and caches of its own, for a machine on which nothing is installed."""

import os
import pathlib
import re
import shutil
import subprocess

from failure import SetupError
from suites import MAIN, PREFERRED

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org"
TIMEOUT = 900


def compare(a, operator, b):
    """Whether `a operator b` (ge, lt, ...) in Debian's order of versions."""
    return subprocess.run(["dpkg", "--compare-versions", a, operator, b],
                          check=False).returncode == 0


def mirrors():
    """Where this machine gets Debian from, then Debian's own; without the archive's name."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)",
                           "Created-By: Packages"], capture_output=True, text=True, check=False)
    found = re.findall(rf"^(\S+)/{MAIN}/?$", done.stdout, re.M)
    return list(dict.fromkeys(found + [MIRROR]))


def source_lines(suite, where):
    """The lines of a sources.list for what the table says of a suite."""
    option = f"[signed-by={KEYS}] " if os.access(KEYS, os.R_OK) else ""
    return [f"deb {option}{mirror}/{archive} {name} {' '.join(components)}"
            for archive, name, components in suite for mirror in where]


class Apt:
    """One suite, as seen from a machine with nothing on it. Its lists are kept below `folder`."""

    def __init__(self, suite, lines, folder):
        for program in ("apt-get", "dpkg-deb"):
            if shutil.which(program) is None:
                raise SetupError(f"{program} is not here: the lab is set up from packages, on "
                                 "Debian")
        self.suite = suite
        self.folder = pathlib.Path(folder)
        for name in ("none", "lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        self.sources = self.folder / "sources.list"
        text = "".join(line + "\n" for line in lines)
        if not self.sources.exists() or self.sources.read_text() != text:
            shutil.rmtree(self.folder / "lists")
            (self.folder / "lists/partial").mkdir(parents=True)
            self.sources.write_text(text)
        self.said = ""

    def _run(self, tool, *args, cwd=None, **more):
        at = self.folder
        options = {"Dir::Etc::sourcelist": self.sources, "Dir::Etc::sourceparts": at / "none",
                   "Dir::Etc::preferences": at / "none/none",
                   "Dir::Etc::preferencesparts": at / "none", "Dir::State::lists": at / "lists",
                   "Dir::State::status": at / "status", "Dir::Cache": at / "cache",
                   "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
                   "APT::Architecture": "amd64", "Acquire::Retries": "3", **more}
        command = [tool]
        for name, value in options.items():
            command += ["-o", f"{name}={value}"]
        if self.suite in PREFERRED:
            command += ["-t", self.suite]
        done = subprocess.run(command + list(args), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT, cwd=cwd,
                              env={**os.environ, "LC_ALL": "C",
                                   "DEBIAN_FRONTEND": "noninteractive"})
        self.said = (done.stdout + done.stderr).strip()
        return done

    def update(self):
        """Fetch the indexes. A mirror may lack one: what matters is the candidate."""
        return self._run("apt-get", "update").returncode == 0

    def candidate(self, package):
        """The version that would be installed, or an empty string."""
        text = self._run("apt-cache", "policy", package).stdout
        found = re.search(r"^  Candidate: (\S+)$", text, re.M)
        return found.group(1) if found and found.group(1) != "(none)" else ""

    def download(self, packages, folder):
        """Put the .deb files of these and of all that they depend on into a folder."""
        pathlib.Path(folder, "partial").mkdir(parents=True, exist_ok=True)
        return self._run("apt-get", "install", "--yes", "--download-only",
                         "--no-install-recommends", *packages,
                         **{"Dir::Cache::archives": folder}).returncode == 0

    def source(self, package, folder):
        """Put the files of a source package into a folder; the lines have to be deb-src lines."""
        return self._run("apt-get", "source", "--download-only", "--only-source", package,
                         cwd=folder).returncode == 0
