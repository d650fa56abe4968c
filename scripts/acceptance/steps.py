# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""What is run on the functions, by whichever driver. Each step notes its part of the report."""

import json
import os
import re
import time

import parse
import program
from report import FAIL, NOT_RUN, PASS

SWEEP_US = (0, 2, 4, 8, 16, 32, 64, 128)
# The device model's cage, and its package.
MODEL = "Aether model"
ALIVE = "testpmd> "
ETHERTYPES = {"0x88cc": "LLDP", "0x0806": "ARP", "0x86dd": "IPv6", "0x0800": "IPv4",
              "0x8809": "LACP", "0x8899": "Realtek", "0x4242": "MSTP"}


class Bench:
    """What the steps share: where programs are, EAL's options, the report."""

    def __init__(self, report, functions, options, lcores, say):
        self.report = report
        self.functions = functions
        self.options = options
        self.lcores = lcores
        self.say = say
        self.safe_mode = False
        self.peers = {}  # {port: where its frames arrive}
        self.runs = 0

    def environment(self):
        found = dict(os.environ)
        if self.options.build:
            found["LD_LIBRARY_PATH"] = ":".join(filter(None, (
                str(self.options.build), found.get("LD_LIBRARY_PATH"))))
        return found

    def eal(self, driver, lcores, more=""):
        """EAL's options for our functions and this driver."""
        self.runs += 1
        words = ["-l", ",".join(map(str, lcores)), "--no-telemetry",
                 f"--file-prefix=acceptance{os.getpid()}-{self.runs}"]
        if self.options.no_huge:
            words += ["--no-huge", "-m", str(self.options.memory)]
        if self.options.model:
            return words + self.vdevs(more)
        if driver == "net_aether":
            words += ["-d", self.options.plugin, "--log-level=pmd.net.aether.*:info"]
            more = f",pmd=aether{self.package()}{more}"
        elif self.options.net_ice:
            words += ["-d", self.options.net_ice]
        for function in self.functions:
            words += ["-a", function.bdf + more]
        return words

    def vdevs(self, more):
        words = ["--no-pci", "-d", self.options.plugin, "--log-level=pmd.net.aether.*:info"]
        for function in self.functions:
            devargs = ",".join(filter(None, (function.bdf, function.devargs)))
            words += ["--vdev", devargs + self.package() + more]
        return words

    def package(self):
        """Devargs: the package that was given, or that we do without one."""
        if self.safe_mode:
            return ",safe-mode=1"
        return f",ddp_pkg_file={self.options.package}" if self.options.package else ""

    def log(self, name):
        return self.report.folder / f"{name}.log"

    def probe(self, driver, name, options, more="", seconds=90):
        """aether-probe's report. Raises program.Failed."""
        command = [self.options.probe, *self.eal(driver, self.lcores[-1:], more), "--", *options]
        try:
            code, out, err = program.run(command, seconds, self.environment())
        except program.Failed as failure:
            self.log(name).write_text(f"{command}\n{failure.text}")
            raise
        self.log(name).write_text(f"{' '.join(command)}\n{out}{err}")
        begin = out.find("{\n")
        if code != 0 or begin < 0:
            raise program.Failed(f"aether-probe ended with {code}", out + err)
        try:
            return json.loads(out[begin:]), out[:begin] + err
        except ValueError as error:
            raise program.Failed(f"aether-probe's report cannot be read: {error}", out) from error

    def testpmd(self, driver, name):
        single = len(self.functions) == 1
        command = [self.options.testpmd, *self.eal(driver, self.lcores[-2:]), "--", "-i",
                   "--nb-cores=1", "--record-core-cycles", "--no-flush-rx", "--burst=32",
                   "--rxq=1", "--txq=1", "--rxd=2048", "--txd=1024", "--total-num-mbufs=16384",
                   f"--port-topology={'loop' if single else 'paired'}"]
        testpmd = program.Testpmd(command, self.log(name), self.environment())
        testpmd.text = " ".join(map(str, command)) + "\n"
        return testpmd


# ---------------------------------------------------------------- bring-up

def bring_up(bench):
    """net_aether on all functions, asked what it is; without a package in safe mode. @return whether
    ports are there"""
    try:
        text = ask_ports(bench, "bring-up-safe-mode" if bench.safe_mode else "bring-up")
    except program.Failed as failure:
        return bring_up_failed(bench, failure)
    note_driver_log(bench, text)
    bench.report.check("bring-up", PASS)
    if not bench.safe_mode:
        bench.report.check("package", PASS)
    return True


