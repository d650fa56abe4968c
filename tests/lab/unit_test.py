#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What of the lab can be tested without a virtual machine and without the network."""

import base64
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cache
import cpio
import crew
import driver
import fetch
import image
import modules
import partition
import scenario
import sdk
from apt import Apt, compare
from channel import Commands, Console
from failure import Failure, ModelDied, NotServed, SetupError
from machine import memory_args, vfio_user_args
from model import Model
from monitor import Monitor
from process import Child
from suites import DPDKS, SETS, SUITES, BuildSet, Set


class WithFolder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)


class Table(unittest.TestCase):
    """Which suite a set comes from."""

    def test_every_suite_that_a_set_names_is_in_the_table(self):
        for wanted in SETS.values():
            self.assertTrue(set(wanted.suites) <= set(SUITES), wanted.name)

    def test_every_dpdk_has_a_set(self):
        self.assertTrue(set(DPDKS.values()) <= set(SETS))

    def test_a_set_with_headers_is_another_set(self):
        plain = Set("thing", "a test", ("sid",), "x", ("x",))
        full = BuildSet("thing", "a test", ("sid",), "x", ("x",))
        self.assertNotEqual(plain.definition(SUITES), full.definition(SUITES))
        self.assertIn("usr/include", set(fetch.PRUNED) & set(full.keeps))

    def test_first_suite_that_will_do(self):
        offers = {"trixie-backports": "1:10.0.2+ds-1~bpo13+1", "forky": "1:11.1.2+ds-3",
                  "sid": "1:12"}
        self.assertEqual(fetch.choose(SETS["qemu"], offers.get), ("forky", "1:11.1.2+ds-3"))
        offers["trixie-backports"] = "1:11.1.3+ds-1~bpo13+1"
        self.assertEqual(fetch.choose(SETS["qemu"], offers.get)[0], "trixie-backports")

    def test_a_later_version_of_the_suite_is_taken_as_it_is(self):
        for version in "6.12.57-1", "6.12.117-1", "6.12.999-1~deb13u1":
            self.assertEqual(fetch.choose(SETS["kernel-6.12"], lambda _, v=version: v)[1], version)

    def test_none_will_do(self):
        for offers in {}, {"trixie": "6.13-1"}, {"trixie": "6.1.90-1"}:
            with self.assertRaisesRegex(SetupError, "6.12 or later, below 6.13"):
                fetch.choose(SETS["kernel-6.12"], lambda suite, o=offers: o.get(suite, ""))


