# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""The table of filter cases: what is sent to a port, how the port is set up, what must arrive.

Every frame of FRAMES is sent in every setting. A frame's outcome is what reception() says for the
setting's state; the rows of a setting name the cases that it is there for. What a driver does
otherwise stands in DIFFERENCES with the reason, and must be so.
"""

OWN = "02:ae:00:00:00:01"
NEW = "02:ae:00:00:00:99"
OTHER = "02:11:22:33:44:55"
ALL = "ff:ff:ff:ff:ff:ff"
GROUP_A = "01:00:5e:00:00:0a"
GROUP_B = "01:00:5e:00:00:0b"
GROUP_6 = "33:33:00:00:00:01"
LLDP = "01:80:c2:00:00:0e"
PAUSE = "01:80:c2:00:00:01"
LACP = "01:80:c2:00:00:02"
ADDED = [f"02:ad:00:00:00:{number:02x}" for number in range(32)]

C_TAG, S_TAG = 0x8100, 0x88A8
EXPERIMENT = 0x88B5         # local experimental EtherType: nothing on the way interprets it
SHORTEST = 60
# Header, two tags: what a frame may have beyond the MTU, FCS not counted.
OVERHEAD = 14 + 8


class Frame:
    """dst address, tags as (TPID, id), length without FCS, EtherType."""

    def __init__(self, dst, tags=(), length=SHORTEST, kind=EXPERIMENT, payload=b""):
        self.dst, self.tags, self.length = dst, tags, length
        self.kind, self.payload = kind, payload

    def build(self, number):
        """The bytes; the source address carries the frame's number."""
        data = bytes.fromhex(self.dst.replace(":", "")) + bytes((2, 0xf0, 0, 0, 0, number))
        for tpid, tci in self.tags:
            data += tpid.to_bytes(2, "big") + tci.to_bytes(2, "big")
        data += self.kind.to_bytes(2, "big") + self.payload
        return data + bytes(self.length - len(data))

    def vlan(self):
        """The id that a filter looks at: the outermost tag's, 0 without."""
        return self.tags[0][1] & 0xFFF if self.tags else 0


FRAMES = {
    "own": Frame(OWN),
    "new": Frame(NEW),
    "other": Frame(OTHER),
    "all": Frame(ALL),
    "group a": Frame(GROUP_A),
    "group b": Frame(GROUP_B),
    "group 6": Frame(GROUP_6),
    "added 0": Frame(ADDED[0]),
    "added 1": Frame(ADDED[1]),
    "added 30": Frame(ADDED[30]),
    "added 31": Frame(ADDED[31]),
    # VLAN
    "own vlan 5": Frame(OWN, [(C_TAG, 5)]),
    "own vlan 5 priority 6": Frame(OWN, [(C_TAG, 6 << 13 | 5)]),
    "own vlan 6": Frame(OWN, [(C_TAG, 6)]),
    "own vlan 0": Frame(OWN, [(C_TAG, 7 << 13)]),
    "own vlan 1": Frame(OWN, [(C_TAG, 1)]),
    "own vlan 4094": Frame(OWN, [(C_TAG, 4094)]),
    "own vlan 4095": Frame(OWN, [(C_TAG, 4095)]),
    "other vlan 5": Frame(OTHER, [(C_TAG, 5)]),
    "other vlan 6": Frame(OTHER, [(C_TAG, 6)]),
    "all vlan 5": Frame(ALL, [(C_TAG, 5)]),
    "all vlan 6": Frame(ALL, [(C_TAG, 6)]),
    "group a vlan 5": Frame(GROUP_A, [(C_TAG, 5)]),
    "group a vlan 6": Frame(GROUP_A, [(C_TAG, 6)]),
    "own service 5": Frame(OWN, [(S_TAG, 5)]),
    "own service 6": Frame(OWN, [(S_TAG, 6)]),
    "own qinq 5 in 6": Frame(OWN, [(S_TAG, 6), (C_TAG, 5)]),
    "own qinq 6 in 5": Frame(OWN, [(S_TAG, 5), (C_TAG, 6)]),
    "own vlan 6 in vlan 5": Frame(OWN, [(C_TAG, 5), (C_TAG, 6)]),
    # Length
    "own runt": Frame(OWN, length=20),
    "own 1514": Frame(OWN, length=1514),
    "own 1515": Frame(OWN, length=1515),
    "own 1518 vlan 5": Frame(OWN, [(C_TAG, 5)], 1518),
    "own 1522 qinq 6 in 5": Frame(OWN, [(S_TAG, 5), (C_TAG, 6)], 1522),
    "own 1522": Frame(OWN, length=1522),
    "own 1523": Frame(OWN, length=1523),
    "own 1523 vlan 5": Frame(OWN, [(C_TAG, 5)], 1523),
    "own 9022": Frame(OWN, length=9022),
    "own 9023": Frame(OWN, length=9023),
    "own 9724": Frame(OWN, length=9724),
    "other 1523": Frame(OTHER, length=1523),
    # What link layer protocols send
    "lldp": Frame(LLDP, kind=0x88CC),
    "lldp to own": Frame(OWN, kind=0x88CC),
    "pause": Frame(PAUSE, kind=0x8808, payload=bytes.fromhex("0001ffff")),
    "lacp": Frame(LACP, kind=0x8809),
    "arp": Frame(ALL, kind=0x0806),
    "llc": Frame(OWN, kind=46),
}


