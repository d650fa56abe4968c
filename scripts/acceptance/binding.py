# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Functions given to vfio-pci, and back to whom they had."""

import shutil
import subprocess

from host import Refusal

VFIO = "vfio-pci"


class Binding:
    """with Binding(host, functions): they are vfio-pci's inside, whatever ends it."""

    def __init__(self, host, functions, say):
        self.host = host
        self.functions = functions
        self.say = say
        self.taken = []  # (function, the driver that it had)
        self.restored = None  # [(bdf, driver, whether it has it again)], once it is over

    def write(self, path, text):
        """A driver may be there for everybody and refuse; the kernel's word is what counts."""
        try:
            (self.host.sys / "bus/pci" / path).write_text(text)
            return None
        except OSError as error:
            return str(error)

    def unbind(self, function):
        if function.driver() is not None:
            self.write(f"drivers/{function.driver()}/unbind", function.bdf)

    def take(self, function):
        had = function.driver()
        if had == VFIO:
            return
        self.taken.append((function, had))
        self.write(f"devices/{function.bdf}/driver_override", VFIO)
        self.unbind(function)
        why = self.write("drivers_probe", function.bdf)
        if function.driver() != VFIO:
            raise Refusal(f"{function.bdf} cannot be bound to {VFIO} ({why or 'it is not loaded'}):"
                          " modprobe vfio-pci; without an IOMMU (intel_iommu=on) it binds and does "
                          "not open")
        self.say(f"{function.bdf}: {had or 'no driver'} -> {VFIO}")

    def give_back(self, function, had):
        self.write(f"devices/{function.bdf}/driver_override", "\n")
        self.unbind(function)
        if had is not None:
            self.write(f"drivers/{had}/bind", function.bdf)
        back = function.driver() == had
        self.say(f"{function.bdf}: {VFIO} -> {had or 'no driver'}"
                 + ("" if back else f": it has {function.driver()}; "
                    f"echo {function.bdf} > /sys/bus/pci/drivers/{had}/bind"))
        return function.bdf, had, back

    def __enter__(self):
        if shutil.which("modprobe") and str(self.host.root) == "/":
            subprocess.run(["modprobe", VFIO], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        try:
            for function in self.functions:
                self.take(function)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.restored = [self.give_back(*taken) for taken in reversed(self.taken)]
        self.taken = []
