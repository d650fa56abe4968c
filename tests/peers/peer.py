# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""A machine in which stock DPDK finds device models as PCI functions bound to vfio-pci.

enter() moves the process into a mount namespace of its own, Bench lays out what DPDK looks at
there (a PCI tree, loaded modules, /dev/vfio) and runs dpdk-testpmd with the VFIO shim preloaded.
Nothing of it is visible outside, and all of it is gone when the process ends.
"""

import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../scripts"))
from prompt import PROMPT  # pylint: disable=wrong-import-position

IN_NAMESPACE = "AETHER_PEERS_NAMESPACE"
UNSHARE = ["unshare", "--mount", "--propagation", "private"]
FIRMWARE = "/lib/firmware"
DEV_NODES = ["null", "zero", "full", "random", "urandom", "tty", "shm", "pts"]


class Failure(Exception):
    """What a test wanted and did not see."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(77)


def enter():
    """Go on in a mount namespace of our own, or skip the test."""
    if os.environ.get(IN_NAMESPACE):
        return
    if os.geteuid() != 0:
        skip("a mount namespace with its own /dev and /sys/module needs root")
    if shutil.which("unshare") is None or subprocess.run(
            UNSHARE + ["true"], capture_output=True).returncode != 0:
        skip("no mount namespace can be made here (unshare --mount failed)")
    os.environ[IN_NAMESPACE] = "1"
    os.execvp(UNSHARE[0], UNSHARE + ["--", sys.executable] + sys.argv)


def ice_driver():
    """The distribution's own librte_net_ice.so, or skip the test."""
    libdir = os.environ.get("DPDK_LIBDIR", "/usr/lib/x86_64-linux-gnu")
    found = glob.glob(f"{libdir}/dpdk/pmds-*/librte_net_ice.so")
    if not found:
        skip(f"no librte_net_ice.so in {libdir}/dpdk/pmds-*: install DPDK's ice driver "
             "(Debian: librte-net-ice23, or the dpdk package)")
    return found[0]


