# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""scripts/hw-acceptance as an owner of a card runs it, on the model's functions: its report is whole,
what is wrong is named in it, and functions, settings and flash are as they were."""

import base64
import json
import pathlib

import aether
import dpdk
from failure import check
from ice import PACKAGE, ddp_package
from machine import bdf
from scenario import scenario

TOP = pathlib.Path(__file__).resolve().parents[3]
AT = "opt/aether/scripts"
# The standard library but for what nobody imports here.
LEFT_OUT = ("test", "idlelib", "tkinter", "pydoc_data", "lib2to3", "unittest", "distutils",
            "ensurepip", "asyncio", "sqlite3", "config-", "__pycache__", "dbm", "curses", "xml")
MODULES = ("termios", "_json", "_contextvars", "_typing", "_queue", "resource")
TWO = {"ice0": aether.CABLE, "ice1": aether.CABLE}
SETTINGS = ("phy_types", "phy_caps", "phy_fec", "max_frame", "pause_quanta", "pause_refresh",
            "event_mask", "health_sources", "lldp_agent", "led_blinks")
QUICK = "--packets 20000 --seconds 60 --pings 200"


def python(root):
    """What python3 needs in a guest."""
    library = sorted((root / "usr/lib").glob("python3.[0-9]*"))[-1]
    wanted = ["usr/bin/python3", f"usr/bin/{library.name}"]
    for path in library.rglob("*.py"):
        inside = path.relative_to(library)
        if not str(inside).startswith(LEFT_OUT) and "__pycache__" not in inside.parts:
            wanted.append(str(path.relative_to(root)))
    for name in MODULES:
        wanted += [str(path.relative_to(root))
                   for path in library.glob(f"lib-dynload/{name}.*.so")]
    return wanted


def scripts():
    files = {f"{AT}/hw-acceptance": TOP / "scripts/hw-acceptance"}
    for path in sorted((TOP / "scripts/acceptance").glob("*.py")):
        files[f"{AT}/acceptance/{path.name}"] = path
    return files


def boot(lab, devices, package=True, modules=(), **more):
    """A guest with everything that the script wants, ports bound to nothing or the kernel's ice."""
    # No record of who uses what: net_ice or Linux's ice has the same functions for a while.
    lab.start_model(devices, None)
    root = lab.guest.path
    files = scripts()
    if package:
        files[PACKAGE] = ddp_package() if package is True else package
    lab.fact("DPDK", lab.guest.manifest["version"])
    guest = lab.boot(
        [*dpdk.PROGRAMS, "usr/bin/bash", "usr/bin/env", "usr/bin/timeout", *python(root),
         *dpdk.drivers(root, "librte_net_ice")],
        (*dpdk.VFIO_MODULES, *modules), files=files, built=lab.driver.files(), iommu=True,
        memory=1536, command_line=f"{dpdk.IOMMU} hugepages=256", **more)
    dpdk.huge_pages(guest)
    guest.must("modprobe -a vfio-pci vfio_iommu_type1; mkdir -p /var/run /dev/pts; "
               "mount -t devpts pts /dev/pts")
    return guest


def run(lab, guest, arguments, seconds=150, name="report"):
    """(exit code, report) of the script on all ports; the report is kept with the run's other
    files."""
    bdfs = " ".join(bdf(number) for number in range(len(lab.model.names)))
    command = (f"cd /tmp && rm -rf {name} && /{AT}/hw-acceptance {bdfs} --out {name} "
               f"--plugin {lab.driver.plugin()} {arguments} >{name}.said 2>&1")
    code, _ = guest.run(command, seconds)
    said = guest.must(f"cat /tmp/{name}.said")
    found, text = guest.run(f"cat /tmp/{name}/report.json")
    check(found == 0, f"no report ({code}):\n{said}")
    (lab.folder / f"{name}.json").write_text(text)
    (lab.folder / f"{name}.md").write_text(guest.must(f"cat /tmp/{name}/report.md"))
    keep(lab, guest, name)
    lab.fact(name, f"exit code {code}: {json.loads(text)['verdict']}")
    return code, json.loads(text), said


