# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The lab itself: a machine that comes up, and machines that do not do as they should."""

import os
import signal
import time

from failure import Failure, Hang, ModelDied, Panic, check
from scenario import scenario
from suites import KERNELS


@scenario("boot", "a kernel boots, takes commands and answers", KERNELS)
def boot(lab):
    guest = lab.boot()
    version = guest.must("uname -r").strip()
    check(version == lab.facts["kernel"], f"uname says {version}")
    code, output = guest.run("echo one; echo two >&2; exit 3")
    check((code, output) == (3, "one\ntwo\n"), f"the channel mangles answers: {code} {output!r}")
    # More than a terminal holds, and what it could take for control characters.
    code, output = guest.run("seq 1 20000; printf '\\003\\004\\021\\023\\r\\n'")
    wanted = "".join(f"{n}\n" for n in range(1, 20001)) + "\3\4\21\23\r\n"
    check(output == wanted, f"a long answer is mangled: {len(output)} bytes of {len(wanted)}")


def expect(kind, seconds, function):
    """This failure has to be reported within so many seconds."""
    started = time.monotonic()
    try:
        function()
    except kind as failure:
        took = time.monotonic() - started
        check(took < seconds, f"{kind.__name__} took {took:.1f} s to be seen: {seconds} s at most")
        return f"{failure} (after {took:.1f} s)"
    except Failure as failure:
        raise Failure(f"{kind.__name__} was wanted, seen was: {failure.kind}: "
                      f"{failure}") from failure
    raise Failure(f"{kind.__name__} was wanted; nothing was reported")


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@scenario("lab-hang", "the lab reports a guest that hangs, and ends it")
def hang(lab):
    guest = lab.boot()
    lab.fact("reported", expect(Hang, 8, lambda: guest.run("sleep 1000", 5)))
    pid = guest.qemu.pid
    # As a QEMU whose device does not answer: it takes no notice of SIGTERM.
    os.kill(pid, signal.SIGSTOP)
    guest.close()
    check(gone(pid), "QEMU is still there")


@scenario("lab-panic", "the lab reports a guest whose kernel panics, with the console kept")
def panic(lab):
    guest = lab.boot()
    lab.fact("reported", expect(Panic, 10, lambda: guest.run("echo c >/proc/sysrq-trigger", 20)))
    text = (lab.folder / "console.log").read_text(errors="replace")
    check("Kernel panic" in text or "sysrq" in text, "the console log does not tell")


@scenario("lab-model-dies", "the lab reports an aether-model that is killed")
def model_dies(lab):
    lab.start_model({"ice0": {"wire": "loop"}}, "ice 6.12")
    guest = lab.boot(modules=["ice"])
    guest.must("modprobe ice")
    started = guest.start("rmmod ice; sleep 1000")
    time.sleep(0.3)
    os.kill(lab.model.pid, signal.SIGKILL)
    lab.fact("reported", expect(ModelDied, 5, lambda: guest.finish(started, 40)))
    check("SIGKILL" in lab.facts["reported"], "it is not told how the model ended")
    pid = guest.qemu.pid
    guest.close()
    check(gone(pid), "QEMU is still there")