def ask_ports(bench, name):
    with bench.testpmd("net_aether", name) as testpmd:
        testpmd.wait(ALIVE, 60)
        for number, function in enumerate(bench.report.data["functions"]):
            info = parse.port_info(testpmd.ask(f"show port info {number}"))
            if info["driver"] not in ("net_aether", "net_aether_pci"):
                raise program.Failed(f"port {number} is {info['driver']}'s", testpmd.text)
            function["port"] = info
            function["module"] = parse.module(parse.hexdump(
                testpmd.ask(f"show port {number} module_eeprom")))
        testpmd.quit()
        return testpmd.text


def bring_up_failed(bench, failure):
    problem = parse.ddp_problem(failure.text)
    errors = parse.errors(failure.text)
    if problem is not None and not bench.safe_mode:
        bench.report.check("package", FAIL, problem)
        bench.report.fault("DDP package", problem, "the package that was released with the card's "
                           "firmware", "put it at /lib/firmware/intel/ice/ddp/ice.pkg, or give "
                           "--package; docs/hcl.md has the versions. The rest of this run was in "
                           "safe mode: one queue, no RSS, no checksums")
        bench.safe_mode = True
        bench.say("the DDP package is missing or wrong: on in safe mode")
        return bring_up(bench)
    why = (errors or [str(failure)])[0]
    bench.report.check("bring-up", FAIL, why)
    bench.report.fault("bring-up", " / ".join(errors[:4]) or str(failure), "a port that comes up",
                       "see bring-up.log, whose lines say what to do")
    return False


def note_driver_log(bench, text):
    said = parse.driver_log(text)
    functions = bench.report.data["functions"]
    serials = re.findall(r"serial number ([0-9a-f]{16})", text)
    for number, function in enumerate(functions):
        function["serial"] = serials[number] if number < len(serials) else said["serial"]
        function["firmware"] = said["firmware"]
        function["flash_image"] = f"{said['nvm']} {said['eetrack']}"
        function["ddp_package"] = "none (safe mode)" if said["ddp"] is None else \
            "{name} {version}, {how}".format(**said["ddp"])
    bench.report.data["device_model"] = MODEL in str([function["module"]
                                                      for function in functions]) or \
        MODEL in str(said["ddp"])
    if said["unknown_flash"]:
        bench.report.check("flash", FAIL, said["unknown_flash"])
        bench.report.fault("flash image", said["unknown_flash"], "one of docs/hcl.md",
                           "nothing if all works; this report makes it a known one")
    else:
        bench.report.check("flash", PASS)
    missing = [str(number) for number, function in enumerate(functions)
               if function["module"] is None]
    bench.report.check("module", PASS if not missing else NOT_RUN, None if not missing else
                       f"port {', '.join(missing)}: there is none, or its memory cannot be read")


# ---------------------------------------------------------------- wiring, offloads, latency

def probe(bench):
    """Link, wiring, offloads, latency by net_aether."""
    pings = str(bench.options.pings)
    try:
        found, said = bench.probe("net_aether", "probe", ["--pings", pings])
    except program.Failed as failure:
        for name in ("link", "wiring", "offloads", "latency"):
            bench.report.check(name, FAIL, str(failure))
        bench.report.fault("aether-probe", str(failure), "its report",
                           "see probe.log: " + " / ".join(parse.errors(failure.text)[:3]))
        return
    bench.report.data["net_aether"]["wiring"] = found["wiring"]
    links = judge_links(bench, found, said)
    judge_wiring(bench, found, links)
    bench.peers = peers(found)
    judge_offloads(bench, found["offloads"])
    judge_latency(bench, found)
    judge_numa_of_ports(bench, found)


def judge_numa_of_ports(bench, found):
    """What EAL makes of the nodes is in the report, too."""
    bench.report.data["net_aether"]["lcore_numa_node"] = found["lcore_numa_node"]
    bench.report.data["net_aether"]["port_numa_nodes"] = [port["numa_node"]
                                                          for port in found["ports"]]


def peers(found):
    """{port: port} of who hears whom."""
    result = {}
    for one in found["wiring"]:
        for to, frames in one["arrived_at"].items():
            if frames > 0:
                result[one["from"]] = int(to)
    return result


def judge_links(bench, found, said):
    """@return [whether each port has a link]"""
    reasons = dict(parse.driver_log(said)["link_down"])
    links = [port["link"] for port in found["ports"]]
    for number, port in enumerate(found["ports"]):
        bench.report.data["functions"][number]["speed_mbps"] = port["speed_mbps"]
        if port["link"]:
            continue
        bdf = bench.functions[number].bdf
        why = reasons.get(port["name"], reasons.get(bdf, "the driver gives no reason")).strip()
        bench.report.fault("link down", f"port {number} ({bdf}) has no link: {why}",
                           "a link on each port", "plug the cable in, at both ends; check module, "
                           "speed and FEC")
    bench.report.check("link", PASS if all(links) else FAIL, None if all(links) else
                       "no link on port " + ", ".join(str(number) for number, link
                                                      in enumerate(links) if not link))
    return links


