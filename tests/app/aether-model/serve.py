#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""aether-model as its user meets it: two devices and a cable, clients that come and go, signals,
telemetry, captures, messages."""

import contextlib
import fcntl
import json
import mmap
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import vfu

MODEL = str(pathlib.Path(os.environ["AETHER_BUILD"]) / "aether-model")
FWD = os.environ["AETHER_FWD"]
PREFIX = f"model{os.getpid()}"
# What these clients do with the device is nobody's use of it.
os.environ.pop("AETHER_MODEL_COVERAGE", None)

QRX_TAIL, QTX_COMM_DBELL = 0x290000, 0x2C0000
ATQBAL, ATQBAH, ATQLEN, ATQH, ATQT = 0x80000, 0x80100, 0x80200, 0x80300, 0x80400
F_GET_SEALS = 1034
SEAL_SEAL, SEAL_SHRINK = 1, 2


def run(*options, **kwargs):
    return subprocess.run([MODEL, *options], capture_output=True, text=True, timeout=60,
                          check=False, **kwargs)


def wait_for(what, why, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.01)


class Server:
    """A running aether-model, with what it prints in a file."""

    def __init__(self, folder, *devices, prefix=PREFIX, command=()):
        self.log = folder / f"log{prefix}"
        options = [part for device in devices for part in ("--device", device)]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*command, MODEL, "--file-prefix", prefix, *options],
                                            stdout=log, stderr=subprocess.STDOUT)
        wait_for(lambda: self.text().count(": listening on ") == len(devices) or
                 self.process.poll() is not None, "it does not listen")

    def text(self):
        return self.log.read_text()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enter(tempfile.TemporaryDirectory()))

    def enter(self, context):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return stack.enter_context(context)

    def path(self, name):
        return self.folder / name

    def server(self, *devices, **kwargs):
        return self.enter(Server(self.folder, *devices, **kwargs))

    def client(self, name="p0"):
        return self.enter(contextlib.closing(vfu.Client(self.path(name))))


    def patient_client(self, name="p0"):
        """The server may not have noticed yet that the last one has gone."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.client(name)
            except (ConnectionError, BlockingIOError):
                assert time.monotonic() < deadline, "no client is taken"
                time.sleep(0.01)


