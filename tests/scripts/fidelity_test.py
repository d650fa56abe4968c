#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""fidelity.py on small pages: what it finds missing or too much, and what it writes."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("fidelity.py")
HEADS = {
    "registers": "| block | modelled | ice | net_ice | net_aether | unit test | asserted by | remarks |",
    "other": "| page | ice | net_ice | net_aether | unit test | remarks |",
    "config": "| offset | part | ice | net_ice | net_aether | unit test | remarks |",
    "commands": "| opcode | command | modelled | ice | net_ice | net_aether | unit test | remarks |",
}
REGISTER = "| `A` | yes | r | | r, w | | `regs` | by hand |"
CONFIG = "| `0x000` | identity | | | | | |"
COMMAND = "| 0x0001 | Get Version | yes | ok | | ok, EINVAL | | |"


def page(registers=REGISTER, other="", config=CONFIG, commands=COMMAND):
    text = "# Title\n\n"
    for name, rows in zip(HEADS, (registers, other, config, commands)):
        head = HEADS[name]
        text += f"<!-- generated: {name} -->\n{head}\n|{'---|' * (head.count('|') - 1)}\n"
        text += f"{rows}\n" if rows else ""
        text += f"<!-- end of {name} -->\n\ntext\n"
    return text


def record(witness, how="", answers=(), other=()):
    return {
        "witness": witness, "program": "x",
        "registers": [{"first": 0, "end": 4, "name": "`A`", "kind": "acts", "read": "r" in how,
                       "written": "w" in how}],
        "other": [{"first": page, "end": page + 4096, "name": "", "read": True, "written": False}
                  for page in other],
        "config": [{"first": 0, "end": 16, "name": "identity", "read": False, "written": False}],
        "opcodes": [{"opcode": 1, "name": "Get Version", "modelled": True}],
        "answers": [{"queue": "command", "opcode": 1, "rc": rc, "count": 7} for rc in answers],
    }


RIGHT = [record("ice 6.12", "r", [0]), record("net_aether", "rw", [0, 14]), record("net_ice"),
         record("unit test")]


class Fidelity(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.page = self.folder / "page.md"

    def run_script(self, records, text, *options, ci=""):
        """Exit code and output."""
        for path in self.folder.glob("*.json"):
            path.unlink()
        for number, item in enumerate(records):
            (self.folder / f"{number}.json").write_text(json.dumps(item))
        self.page.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, "--page", self.page, *options, self.folder],
                              capture_output=True, text=True, env={**os.environ, "CI": ci}, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_right(self):
        for options in ((), ("--complete",)):
            code, text = self.run_script(RIGHT, page(), *options, ci="true")
            self.assertEqual((code, text.count("says what this run has shown")), (0, 1), text)

    def test_what_the_page_lacks(self):
        for change in ({"registers": REGISTER.replace("r, w", "r")},
                       {"registers": ""},
                       {"commands": COMMAND.replace(", EINVAL", "")},
                       {"commands": ""}):
            code, text = self.run_script(RIGHT, page(**change))
            self.assertEqual(code, 1, change)
            self.assertIn("fidelity.py --write", text)

    def test_chance(self):
        """A lock that somebody held is no news, but is written."""
        records = RIGHT + [record("net_aether", "", [12])]
        self.assertEqual(self.run_script(records, page(), "--complete")[0], 0)
        self.run_script(records, page(), "--write")
        self.assertIn("| ok, EBUSY, EINVAL |", self.page.read_text())

    def test_what_the_page_makes_up(self):
        claims = {"registers": REGISTER.replace("| r | |", "| r | w |")}
        self.assertEqual(self.run_script(RIGHT, page(**claims))[0], 0)
        code, text = self.run_script(RIGHT, page(**claims), "--complete")
        self.assertEqual(code, 1)
        self.assertIn("the page claims net_ice", text)

    def test_rows_of_nothing(self):
        code, text = self.run_script(RIGHT, page(registers=REGISTER + "\n| `B` | yes | | | | | | |"))
        self.assertEqual((code, "`B`" in text), (1, True))

    def test_wrong_name_or_kind(self):
        for old, new in (("Get Version", "Get Virgin"), ("| yes | ok", "| no | ok")):
            self.assertEqual(self.run_script(RIGHT, page(commands=COMMAND.replace(old, new)))[0], 1)

    def test_asserting_test_exists(self):
        code, text = self.run_script(RIGHT, page(registers=REGISTER.replace("`regs`", "`nonsense`")))
        self.assertEqual((code, "no test 'nonsense'" in text), (1, True))

    def test_absent_witness(self):
        """Without root there is no net_ice; on CI that counts."""
        records = [item for item in RIGHT if item["witness"] != "net_ice"]
        code, text = self.run_script(records, page(), "--complete")
        self.assertEqual((code, "no records of net_ice" in text), (0, True))
        self.assertEqual(self.run_script(records, page(), "--complete", ci="true")[0], 1)

    def test_unknown_witness(self):
        code, text = self.run_script([record("icecream")], page())
        self.assertEqual((code, "icecream" in text), (1, True))

    def test_no_records(self):
        self.assertEqual(self.run_script([], page())[0], 0)
        self.assertEqual(self.run_script([], page(), "--write")[0], 1)

    def test_broken_page(self):
        for text in (page().replace("end of config", "end of it"), page(commands=COMMAND + " x |")):
            self.assertEqual(self.run_script(RIGHT, text)[0], 1)

    def test_write(self):
        """What is new is added, what is written by hand stays, and then the page is right."""
        records = RIGHT + [record("net_ice", "w", [99], [0x3000])]
        self.assertEqual(self.run_script(records, page())[0], 1)
        self.assertEqual(self.run_script(records, page(), "--write")[0], 0)
        text = self.page.read_text()
        self.assertIn("| `A` | yes | r | w | r, w | | `regs` | by hand |", text)
        self.assertIn("| `0x00003000` | | r | | | |", text)
        self.assertIn("| 0x0001 | Get Version | yes | ok | error 99 | ok, EINVAL | | |", text)
        self.assertEqual(text.count("\ntext\n"), 4)
        self.assertEqual(self.run_script(records, text, "--complete")[0], 0)
        # A run of less takes nothing away, one of all does.
        self.assertEqual(self.run_script(RIGHT, text, "--write")[0], 0)
        self.assertEqual(self.page.read_text(), text)
        self.assertEqual(self.run_script(RIGHT, text, "--write", "--complete")[0], 0)
        self.assertEqual(self.page.read_text(), page())

    def test_log(self):
        log = self.folder / "log"
        for text, result in ((page(), "OK"), (page(commands=""), "FAIL")):
            self.run_script(RIGHT, text, "--log", log)
            found = json.loads(log.read_text())
            self.assertEqual((found["name"], found["result"]), ("docs/fidelity", result))
            self.assertTrue(found["stdout"])


if __name__ == "__main__":
    unittest.main()
