# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""scripts/hw-acceptance: see --help and docs/hcl.md."""

import argparse
import datetime
import os
import pathlib
import platform
import shutil
import signal
import sys

import parse
import program
import steps
from binding import Binding
from host import Host, ModelFunction, Refusal, carries_network, normal
from report import FAIL, NOT_RUN, PASS, Report

TOP = pathlib.Path(__file__).resolve().parents[2]
PLUGIN = "librte_net_aether.so"
INTERNAL = ("the E810's internal loopback is not offered by net_aether (lpbk_mode 0 alone); with one "
            "function a loopback plug is wanted")


def utc():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/hw-acceptance",
        description="Runs net_aether on one or two functions of an E810, two wired to each other "
                    "by a cable or one with a loopback plug, and writes a report to be sent back: a "
                    "folder, and the same as one .tar.gz. Needs root, vfio-pci and an IOMMU, huge "
                    "pages, dpdk-testpmd, aether-probe (scripts/build). The functions are bound to "
                    "vfio-pci for the time, and given back to their drivers at the end, also after "
                    "^C. Flash is not written. Takes some minutes.",
        epilog="Exit code: 0 good, 1 faults (they are in the report), 2 refused, 130 interrupted.")
    parser.add_argument("bdf", nargs="*", metavar="BDF", help="PCI function, as 0000:18:00.0")
    parser.add_argument("--model", action="append", metavar="DEVARGS",
                        help="instead of a function: a port of the embedded device model, to see "
                             "what a report looks like, as wire=cable:a; twice for two")
    parser.add_argument("--dry-run", action="store_true",
                        help="host facts and checks alone: nothing is bound or run")
    parser.add_argument("--take-network", action="store_true",
                        help="take a port though its interface is up and has addresses")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the report, to be made")
    parser.add_argument("--lcores", help="CPUs to use, two or more, as 2,3 [on the card's node]")
    parser.add_argument("--packets", type=int, default=10_000_000,
                        help="that each port receives [%(default)s]")
    parser.add_argument("--seconds", type=int, default=60, help="for those, at most [%(default)s]")
    parser.add_argument("--pings", type=int, default=10_000,
                        help="frames whose latency is taken [%(default)s]")
    parser.add_argument("--package", help="the DDP package to use [searched for, as the driver does]")
    parser.add_argument("--no-compare", action="store_true", help="leave net_ice out")
    parser.add_argument("--no-huge", action="store_true",
                        help="without huge pages; numbers mean little then")
    parser.add_argument("--memory", type=int, default=192, help="MB, with --no-huge [%(default)s]")
    parser.add_argument("--build", type=pathlib.Path,
                        help="folder with the driver and aether-probe [build/ of this repository, "
                             "else what is installed]")
    parser.add_argument("--plugin", help="what EAL's -d is given for net_aether")
    parser.add_argument("--net-ice", dest="net_ice", help="the same for net_ice [none: EAL has it]")
    parser.add_argument("--testpmd", default="dpdk-testpmd", help="[%(default)s]")
    parser.add_argument("--root", default="/", help=argparse.SUPPRESS)
    found = parser.parse_args(arguments)
    if found.bdf and found.model:
        parser.error("functions or --model")
    if not 1 <= len(found.bdf or found.model or ()) <= 2:
        parser.error("one or two functions are wanted")
    if found.model:
        found.no_huge, found.memory = True, 512
    return found


def programs(wanted):
    """Where they are. Raises Refusal."""
    if wanted.build is None and (TOP / "build" / "aether-probe").exists():
        wanted.build = TOP / "build"
    wanted.probe = str(wanted.build / "aether-probe") if wanted.build else "aether-probe"
    wanted.plugin = wanted.plugin or PLUGIN
    for name in (wanted.testpmd, wanted.probe):
        if shutil.which(name) is None:
            raise Refusal(f"{name} is not there: apt install dpdk; scripts/build")