def judge_wiring(bench, found, links):
    if not all(links):
        bench.report.check("wiring", FAIL, "not every port has a link")
        return
    wired = peers(found)
    wrong = []
    for one in found["wiring"]:
        number = one["from"]
        want = number if len(found["ports"]) == 1 else 1 - number
        arrived = one["arrived_at"].get(str(want), 0)
        if arrived == one["sent"] > 0:
            continue
        wrong.append(wiring_words(found, number, wired.get(number), arrived, one["sent"]))
    if not wrong:
        bench.report.check("wiring", PASS)
        return
    bench.report.check("wiring", FAIL, "; ".join(wrong))
    single = len(found["ports"]) == 1
    bench.report.fault("wiring", "; ".join(wrong), "a loopback plug: what the port sends comes "
                       "back to it" if single else "the two ports wired to each other by one cable",
                       "give two functions whose ports a cable joins, or use a loopback plug"
                       if single else "wire the ports to each other, with nothing between")


def wiring_words(found, number, peer, arrived, sent):
    port = found["ports"][number]
    if peer == number and len(found["ports"]) > 1:
        return f"what port {number} sends comes back to itself: it is looped, not wired to the other"
    if arrived > 0:
        return f"of {sent} frames of port {number} {arrived} arrived"
    types = ", ".join(ETHERTYPES.get(kind, kind) for kind in port["foreign_ethertypes"])
    return (f"port {number} has a link, and none of its {sent} frames arrived at any port: it is "
            "wired elsewhere" + (f"; somebody there sends {types}" if types else ""))


def judge_offloads(bench, offloads):
    bench.report.data["net_aether"]["offloads"] = offloads
    failed = [f"{one['name']}: {one['why']}" for one in offloads if one["result"] == FAIL]
    missing = [one for one in offloads if one["result"] == NOT_RUN]
    if not offloads:
        bench.report.check("offloads", NOT_RUN, "no port hears another")
    elif failed:
        bench.report.check("offloads", FAIL, "; ".join(failed))
        bench.report.fault("offloads", "; ".join(failed), "what the port offers", "send the report")
    elif missing:
        bench.report.check("offloads", NOT_RUN, "; ".join(sorted({
            f"{one['name']}: {one['why']}" for one in missing})))
    else:
        bench.report.check("offloads", PASS)


def judge_latency(bench, found):
    bench.report.data["net_aether"]["latency"] = found["latency"]
    lost = [one for one in found["latency"] if one["lost"] > 0]
    if not found["latency"]:
        bench.report.check("latency", NOT_RUN, "no port hears another")
    elif lost:
        bench.report.check("latency", FAIL, "frames were lost: " + ", ".join(
            f"{one['lost']} from port {one['from']}" for one in lost))
    else:
        bench.report.check("latency", PASS)


def wired_enough(bench):
    return len(bench.peers) == len(bench.functions)


def sweep(bench):
    """Latency against the write-back timer (devarg writeback-us)."""
    if not wired_enough(bench):
        bench.report.check("sweep", NOT_RUN, "no port hears another")
        return
    for us in SWEEP_US:
        try:
            found, _ = bench.probe("net_aether", f"sweep-{us}",
                                   ["--no-offloads", "--pings", str(bench.options.pings)],
                                   f",writeback-us={us}")
        except program.Failed as failure:
            bench.report.check("sweep", FAIL, f"{us} us: {failure}")
            return
        if found["latency"]:
            bench.report.data["sweep"].append({"us": us, **found["latency"][0]})
        bench.say(f"write-back {us} us: " + ", ".join(
            f"P50 {one.get('p50_ns')} ns" for one in found["latency"][:1]))
    whole = len(bench.report.data["sweep"]) == len(SWEEP_US)
    bench.report.check("sweep", PASS if whole else FAIL, None if whole else "frames were lost")


# ---------------------------------------------------------------- traffic