class State:
    """How a port is set up."""

    def __init__(self, **given):
        self.promisc = self.allmulti = self.filtering = False
        self.macs, self.groups, self.vlans = [OWN], [], []
        self.mtu = 1500
        self.__dict__.update(given)


def reception(state, frame):
    """Whether a port in this state receives the frame: what both drivers promise."""
    if frame.dst == PAUSE:
        return False  # it ends in the MAC
    if frame.length > state.mtu + OVERHEAD:
        return False
    # A filter holds in promiscuous mode, too; untagged and priority-tagged frames always pass.
    if state.filtering and frame.vlan() not in [0] + state.vlans:
        return False
    if frame.dst == ALL or frame.dst in state.macs + state.groups:
        return True
    group = int(frame.dst[:2], 16) & 1
    return state.promisc or bool(group and state.allmulti)


class Setting:
    """Commands of testpmd, run when the port is up and forwarding (`stopped`: when it is stopped,
    between its stop and start), the state that they lead to, and the cases it is about."""

    def __init__(self, name, commands, state, rows, stopped=(), restart=False):
        self.name, self.commands, self.state, self.rows = name, commands, state, rows
        self.stopped, self.restart = stopped, restart or bool(stopped)


def yes(*names):
    return {name: True for name in names}


def no(*names):
    return {name: False for name in names}


FILTERING = {"filtering": True, "vlans": [5]}
MANY = [OWN] + ADDED

