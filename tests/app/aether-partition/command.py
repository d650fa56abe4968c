#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The command: its exit codes, its output, and that what it captures is judged as the host was."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

BUILD = pathlib.Path(os.environ["AETHER_BUILD"])
SHAPE = BUILD / "tests/lib/aether_partition/host-tree"
TRIES = 5
QUIET, WARNED, NOISY, UNPROVEN, FAILED, USAGE = range(6)


def want(condition, message):
    if not condition:
        sys.exit(message)


def run(*arguments):
    done = subprocess.run([BUILD / "aether-partition", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def expect(code, *arguments):
    found, out, err = run(*arguments)
    want(found == code, f"{arguments}: exit code {found}, wanted {code}\n{out}{err}")
    want((code >= FAILED) == bool(err), f"{arguments}: says '{err}'")
    return out + err


def verdicts(top):
    """Each verdict has an exit code of its own."""
    host = ["check", "--root", top, "--lcores", "0,2-3"]
    want("QUIET" in expect(QUIET, *host), "a quiet host is not called so")
    # Without lcores the workers are those that are isolated.
    want("polls on CPUs 2-3" in expect(QUIET, "check", "--root", top), "the guess is another")
    (pathlib.Path(top) / "sys/kernel/mm/ksm/run").write_text("1\n")
    want("MOSTLY QUIET" in expect(WARNED, *host), "a warning is none")
    nohz = pathlib.Path(top) / "sys/devices/system/cpu/nohz_full"
    nohz.unlink()
    want("NOT PROVEN" in expect(UNPROVEN, *host), "a missing file is taken for a good one")
    expect(WARNED, *host, "--ignore", "kernel.nohz_full")
    expect(QUIET, *host, "--ignore", "kernel.nohz_full,memory.ksm")
    nohz.write_text("3\n")
    out = expect(NOISY, *host, "--brief")
    want("NOISY" in out and "The others" not in out, out)
    found = json.loads(expect(NOISY, *host, "--json"))
    want(found["overall"] == "noisy" and found["errors"] == 1, found)
    out = expect(QUIET, "cmdline", *host[1:])
    want("\nisolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2-3 irqaffinity=0-1,4-7 " in out
         and "\nisolated_cores=2-3\n" in out, out)
    expect(NOISY, "check", "--root", top, "--workers", "9")


def bad_options(top):
    for arguments in ([], ["judge"], ["check", "more"], ["capture"], ["check", "--root"],
                      ["check", "--colour"], ["check", "--lcores", "0", "--workers", "0"],
                      ["check", "--lcores", "x"], ["check", "--workers", "0-"],
                      ["check", "--root", top, "--workers", "2", "--ignore", "x"]):
        want("wanted" in expect(USAGE, *arguments) , f"{arguments}: no reason is given")
    for arguments in (["fix"], ["fix", "--workers", "2", "--dry-run", "--", "true"],
                      ["restore", "more"], ["fix", "--lcores", "0", "--journal"],
                      ["fix", "--workers", "2", "--cache", "0.5"],
                      ["fix", "--workers", "2", "--bandwidth", "100"]):
        want("wanted" in expect(USAGE, *arguments), f"{arguments}: no reason is given")
    want("wanted" in expect(FAILED, "check", "--root", "/nowhere"), "no reason is given")
    want("--lcores" in expect(QUIET, "--help") and expect(QUIET, "--version"), "no help")


def without_order(verdict):
    """A tmpfs lists names in another order than procfs."""
    for finding in verdict["findings"]:
        for name in ("found", "mend_now"):
            finding[name] = sorted(finding[name].replace(",", " ").replace(";", " ").split())
    return verdict


def capture(top, folder):
    archive = folder / "host.tar"
    arguments = ["--lcores", "0,2-3", "--device", "0000:18:00.0"]
    out = expect(QUIET, "capture", archive, "--root", top, *arguments)
    want("files, folders and links" in out, out)
    want("wanted the name of a new file" in expect(FAILED, "capture", archive, "--root", top),
         "a file is overwritten")
    unpacked = folder / "host"
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        want(not [name for name in names if name.startswith("/") or ".." in name], names)
        # Beside links that are relative, as sysfs's are, nothing points anywhere.
        tar.extractall(unpacked)
    both = [without_order(json.loads(run("check", "--json", "--root", where, *arguments)[1]))
            for where in (top, unpacked)]
    for one, other in zip(both[0].pop("findings"), both[1].pop("findings")):
        want(one == other, f"{one}\n{other}")
    want(both[0] == both[1], f"{both[0]}\n{both[1]}")
    line = (unpacked / "proc/cmdline").read_text()
    want("isolcpus=managed_irq,domain,2-3" in line and "secret" not in line, line)
    status = (unpacked / "proc/1000/status").read_text()
    want("Cpus_allowed_list" in status and "CapPrm" not in status, status)


def repairs(top, folder):
    """What changes this host is tried in the lab. Here: what must not change anything."""
    before = (pathlib.Path(top) / "sys/kernel/mm/ksm/run").read_text()
    out = expect(QUIET, "fix", "--root", top, "--workers", "2-3", "--dry-run")
    want("would write '0' to /sys/kernel/mm/ksm/run, which has '1'" in out, out)
    want("nothing was changed" in out, out)
    # A tree is no host.
    out = expect(FAILED, "fix", "--root", top, "--workers", "2-3", "--journal", folder)
    want("wanted" in out and "--dry-run" in out, out)
    want((pathlib.Path(top) / "sys/kernel/mm/ksm/run").read_text() == before, "it was changed")
    journal = folder / "journal"
    want("0 settings were put back" in expect(QUIET, "restore", "--journal", journal), "restored")
    (journal / "partition.journal").write_text("nonsense\n")
    code, out, err = run("restore", "--journal", journal)
    want(code == FAILED and "damaged" in out and err, f"{code}: {out}{err}")
    want((journal / "partition.journal.damaged").exists(), "it is not set aside")
    journal.chmod(0o777)
    code, out, err = run("restore", "--journal", journal)
    want(code == FAILED and "root alone" in out, f"{code}: {out}{err}")


def watch():
    """Whatever this host's CPU 0 is like, each gap has a cause, and limits are kept."""
    found = json.loads(expect(QUIET, "watch", "--workers", "0", "--seconds", "1", "--json"))
    want([cpu["cpu"] for cpu in found["cpus"]] == [0] and found["cpus"][0]["seconds"] > 0.5, found)
    # A gap may have several causes; its time is shared by them.
    lost = found["cpus"][0]["lost_percent"] / 100 * found["cpus"][0]["seconds"] * 1e6
    told = sum(cause["total_us"] for cause in found["causes"])
    want(abs(told - lost) <= 0.01 * lost + 1, f"{lost} us were lost, {told} are told of: {found}")
    want(all(cause["advice"] for cause in found["causes"]), found)
    arguments = ["watch", "--workers", "0", "--seconds", "0.3", "--threshold-us", "0.001"]
    code, out, err = run(*arguments, "--max-us", "0.001")
    want(code == NOISY and "wanted" in err and "What to do" in out, f"{code}: {out}{err}")
    expect(QUIET, *arguments, "--max-us", "1000000", "--max-percent", "100", "--no-trace")
    want("wanted CPUs that are" in expect(FAILED, "watch", "--workers", "8000"), "no such CPU")
    for arguments in (["--seconds", "x"], ["--max-us", "-1"], ["--max-percent", "0"]):
        want("wanted" in expect(USAGE, "watch", *arguments), arguments)


def check_log(lines, report, began, ended):
    """A line for each gap, by the clock that applications have, and nothing left out."""
    gaps = report["cpus"][0]["gaps"]
    want(len(lines) == gaps, f"{len(lines)} lines for {gaps} gaps")
    for line in lines:
        want(began <= line["time"] <= line["time"] + line["us"] * 1e-6 <= ended + 0.001 and
             line["cpu"] == 0, f"{line} is not between {began} and {ended}")
        want(abs(sum(cause["us"] for cause in line["causes"]) - line["us"]) < 0.1, line)


def watch_log(folder):
    """Each gap, in a file or before the report."""
    path = folder / "gaps"
    arguments = ["watch", "--workers", "0", "--seconds", "0.5", "--json", "--log"]
    began = time.monotonic()
    report = json.loads(expect(QUIET, *arguments, path))
    check_log([json.loads(line) for line in path.read_text().splitlines()], report, began,
              time.monotonic())
    began = time.monotonic()
    *lines, report = map(json.loads, expect(QUIET, *arguments, "-", "--no-trace").splitlines())
    check_log(lines, report, began, time.monotonic())
    want(lines == sorted(lines, key=lambda line: line["time"]), "not in the order of time")
    # Every turn of the loop is a gap.
    expect(QUIET, "watch", "--workers", "0", "--seconds", "0.2", "--threshold-us", "0.001", "--log",
           path)
    for line in path.read_text().splitlines()[:100]:
        want(re.fullmatch(r"\d+\.\d{9} cpu 0 \d+\.\d{3} us:( [^;]+ \d+\.\d{3} us;?)+", line), line)
    want("wanted a file" in expect(FAILED, *arguments, folder / "none" / "gaps"), "no such folder")
    code, _, err = run("watch", "--workers", "0", "--seconds", "0.3", "--threshold-us", "0.001",
                       "--log", "/dev/full")
    want(code == FAILED and "/dev/full: not all could be written" in err, f"{code}: {err}")


def watch_task():
    """Without trace events: who the other task was, of one that is still there."""
    spin = ("import time\nopen('/proc/self/comm', 'w').write('busy;$(reboot)')\n"
            "end = time.monotonic() + 1.2\nwhile time.monotonic() < end: pass\ntime.sleep(3)\n")
    first = ("chrt", "-f", "90") if os.geteuid() == 0 else ()
    # What else happens on this machine may hide it.
    for _ in range(TRIES):
        with subprocess.Popen([BUILD / "aether-partition", "watch", "--workers", "0", "--seconds",
                               "3", "--json", "--no-trace"], stdout=subprocess.PIPE,
                              text=True) as watching:
            time.sleep(0.8)
            with subprocess.Popen([*first, "taskset", "-c", "0", sys.executable, "-S", "-c",
                                   spin]) as busy:
                report = json.loads(watching.communicate(timeout=60)[0])
                busy.kill()
        want(report["by"] == "counters", report)
        named = [cause for cause in report["causes"]
                 if cause["name"] == f"task busy;$(reboot) ({busy.pid})"]
        if named:
            break
    want(named, f"not named: {[cause['name'] for cause in report['causes']]}"[:2000])
    # Whoever types it in does not do what a task's name says.
    want(f" {busy.pid}" in named[0]["advice"] and "reboot" not in named[0]["advice"], named)
    print(f"by counters: {named[0]}")


def this_host(folder):
    """Whatever it is like: it is judged, and so is what was captured of it."""
    code, out, err = run("check", "--workers", "0")
    want(code <= UNPROVEN and not err, f"{code}: {out}{err}")
    expect(QUIET, "capture", folder / "here.tar", "--workers", "0")
    with tarfile.open(folder / "here.tar") as tar:
        tar.extractall(folder / "here")
    here, there = (json.loads(run("check", "--json", "--workers", "0", *more)[1])
                   for more in ([], ["--root", str(folder / "here")]))
    # Tasks come and go, and a register is no file.
    moving = ("task.", "power.smi", "power.sleep")
    for one, other in zip(here["findings"], there["findings"]):
        want(one["result"] == other["result"] or one["rule"].startswith(moving),
             f"{one}\n{other}")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aether-host-", dir="/dev/shm"))
    try:
        top = folder / "top"
        top.mkdir()
        subprocess.run([SHAPE, top, "2-3", "0-1,4-7", "f3"], check=True)
        verdicts(str(top))
        bad_options(str(top))
        capture(str(top), folder)
        repairs(str(top), folder)
        this_host(folder)
        watch()
        watch_log(folder)
        watch_task()
    finally:
        shutil.rmtree(folder)
    print("aether-partition answers as it should")


if __name__ == "__main__":
    main()
