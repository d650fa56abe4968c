# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A virtual machine under QEMU's emulator, and what a scenario can ask of it."""

import json
import threading
import time

from channel import Commands, Console
from failure import Hang, ModelDied, Panic, QemuDied, check
from monitor import Monitor
from process import Child

BOOT_LIMIT = 50
COMMAND_LINE = ("console=ttyS0,115200 rdinit=/init panic=-1 tsc=reliable no_timer_check nokaslr "
                "mitigations=off random.trust_cpu=on nowatchdog net.ifnames=0")
FIRMWARE = ("usr/share/qemu", "usr/share/seabios")


def qemu_program(root):
    """QEMU with the libraries of its own set, whatever the host has."""
    libraries = root / "usr/lib/x86_64-linux-gnu"
    command = [root / "usr/lib64/ld-linux-x86-64.so.2", "--library-path",
               f"{libraries}:{libraries}/pulseaudio", root / "usr/bin/qemu-system-x86_64"]
    for folder in FIRMWARE:
        command += ["-L", root / folder]
    return [str(part) for part in command]


def vfio_user_device(path, port, function=0, several=False):
    """What QEMU is told of a device: the one behind a root port, or a function of several."""
    device = {"driver": "vfio-user-pci", "id": f"dev{port}.{function}", "bus": f"port{port}",
              "x-msg-timeout": 30000, "socket": {"path": str(path), "type": "unix"}}
    if several:
        device |= {"addr": f"0.{function}", "multifunction": True}
    return device


def bdf(port):
    """PCI address of the device behind this root port, counted from 0."""
    return f"0000:{port + 1:02x}:00.0"


def vfio_user_args(devices, slots=False):
    """Each device behind a root port of its own; a list is one device of several functions.

    slots: ports with a button, by which Linux gives a device back when QEMU asks for it. Without
    power control the device itself then stays: QEMU up to 11.1 does not survive the end of a
    vfio-user-pci (its finalizer takes a memory region out of another that is gone already).
    """
    args = []
    more = ",power_controller_present=off" if slots else ""
    if slots:
        args += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
    for port, paths in enumerate(devices):
        functions = list(paths) if isinstance(paths, (list, tuple)) else [paths]
        slot = port + 1
        args += ["-device", f"pcie-root-port,id=port{port},chassis={slot},slot={slot}{more}"]
        for function, path in enumerate(functions):
            args += ["-device", json.dumps(vfio_user_device(path, port, function,
                                                            len(functions) > 1))]
    return args


def memory_args(megabytes, nodes, cpus):
    """Memory that others can map, the same amount at each node."""
    args = ["-object", f"memory-backend-memfd,id=mem0,size={megabytes // nodes}M,share=on"]
    if nodes == 1:
        return [*args, "-machine", "memory-backend=mem0"]
    each = int(str(cpus).split(",", maxsplit=1)[0]) // nodes
    for node in range(nodes):
        if node:
            args += ["-object",
                     f"memory-backend-memfd,id=mem{node},size={megabytes // nodes}M,share=on"]
        args += ["-numa", f"node,nodeid={node},memdev=mem{node},"
                 f"cpus={node * each}-{(node + 1) * each - 1}"]
    return args


