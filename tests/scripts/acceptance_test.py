#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What scripts/hw-acceptance makes of what others print, and of hosts; its report's form."""

import argparse
import json
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "scripts" / "acceptance"))

import binding  # noqa: E402
import host  # noqa: E402
import parse  # noqa: E402
import report  # noqa: E402
import steps  # noqa: E402

BDF, OTHER = "0000:18:00.0", "0000:18:00.1"
INFO = """
********************* Infos for port 0  *********************
MAC address: 00:1B:21:0A:0B:0C
Device name: 0000:18:00.0
Driver name: net_aether
Firmware-version: 4.10 0x80001417 6.2.9
Connect to socket: 1
Link status: up
Link speed: 100 Gbps
MTU: 1500
"""
STATS = """
  ######################## NIC statistics for port 0  ########################
  RX-packets: 4816896    RX-missed: 3          RX-bytes:  308281344
  RX-errors: 0
  TX-packets: 4927584    TX-errors: 0          TX-bytes:  315365376
  ######################## NIC statistics for port 1  ########################
  RX-packets: 12         RX-missed: 0          RX-bytes:  1
"""
LOG = """EAL: Using IOMMU type 1 (Type 1)
EAL: VFIO support initialized
net_aether 0000:18:00.0: E810-C QSFP, function 0, serial number 001b21ffff0a0b0c
net_aether 0000:18:00.0: DDP package ICE OS Default Package 1.3.30.0 downloaded
net_aether 0000:18:00.0: firmware 7.1.3, NVM 4.10 0x80015678, port 0, link up
net_aether: 0000:18:00.1: link down: no signal from the far end (asked for: FEC auto, RS)
"""


def wiring(*rows):
    """aether-probe's report of two ports: who sent, how much arrived at 0 and at 1."""
    return {"ports": [{"link": True, "foreign_ethertypes": [], "name": BDF} for _ in rows],
            "wiring": [{"from": number, "sent": 100,
                        "arrived_at": {str(at): count for at, count in enumerate(row)}}
                       for number, row in enumerate(rows)]}


class Parsing(unittest.TestCase):
    def test_port_info(self):
        info = parse.port_info(INFO)
        self.assertEqual(info["driver"], "net_aether")
        self.assertEqual(info["firmware"], "4.10 0x80001417 6.2.9")
        self.assertEqual((info["numa_node"], info["link"], info["speed"]), ("1", "up", "100 Gbps"))
        self.assertEqual(set(parse.port_info("nonsense").values()), {None})

    def test_counters(self):
        first, second = parse.port_stats(STATS)
        self.assertEqual((first["RX-packets"], first["RX-missed"]), (4816896, 3))
        self.assertEqual(second["RX-packets"], 12)
        self.assertEqual(parse.port_stats(""), [])
        self.assertEqual(parse.xstats("###\nrx_good_packets: 7\nrx_errors: 0\n x: y\n"),
                         {"rx_good_packets": 7})

    def test_cycles(self):
        text = "  CPU cycles/packet=196.61 (total cycles=1 / total io packets=2) at 2300 MHz Clock"
        self.assertEqual(parse.cycles(text), (196.61, 2300))
        self.assertEqual(parse.cycles("Done."), (None, None))

    def test_module(self):
        data = bytearray(256)
        data[0] = 0x11
        data[148:164] = b"Vendor          "
        data[168:184] = b"PART-1\x07         "
        rows = [f"{at:08X}: " + " ".join(f"{byte:02X}" for byte in data[at:at + 16]) + " | x"
                for at in range(0, 256, 16)]
        self.assertEqual(parse.hexdump("\n".join(rows)), bytes(data))
        self.assertEqual(parse.module(bytes(data)),
                         {"kind": "QSFP28", "vendor": "Vendor", "part": "PART-1?"})
        self.assertEqual(parse.module(bytes([3]) + bytes(100))["kind"], "SFP/SFP+/SFP28")
        for bad in (b"", b"\x00" * 640, b"\xff" * 640, b"\x11\x00"):
            self.assertIsNone(parse.module(bad))
        # A dump with a hole is not read beyond it.
        self.assertEqual(len(parse.hexdump("\n".join(rows[:2] + rows[3:]))), 32)

    def test_driver_log(self):
        said = parse.driver_log(LOG)
        self.assertEqual(said["ddp"], {"name": "ICE OS Default Package", "version": "1.3.30.0",
                                       "how": "downloaded"})
        self.assertEqual((said["nvm"], said["eetrack"], said["firmware"]),
                         ("4.10", "0x80015678", "7.1.3"))
        self.assertEqual(said["link_down"], [("0000:18:00.1", "no signal from the far end ")])
        self.assertEqual(said["errors"], [])
        self.assertIsNone(parse.driver_log("")["ddp"])

    def test_package(self):
        self.assertIsNone(parse.ddp_problem(LOG))
        missing = ("net_aether: p: the E810 needs a DDP package, and none was found. Tried:\n"
                   "  /a/ice.pkg: is not there\n  /b/ice.pkg: is not there\n  Install it.\n")
        self.assertIn("tried 2 places", parse.ddp_problem(missing))
        wrong = missing.replace("/b/ice.pkg: is not there", "/b/ice.pkg: is no DDP package")
        self.assertIn("/b/ice.pkg: is no DDP package", parse.ddp_problem(wrong))
        self.assertNotIn("/a/", parse.ddp_problem(wrong))
        for line in ("the firmware refuses the DDP package: EBADSIG (at byte 0)",
                     "the card runs the DDP package X 1.2.0.0, this driver works with 1.3.x.x",
                     "the DDP package is for 8086:1234"):
            self.assertEqual(parse.ddp_problem(f"net_aether p: {line}"), line)

    def test_errors(self):
        text = ("EAL: VFIO support initialized\nnet_aether: p: not probed: Device or resource busy\n"
                "net_aether: p: not probed: Device or resource busy\nmy own cannot\n")
        self.assertEqual(parse.errors(text),
                         ["net_aether: p: not probed: Device or resource busy"])

    def test_small_things(self):
        self.assertEqual(parse.eal_version("EAL: RTE Version: 'DPDK 22.11.11'\n"), "DPDK 22.11.11")
        self.assertEqual(parse.cpu_list("0-2,5\n"), [0, 1, 2, 5])
        self.assertEqual(parse.cpu_list(""), [])
        self.assertEqual(parse.meminfo("HugePages_Free:      12\nHugepagesize:       2048 kB\n"),
                         (12, 2048))
        self.assertEqual(parse.meminfo(""), (0, 0))
        self.assertEqual(parse.kernel_parameters("root=/dev/sda secret=1 isolcpus=2-3 iommu=pt"),
                         "isolcpus=2-3 iommu=pt")


