# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Programs of Debian 12 to test with, unpacked into the build directory: nothing is installed, no
service starts, and no root is needed."""

import os
import pathlib
import shutil
import subprocess

from testpmd import skip


def check_release():
    try:
        text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        text = ""
    if "\nID=debian\n" not in text or 'VERSION_ID="12"' not in text or not shutil.which("apt-get"):
        skip("these are packages of Debian 12, and this is another system")


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")


def unpack(name, packages):
    """The folder with these packages' files, downloaded unless the build directory has them."""
    check_release()
    root = pathlib.Path(os.environ["AETHER_BUILD"], "debian", name)
    if root.is_dir():
        return root
    work = root.with_name(name + ".new")
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "debs", "root"):
        (work / folder).mkdir(parents=True)
    # apt with lists and caches of its own: the system's are not touched.
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
    options = ["-qq", "-o", f"Dir::State::lists={work}/lists", "-o", f"Dir::Cache={work}/cache",
               "-o", f"APT::Sandbox::User={user.stdout.strip()}", "-o", "Acquire::Retries=3"]
    run(["apt-get", *options, "update"], work)
    run(["apt-get", *options, "download", *packages], work / "debs")
    for deb in sorted((work / "debs").glob("*.deb")):
        run(["dpkg-deb", "-x", deb, work / "root"], work)
    # Complete or not there.
    (work / "root").rename(root)
    shutil.rmtree(work)
    return root