class Machine:
    """Boots, runs commands, and says how it ended if it did."""

    def __init__(self, qemu_root, kernel, initramfs, folder, sockets, deadline, *, devices=(),
                 model=None, memory=1024, cpus=2, nodes=1, iommu=False, slots=False,
                 command_line="", arguments=()):
        """cpus: as QEMU's -smp takes them. nodes: of NUMA, each with as many CPUs. arguments: more
        of QEMU's."""
        more = arguments
        self.deadline = deadline
        self.model = model
        self.changed = threading.Condition()
        self.console = Console(sockets / "console", folder / "console.log", self.changed)
        self.commands = Commands(sockets / "commands", folder / "commands.log", self.changed)
        arguments = [
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", str(cpus), "-m", f"{memory}M",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,usb=off,smbus=off,sata=off"
            + (",kernel-irqchip=split" if iommu else ""), *memory_args(memory, nodes, cpus),
            "-kernel", str(kernel), "-initrd", str(initramfs),
            "-append", f"{COMMAND_LINE} {command_line}".strip()]
        if iommu:
            arguments += ["-device", "intel-iommu,intremap=on,caching-mode=on"]
        for name in ("console", "commands"):
            arguments += ["-chardev", f"socket,id={name},path={sockets / name}",
                          "-serial", f"chardev:{name}"]
        arguments += ["-qmp", f"unix:{sockets / 'monitor'},server=on,wait=off"]
        arguments += vfio_user_args(devices, slots)
        arguments += more
        self.monitor = Monitor(sockets / "monitor")
        self.started = time.monotonic()
        self.qemu = Child("QEMU", qemu_program(qemu_root) + arguments, folder / "qemu.log")

    def check_alive(self):
        """Raise what has gone wrong, the cause before what it led to."""
        ended = self.qemu.status
        if ended is not None:  # let its last words arrive, and the model's death be seen
            self.console.thread.join(1)
            time.sleep(0.1)
        line = self.console.broken()
        if line is not None:
            self._settle()
            raise Panic(f"the guest's kernel is broken: {line}")
        if self.model is not None and self.model.status is not None:
            raise ModelDied(self.model.epitaph())
        if ended is not None:
            raise QemuDied(self.qemu.epitaph())

    def _settle(self):
        """Until the console has said all about it, or half a second."""
        for _ in range(5):
            before = len(self.console.data)
            time.sleep(0.1)
            if len(self.console.data) == before:
                return

    def wait(self, found, seconds, what):
        """What found() returns once that is not None."""
        end = min(time.monotonic() + seconds, self.deadline)
        while True:
            with self.changed:
                result = found()
                if result is not None:
                    return result
                self.changed.wait(0.05)
            self.check_alive()
            if time.monotonic() > end:
                raise Hang(f"{what} did not end within {seconds} s"
                           + (", the limit of the scenario" if end == self.deadline else ""))

    def wait_boot(self, seconds=BOOT_LIMIT):
        """@return the version of the kernel, seconds it took"""
        version = self.wait(self.commands.ready, seconds, "booting the guest")
        return version, time.monotonic() - self.started

    def start(self, command):
        """Let the guest do something while the host does something else; finish() waits for it."""
        return self.commands.send(command), command

    def finish(self, started, seconds=20):
        number, command = started
        code, output = self.wait(lambda: self.commands.answer(number), seconds,
                                 f"'{command.splitlines()[0]}' in the guest")
        self.check_alive()
        return code, output

    def run(self, command, seconds=20):
        """(exit code, output) of a shell command in the guest."""
        return self.finish(self.start(command), seconds)

    def must(self, command, seconds=20):
        """The output of a command that has to succeed."""
        code, output = self.run(command, seconds)
        check(code == 0, f"'{command}' in the guest ended with status {code}:\n{output}")
        return output

    def unplug(self, port, seconds=40):
        """Press the button of a slot: QEMU asks the guest for the device, which lets it go.

        The machine has to have slots for that (slots=True). Linux waits 5 s for a second thought.
        """
        self.monitor.ask("device_del", id=vfio_user_device("", port)["id"])
        self.must(f"for n in $(seq {seconds * 10}); do "
                  f"test -e /sys/bus/pci/devices/{bdf(port)} || exit 0; sleep 0.1; done; "
                  "dmesg | tail; exit 1", seconds + 10)

    def plug(self, port):
        """Have the guest take the device in again, as its administrator would."""
        self.must(f"echo 1 >/sys/bus/pci/slots/{port + 1}/power; "
                  f"test -e /sys/bus/pci/devices/{bdf(port)} || (dmesg | tail; exit 1)")

    def close(self):
        """QEMU can ignore SIGTERM."""
        self.qemu.stop()
        for port in (self.monitor, self.console, self.commands):
            port.close()