def keep(lab, guest, name):
    """The whole of it, as it would be sent."""
    archive = base64.b64decode(guest.must(f"base64 /tmp/{name}.tar.gz"))
    (lab.folder / f"{name}.tar.gz").write_bytes(archive)


def results(report):
    return {one["name"]: one["result"] for one in report["checks"]}


def faults(report):
    return sorted({fault["name"] for fault in report["faults"]})


def settings(lab):
    return {name: {key: lab.model.port(name)[key] for key in SETTINGS} for name in lab.model.names}


def check_harmless(lab):
    """The model's record: nothing was written, nothing but the function reset, no lock misused."""
    for name in lab.model.names:
        asked = lab.model.ask(f"/aether/model/asked,{name}")
        bad = {key: asked[key] for key in ("nvm_changes", "corer", "globr", "empr") if asked[key]}
        check(not bad, f"{name} was asked for what harms a card: {bad}")
        for lock in ("nvm", "change", "global"):
            use = asked[lock]
            check(use["not_held"] == use["expired"] == 0 and not use["held"],
                  f"{name}: the lock {lock} was misused: {use}")
    lab.fact("asked of the card", "no change of the flash, no reset but of the function, locks "
             "held whenever they were used")


@scenario("hw-acceptance", "the acceptance run of an owner of a card, on two ports: a whole report, "
          "net_ice beside ours, nothing left behind", limit=420, dpdks=aether.VERSIONS[:1])
def acceptance(lab):
    guest = boot(lab, TWO)
    before = settings(lab)
    code, report, said = run(lab, guest, QUICK, 300)
    check(code == 0 and report["verdict"] == "good", f"exit code {code}:\n{said}")
    # The kernel does not say on which node the emulated card is.
    odd = {name: result for name, result in results(report).items() if result != "pass"}
    check(not odd, f"not passed: {odd}\n{said}")
    check(report["device_model"] is True, "it is not called a device model")
    for driver in ("net_aether", "net_ice"):
        part = report[driver]
        check(part["traffic"]["packets"] >= 40_000 and part["traffic"]["lost"] == 0
              and part["traffic"]["cycles_a_packet"] > 0, f"{part['traffic']}")
        check([one["count"] for one in part["latency"]] == [200, 200], f"{part['latency']}")
    check([one["us"] for one in report["sweep"]] == [0, 2, 4, 8, 16, 32, 64, 128],
          f"{report['sweep']}")
    check(report["host"]["dpdk"] and report["host"]["iommu_groups"] >= 2, f"{report['host']}")
    check(report["functions"][0]["module"]["vendor"] == "Aether model", f"{report['functions']}")
    check("ICE OS Default" in report["functions"][0]["ddp_package"], f"{report['functions']}")
    lab.fact("cycles a packet", {driver: report[driver]["traffic"]["cycles_a_packet"]
                                 for driver in ("net_aether", "net_ice")})
    check_given_back(guest, None)
    # net_ice comes last, and leaves the frames' length as it set it.
    after = settings(lab)
    for name in TWO:
        after[name]["max_frame"] = before[name]["max_frame"]
    check(after == before, f"settings were {before}, are {after}")


def check_given_back(guest, driver):
    for number in range(2):
        code, link = guest.run(f"readlink /sys/bus/pci/devices/{bdf(number)}/driver")
        now = link.strip().split("/")[-1] if code == 0 else None
        check(now == driver, f"port {number} had {driver}, has {now}")


@scenario("hw-acceptance-wrong", "what is wrong is named: wiring, link, package, NUMA node",
          limit=560, dpdks=aether.VERSIONS[:1])