def choose_lcores(host, functions, wanted, report):
    """Two CPUs on the card's node, or those that were given; a wrong node is named."""
    nodes = host.node_cpus()
    online = host.online_cpus()
    allowed = sorted(set(online) & set(os.sched_getaffinity(0))) if host.root == pathlib.Path("/") \
        else online
    on = {function.numa_node() for function in functions}
    local = [cpu for cpu in allowed
             if not on - {-1} or any(cpu in nodes.get(node, ()) for node in on)]
    if wanted.lcores:
        chosen = parse.cpu_list(wanted.lcores)
        if not set(chosen) <= set(allowed) or len(chosen) < 2:
            raise Refusal(f"--lcores {wanted.lcores}: found CPUs {allowed}; wanted two or more of "
                          "them")
    else:
        # The first of a node have interrupts and everything else of the machine.
        chosen = (local if len(local) >= 2 else allowed)[-2:]
    if len(chosen) < 2:
        raise Refusal(f"found {len(chosen)} CPU to run on, wanted 2")
    judge_nodes(host, functions, chosen, local, report)
    return chosen


def judge_nodes(host, functions, chosen, local, report):
    nodes = host.node_cpus()
    wrong = []
    for function in functions:
        node = function.numa_node()
        if node >= 0 and not all(cpu in nodes.get(node, ()) for cpu in chosen):
            where = sorted({str(other) for other, cpus in nodes.items() for cpu in chosen
                            if cpu in cpus})
            wrong.append(f"{function.bdf} is on NUMA node {node}, lcores "
                         f"{','.join(map(str, chosen))} on node {','.join(where)}")
    if wrong:
        report.check("numa", FAIL, "; ".join(wrong))
        report.fault("NUMA node", "; ".join(wrong), "lcores on the card's node",
                     f"--lcores {','.join(map(str, local[-2:]))}" if len(local) >= 2 else
                     "let this process run on CPUs of that node (taskset, cpuset)")
    elif all(function.numa_node() < 0 for function in functions):
        report.check("numa", NOT_RUN if len(nodes) > 1 else PASS,
                     "the firmware does not say on which node the card is")
    else:
        report.check("numa", PASS)


def check_host(host, functions, wanted, report):
    """What the host lacks for a run."""
    facts = report.data["host"]
    report.check("host", PASS)
    if wanted.model:
        return
    if facts["iommu_groups"] == 0 or any(function.group() is None for function in functions):
        report.check("host", FAIL, "no IOMMU")
        report.fault("IOMMU", "no IOMMU group for the function", "an IOMMU that is on",
                     "switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on")
    if facts["huge_pages_free"] * facts["huge_page_kib"] < 128 * 1024 and not wanted.no_huge:
        report.fault("huge pages", f"{facts['huge_pages_free']} free of {facts['huge_page_kib']} "
                     "KiB", "128 MB or more", "echo 512 > /sys/kernel/mm/hugepages/"
                     "hugepages-2048kB/nr_hugepages. This run did without (--no-huge)")
        wanted.no_huge = True
    for function in functions:
        now, most = function.attribute("current_link_width"), function.attribute("max_link_width")
        if now.isdigit() and most.isdigit() and 0 < int(now) < int(most):
            report.note(f"{function.bdf}: PCIe x{now} of x{most}: the slot is narrower than the "
                        "card")


def dpdk_version(wanted):
    try:
        _, out, err = program.run([wanted.testpmd, "-v", "--no-pci", "--no-huge", "-m", "64",
                                   "--no-shconf", "--no-telemetry", "--", "--help"], 20)
        return parse.eal_version(out + err)
    except (program.Failed, OSError):
        return None


def refuse_network(host, functions, wanted):
    for function in functions:
        why = carries_network(host, function)
        if why is not None and not wanted.take_network:
            raise Refusal(f"{function.bdf}: {why}: this host's network may hang on it. Take it down "
                          "(ip link set ... down), or give --take-network")


def ethtool(functions, report):
    """What the kernel's driver says of port and module, while it has them."""
    for function, facts in zip(functions, report.data["functions"]):
        for name in function.netdevs():
            for key, command in (("ethtool_driver", ["ethtool", "-i", name]),
                                 ("ethtool_fec", ["ethtool", "--show-fec", name]),
                                 ("devlink", ["devlink", "dev", "info", f"pci/{function.bdf}"])):
                if shutil.which(command[0]):
                    try:
                        code, out, _ = program.run(command, 10)
                    except program.Failed:
                        continue
                    if code == 0:
                        facts[key] = " ; ".join(out.split("\n")).strip(" ;")