class Repository:
    """A repository of one package, which depends on another, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.builds = folder.with_name(folder.name + "-build")
        folder.mkdir()

    def publish(self, version):
        for old in self.folder.iterdir():
            old.unlink()
        index = []
        for name, depends in ("lab-thing", "lab-needed"), ("lab-needed", ""):
            shutil.rmtree(self.builds, ignore_errors=True)
            (self.builds / "DEBIAN").mkdir(parents=True)
            (self.builds / "usr/share").mkdir(parents=True)
            (self.builds / "usr/share" / name).write_text(version)
            control = (f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
                       f"Maintainer: Nobody <nobody@example.org>\nDescription: test\n"
                       + (f"Depends: {depends}\n" if depends else ""))
            (self.builds / "DEBIAN/control").write_text(control)
            deb = self.folder / f"{name}_{version}.deb"
            subprocess.run(["dpkg-deb", "--root-owner-group", "-b", self.builds, deb], check=True,
                           stdout=subprocess.DEVNULL)
            data = deb.read_bytes()
            index.append(f"{control}Filename: ./{deb.name}\nSize: {len(data)}\n"
                         f"SHA256: {hashlib.sha256(data).hexdigest()}\n")
        (self.folder / "Packages").write_text("\n".join(index))

    def lines(self, *_):
        return [f"deb [trusted=yes] copy:{self.folder} ./"]


THING = Set("thing", "a test", ("here",), "lab-thing", ("lab-thing",), at_least="1")


@unittest.skipUnless(shutil.which("apt-get") and shutil.which("dpkg-deb"), "no apt here")
class Fetch(WithFolder):
    """The cache, and a suite that moves on."""

    def setUp(self):
        super().setUp()
        self.repository = Repository(self.folder / "repository")
        self.repository.publish("1.0")

    def fetcher(self):
        return fetch.Fetcher(self.folder / "cache", {"here": ()}, [], self.repository.lines)

    def test_whole_closure_is_unpacked_and_recorded(self):
        root = self.fetcher().provide(THING)
        self.assertTrue(root.made)
        self.assertEqual(root.manifest["packages"], {"lab-thing": "1.0", "lab-needed": "1.0"})
        self.assertEqual((root.path / "usr/share/lab-needed").read_text(), "1.0")
        self.assertRegex(root.describe(), "lab-thing 1.0 from here, fetched now")

    def test_version_that_was_replaced(self):
        apt = Apt("here", self.repository.lines(), self.folder / "apt")
        self.assertTrue(apt.update())
        self.repository.publish("1.1")
        # The old index names a file that is gone.
        self.assertFalse(apt.download(THING.packages, self.folder / "debs"))
        fetch.download(apt, THING, self.folder / "debs")
        self.assertEqual(sorted(path.name for path in (self.folder / "debs").glob("*.deb")),
                         ["lab-needed_1.1_amd64.deb", "lab-thing_1.1_amd64.deb"])

    def test_cached_set_needs_no_network(self):
        self.fetcher().provide(THING)
        shutil.rmtree(self.repository.folder)
        root = self.fetcher().provide(THING)
        self.assertFalse(root.made)
        self.assertRegex(root.describe(), "lab-thing 1.0 from here, cached, of 2")

    def test_update_takes_what_the_suite_has_now_or_keeps_what_was_there(self):
        self.fetcher().provide(THING)
        self.repository.publish("2.0")
        self.assertEqual(self.fetcher().provide(THING, again=True).manifest["version"], "2.0")
        shutil.rmtree(self.repository.folder)
        with self.assertRaises(SetupError):
            self.fetcher().provide(THING, again=True)
        root = self.fetcher().provide(THING)
        self.assertEqual((root.path / "usr/share/lab-thing").read_text(), "2.0")

    def test_changed_definition_is_fetched_anew(self):
        self.fetcher().provide(THING)
        other = Set("thing", "a test", ("here",), "lab-thing", ("lab-needed",), at_least="1")
        self.assertEqual(list(self.fetcher().provide(other).manifest["packages"]), ["lab-needed"])

    def test_only_what_is_wanted_is_unpacked(self):
        some = Set("thing", "a test", ("here",), "lab-thing", ("lab-thing",), unpacked="lab-t.*")
        root = self.fetcher().provide(some)
        self.assertEqual(list(root.manifest["packages"]), ["lab-thing"])


class Merge(WithFolder):
    """Packages of Debian 12 have files in /bin and /lib."""

    def test_all_is_in_usr(self):
        for name in "bin/tool", "lib/x/liba.so", "usr/lib/x/libb.so", "usr/bin/other":
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(name)
        (self.folder / "bin/link").symlink_to("/bin/tool")
        for _ in range(2):  # what is merged stays so
            fetch.merge_usr(self.folder)
        self.assertEqual((self.folder / "usr/bin/tool").read_text(), "bin/tool")
        self.assertEqual((self.folder / "lib/x/libb.so").read_text(), "usr/lib/x/libb.so")
        self.assertEqual(os.readlink(self.folder / "usr/bin/link"), "/bin/tool")
        self.assertEqual(os.readlink(self.folder / "lib"), "usr/lib")
        self.assertFalse((self.folder / "sbin").exists())


class Cache(WithFolder):
    def test_failure_leaves_nothing(self):
        def fail(folder):
            (folder / "half").touch()
            raise ValueError

        path = self.folder / "thing"
        with self.assertRaises(ValueError):
            cache.provide(path, fail)
        self.assertFalse([left for left in self.folder.iterdir() if left.suffix != ".lock"])

    def test_what_a_killed_run_left_is_removed(self):
        (self.folder / ".thing.new-abc").mkdir()
        self.assertTrue(cache.provide(self.folder / "thing", lambda folder: None))
        self.assertFalse((self.folder / ".thing.new-abc").exists())

    def test_made_once_by_many(self):
        made = []
        threads = [threading.Thread(target=cache.provide, args=(self.folder / "thing", made.append))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(made), 1)

    def test_what_nobody_uses_goes(self):
        for name, days in ("used", 1), ("unused", 9):
            (self.folder / name).mkdir()
            then = time.time() - days * 86400
            os.utime(self.folder / name, (then, then))
        cache.prune(self.folder, 7)
        self.assertEqual([path.name for path in self.folder.glob("[!.]*")], ["used"])

    def test_key_knows_where_one_part_ends(self):
        self.assertNotEqual(cache.key("ab", "c"), cache.key("a", "bc"))


def read_archive(data):
    """{name: (mode, content)} of a newc archive, by the format's document."""
    found = {}
    at = 0
    while True:
        assert data[at:at + 6] == b"070701" and at % 4 == 0
        fields = [int(data[at + 6 + 8 * n:at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110:at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return found
        assert name not in found, name
        found[name] = (mode, data[start:start + size])
        at = (start + size + 3) & ~3


class Archive(unittest.TestCase):
    def write(self, fill):
        out = io.BytesIO()
        archive = cpio.Writer(out)
        fill(archive)
        archive.close()
        return read_archive(out.getvalue())

    def test_entries(self):
        def fill(archive):
            archive.file("/a/b/file", b"12345", 0o755)
            archive.link("a/link", "b/file")
            archive.node("dev/null", 1, 3)
            archive.file("a/b/file", b"again")
            archive.folder("a")

        found = self.write(fill)
        self.assertEqual(found["a/b/file"], (0o100755, b"12345"))
        self.assertEqual(found["a/link"], (0o120777, b"b/file"))
        self.assertEqual(found["a/b"], (0o040755, b""))
        self.assertEqual(found["dev/null"][0], 0o020600)
        self.assertLess(list(found).index("a"), list(found).index("a/b"))

    def test_all_paddings(self):
        found = self.write(lambda archive: [archive.file("n" * n, b"d" * m)
                                            for n, m in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 0))])
        self.assertEqual([len(data) for _, data in found.values()], [1, 2, 3, 4, 0])

    def test_names_that_lead_out(self):
        for name in "../x", "a/../../x", "/":
            with self.assertRaises(ValueError):
                self.write(lambda archive, n=name: archive.file(n, b""))


class Closure(WithFolder):
    def library(self, name, at=image.LIBRARIES):
        (self.folder / at).mkdir(parents=True, exist_ok=True)
        (self.folder / at / name).touch()

    def needed_by(self, paths):
        needs = {"program": {"liba.so"}, "liba.so": {"libb.so", "libc.so"}, "libb.so": {"liba.so"}}
        return set().union(*(needs.get(path.name, set()) for path in paths))

    def test_libraries_of_libraries(self):
        for name in "liba.so", "libb.so":
            self.library(name)
        self.library("libc.so", "usr/lib")
        self.assertEqual(image.library_closure(self.folder, ["program"], self.needed_by),
                         ["usr/lib/libc.so", f"{image.LIBRARIES}/liba.so",
                          f"{image.LIBRARIES}/libb.so"])

    def test_missing_library(self):
        self.library("liba.so")
        with self.assertRaisesRegex(SetupError, "libb.so is in none of"):
            image.library_closure(self.folder, ["program"], self.needed_by)

    def test_links_lead_to_places_below_the_root(self):
        self.library("libb.so")
        self.library("liba.so")
        self.library("libc.so")
        (self.folder / "usr/bin").mkdir()
        (self.folder / "usr/bin/program").touch()
        (self.folder / "usr/bin/link").symlink_to("/usr/bin/other")
        (self.folder / "usr/bin/other").symlink_to("program")
        self.assertEqual(len(image.library_closure(self.folder, ["usr/bin/link"],
                                                   self.needed_by)), 3)

    def test_ours_are_not_looked_for_but_what_they_need_is(self):
        self.library("libb.so")
        self.library("libc.so")
        ours = self.folder / "built/liba.so"
        self.assertEqual(image.library_closure(self.folder, [ours], self.needed_by, {"liba.so"}),
                         [f"{image.LIBRARIES}/libb.so", f"{image.LIBRARIES}/libc.so"])

    def test_what_a_real_program_needs(self):
        self.assertTrue(any(name.startswith("libc.so") for name in image.needed([sys.executable]))
                        or image.needed(["/bin/ls"]))


class Modules(WithFolder):
    def setUp(self):
        super().setUp()
        folder = self.folder / "usr/lib/modules/9.9-test"
        (folder / "kernel/net").mkdir(parents=True)
        (folder / "vmlinuz").touch()
        (folder / "modules.builtin").write_text("kernel/lib/built-in.ko\n")
        for name, needs in ("nic", "built_in,low-layer"), ("low-layer", "base"), ("base", ""):
            (folder / f"kernel/net/{name}.ko").write_bytes(
                b"\0name=x\0depends=" + needs.encode() + b"\0retpoline=Y\0")

    def test_needed_ones_come_first(self):
        kernel = modules.Kernel(self.folder)
        self.assertEqual(kernel.version, "9.9-test")
        self.assertEqual(list(kernel.closure(["nic"])), ["base", "low_layer", "nic"])

    def test_unknown_module(self):
        with self.assertRaisesRegex(SetupError, "has no module other"):
            modules.Kernel(self.folder).closure(["other"])


class Memory(unittest.TestCase):
    """QEMU's arguments for the memory of a machine, which others map."""

    def test_one_node(self):
        self.assertEqual(memory_args(512, 1, 2), [
            "-object", "memory-backend-memfd,id=mem0,size=512M,share=on",
            "-machine", "memory-backend=mem0"])

    def test_two_nodes(self):
        args = memory_args(1024, 2, "4,sockets=2")
        self.assertEqual(args[1::2], [
            "memory-backend-memfd,id=mem0,size=512M,share=on",
            "node,nodeid=0,memdev=mem0,cpus=0-1",
            "memory-backend-memfd,id=mem1,size=512M,share=on",
            "node,nodeid=1,memdev=mem1,cpus=2-3"])


class Verdict(unittest.TestCase):
    """What a scenario makes of aether-partition's answer."""

    FINDING = {"rule": "a.b", "severity": "error", "result": "broken", "found": "x"}

    def text(self, overall):
        return json.dumps({"overall": overall, "findings": [
            self.FINDING, {**self.FINDING, "rule": "c", "severity": "warning"},
            {**self.FINDING, "rule": "d", "result": "unknown"}]})

    def test_sets(self):
        verdict = partition.parse(2, self.text("noisy"))
        self.assertEqual((verdict.broken(), verdict.broken("warning"), verdict.unknown()),
                         ({"a.b"}, {"c"}, {"d"}))

    def test_exit_code(self):
        with self.assertRaisesRegex(Failure, "noisy ends with status 0"):
            partition.parse(0, self.text("noisy"))


class Crew(unittest.TestCase):
    """Work in processes of their own."""

    def test_all_is_done_and_side_by_side(self):
        def meet(one):
            both.wait(20)   # two that do not run at the same time never get past it
            return one * 10, os.getpid()

        both = crew.FORK.Barrier(2)
        done = dict(crew.side_by_side(meet, [1, 2, 3, 4], 2))
        self.assertEqual({one: value for one, (value, _) in done.items()},
                         {1: 10, 2: 20, 3: 30, 4: 40})
        self.assertNotIn(os.getpid(), [pid for _, pid in done.values()])

    def test_one_job_is_done_here(self):
        self.assertEqual(list(crew.side_by_side(lambda one: os.getpid(), ["a"], 1)),
                         [("a", os.getpid())])

    def test_one_that_dies(self):
        with self.assertRaisesRegex(SetupError, "[ab]: its process has ended without a"):
            list(crew.side_by_side(lambda one: os._exit(3), ["a", "b"], 2))

    def test_one_that_cannot_be_set_up(self):
        def fail(one):
            raise SetupError("no QEMU")

        with self.assertRaisesRegex(SetupError, "b: no QEMU"):
            list(crew.side_by_side(fail, ["b"], 2))


class Channel(WithFolder):
    """The ports, with this test in the place of QEMU."""

    def open(self, kind):
        self.changed = threading.Condition()
        port = kind(self.folder / "socket", self.folder / "log", self.changed)
        guest = socket.socket(socket.AF_UNIX)
        guest.connect(str(self.folder / "socket"))
        self.addCleanup(port.close)
        self.addCleanup(guest.close)
        return port, guest

    def until(self, found):
        with self.changed:
            self.assertTrue(self.changed.wait_for(found, 5))
        return found()

    def test_answer_that_comes_in_pieces(self):
        port, guest = self.open(Commands)
        guest.sendall(b"noise\nLAB ready 6.12-x\n")
        self.assertEqual(self.until(port.ready), "6.12-x")
        number = port.send("echo hello")
        self.assertEqual(guest.recv(100), b"1 " + base64.b64encode(b"echo hello") + b"\n")
        for piece in b"LAB 1 7", b" 6\nhel", b"lo\n":
            self.assertIsNone(port.answer(number))
            guest.sendall(piece)
        self.assertEqual(self.until(lambda: port.answer(number)), (7, "hello\n"))

    def test_command_that_no_terminal_holds(self):
        port, _ = self.open(Commands)
        with self.assertRaises(ValueError):
            port.send("x" * 3000)

    def test_broken_kernel_is_seen(self):
        port, guest = self.open(Console)
        guest.sendall(b"[ 1.0] all is well\n[ 2.0] BUG: kernel NULL pointer\n[ 3.0] more\n")
        self.assertEqual(self.until(port.broken), "[ 2.0] BUG: kernel NULL pointer")
        self.assertIn(b"all is well", (self.folder / "log").read_bytes())

    def test_end_of_the_machine(self):
        port, guest = self.open(Commands)
        guest.close()
        self.until(lambda: port.ended)


class Children(WithFolder):
    def test_how_it_ended(self):
        child = Child("it", ["sh", "-c", "echo last words; exit 3"], self.folder / "log")
        child.process.wait()
        self.assertEqual(child.epitaph(), "it ended with status 3: last words")

    def test_stop_of_one_that_will_not(self):
        child = Child("it", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"],
                      self.folder / "log")
        while "up\n" not in child.said().split("done", 1)[-1]:
            pass
        self.assertEqual(child.stop(0.2), -9)

    def model(self, script):
        """A stand-in for aether-model: a shell script, which has a socket and telemetry at once."""
        (self.folder / "aether-model").write_text("#!/bin/sh\n" + script)
        (self.folder / "aether-model").chmod(0o755)
        for name in "ice0", "dpdk/lab/dpdk_telemetry.v2":
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).touch()
        found = Model(self.folder, self.folder, self.folder, {"ice0": {"wire": "loop"}}, "nobody")
        while "up" not in found.said().splitlines():
            threading.Event().wait(0.01)
        return found

    def test_model_that_does_not_end_well(self):
        sleep = "echo up; while :; do sleep 0.1; done\n"
        with self.model("trap 'exit 0' TERM\n" + sleep) as good:
            pass
        self.assertEqual(good.status, 0)
        with self.assertRaisesRegex(ModelDied, "ended with status 23: .*leaks"):
            with self.model("trap 'echo leaks; exit 23' TERM\n" + sleep):
                pass
        # What has failed before is what counts.
        with self.assertRaises(KeyError):
            with self.model("trap 'exit 23' TERM\n" + sleep):
                raise KeyError

    def test_ends_with_the_lab(self):
        script = ("import os, pathlib, sys; sys.path.insert(0, sys.argv[1]);"
                  "from process import Child;"
                  "print(Child('it', ['sleep', '100'], pathlib.Path(sys.argv[2])).pid, flush=True);"
                  "os.kill(os.getpid(), 9)")
        done = subprocess.run([sys.executable, "-Bc", script, os.path.dirname(__file__),
                               self.folder / "log"], capture_output=True, text=True, check=False)
        pid = int(done.stdout)
        for _ in range(500):
            try:
                state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            except FileNotFoundError:
                return
            if state == "Z":
                return
            threading.Event().wait(0.01)
        self.fail(f"{pid} is still there")


