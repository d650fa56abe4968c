# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Several pieces of work side by side, each in a process of its own."""

import collections
import multiprocessing
import multiprocessing.connection
import signal

from failure import SetupError
from process import LIBC, PR_SET_PDEATHSIG

FORK = multiprocessing.get_context("fork")


def _work(function, one, answer):
    # Leaving by an exception ends what was started, also when the lab itself is gone.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        answer.send((function(one), None))
    except SetupError as error:
        answer.send((None, str(error)))


def side_by_side(function, work, jobs):
    """Yield (one, function(one)) for each, in the order in which they end; `jobs` at a time.

    With one job all is done here. What a process that died would have said is a SetupError.
    """
    if jobs == 1:
        for one in work:
            yield one, function(one)
        return
    waiting, running = collections.deque(work), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            ours, theirs = FORK.Pipe(duplex=False)
            one = waiting.popleft()
            # A daemon: it gets SIGTERM when this process ends before it.
            process = FORK.Process(target=_work, args=(function, one, theirs), daemon=True)
            process.start()
            theirs.close()
            running[ours] = (one, process)
        for ours in multiprocessing.connection.wait(running):
            one, process = running.pop(ours)
            try:
                result, error = ours.recv()
            except EOFError:
                result, error = None, "its process has ended without a result"
            process.join()
            ours.close()
            if error is not None:
                raise SetupError(f"{getattr(one, 'name', one)}: {error}")
            yield one, result
