#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Keeps the tables of docs/fidelity.md in step with what the tests have shown.

Device models record what hosts used of them (lib/aether_model/model_coverage.h); scripts/test
gathers the records of a run in <build>/coverage. The page claims who uses what. Checked is that

* what a witness did in this run, the page says;
* with --complete (all tests have run), what the page says, the witness did.

    tests/scripts/fidelity.py --write              add to the page what records in build*/coverage show
    tests/scripts/fidelity.py --write --complete   after scripts/test --long --lab: and take away
                                                   what nobody does any more

The tables lie between markers. Their first columns are generated; the last, the remarks, is
written by hand and kept, as is "asserted by": names of tests in tests/lib/aether_model.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
WITNESSES = ["ice", "net_ice", "net_aether", "unit test"]
KINDS = {"acts": "yes", "shows": "shows", "stores": "storage"}
UNKNOWN_OPCODE = 0x10000
BY_CHANCE = {"EBUSY"}   # what another one holds at that moment: a run may add it to the page, not fail
MARKER = re.compile(r"<!-- generated: (\w+) -->\n(.*?)<!-- end of \1 -->\n", re.S)
ANSWER = re.compile(r"E810_AQ_RC_(\w+) = (\d+),")


class Failure(Exception):
    """What keeps the page from being compared at all."""


# ---------------------------------------------------------------- records ------------------------

def column(witness):
    """The column of a witness: "ice 6.12" and "ice 7.3" are one."""
    for name in WITNESSES:
        if witness == name or witness.startswith(name + " "):
            return name
    raise Failure(f"a record is of the witness '{witness}', wanted one of {', '.join(WITNESSES)}, "
                  "and what follows after a space")


def answer_names():
    header = (TOP / "lib/aether_model/e810_hw.h").read_text()
    return {int(code): name.lower() if code == "0" else name
            for name, code in ANSWER.findall(header)}


def opcode_key(queue, opcode):
    text = "unknown" if opcode == UNKNOWN_OPCODE else f"0x{opcode:04X}"
    return text if queue == "command" else f"{queue} {text}"


def range_key(item):
    return f"0x{item['first']:03X}"


class Run:
    """What the records of a run say: for each table and row, what each witness did."""

    def __init__(self, folders):
        self.did = {name: collections.defaultdict(lambda: collections.defaultdict(set))
                    for name in TABLES}
        self.witnesses = set()
        self.blocks, self.opcodes = {}, {}
        self.config = {}
        self.answers = answer_names()
        paths = [path for folder in folders for path in sorted(pathlib.Path(folder).glob("*.json"))]
        for path in paths:
            self.add(json.loads(path.read_text()))

    def add(self, record):
        who = column(record["witness"])
        self.witnesses.add(who)
        for block in record["registers"]:
            self.blocks.setdefault(block["name"], set()).add(block["kind"])
            self.used("registers", block["name"], who, block)
        for page in record["other"]:
            self.used("other", f"0x{page['first']:08X}", who, page)
        for part in record["config"]:
            self.config[range_key(part)] = part["name"]
            self.used("config", range_key(part), who, part)
        for op in record["opcodes"]:
            self.opcodes[op["opcode"]] = (op["name"], op["modelled"])
        for answer in record["answers"]:
            key = opcode_key(answer["queue"], answer["opcode"])
            self.did["commands"][key][who].add(
                self.answers.get(answer["rc"], f"error {answer['rc']}"))

    def used(self, table, key, who, item):
        for how in ("read", "written"):
            if item[how]:
                self.did[table][key][who].add(how[0])

    def kind(self, block):
        kinds = self.blocks[block]
        return next(kind for kind in KINDS if kind in kinds)


# ---------------------------------------------------------------- tables -------------------------

def registers_rows(run):
    """(key, the generated columns) for each row."""
    return [(name, [name, KINDS[run.kind(name)]]) for name in run.blocks]


def other_rows(run):
    return [(page, [f"`{page}`"]) for page in sorted(run.did["other"])]


def config_rows(run):
    return [(key, [f"`{key}`", name]) for key, name in sorted(run.config.items(), key=lambda item: int(item[0], 16))]


def commands_rows(run):
    rows = []
    for opcode, (name, modelled) in sorted(run.opcodes.items()):
        rows.append((f"0x{opcode:04X}", [f"0x{opcode:04X}", name, "yes" if modelled else "no"]))
    for key in sorted(set(run.did["commands"]) - {key for key, _ in rows}):
        opcode = key.split()[-1]
        name = "any other opcode"
        if opcode != "unknown":
            name = run.opcodes.get(int(opcode, 16), ("", True))[0]
        rows.append((key, [key, name, "no" if opcode == "unknown" else "yes"]))
    return rows


class Table:
    """One generated table: its heading, its rows from a run, what is hand-written in it."""

    def __init__(self, rows, head, kept):
        self.rows, self.head, self.kept = rows, head, kept
        self.columns = head + WITNESSES + kept

    def parse(self, text):
        """{key: (what each witness did, hand-written columns, generated columns)}"""
        parsed = {}
        for line in text.splitlines()[2:]:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) != len(self.columns):
                raise Failure(f"this row has {len(cells)} columns, wanted {len(self.columns)}: {line}")
            head, seen = cells[:len(self.head)], cells[len(self.head):]
            did = {who: set(filter(None, cell.split(", ")))
                   for who, cell in zip(WITNESSES, seen)}
            parsed[head[0].strip("`") if self.head[0] != "block" else head[0]] = (
                did, seen[len(WITNESSES):], head)
        return parsed

    def render(self, rows, old):
        lines = [f"| {' | '.join(self.columns)} |", "|" + "---|" * len(self.columns)]
        for key, head, did in rows:
            kept = old[key][1] if key in old else [""] * len(self.kept)
            cells = head + [", ".join(sorted(did[who], key=order)) for who in WITNESSES] + kept
            lines.append("| " + " | ".join(cells) + " |")
        return re.sub(r" +(?=\|)", " ", "\n".join(lines)) + "\n"