class Headers(WithFolder):
    """DPDK's driver SDK headers, and the driver that is built with them."""

    def test_those_that_the_source_names(self):
        source = self.folder / "tree"
        (source / "lib/ethdev").mkdir(parents=True)
        (source / "drivers/bus/pci").mkdir(parents=True)
        (source / "lib/ethdev/meson.build").write_text(
            "headers = files('a.h')\ndriver_sdk_headers += files(\n    'ethdev_driver.h',\n)\n")
        (source / "drivers/bus/pci/meson.build").write_text(
            "driver_sdk_headers = files('bus_pci_driver.h')\n")
        for name in "lib/ethdev/a.h", "lib/ethdev/ethdev_driver.h", \
                    "drivers/bus/pci/bus_pci_driver.h":
            (source / name).touch()
        out = self.folder / "out"
        out.mkdir()
        self.assertEqual(sdk.copy_headers(source, out), 2)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["bus_pci_driver.h", "ethdev_driver.h"])

    def test_named_folder_without_them(self):
        with self.assertRaisesRegex(SetupError, "has no ethdev_driver.h: --sdk"):
            sdk.provide(self.folder, "trixie", "24.11-1")

    def test_not_served_is_asked_once_and_says_what_apt_said(self):
        asked = []

        def download(suite, version, folder):
            asked.append(folder)
            raise NotServed(sdk.reason("Err:1 x\n  404  Not Found\nE: Failed to fetch "
                                       "http://a/x.dsc  404  Not Found\nE: Failed to fetch y"))

        with unittest.mock.patch.object(sdk, "download", download), \
                unittest.mock.patch.dict(os.environ, {"AETHER_LAB_CACHE": str(self.folder)}):
            for _ in range(2):
                with self.assertRaisesRegex(NotServed, r"^http://a/x.dsc 404 Not Found$"):
                    sdk.provide(None, "here", "1.0")
        self.assertEqual(len(asked), 1)
        self.assertFalse((self.folder / "sdk/1.0").exists())

    def test_packages_as_seen_from_outside_of_the_root(self):
        place = self.folder / image.LIBRARIES / "pkgconfig"
        place.mkdir(parents=True)
        (place / "a.pc").write_text("prefix=/usr\nlibdir=${prefix}/lib\nCflags: -I/usr/include/a\n")
        (place / "b.pc").write_text('prefix="/usr"\nx=${prefix}/usr/b\n')
        out = driver.relocate(self.folder, self.folder / "out")
        root = self.folder
        self.assertEqual((out / "a.pc").read_text(), f"prefix={root}/usr\nlibdir=${{prefix}}/lib\n"
                         f"Cflags: -I{root}/usr/include/a\n")
        self.assertEqual((out / "b.pc").read_text(), f'prefix="{root}/usr"\nx=${{prefix}}/usr/b\n')

    def test_a_build_that_fails_is_the_scenarios_failure(self):
        with self.assertRaisesRegex(Failure, r"compiling failed: sh .*\na.c:1: error: no such$"):
            driver.run("compiling", ["sh", "-c", "echo 1; echo a.c:1: error: no such; exit 1"])

    def test_two_scenarios_build_it_one_after_the_other(self):
        """On the first day both would make the same folders."""
        def build_for(root, folder, headers, say):
            (self.folder / "at-work").mkdir()
            time.sleep(0.05)
            (self.folder / "at-work").rmdir()

        root = unittest.mock.MagicMock(path=self.folder)
        with unittest.mock.patch.multiple(driver, build_for=build_for, abi=lambda path: "25.0",
                                          host_abi=lambda: "23.0", sdk=unittest.mock.Mock()):
            done = dict(crew.side_by_side(
                lambda number: driver.provide(self.folder, root), [1, 2], 2))
        self.assertEqual(done, {1: None, 2: None})

    def test_abi_of_a_folder(self):
        for name in "librte_eal.so", "librte_eal.so.25", "librte_eal.so.25.0":
            (self.folder / name).touch()
        self.assertEqual(driver.abi(self.folder), "25.0")
        (self.folder / "librte_eal.so.23.0").touch()
        with self.assertRaisesRegex(SetupError, "has 2 DPDK"):
            driver.abi(self.folder)


