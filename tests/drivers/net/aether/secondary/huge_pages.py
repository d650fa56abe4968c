# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Huge pages for the time of a test."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time

PAGES = 160
PAGE_COUNT = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
PAGES_FREE = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"


def skip(reason):
    print("SKIP:", reason)
    sys.exit(77)


def wait_for(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def number(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def reserve(pages):
    with open(PAGE_COUNT, "w", encoding="ascii") as file:
        file.write(str(pages))


def enter_own_mounts():
    """The rest runs where a mount is nobody else's business, and goes with the last process."""
    if os.environ.get("AETHER_OWN_MOUNTS"):
        return
    if os.geteuid() != 0:
        skip("huge pages can be reserved and mounted by root only")
    unshare = shutil.which("unshare")
    if unshare is None:
        skip("unshare (util-linux) is not installed")
    may = subprocess.run([unshare, "--mount", "true"], capture_output=True, text=True, check=False)
    if may.returncode != 0:
        skip(f"no mount namespace here, so no huge pages: {may.stderr.strip()}")
    os.environ["AETHER_OWN_MOUNTS"] = "1"
    os.execv(unshare, [unshare, "--mount", "--propagation", "private", sys.executable, *sys.argv])


@contextlib.contextmanager
def huge_pages():
    """A folder that huge pages come from. They are given back, and none may be left in use."""
    if not os.path.exists(PAGE_COUNT):
        skip("this kernel has no huge pages of 2 MB")
    # The number is the machine's: one test at a time, of all builds.
    lock = open(os.path.join(tempfile.gettempdir(), "aether_huge_pages.lock"), "w",
                encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    before, free = number(PAGE_COUNT), number(PAGES_FREE)
    missing = max(0, PAGES - free)
    reserve(before + missing)
    folder = tempfile.mkdtemp(prefix="aether_huge_")
    try:
        if number(PAGES_FREE) < PAGES:
            skip(f"{PAGES} huge pages of 2 MB were wanted, {number(PAGES_FREE)} are free; give "
                 f"the machine more memory, or write {before + missing} to {PAGE_COUNT} at boot")
        subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", folder],
                       check=True)
        before_test = number(PAGES_FREE)
        yield folder
        subprocess.run(["umount", folder], check=True)
        wait_for(lambda: number(PAGES_FREE) >= before_test, "huge pages are still in use")
    finally:
        # After a failure it is mounted still.
        subprocess.run(["umount", folder], check=False, stderr=subprocess.DEVNULL)
        with contextlib.suppress(OSError):
            os.rmdir(folder)
        reserve(before)
        lock.close()