# One after the other: each starts from where the one before has left the port.
SETTINGS = [
    Setting("as started, not promiscuous", ["set promisc 0 off", "set allmulti 0 off"], State(),
            yes("own", "all", "own vlan 5", "own vlan 0", "own vlan 4095", "own qinq 6 in 5",
                "own service 5", "own runt", "own 1514", "own 1518 vlan 5",
                "own 1522 qinq 6 in 5", "arp", "llc", "all vlan 5")
            | no("other", "group a", "group 6", "lacp", "other vlan 5", "own 1523",
                 "own 1523 vlan 5", "own 9022", "other 1523")),
    Setting("frames without tags may use the room of tags", [], State(),
            yes("own 1515", "own 1522")),
    Setting("allmulticast on", ["set allmulti 0 on"], State(allmulti=True),
            yes("group a", "group 6", "group a vlan 5", "lldp", "lacp", "own") | no("other")),
    Setting("allmulticast off", ["set allmulti 0 off"], State(), no("group a", "group 6")),
    Setting("promiscuous on", ["set promisc 0 on"], State(promisc=True),
            yes("other", "group a", "other vlan 6", "own", "all", "lldp", "lacp")
            | no("own 1523", "other 1523", "pause")),
    Setting("promiscuous and allmulticast", ["set allmulti 0 on"],
            State(promisc=True, allmulti=True), yes("other", "group a", "group 6")),
    Setting("allmulticast off under promiscuous", ["set allmulti 0 off"], State(promisc=True),
            yes("other", "group a", "group 6")),
    Setting("promiscuous off leaves allmulticast",
            ["set allmulti 0 on", "set promisc 0 off"], State(allmulti=True),
            yes("group a", "group b", "own") | no("other", "other vlan 5")),
    Setting("all modes off", ["set allmulti 0 off"], State(), no("other", "group a")),
    Setting("one address added", [f"mac_addr add 0 {ADDED[0]}"], State(macs=[OWN, ADDED[0]]),
            yes("own", "added 0") | no("added 1", "other")),
    Setting("32 addresses added", [f"mac_addr add 0 {mac}" for mac in ADDED[1:]],
            State(macs=MANY), yes("own", "added 0", "added 1", "added 30", "added 31")),
    Setting("an address removed", [f"mac_addr remove 0 {ADDED[30]}"],
            State(macs=[mac for mac in MANY if mac != ADDED[30]]),
            yes("added 0", "added 31") | no("added 30")),
    Setting("added addresses stay over stop and start", [],
            State(macs=[mac for mac in MANY if mac != ADDED[30]]),
            yes("own", "added 0", "added 31") | no("added 30", "other"), restart=True),
    Setting("all added addresses removed",
            [f"mac_addr remove 0 {mac}" for mac in ADDED if mac != ADDED[30]], State(),
            yes("own") | no("added 0", "added 31")),
    Setting("the port's own address changed", [f"mac_addr set 0 {NEW}"], State(macs=[NEW]),
            yes("new", "all") | no("own", "own vlan 5", "own 1514")),
    Setting("the changed address stays over stop and start", [], State(macs=[NEW]),
            yes("new") | no("own"), restart=True),
    Setting("the own address back", [f"mac_addr set 0 {OWN}"], State(), yes("own") | no("new")),
    Setting("a group address added as an address", [f"mac_addr add 0 {GROUP_B}"],
            State(macs=[OWN, GROUP_B]), yes("group b") | no("group a")),
    Setting("and removed", [f"mac_addr remove 0 {GROUP_B}"], State(), no("group b")),
    Setting("multicast list of two", [f"mcast_addr add 0 {GROUP_A}", f"mcast_addr add 0 {GROUP_6}"],
            State(groups=[GROUP_A, GROUP_6]),
            yes("group a", "group 6", "group a vlan 5") | no("group b", "lldp")),
    Setting("one removed from the list", [f"mcast_addr remove 0 {GROUP_6}"],
            State(groups=[GROUP_A]), yes("group a") | no("group 6")),
    Setting("the list stays over stop and start", [], State(groups=[GROUP_A]),
            yes("group a") | no("group 6"), restart=True),
    Setting("VLAN filter on with a listed group",
            ["vlan set filter on 0", "rx_vlan add 5 0"],
            State(groups=[GROUP_A], **FILTERING), yes("group a", "group a vlan 5")
            | no("group a vlan 6")),
    Setting("the list emptied", [f"mcast_addr remove 0 {GROUP_A}"], State(**FILTERING),
            no("group a", "group a vlan 5")),
    Setting("VLAN filter with id 5", [], State(**FILTERING),
            yes("own", "all", "own vlan 0", "own vlan 5", "own vlan 5 priority 6", "all vlan 5",
                "own service 5", "own qinq 6 in 5", "own vlan 6 in vlan 5", "own 1518 vlan 5",
                "own 1514")
            | no("own vlan 6", "own vlan 1", "own vlan 4095", "all vlan 6", "other vlan 5",
                 "own service 6", "own qinq 5 in 6", "own 1523 vlan 5", "other")),
    Setting("id 5 removed", ["rx_vlan rm 5 0"], State(filtering=True),
            yes("own", "own vlan 0") | no("own vlan 5", "own 1518 vlan 5", "all vlan 5")),
    Setting("ids 6 and 4094", ["rx_vlan add 6 0", "rx_vlan add 4094 0"],
            State(filtering=True, vlans=[6, 4094]),
            yes("own vlan 6", "own vlan 4094", "own qinq 5 in 6") | no("own vlan 5")),
    Setting("promiscuous with VLAN filter", ["set promisc 0 on"],
            State(promisc=True, filtering=True, vlans=[6, 4094]),
            yes("other", "other vlan 6", "group a vlan 6") | no("other vlan 5", "own vlan 5")),
    Setting("allmulticast with VLAN filter", ["set promisc 0 off", "set allmulti 0 on"],
            State(allmulti=True, filtering=True, vlans=[6, 4094]),
            yes("group a", "group a vlan 6") | no("group a vlan 5", "other vlan 6")),
    Setting("VLAN filter and modes stay over stop and start", [],
            State(allmulti=True, filtering=True, vlans=[6, 4094]),
            yes("own vlan 6", "own vlan 4094", "group a vlan 6", "own")
            | no("own vlan 5", "group a vlan 5", "other"), restart=True),
    Setting("VLAN filter off", ["set allmulti 0 off", "vlan set filter off 0"], State(),
            yes("own vlan 5", "own vlan 6", "own vlan 1", "own vlan 4095")),
    Setting("VLAN filter on again", ["vlan set filter on 0"],
            State(filtering=True, vlans=[6, 4094]),
            yes("own vlan 6", "own vlan 0", "own") | no("own vlan 5")),
    Setting("VLAN filter off at last",
            ["rx_vlan rm 6 0", "rx_vlan rm 4094 0", "vlan set filter off 0"], State(),
            yes("own vlan 1", "own vlan 6")),
    Setting("modes set while stopped", [], State(promisc=True, macs=[OWN, ADDED[1]]),
            yes("other", "added 1", "group a"),
            stopped=["set promisc 0 on", f"mac_addr add 0 {ADDED[1]}"]),
    Setting("modes taken back while stopped", [], State(), yes("own")
            | no("other", "added 1", "group a"),
            stopped=["set promisc 0 off", f"mac_addr remove 0 {ADDED[1]}"]),
    Setting("MTU 9000", [], State(mtu=9000),
            yes("own 1523", "own 1523 vlan 5", "own 9022", "own 1514")
            | no("own 9023", "own 9724", "other 1523"),
            stopped=["port config mtu 0 9000"]),
    Setting("MTU 9000, promiscuous", ["set promisc 0 on"], State(promisc=True, mtu=9000),
            yes("other 1523", "own 9022") | no("own 9724")),
    Setting("the largest MTU", ["set promisc 0 off"], State(mtu=9702),
            yes("own 9023", "own 9724"), stopped=["port config mtu 0 9702"]),
    Setting("MTU 1400", [], State(mtu=1400), yes("own") | no("own 1514", "own 1518 vlan 5"),
            stopped=["port config mtu 0 1400"]),
    Setting("MTU 1500", [], State(), yes("own 1514", "own 1522") | no("own 1523"),
            stopped=["port config mtu 0 1500"]),
]


