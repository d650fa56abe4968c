# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The report: checks in order, faults by name, and both forms of it."""

import json
import tarfile

FORMAT = 1
# Each report has all of them; what was not run says why.
CHECKS = (
    ("host", "host facts"),
    ("numa", "lcores on the card's NUMA node"),
    ("binding", "functions bound to vfio-pci"),
    ("bring-up", "bring-up by net_aether"),
    ("package", "DDP package"),
    ("flash", "flash image that is known"),
    ("module", "link module read"),
    ("link", "link"),
    ("wiring", "wiring"),
    ("traffic", "traffic, no packet lost"),
    ("counters", "counters of both ends agree"),
    ("offloads", "checksum, VLAN, RSS"),
    ("latency", "latency of a frame"),
    ("sweep", "write-back timer sweep"),
    ("net_ice", "the same by net_ice"),
    ("given-back", "functions given back to their drivers"),
)
PASS, FAIL, NOT_RUN = "pass", "fail", "not run"


class Report:
    """Filled step by step; whole at any time."""

    def __init__(self, folder, begun, arguments):
        self.folder = folder
        self.data = {"format_version": FORMAT, "begun": begun, "ended": None,
                     "arguments": arguments, "verdict": None, "interrupted": False,
                     "device_model": None, "host": {}, "functions": [], "faults": [], "notes": [],
                     "checks": [], "net_aether": {}, "net_ice": {}, "sweep": []}
        self.results = {}

    def check(self, name, result, why=None):
        """The first word on a check stands, unless a later one is worse."""
        if name not in dict(CHECKS):
            raise KeyError(name)
        if self.results.get(name, (None,))[0] != FAIL:
            self.results[name] = (result, why)

    def fault(self, name, found, wanted, remedy):
        """Something is not as it should be; said by name, and once."""
        fault = {"name": name, "found": found, "wanted": wanted, "do": remedy}
        if fault not in self.data["faults"]:
            self.data["faults"].append(fault)

    def note(self, text):
        if text not in self.data["notes"]:
            self.data["notes"].append(text)

    def finish(self, ended):
        """Fill in what was not come to, and judge."""
        why = "the run was interrupted" if self.data["interrupted"] else \
            "the run did not come to it"
        self.data["checks"] = [
            {"name": name, "about": about,
             "result": self.results.get(name, (NOT_RUN,))[0],
             "why": self.results.get(name, (NOT_RUN, why))[1]} for name, about in CHECKS]
        failed = [check["name"] for check in self.data["checks"] if check["result"] == FAIL]
        self.data["ended"] = ended
        if self.data["interrupted"]:
            self.data["verdict"] = "interrupted"
        else:
            self.data["verdict"] = "faults" if failed or self.data["faults"] else "good"

    def write(self):
        """Both forms, and one file of everything. @return that file"""
        (self.folder / "report.json").write_text(json.dumps(self.data, indent=1) + "\n")
        (self.folder / "report.md").write_text(markdown(self.data))
        archive = self.folder.with_name(self.folder.name + ".tar.gz")
        with tarfile.open(archive, "w:gz") as out:
            out.add(self.folder, self.folder.name)
        return archive


def table(head, rows):
    if not rows:
        return []
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *["| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|")
                                for cell in row) + " |" for row in rows], ""]


def flat(values, before=""):
    """[(name, value)], dictionaries taken apart."""
    rows = []
    for key, value in values.items():
        name = f"{before}{key}".replace("_", " ")
        if isinstance(value, dict):
            rows += flat(value, f"{name}: ")
        elif value not in (None, "", []):
            rows.append((name, ", ".join(map(str, value)) if isinstance(value, list) else value))
    return rows


def facts(title, values):
    return [f"## {title}", "", *table(("what", "found"), flat(values))]


def latencies(data):
    rows = []
    for who in ("net_aether", "net_ice"):
        for one in data[who].get("latency", ()):
            rows.append((who, f"{one['from']} -> {one['to']}", one["count"], one["lost"],
                         *[one.get(key) for key in ("min_ns", "p50_ns", "p90_ns", "p99_ns",
                                                    "p999_ns", "max_ns")]))
    return table(("driver", "ports", "frames", "lost", "min ns", "P50", "P90", "P99", "P99.9",
                  "max"), rows)


def drivers(data):
    rows = []
    for who in ("net_aether", "net_ice"):
        traffic = data[who].get("traffic")
        if traffic:
            rows.append((who, traffic["packets"], traffic["lost"], traffic["cycles_a_packet"],
                         traffic["clock_mhz"], traffic["mpps"]))
    return table(("driver", "packets received", "lost", "cycles a packet", "MHz", "Mpps"), rows)


def sweep(data):
    return table(("write-back after, us", "frames", "min ns", "P50", "P99", "max"), [
        (one["us"], one["count"], one.get("min_ns"), one.get("p50_ns"), one.get("p99_ns"),
         one.get("max_ns")) for one in data["sweep"]])


def markdown(data):
    """For people."""
    where = {True: "**Measured on the device model, not on a card.**", False: "",
             None: "**Whether this was a card is not known: no port came up.**"}
    lines = ["# Acceptance report", "",
             f"Begun {data['begun']}, ended {data['ended']}. Verdict: **{data['verdict']}**.", "",
             where[data["device_model"]], ""]
    if data["faults"]:
        lines += ["## Faults", ""]
        for fault in data["faults"]:
            lines.append(f"* **{fault['name']}**: found {fault['found']}; wanted "
                         f"{fault['wanted']}; {fault['do']}")
        lines.append("")
    lines += ["## Checks", "", *table(("check", "result", "why"), [
        (check["about"], check["result"], check["why"]) for check in data["checks"]])]
    lines += facts("Host", data["host"])
    for number, function in enumerate(data["functions"]):
        lines += facts(f"Port {number}", function)
    lines += ["## Traffic", "", *drivers(data), "## Latency", "",
              "From rte_eth_tx_burst() on one port to rte_eth_rx_burst() on the other.", "",
              *latencies(data), "## Write-back timer", "", *sweep(data)]
    if data["notes"]:
        lines += ["## Notes", "", *[f"* {note}" for note in data["notes"]], ""]
    return "\n".join(lines) + "\n"
