# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A scenario: a function that gets a Lab, starts machines in it and checks what it wants."""

import contextlib
import dataclasses
import importlib
import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import driver
from failure import Failure, NotServed, SetupError, check
from image import Image
from machine import Machine
from model import Model
from suites import DPDKS, KERNELS, SETS

HERE = pathlib.Path(__file__).parent
# What each guest has; a scenario names what it needs beside that.
PROGRAMS = ("usr/sbin/modprobe", "usr/sbin/depmod", "usr/sbin/rmmod", "usr/sbin/insmod")
REGISTRY = {}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    kernel: str
    limit: int  # seconds, all in all
    function: object
    dpdk: str = ""  # version in the guest of a scenario with our driver in it


def scenario(name, about, kernels=KERNELS[:1], limit=60, dpdks=("",)):
    """Register a function. On another kernel than the first the scenario is called NAME-KERNEL.

    dpdks: with our driver in the guest, on these versions of DPDK; on others than the first the
    scenario is called NAME-VERSION.
    """
    def register(function):
        for kernel, dpdk in itertools.product(kernels, dpdks):
            full, text = name, about
            if kernel != KERNELS[0]:
                full, text = f"{full}-{kernel}", f"{text}, kernel {kernel}"
            if dpdk != dpdks[0]:
                full, text = f"{full}-{dpdk}", f"{text}, DPDK {dpdk}"
            if full in REGISTRY:
                raise ValueError(f"there are two scenarios {full}")
            REGISTRY[full] = Scenario(full, text, kernel, limit, function, dpdk)
        return function
    return register


def load():
    """All scenarios by name, in the order of the files and in them."""
    for path in sorted((HERE / "scenarios").glob("*.py")):
        importlib.import_module(f"scenarios.{path.stem}")
    return REGISTRY


class Lab:
    """What one run of a scenario has: a folder that is kept, sockets, things to close, facts."""

    def __init__(self, wanted, kernel, build, fetcher, say, headers=None):
        self.scenario = wanted
        self.kernel_name = kernel or wanted.kernel
        self.build = build
        self.folder = build / "lab" / wanted.name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.fetcher = fetcher
        self.say = say
        self.facts = {}
        self.model = None
        self.machine = None
        self.stack = contextlib.ExitStack()
        guest = DPDKS.get(wanted.dpdk, "guest")
        self.roots = {name: fetcher.provide(SETS[name], say=say)
                      for name in ("qemu", f"kernel-{self.kernel_name}", guest)}
        self.guest = self.roots[guest]
        self.driver = driver.provide(build, self.guest, headers, say) if wanted.dpdk else None
        # Paths of sockets are at most 107 bytes long.
        self.sockets = pathlib.Path(self.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="aether-lab-")))
        self.started = time.monotonic()
        self.deadline = self.started + wanted.limit

    def fact(self, name, value):
        """Record what was seen, for the result; printed too."""
        self.facts[name] = value
        self.say(f"{name}: {value}")

    def use(self, thing):
        """Close a thing, or leave a context, when the scenario ends."""
        if hasattr(thing, "__exit__"):
            return self.stack.enter_context(thing)
        self.stack.callback(thing.close)
        return thing

    def start_model(self, devices, witness):
        """aether-model with devices, {name: {key: value}}. witness: the driver in the guest."""
        self.model = self.use(Model(self.build, self.folder, self.sockets, devices, witness))
        return self.model

    def boot(self, programs=(), modules=(), files=None, devices=None, built=None, **more):
        """A machine with these programs and modules, up to where it takes commands.

        devices are vfio-user sockets; all of the model's unless named. built: as Image has it.
        """
        kernel = self.roots[f"kernel-{self.kernel_name}"]
        image = Image(self.guest, kernel, (*PROGRAMS, *programs), modules, files, built)
        if devices is None:
            devices = self.model.sockets if self.model else ()
        self.machine = self.use(Machine(self.roots["qemu"].path, image.kernel.image,
                                        image.provide(), self.folder, self.sockets, self.deadline,
                                        devices=devices, model=self.model, **more))
        version, seconds = self.machine.wait_boot()
        self.fact("kernel", version)
        self.fact("boot", f"{seconds:.1f} s")
        check(version == image.kernel.version, f"kernel {image.kernel.version} was wanted")
        return self.machine

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)


def versions(roots):
    """What is used, where it comes from, and since when it is in the cache."""
    return [root.describe() for root in roots.values()]


def run(wanted, build, fetcher, say, kernel=None, keep=False, headers=None):
    """Run a scenario. @return its result, as it is in results.json

    keep: after a failure, leave all running until Enter is pressed. headers: the driver SDK
    headers of a guest's DPDK that is not the host's.
    """
    try:
        lab = Lab(wanted, kernel, build, fetcher, say, headers)
    except NotServed as error:
        return {"scenario": wanted.name, "result": "not run", "reason": str(error)}
    except Failure as failure:  # of the driver's build for the guest
        return {"scenario": wanted.name, "result": "fail", "kind": failure.kind, "seconds": 0,
                "reason": str(failure), "folder": str(build / "lab")}
    result = {"scenario": wanted.name, "kernel": lab.kernel_name, "versions": versions(lab.roots),
              "result": "pass", "reason": "", "folder": str(lab.folder)}
    try:
        with lab:
            try:
                wanted.function(lab)
            except Exception:
                if keep:
                    lab.say(f"{traceback.format_exc()}\nsockets: {lab.sockets}; Enter ends it")
                    sys.stdin.readline()
                raise
    except Failure as failure:
        result.update(result="fail", kind=failure.kind, reason=str(failure))
    except SetupError:
        raise
    except Exception:  # a mistake in a scenario must not end the others
        result.update(result="fail", kind="error", reason=traceback.format_exc())
    result["seconds"] = round(time.monotonic() - lab.started, 1)
    result["facts"] = lab.facts
    (lab.folder / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    return result