def run_steps(bench):
    if not steps.bring_up(bench):
        return
    for step in (steps.probe, steps.run_traffic, steps.sweep, steps.compare):
        bench.say(f"{step.__name__.replace('run_', '')} ...")
        step(bench)
    if len(bench.functions) == 1:
        bench.report.note(INTERNAL)


def run(host, functions, wanted, report, say):
    report.data["host"] = {**host.facts(), "dpdk": dpdk_version(wanted)}
    report.data["functions"] = [function.facts() for function in functions]
    ethtool(functions, report)
    check_host(host, functions, wanted, report)
    lcores = choose_lcores(host, functions, wanted, report)
    report.data["host"]["lcores_used"] = ",".join(map(str, lcores))
    if wanted.dry_run:
        for name in ("binding", "given-back"):
            report.check(name, NOT_RUN, "--dry-run")
        return
    if wanted.model:
        for name in ("binding", "given-back"):
            report.check(name, NOT_RUN, "there is nothing to bind: the embedded device model")
        run_steps(steps.Bench(report, functions, wanted, lcores, say))
        return
    binding = Binding(host, functions, say)
    try:
        with binding:
            report.check("binding", PASS)
            run_steps(steps.Bench(report, functions, wanted, lcores, say))
    except Refusal as refusal:
        report.check("binding", FAIL, str(refusal))
        report.fault("binding", str(refusal), "vfio-pci", "see there")
    finally:
        # A second ^C must not keep functions from their drivers.
        back = binding.restored or []
        wrong = [bdf for bdf, _, well in back if not well]
        report.check("given-back", FAIL if wrong else PASS, ", ".join(wrong) or None)
        report.data["given_back"] = [{"bdf": bdf, "driver": driver, "well": well}
                                     for bdf, driver, well in back]


def interrupted(number, _):
    """Once; while functions are given back it is not heard again."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)


def prepare(arguments):
    """Everything that can be refused before anything is touched."""
    wanted = options(arguments)
    host = Host(wanted.root)
    bdfs = [normal(bdf) for bdf in wanted.bdf]
    if len(set(bdfs)) != len(bdfs):
        raise Refusal(f"{bdfs[0]} is given twice")
    functions = [host.device(bdf) for bdf in bdfs] or [
        ModelFunction(host, number, devargs) for number, devargs in enumerate(wanted.model)]
    for function in functions:
        function.check()
    programs(wanted)
    refuse_network(host, functions, wanted)
    if not wanted.dry_run and not wanted.model and os.geteuid() != 0:
        raise Refusal("root is needed to bind functions; --dry-run does without")
    folder = wanted.out or pathlib.Path(
        f"acceptance-{platform.node()}-{utc().replace(':', '')}")
    if folder.exists():
        raise Refusal(f"{folder} is there already; give another --out")
    folder.mkdir(parents=True)
    return wanted, host, functions, Report(folder, utc(), arguments)


def main(arguments):
    def say(text):
        print(text, file=sys.stderr, flush=True)

    try:
        wanted, host, functions, report = prepare(arguments)
    except Refusal as refusal:
        say(f"hw-acceptance: {refusal}")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    code = None
    try:
        run(host, functions, wanted, report, say)
    except Refusal as refusal:
        say(f"hw-acceptance: {refusal}")
        code = 2
    except KeyboardInterrupt:
        report.data["interrupted"] = True
        code = 130
    report.finish(utc())
    archive = report.write()
    for fault in report.data["faults"]:
        say(f"fault: {fault['name']}: {fault['found']}; {fault['do']}")
    for check in report.data["checks"]:
        say(f"{check['result']:8} {check['about']}"
            + (f": {check['why']}" if check["why"] else ""))
    say("before sending, read it: it has MAC addresses and serial numbers of the card")
    say(f"{report.data['verdict']}; the report: {report.folder / 'report.md'}, to be sent: {archive}")
    if code is not None:
        return code
    return 0 if report.data["verdict"] == "good" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
