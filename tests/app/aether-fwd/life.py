#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""aether-fwd as its user meets it: signals, exit codes, messages, terminal and files.

Runs on DPDK's own net_null (an endless source) and net_ring (a silent one).
"""

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

FWD = os.environ["AETHER_FWD"]
CPUS = sorted(os.sched_getaffinity(0))
ENDLESS = ["--vdev", "net_null0,size=64"]
SILENT = ["--vdev", "net_ring0"]


def command(eal, *options):
    lcores = f"0@{CPUS[0]},1@{CPUS[1 % len(CPUS)]}"
    return [FWD, "--no-huge", "-m", "128", "--no-pci", "--no-telemetry",
            "--file-prefix", f"fwdlife{os.getpid()}", "--lcores", lcores,
            "--log-level", "*:error", *eal, "--", *options]


def run(eal, *options, **kwargs):
    return subprocess.run(command(eal, *options), capture_output=True, text=True, timeout=60,
                          **kwargs)


def catches(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("SigCgt:"):
                return int(line.split()[1], 16) >> (number - 1) & 1
    return False


def start(eal, *options):
    """Start a run and wait until it has taken over its signals, and then a little longer."""
    process = subprocess.Popen(command(eal, *options), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not catches(process.pid, signal.SIGTERM):
        assert process.poll() is None and time.monotonic() < deadline, "it did not start"
        time.sleep(0.05)
    time.sleep(0.5)
    return process


class Signals(unittest.TestCase):
    def check_signal(self, number):
        process = start(ENDLESS, "--json", "-")
        self.assertIsNone(process.poll(), "it ended before the signal")
        begin = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        self.assertLess(time.monotonic() - begin, 10)
        report = json.loads(out)
        self.assertEqual(report["stopped_by"], "signal")
        self.assertGreater(report["rx_packets"], 0)
        self.assertEqual(report["rx_packets"], report["tx_packets"])
        self.assertEqual(report["leaked_buffers"], 0)
        self.assertEqual(report["problems"], [])

    def test_interrupt(self):
        self.check_signal(signal.SIGINT)

    def test_terminate(self):
        self.check_signal(signal.SIGTERM)

    def test_silent_ports_end_at_once(self):
        process = start(SILENT)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("0 received, 0 sent", out)


class Limits(unittest.TestCase):
    def report(self, *options):
        result = run(ENDLESS, "--json", "-", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_packets(self):
        report = self.report("--packets", "1000000", "--mode", "macswap")
        self.assertEqual(report["stopped_by"], "packets")
        self.assertEqual(report["rx_packets"], 1000000)  # a multiple of the burst of 32
        self.assertEqual(report["tx_packets"], 1000000)

    def test_duration(self):
        report = self.report("--duration", "1")
        self.assertEqual(report["stopped_by"], "duration")
        # The end is set before the lcore starts, which a busy machine delays.
        self.assertGreater(report["lcores"][0]["run_s"], 0.5)
        self.assertLess(report["lcores"][0]["run_s"], 3)

    def test_report_is_complete(self):
        report = self.report("--duration", "1", "--burst", "64", "--rxd", "512")
        self.assertEqual(report["configuration"]["burst"], 64)
        self.assertEqual(report["configuration"]["mbuf_header_l1_sets"], 64)
        self.assertEqual(report["ports"][0]["driver"], "net_null")
        self.assertEqual(report["ports"][0]["rxd"], 512)
        self.assertIsNone(report["ports"][0]["wire"])
        self.assertFalse(report["measured_on_device_model"])
        self.assertEqual(report["host"]["kernel"].split()[0], os.uname().release)
        self.assertTrue(report["dpdk"].startswith("DPDK "))
        mpps = report["rx_packets"] / report["active_s"] / 1e6
        self.assertAlmostEqual(report["mpps"], mpps, delta=mpps * 1e-3)
        self.assertLess(report["began"], report["ended"])


    def test_nothing_to_forward(self):
        result = run(SILENT, "--idle-exit-ms", "100")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("ERROR: no packet arrived", result.stdout)


class Refusals(unittest.TestCase):
    def refused(self, code, message, eal, *options):
        result = run(eal, *options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(message, result.stderr)
        self.assertEqual(result.stdout, "")
        return result

    def test_bad_option_before_any_device(self):
        result = self.refused(2, "--burst: found '0', wanted", ENDLESS, "--burst", "0")
        self.assertNotIn("EAL", result.stderr)

    def test_no_port(self):
        self.refused(1, "found no port, wanted at least one", [])

    def test_port_that_is_not_there(self):
        self.refused(1, "port 3: named by the port map but not present", ENDLESS,
                     "--pairs", "0-3")

    def test_too_few_buffers(self):
        self.refused(1, "--mbufs 100, wanted at least", ENDLESS, "--mbufs", "100")

    def test_no_memory(self):
        self.refused(1, "found no memory for 10000000 buffers", ENDLESS, "--mbufs", "10000000")

    def test_mtu_that_the_device_refuses(self):
        device = ["--vdev", "net_memif0"]
        self.refused(1, "wanted", device, "--mtu", "65535")

    def test_json_in_no_directory(self):
        self.refused(1, "/no/such/directory/r.json", ENDLESS, "--json",
                     "/no/such/directory/r.json")

    def test_failed_run_leaves_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.json")
            self.refused(1, "--mbufs", ENDLESS, "--mbufs", "100", "--json", path)
            self.assertFalse(os.path.exists(path))

    def test_eal_that_does_not_start(self):
        self.refused(1, "EAL did not start", ["--vdev", "no_such_driver0"])


class Terminal(unittest.TestCase):
    def test_nothing_is_refreshed_without_one(self):
        result = run(ENDLESS, "--duration", "1", "--stats-interval", "100")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("\r", result.stdout + result.stderr)

    def test_one_line_is_refreshed_on_one(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command(ENDLESS, "--duration", "1", "--stats-interval", "100"),
                                   stdout=subprocess.PIPE, stderr=theirs, text=True)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the terminal's other end is closed
            pass
        os.close(ours)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        lines = [line for line in shown.split(b"\r") if b"Mpps" in line]
        self.assertGreater(len(lines), 3)
        self.assertFalse([line for line in lines if b"\n" in line])
        self.assertIn("received", out)

    def test_help(self):
        for arguments in (["--", "--help"], ["--help"]):
            result = subprocess.run([FWD, *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 0)
            self.assertIn("--idle-exit-ms", result.stdout)
            self.assertIn("media=<module>", result.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