def ddp_packages():
    """Paths of Intel's DDP packages, the OS default one first, or skip the test."""
    fetch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fetch_ddp")
    result = subprocess.run([fetch], stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0 or not result.stdout.split():
        skip("Intel's DDP packages could not be fetched; tests/peers/fetch_ddp says why")
    return result.stdout.splitlines()


class Device:
    """A device model as a PCI function in an IOMMU group."""

    def __init__(self, bdf, group, name, wire, mac, device_id=0x1592, speed=100000, cable="up",
                 more=""):
        self.bdf, self.group, self.name, self.wire = bdf, group, name, wire
        self.mac, self.device_id, self.speed, self.cable = mac, device_id, speed, cable
        self.more = more    # further keys of tests/peers/shim.h

    def record(self):
        return (f"{self.bdf} group={self.group} name={self.name} wire={self.wire} "
                f"mac={self.mac} device={self.device_id:x} speed={self.speed} "
                f"cable={self.cable} {self.more}")

    def write_sysfs(self, tree):
        folder = f"{tree}/{self.bdf}"
        os.makedirs(folder)
        bars = [(0xc0000000, 32 << 20, 0x14220c), None, None, (0xc2000000, 64 << 10, 0x14220c)]
        resource = ""
        for bar in (bars + [None] * 13)[:13]:
            start, size, flags = bar or (0, 1, 0)
            resource += f"0x{start:016x} 0x{start + size - 1:016x} 0x{flags:016x}\n"
        for name, text in {
                "vendor": "0x8086", "device": f"0x{self.device_id:04x}",
                "subsystem_vendor": "0x8086", "subsystem_device": "0x0002",
                "class": "0x020000", "numa_node": "-1", "resource": resource.rstrip(),
        }.items():
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write(text + "\n")
        os.symlink("../../drivers/vfio-pci", f"{folder}/driver")
        os.symlink(f"../../iommu_groups/{self.group}", f"{folder}/iommu_group")


def mount_tmpfs(where):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", where], check=True)


class Bench:
    """The machine, with these devices. `shim` is the library to preload, `package` the DDP
    package that drivers find in the usual folder, if any. `witness` drives the models; None: more
    than one driver does, so that no record is kept of what was used. `model_cpu` is the CPU of the
    models' thread, or "none": there is none; None: as environment() is told."""

    def __init__(self, shim, devices, package=None, witness="net_ice", model_cpu=None):
        self.shim, self.devices = os.path.abspath(shim), devices
        self.model_cpu = model_cpu
        self.witness = witness
        self.folder = tempfile.mkdtemp(prefix="aether-peer-")
        mount_tmpfs(self.folder)
        self.sysfs = f"{self.folder}/pci"
        self.control = f"{self.folder}/control"
        os.mkdir(self.sysfs)
        for device in devices:
            device.write_sysfs(self.sysfs)
        self._make_firmware(package)
        mount_tmpfs("/sys/module")
        os.makedirs("/sys/module/vfio")
        os.makedirs("/sys/module/vfio_pci")
        self._make_dev()

    def _make_firmware(self, package):
        """A folder of our own where drivers look for packages. One that has to be made for that
        is seen outside, but empty, and stays: tests beside this one may be using it."""
        if package is not None:
            os.makedirs(FIRMWARE, exist_ok=True)
        if os.path.isdir(FIRMWARE):
            mount_tmpfs(FIRMWARE)
        if package is not None:
            os.makedirs(f"{FIRMWARE}/intel/ice/ddp")
            shutil.copy(package, f"{FIRMWARE}/intel/ice/ddp/ice.pkg")

    def _make_dev(self):
        """A /dev of our own: /dev/vfio must not appear in the one that others see."""
        new = f"{self.folder}/dev"
        os.makedirs(f"{new}/vfio")
        for node in DEV_NODES:
            old = f"/dev/{node}"
            if os.path.islink(old):
                os.symlink(os.readlink(old), f"{new}/{node}")
            elif os.path.exists(old):
                if os.path.isdir(old):
                    os.mkdir(f"{new}/{node}")
                else:
                    open(f"{new}/{node}", "wb").close()
                subprocess.run(["mount", "--rbind", old, f"{new}/{node}"], check=True)
        os.symlink("/proc/self/fd", f"{new}/fd")
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            os.symlink(f"/proc/self/fd/{number}", f"{new}/{name}")
        os.symlink("pts/ptmx", f"{new}/ptmx")
        for name in ["vfio"] + [str(device.group) for device in self.devices]:
            open(f"{new}/vfio/{name}", "wb").close()
        subprocess.run(["mount", "--rbind", new, "/dev"], check=True)

    def close(self):
        """Unmount what would keep the folder from being removed."""
        subprocess.run(["umount", "--lazy", "/dev"], check=True)
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        os.rmdir(self.folder)

    def ask(self, line):
        """One line to the shim's control socket; the answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            sock.connect(self.control)
            sock.sendall(line.encode() + b"\n")
            answer = b""
            while chunk := sock.recv(4096):
                answer += chunk
        answer = answer.decode()
        check(not answer.startswith("error"), f"control socket: {line}: {answer}")
        return answer

    def stats(self, name):
        return json.loads(self.ask(f"stats {name}"))

    def environment(self, cpu):
        env = dict(os.environ)
        # By its name, since a path with a space cannot stand in LD_PRELOAD.
        folder, shim = os.path.split(os.path.abspath(self.shim))
        preload = env.get("AETHER_PRELOAD", "").split() + [shim]
        libraries = [folder] + env.get("LD_LIBRARY_PATH", "").split(":")
        env.update({
            "LD_PRELOAD": ":".join(preload),
            "LD_LIBRARY_PATH": ":".join(path for path in libraries if path),
            "RUNTIME_DIRECTORY": self.folder,
            "SYSFS_PCI_DEVICES": self.sysfs,
            "AETHER_VFIO_DEVICES": ";".join(device.record() for device in self.devices),
            "AETHER_VFIO_CPU": str(cpu if self.model_cpu is None else self.model_cpu),
            "AETHER_VFIO_CONTROL": self.control,
        })
        if self.witness is not None:
            env["AETHER_MODEL_WITNESS"] = self.witness
        else:
            env.pop("AETHER_MODEL_COVERAGE", None)
        return env


class Testpmd:
    """dpdk-testpmd on a bench, driven over its prompt. Everything that it says is in `log`.

    `devices` are EAL's arguments for the bench's devices; by default all are given to net_ice.
    `memory` are those for its memory, `number` counts the processes that share it.
    """

    def __init__(self, bench, driver, args, eal_args=(), timeout=60, queues=1, safe_mode=True,
                 devices=None, memory=("--no-huge", "-m", "512"), number=0):
        if shutil.which("dpdk-testpmd") is None:
            skip("dpdk-testpmd is not installed (Debian: dpdk-dev)")
        cpus = sorted(os.sched_getaffinity(0))
        prompt_cpu, forward_cpu = cpus[0], cpus[-1]
        eal = [*memory, f"--file-prefix=aether-peer-{os.getpid()}", "--lcores",
               f"{2 * number}@{prompt_cpu},{2 * number + 1}@{forward_cpu}", "-d", driver,
               *eal_args]
        if devices is None:
            devices = [argument for device in bench.devices for argument in (
                "-a", device.bdf + (",safe-mode-support=1" if safe_mode else ""))]
        eal += devices
        # The model says at this level which admin commands it answers how.
        eal += ["--log-level=lib.aether_model:debug"]
        if os.environ.get("AETHER_PEERS_DEBUG"):
            eal += ["--log-level=pmd.net.ice.*:debug"]
        self.log = ""
        self.timeout = timeout
        self.changed = threading.Condition()
        self.prompt_end = 0
        # A terminal, or what testpmd prints would come out long after its prompt.
        self.output, terminal = os.openpty()
        self.process = subprocess.Popen(
            ["dpdk-testpmd"] + eal + ["--", "-i", "--nb-cores=1",
             f"--rxq={queues}", f"--txq={queues}",
             "--total-num-mbufs=16384"] + args,
            env=bench.environment(prompt_cpu), stdin=subprocess.PIPE,
            stdout=terminal, stderr=terminal)
        os.close(terminal)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                chunk = os.read(self.output, 65536)
            except OSError:  # the other end of a terminal is gone
                chunk = b""
            with self.changed:
                self.log += chunk.decode(errors="replace").replace("\r", "")
                self.log += "" if chunk else "\n<end of output>\n"
                self.changed.notify_all()
            if not chunk:
                return

    def wait_for_start(self):
        self.prompt_end = self.wait_for(PROMPT, 0)

    def wait_for(self, text, start, timeout=None):
        """Wait until `text`, or what matches it, is in the log from `start` on; where it ends."""
        wanted = re.compile(re.escape(text)) if isinstance(text, str) else text
        end = time.monotonic() + (timeout or self.timeout)
        with self.changed:
            while not (found := wanted.search(self.log, start)):
                check("<end of output>" not in self.log, f"testpmd ended before {text!r}")
                check(self.changed.wait(end - time.monotonic()) and time.monotonic() < end,
                      f"testpmd did not print {text!r} in time")
        return found.end()

    def command(self, line):
        """Type a line; what was printed until the next prompt."""
        start = self.prompt_end
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        self.prompt_end = self.wait_for(PROMPT, start)
        return self.log[start:self.prompt_end]

    def quit(self):
        self.process.stdin.write(b"quit\n")
        self.process.stdin.flush()
        try:
            status = self.process.wait(self.timeout)
        except subprocess.TimeoutExpired as error:
            raise Failure("testpmd does not end on quit") from error
        self.reader.join(5)
        check(status == 0, f"testpmd ended with status {status}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def port_stats(self, port):
        """The ethdev counters of a port, by the names that testpmd prints."""
        text = self.command(f"show port stats {port}")
        pairs = re.findall(r"([RT]X-[a-z]+): +(\d+)", text)
        check(len(pairs) >= 6, f"show port stats {port} printed no counters:\n{text}")
        return {key: int(value) for key, value in pairs}

    def xstats(self, port):
        text = self.command(f"show port xstats {port}")
        return {key: int(value) for key, value in re.findall(r"^(\w+): (\d+)$", text, re.M)}

    def settled_stats(self, ports):
        """Counters of these ports once nothing moves any more."""
        before = None
        for _ in range(50):
            now = [self.port_stats(port) for port in ports]
            if now == before:
                return now
            before = now
            time.sleep(0.1)
        raise Failure(f"packets still move after 5 s without forwarding: {now}")

    def pool_in_use(self):
        """mbufs that are neither in the pool nor in one of its caches."""
        text = self.command("dump_mempool mb_pool_0")
        size = int(re.search(r"\bsize=(\d+)", text).group(1))
        free = re.findall(r"(?:total_cache_count|common_pool_count)=(\d+)", text)
        return size - sum(map(int, free))


def run(bench_devices, shim, args, test, eal_args=(), package=None, queues=1, model_cpu=None):
    """Start testpmd on a bench of these devices, call test(bench, testpmd), clean up.

    With a DDP package the driver has to come up in full mode, without one in safe mode.
    """
    driver = ice_driver()
    bench = Bench(shim, bench_devices, package, model_cpu=model_cpu)
    testpmd = None
    try:
        testpmd = Testpmd(bench, driver, args, eal_args, queues=queues, safe_mode=package is None)
        testpmd.wait_for_start()
        test(bench, testpmd)
        return 0
    except Failure as failure:
        print(f"FAIL: {failure}")
        return 1
    finally:
        if testpmd is not None:
            testpmd.kill()
            print("--- testpmd said:")
            print(testpmd.log)
        bench.close()