class Serving(Case):
    def test_two_devices_and_a_cable(self):
        server = self.server(f"name=p0,socket={self.path('p0')},wire=cable:blue",
                             f"name=p1,socket={self.path('p1')},wire=cable:blue,device=1593")
        self.assertEqual(os.stat(self.path("p0")).st_mode & 0o777, 0o600)
        first, second = self.client("p0"), self.client("p1")
        self.assertEqual(first.read(vfu.CONFIG, 0, 4), bytes.fromhex("86809215"))
        self.assertEqual(second.read(vfu.CONFIG, 0, 4), bytes.fromhex("86809315"))
        info = struct.unpack("<IIII", first.ask(vfu.GET_INFO, struct.pack("<IIII", 16, 0, 0, 0))[0])
        self.assertEqual(info, (16, 3, 9, 5))
        irqs = struct.unpack("<IIII", first.ask(vfu.GET_IRQ_INFO,
                                                struct.pack("<IIII", 16, 0, vfu.MSIX, 0))[0])
        self.assertEqual(irqs[3], 257)
        self.assertEqual(server.end(), 0)
        self.assertFalse(self.path("p0").exists() or self.path("p1").exists())
        for line in ("p0: rx 0 packets", "p1: admin commands 0", "p0: clients 1"):
            self.assertIn(line, server.text())

    def test_registers(self):
        self.server(f"name=p0,socket={self.path('p0')}")
        client = self.client()
        size, flags, areas, fds = client.region(vfu.BAR0)
        self.assertEqual((size, flags), (32 << 20, 0xF))
        self.assertEqual(areas, [(QRX_TAIL, 8192), (QTX_COMM_DBELL, 65536)])
        # The file of the doorbells cannot be shrunk under the device's feet.
        self.assertEqual(fcntl.fcntl(fds[0], F_GET_SEALS) & (SEAL_SEAL | SEAL_SHRINK),
                         SEAL_SEAL | SEAL_SHRINK)
        os.close(fds[0])
        # Reset done; a scratch register; two registers at once.
        self.assertNotEqual(client.register(0xB6008), 0)
        client.set_register(ATQBAL, 0x12345000)
        self.assertEqual(client.register(ATQBAL), 0x12345000)
        client.write(vfu.BAR0, QTX_COMM_DBELL, struct.pack("<II", 3, 5))
        self.assertEqual(client.read(vfu.BAR0, QTX_COMM_DBELL, 8), struct.pack("<II", 3, 5))
        for offset, count in ((ATQBAL, 1), (ATQBAL, 2), (ATQBAL + 1, 4), (ATQBAL, 12)):
            with self.assertRaises(vfu.Refused):
                client.read(vfu.BAR0, offset, count)
        # The MSI-X table is storage, its pending bits are nothing.
        client.write(vfu.BAR3, 16, b"abcd")
        client.write(vfu.BAR3, 0x8000, b"abcd")
        self.assertEqual(client.read(vfu.BAR3, 16, 4), b"abcd")
        self.assertEqual(client.read(vfu.BAR3, 0x8000, 4), bytes(4))

    def test_client_is_killed(self):
        """A client that holds memory and interrupts dies; the next one finds nothing of it."""
        server = self.server(f"name=p0,socket={self.path('p0')}")
        script = ("import os, sys, time, vfu\n"
                  "client = vfu.Client(sys.argv[1])\n"
                  "memory = os.memfd_create('memory'); os.ftruncate(memory, 1 << 21)\n"
                  "client.map(0x100000, 1 << 21, memory)\n"
                  "client.eventfds(0, [os.eventfd(0) for _ in range(16)])\n"
                  "client.set_register(0x80000, 0x100000)\n"
                  "client.write(vfu.CONFIG, 4, b'\\x06\\x04')\n"
                  "print('ready', flush=True); time.sleep(60)\n")
        fds = pathlib.Path(f"/proc/{server.process.pid}/fd")
        before = len(list(fds.iterdir()))
        for _ in range(5):
            child = subprocess.Popen([sys.executable, "-c", script, str(self.path("p0"))],
                                     stdout=subprocess.PIPE, text=True,
                                     cwd=pathlib.Path(__file__).parent)
            with child:
                self.assertEqual(child.stdout.readline(), "ready\n")
                child.kill()
        client = self.client()
        self.assertEqual(client.register(ATQBAL), 0)
        self.assertEqual(client.read(vfu.CONFIG, 4, 2), bytes(2))
        client.close()
        wait_for(lambda: len(list(fds.iterdir())) == before, "descriptors are left")
        self.assertEqual(server.text().count("has gone"), 6)

    def test_log_of_clients_that_run_wild(self):
        """Neither who comes and goes nor a driver that fails over and over fills the disk."""
        server = self.server(f"name=p0,socket={self.path('p0')}")
        for _ in range(1000):
            with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
                client.connect(str(self.path("p0")))
                client.sendall(b"\xff" * 16)
        client = self.patient_client()
        for _ in range(400):
            # A ring that is not there stops the queue, with an error.
            client.set_register(ATQLEN, 1 << 31 | 64)
            client.set_register(ATQT, 1)
            wait_for(lambda: client.register(ATQLEN) & 1 << 30, "the queue goes on")
            for register in (ATQLEN, ATQH, ATQT):
                client.set_register(register, 0)
        text = server.text()
        for library in ("aether_vfio_user", "aether_model"):
            lines = [line for line in text.splitlines() if line.startswith(f"{library} p0:")]
            # A minute may turn meanwhile.
            self.assertLess(len(lines), 2 * 205)
            self.assertIn("the rest of it are left out", "\n".join(lines))

    def test_doorbells_of_a_client_that_has_gone(self):
        """It still has them mapped, and rings: nobody hears it."""
        self.server(f"name=p0,socket={self.path('p0')}")
        for _ in range(3):
            client = self.patient_client()
            fds = client.region(vfu.BAR0)[3]
            doorbells = self.enter(contextlib.closing(
                mmap.mmap(fds[0], QTX_COMM_DBELL + 65536)))
            os.close(fds[0])
            client.set_register(QRX_TAIL, 16)
            self.assertEqual(doorbells[QRX_TAIL:QRX_TAIL + 4], struct.pack("<I", 16))
            client.close()
            client = self.patient_client()
            for doorbell in (QRX_TAIL, QTX_COMM_DBELL):
                doorbells[doorbell:doorbell + 4] = struct.pack("<I", 32)
                self.assertEqual(client.register(doorbell), 0)
            client.close()

    def test_second_client(self):
        server = self.server(f"name=p0,socket={self.path('p0')}")
        first = self.client()
        with self.assertRaises((ConnectionError, BrokenPipeError)):
            self.client()
        self.assertEqual(first.read(vfu.CONFIG, 0, 2), b"\x86\x80")
        self.assertIn("there is one at a time", server.text())

    def test_memory_that_shrinks(self):
        """The device's own thread runs into memory that is gone: the client is dropped for it."""
        server = self.server(f"name=p0,socket={self.path('p0')}")
        memory = os.memfd_create("memory")
        self.addCleanup(os.close, memory)
        # Which thread gets there first is chance.
        for _ in range(12):
            os.ftruncate(memory, 1 << 21)
            client = self.client()
            client.map(0x100000, 1 << 21, memory)
            client.set_register(ATQBAL, 0x100000)
            client.set_register(ATQBAH, 0)
            client.set_register(ATQLEN, 1 << 31 | 64)
            os.ftruncate(memory, 0)
            with self.assertRaises(ConnectionError):
                client.set_register(ATQT, 1)
                deadline = time.monotonic() + 20
                while time.monotonic() < deadline:
                    client.register(ATQH)
            client.close()
        self.assertEqual(server.text().count("it must not shrink that file"), 12)
        self.assertEqual(server.end(), 0)

    def test_functions_of_one_card(self):
        devices = [f"name=p{i},socket={self.path(f'p{i}')},card=c,pf={i},wire=sink"
                   for i in range(3)]
        self.server(*devices)
        serials = {self.client(f"p{i}").read(vfu.CONFIG, 0x148, 12) for i in range(3)}
        self.assertEqual(len(serials), 1)

    def test_without_privileges(self):
        setpriv = shutil.which("setpriv")
        if os.getuid() != 0 or setpriv is None:
            print("SKIP: not root, or no setpriv: every other test runs without privileges")
            return
        reachable = subprocess.run([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups",
                                    "test", "-x", MODEL], check=False).returncode == 0
        if not reachable:
            print(f"SKIP: nobody may not run {MODEL}")
            return
        os.chmod(self.folder, 0o777)
        server = self.server(f"name=p0,socket={self.path('p0')}", prefix=PREFIX + "n",
                             command=[setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"])
        self.assertEqual(self.client().read(vfu.CONFIG, 0, 2), b"\x86\x80", server.text())


class Ending(Case):
    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.server(f"name=p0,socket={self.path('p0')}")
            client = self.client()
            self.assertEqual(server.end(number), 0)
            with self.assertRaises(ConnectionError):
                client.read(vfu.CONFIG, 0, 4)
            self.assertFalse(self.path("p0").exists())

    def test_stale_socket(self):
        server = self.server(f"name=p0,socket={self.path('p0')}")
        server.end(signal.SIGKILL)
        self.assertTrue(self.path("p0").exists())
        self.server(f"name=p0,socket={self.path('p0')}", prefix=PREFIX + "b")
        self.assertEqual(self.client().read(vfu.CONFIG, 0, 2), b"\x86\x80")


class Telemetry(Case):
    def ask(self, command):
        done = subprocess.run(["dpdk-telemetry.py", "-f", PREFIX], input=command + "\n",
                              capture_output=True, text=True, timeout=20, check=True)
        name = command.partition(",")[0]
        answers = [line for line in done.stdout.splitlines() if line.startswith(f'{{"{name}"')
                   or line.startswith(f'--> {{"{name}"')]
        return json.loads(answers[-1].removeprefix("--> "))[name]

    def test_commands(self):
        self.server(f"name=p0,socket={self.path('p0')},wire=cable:red",
                    f"name=p1,socket={self.path('p1')},wire=cable:red")
        self.assertEqual(self.ask("/aether/model/list"), ["p0", "p1"])
        stats = self.ask("/aether/model/stats,p0")
        self.assertEqual(stats["dma_faults"], 0)
        self.assertIn("tx_packets", stats)
        self.assertGreater(stats["steps"], 0)
        port = self.ask("/aether/model/port,p1")
        self.assertEqual((port["link"], port["speed_mbps"]), ("up", 100000))
        # Whose end is pulled and whose is not: both have no link, as soon as they notice.
        asked = self.ask("/aether/model/asked,p0")
        self.assertEqual([asked[key] for key in ("commands", "nvm_changes", "corer")], [0, 0, 0])
        self.assertEqual(asked["nvm"]["granted"], 0)
        self.assertEqual(asked["opcodes"], {})
        self.assertEqual(self.ask("/aether/model/link,p0,down")["link"], "down")
        wait_for(lambda: self.ask("/aether/model/port,p1")["link"] == "down", "p1 has a link")
        self.assertNotEqual(self.ask("/aether/model/port,p1")["reason"], "up")
        self.ask("/aether/model/link,p0,up")
        wait_for(lambda: self.ask("/aether/model/port,p1")["link"] == "up", "p1 has no link")
        for bad in ("stats,p7", "stats", "port,p0,x", "link,p0", "link,p0,sideways", "link,p7,up"):
            self.assertIsNone(self.ask("/aether/model/" + bad), bad)


class Captures(Case):
    def packets(self, name):
        done = subprocess.run(["tcpdump", "-n", "-r", str(self.path(name))], capture_output=True,
                              text=True, check=True)
        return done.stdout.splitlines()

    def test_file(self):
        server = self.server(f"name=p0,socket={self.path('p0')},pcap={self.path('p0.pcap')}")
        wait_for(lambda: self.path("p0.pcap").stat().st_size == 24, "no header in the file")
        self.assertEqual(self.packets("p0.pcap"), [])
        self.assertEqual(server.end(), 0)

    def test_of_a_driver(self):
        """net_aether has the same key: what is forwarded is there both ways."""
        device = f"net_aether0,wire=gen:count=100:pace=20000,pcap={self.path('a.pcap')}"
        subprocess.run([FWD, "--no-huge", "-m", "256", "--no-pci", "--no-telemetry",
                        "--file-prefix", PREFIX + "f", "--lcores", "0@0", "--vdev", device, "--",
                        "--idle-exit-ms", "500"], check=True, timeout=60, capture_output=True)
        self.assertEqual(len(self.packets("a.pcap")), 200)


class Messages(Case):
    def refused(self, code, *options):
        done = run("--file-prefix", PREFIX + "m", *options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_help_and_version(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--device name=<name>,socket=<path>", done.stdout)
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^Aether \d+\.\d+\.\d+\n$")

    def test_bad_options(self):
        self.assertIn("wanted at least one", self.refused(2))
        rope = self.refused(2, "--device", "name=a,socket=/tmp/a,wire=rope")
        self.assertIn("wanted a wire", rope)

    def test_bad_places(self):
        device = f"name=p0,socket={self.path('none')}/p0"
        self.assertIn("its folder must exist", self.refused(1, "--device", device))
        self.path("file").write_text("")
        device = f"name=p0,socket={self.path('file')}"
        self.assertIn("something else of that name", self.refused(1, "--device", device))
        self.assertTrue(self.path("file").exists())
        device = f"name=p0,socket={self.path('p0')},pcap={self.path('none')}/p0.pcap"
        self.assertIn("cannot open to write", self.refused(1, "--device", device))
        self.assertFalse(self.path("p0").exists())
        self.assertIn("there is no CPU", self.refused(1, "--cpu", "9999", "--device",
                                                      f"name=p0,socket={self.path('p0')}"))

    def test_taken(self):
        self.server(f"name=p0,socket={self.path('p0')}")
        device = f"name=p0,socket={self.path('p0')}"
        self.assertIn("a server listens there", self.refused(1, "--device", device))
        done = run("--file-prefix", PREFIX, "--device", f"name=p1,socket={self.path('p1')}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("give --file-prefix", done.stderr)
        self.assertEqual(self.client().read(vfu.CONFIG, 0, 2), b"\x86\x80")

    def test_bad_devices(self):
        self.assertIn("wanted", self.refused(1, "--device",
                                             f"name=p0,socket={self.path('p0')},device=1234"))
        twice = f"name=p0,socket={self.path('a')}", f"name=p0,socket={self.path('b')}"
        self.assertIn("there is a device of this name already",
                      self.refused(1, "--device", twice[0], "--device", twice[1]))
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
