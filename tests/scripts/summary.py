#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Counts the tests in meson's testlog.json files, for scripts/test.

Prints what each failed test said, why each skipped one was skipped, and as the last line
the counts. Exit code 0: some passed, none failed, and none was skipped where CI is set.
"""

import json
import os
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
TAIL_LINES = 60


def read_results(path):
    """The tests in one log, each with its build directory; a missing log is a failed test."""
    build = path.split(os.sep)[0]
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError as error:
        return [{"name": path, "result": "ERROR", "stdout": f"no test ran: {error}", "build": build}]
    for test in tests:
        test["build"] = build
    return tests


def skip_reason(test):
    for line in test.get("stdout", "").splitlines() + test.get("stderr", "").splitlines():
        if line.startswith("SKIP:"):
            return line[len("SKIP:"):].strip()
    return "gave no reason (a skipped test prints a line that starts with 'SKIP: ')"


def print_failure(test):
    print(f"\n--- {test['build']}: {test['name']}: {test['result']}", test.get("returncode", ""))
    for stream in ("stdout", "stderr"):
        lines = test.get(stream, "").splitlines()
        if len(lines) > TAIL_LINES:
            print(f"[{stream}: the last {TAIL_LINES} of {len(lines)} lines]")
        print("\n".join(lines[-TAIL_LINES:]))


def main(paths):
    tests = [test for path in paths for test in read_results(path)]
    skipped = [test for test in tests if test["result"] == "SKIP"]
    passed = [test for test in tests if test["result"] in PASSED]
    failed = [test for test in tests if test not in skipped and test not in passed]

    for test in failed:
        print_failure(test)
    for test in skipped:
        print(f"skipped: {test['build']}: {test['name']}: {skip_reason(test)}")
    if skipped and os.environ.get("CI"):
        print("On CI nothing may be skipped.")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed or (skipped and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