class Difference:
    """What one driver does otherwise than reception() says, and why that is so."""

    def __init__(self, driver, applies, comes, reason):
        self.driver, self.applies, self.comes, self.reason = driver, applies, comes, reason


DIFFERENCES = [
    Difference("net_ice", lambda state, frame: frame.kind == 0x88CC, True,
               "net_ice takes LLDP over from the firmware: it stops the agent and has a rule that "
               "brings every frame of EtherType 0x88CC, whatever its address. net_aether leaves "
               "the link layer's protocols to the firmware and filters LLDP as anything else"),
    Difference("net_ice", lambda state, frame: frame.dst in state.groups, False,
               "net_ice has no rte_eth_dev_set_mc_addr_list(): it receives groups by allmulticast, "
               "or as addresses of the port (mac_addr add)"),
]


def outcome(driver, state, frame):
    """Whether the frame must come, with this driver. @return (comes, difference or None)"""
    comes = reception(state, frame)
    for difference in DIFFERENCES:
        if (difference.driver == driver and difference.applies(state, frame)
                and difference.comes != comes):
            return difference.comes, difference
    return comes, None


def errors(driver, state):
    """RX-errors of a turn: frames that are too long.

    net_ice limits the MAC, so each counts. net_aether limits its queues, for a port may send
    longer frames than its MTU lets it receive: what the filters keep out is no error to it.
    """
    unlimited = State(**{**state.__dict__, "mtu": 1 << 16})
    return sum(frame.length > state.mtu + OVERHEAD
               and (driver == "net_ice" or reception(unlimited, frame))
               for frame in FRAMES.values())