def traffic(bench, driver):
    """Packets go round until enough have come. @return its part of the report"""
    wanted = bench.options.packets
    with bench.testpmd(driver, f"traffic-{driver}") as testpmd:
        testpmd.wait(ALIVE, 60)
        time.sleep(0.5)
        testpmd.ask("start tx_first 8")
        began = time.monotonic()
        while True:
            now = parse.port_stats(testpmd.ask("show port stats all"))
            if now and min(port.get("RX-packets", 0) for port in now) >= wanted:
                break
            if time.monotonic() - began > bench.options.seconds:
                break
            time.sleep(0.5)
        took = time.monotonic() - began
        cycles, clock = parse.cycles(testpmd.ask("stop", 30))
        time.sleep(1)
        counters = parse.port_stats(testpmd.ask("show port stats all"))
        extended = [parse.xstats(testpmd.ask(f"show port xstats {number}"))
                    for number in range(len(bench.functions))]
        ended_well = testpmd.quit()
    return {"counters": counters, "xstats": extended, "ended_well": ended_well,
            "packets": sum(port.get("RX-packets", 0) for port in counters),
            "lost": lost(counters, bench.peers), "cycles_a_packet": cycles, "clock_mhz": clock,
            "mpps": round(sum(port.get("RX-packets", 0) for port in now) / took / 1e6, 3),
            "seconds": round(took, 1)}


def lost(counters, wired):
    """Packets that one port has sent and its peer has not received."""
    return sum(max(0, counters[port].get("TX-packets", 0) -
                   counters[peer].get("RX-packets", 0)) for port, peer in wired.items()
               if max(port, peer) < len(counters))


def judge_traffic(bench, found):
    bench.report.data["net_aether"]["traffic"] = found
    counters = found["counters"]
    bad = [f"port {number}: {name} {port[name]}" for number, port in enumerate(counters)
           for name in ("RX-missed", "RX-errors", "RX-nombuf", "TX-errors") if port.get(name)]
    few = [number for number, port in enumerate(counters)
           if port.get("RX-packets", 0) < bench.options.packets]
    if found["lost"] or bad:
        bench.report.check("traffic", FAIL, f"{found['lost']} packets lost; " + ", ".join(bad))
        bench.report.fault("traffic", f"{found['lost']} packets lost; {', '.join(bad)}", "none",
                           "check cable and modules; send the report")
    elif few:
        bench.report.check("traffic", FAIL, f"only {counters[few[0]].get('RX-packets', 0)} packets "
                           f"at port {few[0]} in {found['seconds']} s, wanted "
                           f"{bench.options.packets}")
    elif not found["ended_well"]:
        bench.report.check("traffic", FAIL, "testpmd did not end well")
    else:
        bench.report.check("traffic", PASS)
    judge_counters(bench, found)


def judge_counters(bench, found):
    """What the ports' own counters of bytes say of each other."""
    counters = found["counters"]
    wrong = [f"port {port} sent {counters[port].get('TX-bytes')} bytes, port {peer} received "
             f"{counters[peer].get('RX-bytes')}" for port, peer in bench.peers.items()
             if max(port, peer) < len(counters) and
             counters[port].get("TX-bytes") != counters[peer].get("RX-bytes")]
    bench.report.check("counters", FAIL if wrong else PASS, "; ".join(wrong) or None)


def run_traffic(bench):
    if not wired_enough(bench):
        for name in ("traffic", "counters"):
            bench.report.check(name, NOT_RUN, "no port hears another")
        return
    try:
        judge_traffic(bench, traffic(bench, "net_aether"))
    except program.Failed as failure:
        bench.report.check("traffic", FAIL, str(failure))
        bench.report.check("counters", NOT_RUN, "there was no traffic")


# ---------------------------------------------------------------- beside it

def compare(bench):
    """Latency and cycles by net_ice, on the same ports."""
    report = bench.report
    if bench.options.model:
        report.check("net_ice", NOT_RUN, "it has no device model")
        return
    if bench.options.no_compare:
        report.check("net_ice", NOT_RUN, "--no-compare was given")
        return
    if not wired_enough(bench):
        report.check("net_ice", NOT_RUN, "no port hears another")
        return
    if bench.safe_mode:
        report.check("net_ice", NOT_RUN, "it wants a DDP package")
        return
    try:
        found, _ = bench.probe("net_ice", "probe-net_ice",
                               ["--no-offloads", "--pings", str(bench.options.pings)])
        drivers = {port["driver"] for port in found["ports"]}
        if drivers != {"net_ice"}:
            raise program.Failed(f"the ports are {', '.join(sorted(drivers))}'s")
        report.data["net_ice"]["latency"] = found["latency"]
        if len(found["latency"]) != len(bench.functions):
            raise program.Failed("its ports do not hear each other")
        report.data["net_ice"]["traffic"] = traffic(bench, "net_ice")
    except program.Failed as failure:
        report.check("net_ice", FAIL, f"{failure}: " + " / ".join(parse.errors(failure.text)[:2]))
        return
    report.check("net_ice", PASS)
