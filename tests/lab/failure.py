# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""How a scenario, or what it needs, can fail."""


class Failure(Exception):
    """What a scenario wanted and did not see."""

    kind = "check"


class Hang(Failure):
    """A guest, or a program on the host, did not answer within its limit."""

    kind = "hang"


class Panic(Failure):
    """The guest's kernel said on the console that it is broken."""

    kind = "panic"


class QemuDied(Failure):
    """QEMU ended while a scenario needed it."""

    kind = "qemu died"


class ModelDied(Failure):
    """aether-model ended while a scenario needed it."""

    kind = "model died"


class NotServed(Exception):
    """What a scenario needs beside the lab's own and Debian does not serve: it is not run."""


class SetupError(Exception):
    """The lab cannot run at all; the text says what to do."""


def check(condition, message):
    if not condition:
        raise Failure(message)
