#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""A primary process and two secondaries, each with a queue pair of its own, on huge pages.

Each sends and receives packets whose every byte it checks. All see the same counters. The primary
stops and starts, a secondary ends in order, one is killed, and at last the primary goes first:
whatever happens to one, the others go on, or are told why they cannot.

    processes.py TRAFFIC ports|queues|served    TRAFFIC is the program made from traffic.c

`ports`: three ports of one queue; `queues`: one port of three, between which RSS chooses; `served`:
the same, and the device is aether-model's in a process of its own, which is killed at last.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../vfio_user"))

# pylint: disable=wrong-import-position
from huge_pages import enter_own_mounts, huge_pages, skip, wait_for
from server import Server

SANITIZED = os.environ.get("AETHER_SANITIZE", "none") != "none"
PACKETS = 20_000 if SANITIZED else 100_000
# xstats that move by themselves, or count the questions.
RESTLESS = re.compile(r"model_(interrupts|aq_)|wire_stall")
ENOTSUP, ENODEV, ETIMEDOUT, EAGAIN = -95, -19, -110, -11


# ------------------------------------------------------------------ processes

class Process:
    """One process of the application."""

    def __init__(self, slot, lcore, wanted="secondary", args=(), eal=()):
        self.name = f"{wanted} of slot {slot}"
        cpu = sorted(os.sched_getaffinity(0))[slot % len(os.sched_getaffinity(0))]
        command = [*Process.common, "--proc-type=auto", f"--lcores={lcore}@{cpu}", *eal,
                   "--", str(slot), *map(str, args)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=Process.env)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = self.log = ""
        Process.all.append(self)
        self.ready = self.read(60)
        assert self.ready.get("type") == wanted, (self.name, self.ready, self.log)

    def send(self, line):
        self.process.stdin.write((line + "\n").encode())
        self.process.stdin.flush()

    def read(self, timeout=30):
        """The next answer, as a dictionary."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            answer = re.search(r"^> (.*)\n", self.text, re.M)
            if answer:
                self.text = self.text[answer.end():]
                assert not answer[1].startswith(("failed", "unknown")), (self.name, self.log)
                return dict(item.split("=", 1) for item in answer[1].split() if "=" in item)
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    raise AssertionError(f"{self.name} is gone "
                                         f"({self.process.wait()}):\n{self.log}")
                self.text += data.decode(errors="replace")
                self.log += data.decode(errors="replace")
        raise AssertionError(f"no answer from the {self.name} in {timeout} s:\n{self.log}")

    def ask(self, line, timeout=60):
        self.send(line)
        return self.read(timeout)

    def numbers(self, line):
        return {key: int(value) for key, value in self.ask(line).items()}

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def quit(self):
        answer = self.ask("quit")
        assert answer == {"ret": "0"}, (self.name, answer)
        assert self.process.wait(30) == 0, (self.name, self.process.returncode, self.log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def end_all():
    for process in Process.all:
        if process.process.poll() is None:
            process.kill()


def check_traffic(processes, command, seconds=0.0):
    """All at once; with `traffic 0` until told, after a while. @return what each has sent"""
    for process in processes:
        process.send(command)
    if seconds:
        time.sleep(seconds)
        for process in processes:
            process.send("poll")
    sent = []
    for process in processes:
        answer = {key: int(value) for key, value in process.read(120).items()}
        assert answer["sent"] == answer["received"] > 0, (process.name, answer, process.log)
        assert answer["wrong"] == 0, (process.name, answer, process.log)
        sent.append(answer["sent"])
        if seconds:
            process.read()
    return sent


# ------------------------------------------------------------------ what is seen

def restful(xstats):
    return {name: value for name, value in xstats.items() if not RESTLESS.match(name)}


def check_faults(xstats):
    """The model, wherever it runs, has nothing to complain of."""
    counts = xstats
    if Process.server is not None:
        counts = {f"model_{name}": value for name, value in
                  Process.server.ask("/aether/model/stats,p0").items()}
    assert counts["model_dma_faults"] == counts["model_mdd_events"] == 0, counts


def check_same_view(processes, ports, extra=0):
    """Counters are the port's: the same in all processes, and no frame is missing in them."""
    time.sleep(0.1)
    stats = [process.numbers("stats") for process in processes]
    xstats = [restful(process.numbers("xstats")) for process in processes]
    for numbers in stats:
        assert numbers["ret"] == 0, stats
        assert numbers["ipackets"] == numbers["opackets"] - extra > 0, stats
        assert numbers["ierrors"] == numbers["oerrors"] == 0, stats
    for numbers in xstats:
        assert len(numbers) > (60 if Process.server is None else 40), numbers
        check_faults(numbers)
    if not ports:
        assert all(numbers == stats[0] for numbers in stats), stats
        assert all(numbers == xstats[0] for numbers in xstats), xstats
    return stats