class Versions(unittest.TestCase):
    """Differences between DPDK versions have one file."""

    def test_only_the_compat_header_asks_for_the_version(self):
        top = pathlib.Path(__file__).resolve().parents[2]
        asks = re.compile(r"^\s*#\s*(?:el)?if.*\b(?:RTE_VERSION|RTE_VER_\w+|AETHER_DPDK_SINCE)\b|"
                          r"\bRTE_VERSION_NUM\b", re.M)
        found = [str(path.relative_to(top)) for folder in ("drivers", "lib", "app")
                 for path in (top / folder).glob("**/*.[ch]") if asks.search(path.read_text())]
        self.assertEqual(found, ["drivers/net/aether/aether_compat.h"])


class Registry(WithFolder):
    def test_what_keeps_a_scenario_from_its_start(self):
        one = scenario.Scenario("x", "a test", "6.12", 60, print, "24.11")
        for error, result in (NotServed("nobody"), "not run"), (Failure("broken"), "fail"):
            with unittest.mock.patch.object(scenario, "Lab", side_effect=error):
                found = scenario.run(one, self.folder, None, print)
            self.assertEqual((found["result"], found["reason"]), (result, str(error)))

    def test_names_of_kernels_and_dpdks(self):
        with unittest.mock.patch.dict(scenario.REGISTRY, clear=True):
            scenario.scenario("x", "a test", ("6.12", "7"), dpdks=("22.11", "24.11"))(print)
            self.assertEqual({name: (one.kernel, one.dpdk) for name, one in
                              scenario.REGISTRY.items()},
                             {"x": ("6.12", "22.11"), "x-24.11": ("6.12", "24.11"),
                              "x-7": ("7", "22.11"), "x-7-24.11": ("7", "24.11")})


