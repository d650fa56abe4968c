#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""scripts/hw-acceptance on the embedded device model: a whole report, and faults by their names. What
takes a PCI function (binding, net_ice, NUMA nodes, a kernel's interface) is the lab's
(hw-acceptance)."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["AETHER_SRC"])
BUILD = os.environ["AETHER_BUILD"]
CABLE = "wire=cable:acc:lossless"
QUICK = ["--packets", "50000", "--seconds", "40", "--pings", "100", "--build", BUILD]
MODEL_CHECKS = {"binding", "given-back", "net_ice"}  # there is nothing to bind, and no net_ice


class Acceptance(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "report"

    def tearDown(self):
        self.folder.cleanup()

    def command(self, *ports, more=()):
        models = [word for port in ports for word in ("--model", port)]
        return [SOURCE / "scripts/hw-acceptance", *models, *QUICK, *more, "--out", self.out]

    def run_script(self, *ports, more=(), code=None):
        done = subprocess.run(self.command(*ports, more=more), capture_output=True, text=True,
                              check=False, timeout=200)
        self.said = done.stderr
        if code is not None:
            self.assertEqual(done.returncode, code, done.stderr)
        return json.loads((self.out / "report.json").read_text()) if self.out.exists() else None

    def results(self, report):
        return {check["name"]: check["result"] for check in report["checks"]}

    def test_good(self):
        report = self.run_script(CABLE, CABLE, code=0)
        self.assertEqual(report["verdict"], "good", self.said)
        self.assertEqual({name for name, result in self.results(report).items()
                          if result != "pass"} - {"numa"}, MODEL_CHECKS, self.said)
        self.assertTrue(report["device_model"])
        self.assertEqual(len(report["sweep"]), 8)
        self.assertEqual([one["count"] for one in report["net_aether"]["latency"]], [100, 100])
        self.assertGreater(report["net_aether"]["traffic"]["packets"], 100_000)
        self.assertEqual(len(report["net_aether"]["offloads"]), 8)
        self.assertEqual(report["functions"][1]["module"]["vendor"], "Aether model")
        self.assertTrue(report["functions"][0]["port"]["firmware"].startswith("4.10 "))
        text = (self.out / "report.md").read_text()
        self.assertIn("Measured on the device model", text)
        self.assertIn("| net_aether | 0 -> 1 | 100 | 0 |", text)
        self.assertTrue(self.out.with_name("report.tar.gz").exists())

    def test_loopback_plug(self):
        report = self.run_script("wire=loop:lossless", code=0)
        self.assertEqual(self.results(report)["wiring"], "pass", self.said)
        self.assertIn("internal loopback", " ".join(report["notes"]))

    def test_wired_elsewhere(self):
        report = self.run_script("wire=sink", "wire=loop", code=1)
        fault = next(fault for fault in report["faults"] if fault["name"] == "wiring")
        self.assertIn("port 0 has a link, and none of its 100 frames arrived", fault["found"])
        self.assertIn("port 1 sends comes back to itself", fault["found"])
        self.assertEqual(self.results(report)["traffic"], "not run")

    def test_link_down(self):
        report = self.run_script(CABLE + ",fault=link-down", CABLE, code=1)
        self.assertEqual([fault["name"] for fault in report["faults"]],
                         ["link down", "link down"], self.said)
        self.assertEqual(self.results(report)["link"], "fail")

    def test_package(self):
        bad = pathlib.Path(self.folder.name) / "bad.pkg"
        bad.write_text("no package")
        report = self.run_script(CABLE + ",ddp=none", CABLE + ",ddp=none",
                                 more=["--package", bad], code=1)
        fault = next(fault for fault in report["faults"] if fault["name"] == "DDP package")
        self.assertIn("bad.pkg", fault["found"])
        results = self.results(report)
        self.assertEqual((results["package"], results["bring-up"], results["wiring"],
                          results["offloads"]), ("fail", "pass", "pass", "not run"), self.said)

    def test_interrupted(self):
        process = subprocess.Popen(self.command(CABLE, CABLE, more=["--packets", "1000000000"]),
                                   stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("traffic"):
                break
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, said)
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual(report["verdict"], "interrupted")
        self.assertEqual(self.results(report)["wiring"], "pass")
        self.assertIn("interrupted", next(check["why"] for check in report["checks"]
                                          if check["name"] == "sweep"))

    def test_refused(self):
        self.out.mkdir()
        done = subprocess.run(self.command(CABLE), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is there already", done.stderr)
        for words, why in ((["0000:ff:1f.7"], "no PCI function"), (["no"], "as lspci -D"), ([], "")):
            done = subprocess.run([SOURCE / "scripts/hw-acceptance", *words], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)

    def test_dry_run(self):
        report = self.run_script(CABLE, more=["--dry-run"], code=0)
        self.assertEqual(self.results(report)["bring-up"], "not run")
        self.assertTrue(report["host"]["dpdk"])


if __name__ == "__main__":
    # A stock program needs more than one folder of libraries and a preload for a sanitizer.
    if os.environ["AETHER_SANITIZE"] != "none":
        print("SKIP: aether-probe and testpmd of one run would need different preloads")
        sys.exit(77)
    unittest.main(verbosity=2)