def check_info(processes, ports):
    infos = [process.ask("info") for process in processes]
    for info in infos:
        assert info["ret"] == "0" and info["driver"] == "net_aether", info
        assert info["link"] == "1" and info["speed"] == "100000", info
        assert info["queues"] == ("1/1" if ports else "3/3"), info
        assert info["ring"] == "512/512" and int(info["ptypes"]) > 5, info
        assert info["firmware"] not in ("", "none") and info["burst"] != "", info
    for key in ("max", "firmware", "burst", "ptypes", "domain") + (() if ports else ("mac",)):
        assert len({info[key] for info in infos}) == 1, infos
    assert [info["pool"] for info in infos] == [f"pool{i}" for i in range(3)], infos


def check_control(process):
    """A secondary may look, not touch; and trying to changes nothing."""
    before = process.ask("info")
    answers = process.numbers("control")
    assert set(answers.values()) == {ENOTSUP}, (answers, process.log)
    assert "map it there" in process.log, process.log
    assert process.ask("info") == before, process.log


def proc_info(option):
    """Stock dpdk-proc-info, which is a secondary process itself."""
    program = shutil.which("dpdk-proc-info")
    if program is None:
        skip("dpdk-proc-info (package dpdk) is not installed")
    env = dict(Process.env)
    if env.get("AETHER_PRELOAD"):
        env["LD_PRELOAD"] = env["AETHER_PRELOAD"]
    command = [program, *Process.eal, "-d", os.environ["AETHER_DRIVER"], "--", option]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env,
                          check=False)
    assert done.returncode == 0, (option, done.returncode, done.stdout, done.stderr)
    return done.stdout


def check_proc_info(primary, ports):
    """A program that none of us wrote sees what the primary sees."""
    ours = primary.numbers("stats")
    text = proc_info("--stats")
    for name, key in ("RX-packets", "ipackets"), ("TX-packets", "opackets"), ("RX-bytes", "ibytes"):
        values = re.findall(rf"{name}: +(\d+)", text)
        assert values and int(values[0]) == ours[key], (name, values, ours, text)

    text = proc_info("--xstats").split("for port 1")[0]
    theirs = {name: int(value) for name, value in re.findall(r"^(\w+): (\d+)$", text, re.M)}
    ours = primary.numbers("xstats")
    assert ours.pop("ret") == 0 and restful(theirs) == restful(ours), (theirs, ours)

    text = proc_info("--show-port")
    for word in ("driver net_aether", "Link up at 100 Gbps", "mempool pool2", "0/512",
                 primary.ask("info")["mac"]):
        assert word in text, (word, text)
    assert "Aether model" in proc_info("--show-module-eeprom")
    with tempfile.TemporaryDirectory() as folder:
        assert "dumped successfully" in proc_info(f"--dump-regs={folder}/regs")
        assert os.path.getsize(f"{folder}/regs-port0") >= 128
    if not ports:
        queues = re.findall(r"hash index=\d+, queue=(\d+)", proc_info("--show-rss-reta"))
        assert len(queues) >= 128 and set(queues) == {"0", "1", "2"}, queues


# ------------------------------------------------------------------ stories

def start_all(ports):
    if ports:
        eal = [arg for i in range(3) for arg in ("--vdev", f"net_aether{i},wire=loop,cpu={CPU}")]
    elif Process.server is not None:
        eal = ["--vdev", f"net_aether0,vfio-user={Process.server.socket(0)}"]
    else:
        eal = ["--vdev", f"net_aether0,wire=loop,cpu={CPU}"]
    primary = Process(0, 0, "primary", args=[1 if ports else 3], eal=eal)
    fds = primary.fds()
    secondaries = [Process(slot, slot) for slot in (1, 2)]
    return primary, secondaries, fds


def life(ports):
    primary, (first, second), fds = start_all(ports)
    all_three = [primary, first, second]

    check_traffic(all_three, f"traffic {PACKETS}")
    stats = check_same_view(all_three, ports)
    assert sum(s["ipackets"] for s in (stats if ports else stats[:1])) >= 3 * PACKETS, stats
    check_info(all_three, ports)
    check_control(first)
    check_proc_info(primary, ports)

    # Bursts on a stopped port do nothing, in any process.
    assert primary.ask("stop") == {"ret": "0"}
    for process in first, second:
        answer = process.numbers("poll")
        assert answer["sent"] == answer["received"] == 0, answer
    assert primary.ask("start") == {"ret": "0"}
    for _ in range(3):
        assert primary.ask("restart_at_once") == {"ret": "0"}
    assert "did not take note" not in primary.log, primary.log
    check_traffic(all_three, f"traffic {PACKETS // 10}")

    # One ends in order; another takes its queue.
    second.quit()
    second = Process(2, 2)
    second.ask("drain")
    check_traffic([primary, first, second], f"traffic {PACKETS // 10}")

    # One resets the counters, for all.
    assert first.ask("reset_stats") == {"ret": "0"}
    if not ports:
        assert primary.numbers("stats")["ipackets"] == 0
    wait_for(lambda: primary.fds() == fds, f"file descriptors in the primary: {primary.fds()}, "
             f"before any secondary {fds}", 3)
    return primary, first, second


