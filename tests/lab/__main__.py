# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The command line of scripts/lab."""

import argparse
import json
import os
import pathlib
import signal
import sys
import time

import cache
import crew
import fetch
import host
import scenario
from failure import SetupError
from suites import KERNELS, SETS

TOP = pathlib.Path(__file__).resolve().parents[2]


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/lab", description="Debian's kernels in virtual machines, with aether-model "
        "plugged in as their network card. docs/lab.md is the guide.")
    parser.add_argument("scenarios", nargs="*", metavar="scenario",
                        help="what to run, as --list names them; 'all' runs all")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--setup", action="store_true",
                        help="only fetch what is missing of QEMU, kernels and guest")
    parser.add_argument("--update", action="store_true",
                        help="fetch all anew, in the versions that the suites have today")
    parser.add_argument("--versions", action="store_true",
                        help="print the versions that are used, and where they come from")
    parser.add_argument("--kernel", choices=KERNELS,
                        help="run on this kernel, whatever the scenario's")
    parser.add_argument("--keep", action="store_true",
                        help="after a failure wait with all still running until Enter is pressed")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build", metavar="folder",
                        help="the build to test; logs go to its lab/ [build]")
    parser.add_argument("--sdk", type=pathlib.Path, metavar="folder",
                        default=os.environ.get("AETHER_LAB_SDK") or None,
                        help="the driver SDK headers of the guest's DPDK 24.11, for which the "
                        "driver is then built [$AETHER_LAB_SDK; else Debian's source package]")
    parser.add_argument("--jobs", type=int, metavar="n", choices=range(1, 17),
                        default=min(2, len(os.sched_getaffinity(0))),
                        help="so many at a time: while one boots, another works [2]")
    parser.add_argument("--quiet", action="store_true", help="print results only")
    options = parser.parse_args(arguments)
    options.build = options.build.resolve()
    if options.keep:    # it asks
        options.jobs = 1
    options.sdk = options.sdk and options.sdk.resolve()
    if not (options.scenarios or options.list or options.setup or options.update
            or options.versions):
        parser.error("name a scenario; --list names them all")
    return options


def print_versions(fetcher, say, every_package):
    for wanted in SETS.values():
        root = fetcher.provide(wanted, say=say)
        print(root.describe())
        if every_package:
            for name, version in root.manifest["packages"].items():
                print(f"  {name} {version}")


def chosen(names, known):
    if "all" in names:
        return list(known.values())
    for name in names:
        if name not in known:
            raise SetupError(f"there is no scenario {name}; scripts/lab --list names them")
    return [known[name] for name in names]


def test_result(result):
    """As meson's testlog.json has it, so that scripts/test counts them with the rest."""
    text = "" if result["result"] == "pass" else f"{result['kind']}: {result['reason']}"
    return {"name": f"lab/{result['scenario']}", "result": "OK" if not text else "FAIL",
            "stdout": text + f"\nlogs: {result['folder']}", "stderr": ""}


def run_all(options, fetcher, wanted):
    """Run scenarios. @return exit code"""
    jobs = min(options.jobs, len(wanted))

    def run(one):
        def say(text):
            if not options.quiet:
                print(f"  {text}" if jobs == 1 else f"  {one.name}: {text}", flush=True)

        print(f"{one.name}: {one.about}", flush=True)
        return scenario.run(one, options.build, fetcher, say, options.kernel, options.keep,
                            options.sdk)

    for one in SETS.values():
        print(fetcher.provide(one, say=print).describe(), flush=True)
    failed = passed = 0
    started = time.monotonic()
    log = options.build / "lab" / "testlog.json"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as results:
        for one, result in crew.side_by_side(run, wanted, jobs):
            if result["result"] == "not run":
                print(f"{one.name}: not run: {result['reason']}", flush=True)
                continue
            print(f"{one.name}: {result['result']} in {result['seconds']} s; logs: "
                  f"{result['folder']}", flush=True)
            passed += result["result"] == "pass"
            if result["result"] != "pass":
                failed += 1
                print(f"{one.name}: {result['kind']}: {result['reason']}", flush=True)
            results.write(json.dumps(test_result(result)) + "\n")
            results.flush()
    print(f"{time.monotonic() - started:.0f} s in all")
    print(f"{passed} passed, {failed} failed, {len(wanted) - passed - failed} not run")
    return 1 if failed else 0


def main(arguments):
    options = parse(arguments)
    known = scenario.load()
    fetcher = fetch.Fetcher()
    if options.list:
        width = max(map(len, known))
        for one in known.values():
            print(f"{one.name:{width}}  {one.about}")
        return 0
    if options.setup or options.update:
        for wanted in SETS.values():
            print(fetcher.provide(wanted, again=options.update, say=print).describe(), flush=True)
    if options.versions:
        print(f"cache: {cache.cache_dir()}")
        print_versions(fetcher, print, not options.quiet)
    if not options.scenarios:
        return 0
    host.require()
    return run_all(options, fetcher, chosen(options.scenarios, known))


if __name__ == "__main__":
    # Leaving by an exception ends what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        print(f"scripts/lab: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
