# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Our driver for a guest's DPDK: of this build where that fits, else built for the guest.

Built for the guest means by the host's compiler, against the headers and libraries of the
guest's set (a sysroot), which are not installed here.
"""

import os
import pathlib
import re
import shutil
import subprocess

import cache
import sdk
from failure import Failure, SetupError
from image import LIBRARIES, needed

TOP = pathlib.Path(__file__).resolve().parents[2]
APPS = pathlib.Path(__file__).with_name("guest")
OURS = ("librte_net_aether", "librte_aether_model", "librte_aether_vfio_user",
        "librte_aether_partition", "librte_aether_prefetch", "lib/aether/librte_aether")
PROGRAMS = ("aether-fwd", "aether-probe")
DPDK_LIBRARIES = ("eal", "ethdev", "mbuf", "mempool", "ring", "kvargs", "log")
USR = re.compile(r'(^|[=\s"]|-[IL])/usr(?=[/\s"]|$)', re.M)
CROSS = """[binaries]
c = [{cc}]
ar = 'ar'
strip = 'strip'
pkgconfig = 'pkg-config'
[built-in options]
c_link_args = [{link}]
[properties]
needs_exe_wrapper = true
pkg_config_libdir = '{pkgconfig}'
[host_machine]
system = 'linux'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
"""


def abi(libraries):
    """The ABI version of the DPDK in a folder of libraries, such as 23.0."""
    found = [path.name.split(".so.")[1] for path in libraries.glob("librte_eal.so.*.*")]
    if len(found) != 1:
        raise SetupError(f"{libraries} has {len(found)} DPDK: one was wanted")
    return found[0]


def sanitized(build):
    """Whether a build needs the run-time library of a sanitizer, which no guest has."""
    plugin = next(build.glob("librte_net_aether.so.*.*[0-9]"), None)
    return plugin is not None and any("san.so" in name for name in needed([plugin]))


def run(what, command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        said = done.stdout + done.stderr
        errors = [line for line in said.splitlines() if re.search(r"\b(error|ERROR):", line)]
        raise Failure(f"{what} failed: {' '.join(map(str, command))}\n"
                      + "\n".join(errors[:20] or said.splitlines()[-20:]))
    return done.stdout


def relocate(root, folder):
    """The .pc files of a set, as they are for one who sees it below `root`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for place in (f"{LIBRARIES}/pkgconfig", "usr/share/pkgconfig"):
        for path in (root / place).glob("*.pc"):
            text = USR.sub(rf"\g<1>{root}/usr", path.read_text())
            (folder / path.name).write_text(text)
    return folder


def quoted(words):
    return ", ".join(f"'{word}'" for word in words)


class Driver:
    """The driver, and test programs, for one DPDK."""

    def __init__(self, build, abi_version, compiler, environment):
        self.build = build
        self.abi = abi_version
        self.compiler = compiler
        self.environment = environment

    def files(self):
        """{path in the guest: path here} of the plug-in with its libraries, and of programs."""
        found = {f"usr/bin/{name}": self.build / name for name in PROGRAMS}
        for name in OURS:
            path = self.build / f"{name}.so.{self.abi}"
            found[f"{LIBRARIES}/{path.stem.split('.')[0]}.so.{self.abi.split('.')[0]}"] = path
        for path in found.values():
            if not path.exists():
                raise SetupError(f"{path} is not there: scripts/build builds it")
        return found

    def plugin(self):
        """What EAL's -d is given in the guest."""
        return f"librte_net_aether.so.{self.abi.split('.')[0]}"

    def app(self, name, ours=()):
        """A program of tests/lab/guest, compiled, with libraries of ours by their folders' names.

        @return {path in the guest: path here}
        """
        flags = run("pkg-config", ["pkg-config", "--cflags", "libdpdk"], env=self.environment)
        where = run("pkg-config", ["pkg-config", "--variable=libdir", "libdpdk"],
                    env=self.environment).strip()
        out = self.build / "lab" / f"{name}-{self.abi}"
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = out.with_name(f"{out.name}.{os.getpid()}")  # another scenario may be reading it
        run(f"compiling {name}.c", [
            *self.compiler, "-O2", "-g", "-std=gnu11", "-D_GNU_SOURCE",
            "-DALLOW_EXPERIMENTAL_API", "-Wall", "-Wextra", "-Werror", *flags.split(), "-o", fresh,
            APPS / f"{name}.c", f"-L{where}", f"-L{self.build}", "-Wl,--as-needed",
            *[flag for library in ours for flag in (
                f"-I{TOP / 'lib' / library}", f"-l:librte_{library}.so.{self.abi}")],
            *[f"-lrte_{library}" for library in DPDK_LIBRARIES
              if (pathlib.Path(where) / f"librte_{library}.so").exists()]])
        fresh.replace(out)
        return {f"usr/bin/{name}": out}


def host_abi():
    """Of the DPDK that this project is built against, or None without one."""
    done = subprocess.run(["pkg-config", "--variable=libdir", "libdpdk"], capture_output=True,
                          text=True, check=False)
    return abi(pathlib.Path(done.stdout.strip())) if done.returncode == 0 else None


def build_for(root, folder, headers, say):
    """The driver in `folder`, for the DPDK of a set."""
    # The host's own folder of libraries comes before the sysroot's unless told otherwise.
    link = [f"-L{root.path / LIBRARIES}"]
    compiler = ["cc", f"--sysroot={root.path}"]
    packages = folder / "pkgconfig"
    cross = folder / "cross.ini"
    cache_of_compiler = ["ccache"] if shutil.which("ccache") else []
    text = CROSS.format(cc=quoted(cache_of_compiler + compiler), link=quoted(link),
                        pkgconfig=packages)
    stamp = cache.key(text, root.manifest["fetched"], *[
        part for path in sorted(headers.iterdir()) for part in (path.name, path.read_bytes())])
    out = folder / "build"
    if not (out / stamp).exists():
        say(f"building the driver for {root.describe()}; headers: {headers}")
        shutil.rmtree(out, ignore_errors=True)
        relocate(root.path, packages)
        cross.write_text(text)
        run("configuring for the guest", ["meson", "setup", out, TOP, "--cross-file", cross,
                                          "-Dtests=false", f"-Dsdk_dir={headers}"])
        (out / stamp).touch()
    # All of the project, though guests take a part of it: it is to build on that DPDK.
    run("building for the guest", ["ninja", "-C", out, "-j", os.cpu_count() or 1])
    environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(packages)}
    return Driver(out, abi(root.path / LIBRARIES), compiler, environment)


def provide(build, root, given=None, say=lambda text: None):
    """The driver for the DPDK of a set. Raises NotServed where its headers cannot be had.

    given: a folder with the driver SDK headers, for a DPDK that is not the host's.
    """
    wanted = abi(root.path / LIBRARIES)
    if wanted == host_abi():
        # aether-model may have sanitizers; a guest has not.
        return Driver(TOP / "build" if sanitized(build) else build, wanted, ["cc"], None)
    headers = sdk.provide(given, root.manifest["suite"], root.manifest["version"])
    # Scenarios that run side by side share it.
    with cache.locked(build / "lab-dpdk" / f"{wanted}.lock"):
        return build_for(root, build / "lab-dpdk" / wanted, headers, say)