def death(ports, primary, first, second):
    """The second dies with packets in work."""
    for process in primary, first, second:
        process.send("traffic 0")
    time.sleep(0.5)
    second.kill()
    time.sleep(0.5)
    for process in primary, first:
        process.send("stats")
        answer = {key: int(value) for key, value in process.read().items()}
        assert answer["sent"] == answer["received"] > 0 and answer["wrong"] == 0, \
            (process.name, answer, process.log)
        process.read()
    # Not only what was on its way.
    check_traffic([primary, first], f"traffic {PACKETS}")

    # Its queue starts anew for a successor, which has an lcore of its own.
    slot = 2
    answer = primary.numbers(f"restart {slot}")
    lost = answer.pop("lost")
    assert set(answer.values()) == {0}, (answer, primary.log)
    # What the dead one had in its hands: a burst each way, and the lcore's cache.
    assert 0 <= lost <= 2 * 32 + 192, lost
    heir = Process(slot, 3)
    heir.ask("drain")
    check_traffic([primary, first, heir], f"traffic {PACKETS // 10}")
    check_faults(primary.numbers("xstats"))
    if not ports:
        # Which also tells the dead one, that is not there.
        assert primary.ask("stop") == {"ret": "0"}
        assert primary.ask("start") == {"ret": "0"}
        check_traffic([primary, first, heir], f"traffic {PACKETS // 10}")
    return heir


def orphans(primary, first, heir):
    """The primary goes first: in order, as far as the first is concerned."""
    primary.quit()
    for process in first, heir:
        answer = process.numbers("poll")
        assert answer["sent"] == answer["received"] == 0, answer
        assert process.numbers("stats")["ret"] == ENODEV, process.log
        assert "the primary process has closed the port" in process.log, process.log
    assert first.ask("close") == {"ret": "0"}, first.log
    first.quit()
    heir.quit()


def abandoned(ports):
    """The primary is killed: nobody could say goodbye."""
    primary, (first, second), _ = start_all(ports)
    check_traffic([primary, first, second], f"traffic {PACKETS // 10}")
    primary.kill()
    for process in first, second:
        assert process.numbers("poll")["received"] == 0
        assert process.numbers("stats")["ret"] == ENODEV, process.log
        assert "the primary process does not answer" in process.log, process.log
        process.quit()


def late_answer(primary, first):
    """The primary holds its breath for longer than a question waits. The answer that comes at last
    is not taken for that to the next question."""
    expected = primary.numbers("stats")
    primary.process.send_signal(signal.SIGSTOP)
    try:
        assert first.numbers("stats")["ret"] == ETIMEDOUT, first.log
        first.send("stats")
        time.sleep(0.5)
    finally:
        primary.process.send_signal(signal.SIGCONT)
    answer = {key: int(value) for key, value in first.read().items()}
    # Which of the two comes first to EAL's thread is a matter of luck.
    assert answer == expected or (answer["ret"] == EAGAIN and "a late answer" in first.log), \
        (answer, first.log)
    time.sleep(0.5)
    assert first.numbers("stats") == expected, first.log


def hot_plug():
    """Devices come and go while processes run, asked for by any of them."""
    primary, (first, second), fds = start_all(ports=False)
    everybody = [primary, first, second]
    plugged = f"plug net_aether5 wire=loop,cpu={CPU}"
    for asking in primary, second, primary:
        assert asking.numbers(plugged) == {"ret": 0, "ports": 2}, (asking.name, asking.log)
        assert all(process.numbers("ports") == {"ports": 2} for process in everybody)
        answer = asking.numbers("unplug net_aether5")
        assert answer == {"ret": 0, "ports": 1}, (asking.name, answer, asking.log)
        assert all(process.numbers("ports") == {"ports": 1} for process in everybody)
    check_traffic(everybody, f"traffic {PACKETS // 10}")

    late_answer(primary, first)

    # One lets go of the port and lives on. The others' business is theirs.
    assert second.ask("close") == {"ret": "0"}
    start = time.monotonic()
    assert primary.ask("stop") == {"ret": "0"} and primary.ask("start") == {"ret": "0"}
    assert time.monotonic() - start < 4, primary.log
    check_traffic([primary, first], f"traffic {PACKETS // 10}")
    second.quit()
    first.quit()
    wait_for(lambda: primary.fds() <= fds, f"file descriptors: {primary.fds()}, at first {fds}", 3)
    primary.quit()