class Devices(WithFolder):
    """What QEMU is told of devices, and its monitor."""

    def devices(self, *args, **more):
        found = vfio_user_args(*args, **more)
        return ([text for text in found if text.startswith("pcie-root-port")],
                [json.loads(text) for text in found if text.startswith("{")])

    def test_a_root_port_each(self):
        ports, devices = self.devices(["/a", "/b"])
        self.assertEqual(ports, ["pcie-root-port,id=port0,chassis=1,slot=1",
                                 "pcie-root-port,id=port1,chassis=2,slot=2"])
        self.assertEqual([(one["bus"], one["socket"]["path"]) for one in devices],
                         [("port0", "/a"), ("port1", "/b")])
        self.assertFalse(any("multifunction" in one for one in devices))

    def test_functions_of_one_device(self):
        ports, devices = self.devices(["/a", ["/b", "/c"]])
        self.assertEqual(len(ports), 2)
        self.assertEqual([(one["bus"], one.get("addr")) for one in devices],
                         [("port0", None), ("port1", "0.0"), ("port1", "0.1")])
        self.assertEqual(len({one["id"] for one in devices}), 3)

    def test_slots_without_power_control(self):
        ports, _ = self.devices(["/a"], slots=True)
        self.assertIn("power_controller_present=off", ports[0])

    def test_monitor(self):
        """It greets, wants one command first, and tells of events at any time."""
        asked = []

        def serve():
            line = listener.accept()[0]
            with line, line.makefile("rwb") as file:
                file.write(b'{"QMP": {}}\n')
                file.flush()
                for text in file:
                    asked.append(json.loads(text)["execute"])
                    file.write(b'{"event": "RTC_CHANGE"}\n')
                    file.write(b'{"error": {"desc": "no such device"}}\n'
                               if asked[-1] == "device_del" else b'{"return": {"status": "x"}}\n')
                    file.flush()
                    if asked[-1] == "quit":
                        return

        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.folder / "monitor"))
        listener.listen(1)
        thread = threading.Thread(target=serve)
        thread.start()
        found = Monitor(self.folder / "monitor")
        self.assertEqual(found.ask("query-status"), {"status": "x"})
        with self.assertRaisesRegex(Failure, "refuses device_del: no such device"):
            found.ask("device_del", id="dev0")
        found.ask("quit")
        with self.assertRaisesRegex(Failure, "monitor|does not answer"):
            found.ask("query-status")
        found.close()
        thread.join(5)
        self.assertEqual(asked, ["qmp_capabilities", "query-status", "device_del", "quit"])


class Command(unittest.TestCase):
    """scripts/lab where no machine is started."""

    def lab(self, *args):
        top = pathlib.Path(__file__).resolve().parents[2]
        return subprocess.run([top / "scripts/lab", *args], capture_output=True, text=True,
                              check=False)

    def test_list_names_all_with_a_line_each(self):
        done = self.lab("--list")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertTrue(any(line.startswith("boot ") for line in lines), done.stdout)
        self.assertTrue(all(len(line.split()) > 2 for line in lines), done.stdout)

    def test_unknown_scenario(self):
        done = self.lab("no-such")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "no scenario no-such|run it as root")

    def test_nothing_named(self):
        self.assertEqual(self.lab().returncode, 2)


if __name__ == "__main__":
    unittest.main()