def order(word):
    """ok before errors."""
    return (word != "ok", word)


TABLES = {
    "registers": Table(registers_rows, ["block", "modelled"], ["asserted by", "remarks"]),
    "other": Table(other_rows, ["page"], ["remarks"]),
    "config": Table(config_rows, ["offset", "part"], ["remarks"]),
    "commands": Table(commands_rows, ["opcode", "command", "modelled"], ["remarks"]),
}


# ---------------------------------------------------------------- comparing ----------------------

def merged(name, run, old, complete):
    """Rows as the page should have them: what it says, and what this run adds."""
    rows = []
    known = TABLES[name].rows(run)
    for key, head in known + [(key, old[key][2]) for key in old if key not in dict(known)]:
        seen = run.did[name].get(key, {})
        did = {}
        for who in WITNESSES:
            said = old[key][0][who] if key in old else set()
            gone = complete and who in run.witnesses and not seen.get(who)
            did[who] = seen.get(who, set()) | (set() if gone else said)
        if key in dict(known) or any(did.values()):
            rows.append((key, head, did))
    if name == "registers":
        return rows
    return sorted(rows, key=lambda row: (" " in row[0], "unknown" in row[0], row[0].split()[-1].zfill(12),
                                         row[0]))


def compare(name, old, rows):
    """Complaints about a table, in words."""
    found = []
    new = {key: (did, head) for key, head, did in rows}
    for key in old:
        if key not in new:
            found.append(f"{name}: {key} is on the page, but nobody uses it and the model does not "
                         "know it")
    for key, (did, head) in new.items():
        if key not in old:
            found.append(f"{name}: {key} is not on the page")
            continue
        if old[key][2] != head:
            found.append(f"{name}: {key}: the page has {old[key][2]}, wanted {head}")
        for who in WITNESSES:
            if more := did[who] - old[key][0][who] - BY_CHANCE:
                found.append(f"{name}: {key}: {who} did, and the page lacks: {', '.join(sorted(more))}")
            if old[key][0][who] and not did[who]:
                found.append(f"{name}: {key}: the page claims {who}, who did nothing of it")
    return found


def check_asserted(old):
    """Tests that the page names exist."""
    missing = []
    for key, (_, kept, _) in old.items():
        for test in filter(None, re.split(r"[`, ]+", kept[0])):
            if not (TOP / f"tests/lib/aether_model/test_{test}.c").is_file():
                missing.append(f"registers: {key}: there is no test '{test}' in tests/lib/aether_model")
    return missing


def go_through(page, run, complete):
    """The page as it should be, and what is wrong with it as it is."""
    found = []

    def table(match):
        name, text = match.groups()
        if name not in TABLES:
            raise Failure(f"{name}: no such table; there are {', '.join(TABLES)}")
        old = TABLES[name].parse(text)
        rows = merged(name, run, old, complete)
        found.extend(compare(name, old, rows))
        if name == "registers":
            found.extend(check_asserted(old))
        return (f"<!-- generated: {name} -->\n{TABLES[name].render(rows, old)}"
                f"<!-- end of {name} -->\n")

    new = MARKER.sub(table, page)
    if set(TABLES) != {match[1] for match in MARKER.finditer(page)}:
        raise Failure(f"the page lacks the markers of a table; wanted are {', '.join(TABLES)}")
    return new, found


def report(found, run, complete):
    """Whether the page is right, and why not."""
    lines = list(found)
    absent = [who for who in WITNESSES if who not in run.witnesses]
    wrong = bool(found)
    if complete and absent:
        lines.append(f"no records of {', '.join(absent)}: what the page says of them was not checked")
        wrong |= bool(os.environ.get("CI"))
    if found:
        lines.append(f"docs/fidelity.md and this run differ in {len(found)} places. If that is meant:"
                     "\n    tests/scripts/fidelity.py --write" + (" --complete" if complete else ""))
    elif not wrong:
        lines.append("docs/fidelity.md says what this run has shown")
    return not wrong, "\n".join(lines)


def check(args):
    """Whether the page is right, and what there is to say."""
    run = Run(args.folders or sorted(TOP.glob("build*/coverage")))
    if not run.witnesses and not args.complete and not args.write:
        return True, "no test of this run has recorded anything"
    new, found = go_through(args.page.read_text(), run, args.complete)
    if not args.write:
        return report(found, run, args.complete)
    if not run.witnesses:
        raise Failure("there are no records: run the tests first")
    args.page.write_text(new)
    return True, f"{args.page}: {len(found)} changes"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="change the page")
    parser.add_argument("--complete", action="store_true", help="all tests have run")
    parser.add_argument("--page", type=pathlib.Path, default=TOP / "docs/fidelity.md")
    parser.add_argument("--log", type=pathlib.Path, help="put the result there as meson does a test's")
    parser.add_argument("folders", nargs="*", help="of records [build*/coverage]")
    args = parser.parse_args()
    try:
        right, text = check(args)
    except Failure as failure:
        right, text = False, f"{args.page}: {failure}"
    print(text)
    if args.log:
        args.log.write_text(json.dumps({"name": "docs/fidelity", "result": "OK" if right else "FAIL",
                                        "stdout": text}) + "\n")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
