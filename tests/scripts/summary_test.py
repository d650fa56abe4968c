#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""summary.py's last line and exit code, for each kind of log that meson can leave."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SUMMARY = pathlib.Path(__file__).with_name("summary.py")


def result(name, outcome, stdout=""):
    return {"name": name, "result": outcome, "stdout": stdout}


class Summary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def summarise(self, *logs, ci=""):
        """Exit code, all output and the last line for logs given as lists of results."""
        paths = []
        for number, results in enumerate(logs):
            path = pathlib.Path(self.folder.name, f"log{number}.json")
            if results is not None:
                path.write_text("\n".join(map(json.dumps, results)) + "\n")
            paths.append(str(path))
        done = subprocess.run([sys.executable, SUMMARY, *paths], capture_output=True, text=True,
                              env={**os.environ, "CI": ci}, check=False)
        return done.returncode, done.stdout, done.stdout.splitlines()[-1]

    def test_all_pass(self):
        code, _, last = self.summarise([result("a", "OK"), result("b", "OK")], [result("c", "OK")])
        self.assertEqual((code, last), (0, "3 passed, 0 failed, 0 skipped"))

    def test_each_failure_counts_and_shows_its_output(self):
        for outcome in ("FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS"):
            code, text, last = self.summarise([result("a", "OK"), result("b", outcome, "the cause")])
            self.assertEqual((code, last), (1, "1 passed, 1 failed, 0 skipped"))
            self.assertIn("the cause", text)

    def test_skip_tells_its_reason_and_fails_on_ci(self):
        logs = [[result("a", "OK"), result("b", "SKIP", "x\nSKIP: no such card\n")]]
        code, text, last = self.summarise(*logs)
        self.assertEqual((code, last), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("no such card", text)
        code, _, last = self.summarise(*logs, ci="true")
        self.assertEqual((code, last), (1, "1 passed, 0 failed, 1 skipped"))

    def test_missing_log_is_a_failure(self):
        code, _, last = self.summarise([result("a", "OK")], None)
        self.assertEqual((code, last), (1, "1 passed, 1 failed, 0 skipped"))

    def test_nothing_passed_is_no_success(self):
        self.assertEqual(self.summarise([])[0], 1)


if __name__ == "__main__":
    unittest.main()