def wrong(lab):
    guest = boot(lab, {"ice0": {"wire": "loop"}, "ice1": {"wire": "loop"}},
                 package=b"this is no package\n", cpus="4,sockets=2", nodes=2)
    for number in range(2):
        guest.must(f"echo 1 >/sys/bus/pci/devices/{bdf(number)}/numa_node")
    code, report, said = run(lab, guest, f"{QUICK} --lcores 0,1", 240, "wired-wrong")
    check(code == 1, f"exit code {code}:\n{said}")
    check({"wiring", "DDP package", "NUMA node"} <= set(faults(report)), f"{faults(report)}\n{said}")
    check(results(report)["bring-up"] == "pass", f"no safe mode:\n{said}")
    found = {fault["name"]: fault for fault in report["faults"]}
    check("comes back to itself" in found["wiring"]["found"], f"{found['wiring']}")
    check("ice.pkg" in found["DDP package"]["found"], f"{found['DDP package']}")
    check("is on NUMA node 1, lcores 0,1 on node 0" in found["NUMA node"]["found"]
          and found["NUMA node"]["do"] == "--lcores 2,3", f"{found['NUMA node']}")
    for name in lab.model.names:
        lab.model.cable(name, "down")
    code, report, said = run(lab, guest, f"{QUICK} --no-compare", 120, "no-link")
    check(code == 1 and "link down" in faults(report), f"{faults(report)}\n{said}")
    # On its own it takes CPUs of the card's node.
    check(report["host"]["lcores_used"] == "2,3" and results(report)["numa"] == "pass",
          f"{report['host']}")
    check_given_back(guest, None)
    check_harmless(lab)


@scenario("hw-acceptance-kernel", "ports of the kernel's ice: refused while they carry the network, "
          "given back, also after ^C", limit=300, dpdks=aether.VERSIONS[:1])
def kernel(lab):
    guest = boot(lab, TWO, modules=("ice",))
    guest.must("modprobe ice; sleep 1; ls /sys/class/net")
    name = guest.must(f"ls /sys/bus/pci/devices/{bdf(0)}/net").split()[0]
    check_given_back(guest, "ice")
    guest.must(f"ifconfig {name} 192.0.2.1 netmask 255.255.255.0 up")
    command = (f"/{AT}/hw-acceptance {bdf(0)} {bdf(1)} --out /tmp/no "
               f"--plugin {lab.driver.plugin()}")
    code, said = guest.run(command, 30)
    check(code == 2 and f"{name} is up and has addresses" in said, f"exit code {code}:\n{said}")
    code, _ = guest.run("ls /tmp/no")
    check(code != 0, "a refused run left a folder")
    guest.must(f"ifconfig {name} 0.0.0.0 down")
    code, report, said = stop(lab, guest)
    check(code == 130 and report["verdict"] == "interrupted", f"exit code {code}:\n{said}")
    check(results(report)["given-back"] == "pass", said)
    check_given_back(guest, "ice")
    check_harmless(lab)


def stop(lab, guest):
    """^C while packets go."""
    bdfs = f"{bdf(0)} {bdf(1)}"
    guest.must(f"cd /tmp; (/{AT}/hw-acceptance {bdfs} --out stopped --plugin {lab.driver.plugin()} "
               "--packets 1000000000 --seconds 200 --pings 200 >stopped.said 2>&1 & "
               "echo $! >stopped.pid; wait $!; echo $? >stopped.code) </dev/null >/dev/null 2>&1 &")
    guest.must("for i in $(seq 100); do grep -q '^traffic' /tmp/stopped.said && break; sleep 0.5; "
               "done; sleep 3; kill -INT $(cat /tmp/stopped.pid)", 90)
    guest.must("for i in $(seq 100); do [ -e /tmp/stopped.code ] && break; sleep 0.5; done", 90)
    said = guest.must("cat /tmp/stopped.said")
    report = json.loads(guest.must("cat /tmp/stopped/report.json"))
    return int(guest.must("cat /tmp/stopped.code")), report, said