def removed():
    """The server is killed: all are told, in time and once."""
    primary, (first, second), _ = start_all(ports=False)
    everybody = [primary, first, second]
    check_traffic(everybody, f"traffic {PACKETS // 10}")
    killed = Process.server.kill()
    wait_for(lambda: all(process.numbers("removals") == {"n": 1, "removed": 1}
                         for process in everybody), [process.log for process in everybody])
    seconds = time.monotonic() - killed
    print(f"killed: three processes were told within {seconds * 1000:.0f} ms")
    assert seconds < 1
    for process in everybody:
        answer = process.numbers("poll")
        assert answer["sent"] == answer["received"] == 0, answer
        assert process.numbers("removals")["n"] == 1, process.log
    assert primary.ask("stop") == {"ret": "0"}
    assert primary.ask("close") == {"ret": "0"}
    for process in reversed(everybody):
        process.quit()


def removed_and_closed():
    """The primary closes the port before a busy secondary has looked: it is told all the same."""
    Process.server.start()
    primary, (first, second), _ = start_all(ports=False)
    assert second.ask("busy 2000") == {"ret": "0"}
    Process.server.kill()
    wait_for(lambda: primary.numbers("removals")["n"] == 1, primary.log)
    assert primary.ask("stop") == {"ret": "0"}
    assert primary.ask("close") == {"ret": "0"}
    for process in first, second:
        wait_for(lambda process=process: process.numbers("removals") == {"n": 1, "removed": 1},
                 f"{process.name} was not told: {process.log}")
    for process in second, first, primary:
        process.quit()


def refused(words, eal=(), env=()):
    """A secondary that cannot have the port says why, and does not hang."""
    program, *common = Process.common
    done = subprocess.run([program, *eal, *common, "--proc-type=secondary", "--", "1"],
                          input="quit\n", capture_output=True, text=True, timeout=60, check=False,
                          env={**Process.env, **dict(env)})
    text = done.stdout + done.stderr
    for word in words:
        assert word in text, (word, text)
    return done.returncode


def refusals():
    """What cannot be, and what is said of it."""
    vdev = ["--vdev", f"net_aether0,wire=loop,cpu={CPU}"]
    primary = Process(0, 0, "primary", args=[1], eal=vdev)
    with open(f"/proc/{primary.process.pid}/maps", encoding="ascii") as maps:
        bar0 = next(line for line in maps if "aether_model_bar0" in line).split("-")[0]
    assert refused(["doorbells", "taken", "setarch -R"], env={"TAKE_ADDRESS": bar0}.items()) != 0
    refused(["net_aether9: the primary process has no such port"], eal=["--vdev", "net_aether9"])
    # The stack's kinds of pools come before the driver's here.
    assert refused(["mempool drivers are registered in another order"],
                   eal=["-d", "librte_mempool_stack.so"]) != 0
    # The port has taken no harm.
    check_traffic([primary], f"traffic {PACKETS // 10}")
    primary.quit()

    words = ["--no-huge", "dpdk-hugepages.py"]
    primary = Process(0, 0, "primary", args=[1], eal=[*vdev, "--no-huge", "-m", "256"])
    assert refused(words + ["the primary runs"]) != 0
    assert refused(words + ["it runs"], eal=["--no-huge"]) != 0
    primary.quit()


def main():
    traffic, kind = sys.argv[1:]
    enter_own_mounts()
    # As meson ends a test that takes too long: give huge pages back all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    Process.all = []
    Process.server = None
    Process.env = dict(os.environ)
    with huge_pages() as folder:
        Process.eal = ["--no-pci", "--no-telemetry", f"--huge-dir={folder}",
                       f"--file-prefix=aether_secondary_{os.getpid()}"]
        if SANITIZED:
            # EAL's usual addresses are the sanitizer's.
            Process.eal += ["--base-virtaddr=0x200000000000"]
        Process.common = [traffic, *Process.eal, "-d", os.environ["AETHER_DRIVER"]]
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, f"/var/run/dpdk/aether_secondary_{os.getpid()}",
                           ignore_errors=True)
            stack.callback(end_all)
            if kind == "served":
                served = stack.enter_context(tempfile.TemporaryDirectory())
                Process.server = stack.enter_context(Server(served, ["loop"], CPU))
            primary, first, second = life(kind == "ports")
            heir = death(kind == "ports", primary, first, second)
            orphans(primary, first, heir)
            abandoned(kind == "ports")
            {"ports": refusals, "queues": hot_plug, "served": removed}[kind]()
            if kind == "served":
                removed_and_closed()
    print(f"three processes, {PACKETS} packets each and more, on {kind}: none lost or wrong")


CPU = sorted(os.sched_getaffinity(0))[0]
main()