class Hosts(unittest.TestCase):
    """Hosts made of files."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.put("proc/meminfo", "HugePages_Free: 512\nHugepagesize: 2048 kB\n")
        self.put("proc/net/route", "Iface\tDestination\n")
        self.put("sys/devices/system/cpu/online", "0-3")
        for node, cpus in enumerate(("0-1", "2-3")):
            self.put(f"sys/devices/system/node/node{node}/cpulist", cpus)
        for bdf in (BDF, OTHER):
            self.function(bdf, "0x1592", 1, "ice")
        self.host = host.Host(self.root)

    def tearDown(self):
        self.folder.cleanup()

    def put(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def function(self, bdf, device, node, driver):
        folder = f"sys/bus/pci/devices/{bdf}"
        for name, value in (("vendor", "0x8086"), ("device", device), ("numa_node", node),
                            ("subsystem_vendor", "0x8086"), ("subsystem_device", "0x0001"),
                            ("driver_override", ""), ("current_link_width", "8"),
                            ("max_link_width", "16")):
            self.put(f"{folder}/{name}", f"{value}\n")
        for name in (driver, "vfio-pci"):
            (self.root / "sys/bus/pci/drivers" / name).mkdir(parents=True, exist_ok=True)
        (self.root / folder / "driver").symlink_to(self.root / "sys/bus/pci/drivers" / driver)
        group = self.root / "sys/kernel/iommu_groups" / bdf
        group.mkdir(parents=True)
        (self.root / folder / "iommu_group").symlink_to(group)

    def interface(self, bdf, name, flags="0x1003"):
        self.put(f"sys/class/net/{name}/flags", flags)
        (self.root / f"sys/bus/pci/devices/{bdf}/net/{name}").mkdir(parents=True)

    def report(self):
        made = report.Report(self.root / "out", "now", [])
        made.data["host"] = self.host.facts()
        return made

    def test_addresses(self):
        self.assertEqual(host.normal("18:00.0"), BDF)
        self.assertEqual(host.normal("ABCD:AF:1f.7"), "abcd:af:1f.7")
        for bad in ("18:00", "18:00.8", "0000:18:00.0 ", "x"):
            self.assertRaises(host.Refusal, host.normal, bad)

    def test_functions(self):
        self.function("0000:01:00.0", "0x1572", 0, "i40e")
        self.assertEqual(self.host.functions(), [BDF, OTHER])
        self.host.device(BDF).check()
        for bad in ("0000:01:00.0", "0000:99:00.0"):
            with self.assertRaisesRegex(host.Refusal, "E810"):
                self.host.device(bad).check()
        facts = self.host.device(BDF).facts()
        self.assertEqual((facts["driver"], facts["numa_node"], facts["device"]),
                         ("ice", 1, "E810-C QSFP"))
        self.assertEqual(self.host.facts()["iommu_groups"], 3)

    def test_network(self):
        function = self.host.device(BDF)
        self.assertIsNone(host.carries_network(self.host, function))
        self.interface(BDF, "eth0")
        self.assertIsNone(host.carries_network(self.host, function))
        self.put("proc/net/route", "Iface\tDestination\neth0\t0000A8C0\n")
        self.assertIn("eth0 is up", host.carries_network(self.host, function))
        # Down, it carries nothing.
        self.put("sys/class/net/eth0/flags", "0x1002")
        self.assertIsNone(host.carries_network(self.host, function))
        # An address of its link alone is none; one that reaches further is.
        self.put("sys/class/net/eth0/flags", "0x1003")
        self.put("proc/net/route", "Iface\n")
        link = "fe80000000000000021b21fffe0a0b0c 02 40 20 80     eth0\n"
        self.put("proc/net/if_inet6", link)
        self.assertIsNone(host.carries_network(self.host, function))
        self.put("proc/net/if_inet6", link + "20010db8000000000000000000000001 02 40 00 80  eth0\n")
        self.assertIn("20010db8", host.carries_network(self.host, function))
        # Part of a bond.
        self.put("proc/net/if_inet6", "")
        (self.root / "sys/class/net/bond0").mkdir()
        (self.root / "sys/class/net/eth0/master").symlink_to(self.root / "sys/class/net/bond0")
        self.assertIn("bond0", host.carries_network(self.host, function))

    def lcores(self, given, nodes=(1, 1)):
        main = __import__("__main__module")
        for bdf, node in zip((BDF, OTHER), nodes):
            self.put(f"sys/bus/pci/devices/{bdf}/numa_node", str(node))
        made = self.report()
        chosen = main.choose_lcores(self.host, [self.host.device(BDF), self.host.device(OTHER)],
                                    argparse.Namespace(lcores=given), made)
        made.finish("now")
        check = next(check for check in made.data["checks"] if check["name"] == "numa")
        return chosen, check["result"], made.data["faults"]

    def test_numa(self):
        self.assertEqual(self.lcores(None), ([2, 3], "pass", []))
        chosen, result, faults = self.lcores("0,1")
        self.assertEqual((chosen, result), ([0, 1], "fail"))
        self.assertEqual(faults[0]["name"], "NUMA node")
        self.assertIn("is on NUMA node 1, lcores 0,1 on node 0", faults[0]["found"])
        self.assertEqual(faults[0]["do"], "--lcores 2,3")
        self.assertEqual(self.lcores("1,2")[1], "fail")
        self.assertEqual(self.lcores(None, (-1, -1))[1], "not run")
        for bad in ("7,8", "2", ""):
            if bad:
                self.assertRaises(host.Refusal, self.lcores, bad)

    def test_binding(self):
        """The kernel's part is played by the file that it reads: nothing changes by itself."""
        said = []
        with self.assertRaisesRegex(host.Refusal, "modprobe vfio-pci"):
            with binding.Binding(self.host, [self.host.device(BDF)], said.append):
                self.fail("it is not bound")
        # What was begun was undone.
        self.assertEqual((self.root / f"sys/bus/pci/devices/{BDF}/driver_override").read_text(),
                         "\n")
        self.assertEqual((self.root / "sys/bus/pci/drivers/ice/bind").read_text(), BDF)

    def test_binding_put_back(self):
        bound = binding.Binding(self.host, [self.host.device(BDF)], lambda text: None)
        link = self.root / f"sys/bus/pci/devices/{BDF}/driver"

        def write(path, text):
            driver = {"drivers_probe": "vfio-pci", "drivers/ice/bind": "ice"}.get(path)
            if driver or path.endswith("unbind"):
                link.unlink(missing_ok=True)
            if driver:
                link.symlink_to(self.root / "sys/bus/pci/drivers" / driver)

        bound.write = write
        try:
            with bound:
                self.assertEqual(self.host.device(BDF).driver(), "vfio-pci")
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        self.assertEqual(self.host.device(BDF).driver(), "ice")
        self.assertEqual(bound.restored, [(BDF, "ice", True)])


class Judging(unittest.TestCase):
    def bench(self, ports=2):
        functions = [argparse.Namespace(bdf=bdf) for bdf in (BDF, OTHER)[:ports]]
        made = report.Report(pathlib.Path("/nonexistent"), "now", [])
        made.data["functions"] = [{} for _ in functions]
        return steps.Bench(made, functions, argparse.Namespace(packets=1000), [2, 3], print)

    def judged(self, *rows, links=None):
        bench = self.bench(len(rows))
        steps.judge_wiring(bench, wiring(*rows), links or [True] * len(rows))
        bench.report.finish("now")
        check = next(one for one in bench.report.data["checks"] if one["name"] == "wiring")
        return check["result"], check["why"] or ""

    def test_wiring(self):
        self.assertEqual(self.judged((0, 100), (100, 0))[0], "pass")
        self.assertEqual(self.judged((100,))[0], "pass")
        result, why = self.judged((100, 0), (0, 100))
        self.assertEqual(result, "fail")
        self.assertIn("comes back to itself", why)
        self.assertIn("wired elsewhere", self.judged((0, 0), (0, 0))[1])
        self.assertIn("wired elsewhere", self.judged((0,))[1])
        self.assertIn("of 100 frames of port 1 60 arrived", self.judged((0, 100), (60, 0))[1])
        self.assertIn("link", self.judged((0, 0), (0, 0), links=[True, False])[1])
        found = wiring((0, 0), (0, 0))
        found["ports"][0]["foreign_ethertypes"] = ["0x88cc", "0x1234"]
        self.assertIn("LLDP, 0x1234", steps.wiring_words(found, 0, None, 0, 100))

    def test_traffic(self):
        bench = self.bench()
        bench.peers = {0: 1, 1: 0}
        good = [{"RX-packets": 2000, "TX-packets": 1900, "RX-bytes": 5, "TX-bytes": 4},
                {"RX-packets": 1900, "TX-packets": 2000, "RX-bytes": 4, "TX-bytes": 5}]
        self.assertEqual(steps.lost(good, bench.peers), 0)
        bad = [dict(good[0]), dict(good[1], **{"RX-packets": 1890, "RX-missed": 10,
                                               "RX-bytes": 3})]
        self.assertEqual(steps.lost(bad, bench.peers), 10)
        steps.judge_traffic(bench, {"counters": bad, "lost": 10, "ended_well": True, "seconds": 1})
        bench.report.finish("now")
        results = {check["name"]: check for check in bench.report.data["checks"]}
        self.assertEqual(results["traffic"]["result"], "fail")
        self.assertIn("10 packets lost; port 1: RX-missed 10", results["traffic"]["why"])
        self.assertEqual(results["counters"]["result"], "fail")

    def test_report_is_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            made = report.Report(pathlib.Path(folder) / "r", "begun", ["18:00.0"])
            made.folder.mkdir()
            made.check("link", report.PASS)
            made.check("wiring", report.FAIL, "a | b")
            made.check("wiring", report.PASS)
            made.fault("wiring", "x", "y", "z")
            made.fault("wiring", "x", "y", "z")
            self.assertRaises(KeyError, made.check, "nothing of the kind", report.PASS)
            made.finish("ended")
            archive = made.write()
            found = json.loads((made.folder / "report.json").read_text())
            self.assertEqual([check["name"] for check in found["checks"]],
                             [name for name, _ in report.CHECKS])
            results = {check["name"]: check for check in found["checks"]}
            # What failed once is not good for having worked later.
            self.assertEqual(results["wiring"]["result"], "fail")
            self.assertEqual(results["sweep"]["why"], "the run did not come to it")
            self.assertEqual((found["verdict"], len(found["faults"])), ("faults", 1))
            text = (made.folder / "report.md").read_text()
            self.assertIn("a \\| b", text)
            self.assertIn("is not known", text)
            self.assertTrue(archive.exists())


def load_main():
    """scripts/acceptance/__main__.py under a name that this program does not have."""
    import importlib.util  # noqa: PLC0415
    spec = importlib.util.spec_from_file_location(
        "__main__module", SOURCE / "scripts" / "acceptance" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["__main__module"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load_main()
    unittest.main(verbosity=2)
