# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Linux's ice on the model: probe, link, ethtool's queries, reload."""

import re

from failure import Failure, check
from ice import DEVICE, IceGuest
from scenario import scenario
from suites import KERNELS

# What Linux says on a machine without the package, whatever the hardware: what it finds on the
# disk, and what it makes of that by itself.
NO_PACKAGE = (
    (r"Direct firmware load for intel/ice/ddp/ice\.pkg failed with error -2",
     "the kernel's firmware loader: there is no such file"),
    (r"The DDP package file was not found or could not be read\. Entering Safe Mode",
     "ice's own consequence of that"),
    (r"Fail during requesting FW: -2", "the caller of that tells it once more"),
    (r"RDMA is not supported on this device", "in safe mode ice takes away the capability"),
)
NO_PACKAGE_IN = {
    "6.12": ((r"not enough device MSI-X vectors\. wanted = \d+, available = 2",
              "in safe mode ice allows itself two vectors, yet wants one a CPU and two more"),),
    "7": (),
}


def check_link(guest):
    """100 Gb/s, by the kernel's word and by ethtool's."""
    speed = guest.must(f"cat /sys/class/net/{guest.interface}/speed").strip()
    check(speed == "100000", f"the speed is {speed}")
    text = guest.must(f"ethtool {guest.interface}")
    for wanted in "Speed: 100000Mb/s", "Duplex: Full", "Link detected: yes":
        check(wanted in text, f"ethtool does not say '{wanted}':\n{text}")


@scenario("ice-ddp", "Linux ice probes with its DDP package: no warning, 100 Gb/s, many queues",
          KERNELS)
def with_package(lab):
    guest = IceGuest(lab).start()
    check_link(guest)
    log = "\n".join(guest.messages(7))
    check("The DDP package was successfully loaded: ICE OS Default Package" in log, log)
    queues = guest.must(f"ls -d /sys/class/net/{guest.interface}/queues/rx-* | wc -l").strip()
    check(queues == "2", f"{queues} Rx queues on 2 CPUs")
    guest.check_messages()
    guest.check_model()


@scenario("ice-no-ddp", "Linux ice probes without a DDP package: safe mode, and a ping", KERNELS)
def without_package(lab):
    guest = IceGuest(lab, package=False).start()
    check_link(guest)
    queues = guest.must(f"ls -d /sys/class/net/{guest.interface}/queues/rx-* | wc -l").strip()
    check(queues == "1", f"{queues} Rx queues in safe mode")
    lab.fact("ping", guest.ping(100))
    guest.check_messages(NO_PACKAGE + NO_PACKAGE_IN[lab.kernel_name])
    guest.check_model()


# Each query, and what its answer has to hold.
QUERIES = {
    "-i": (r"^driver: ice$", r"^firmware-version: \d+\.\d+ 0x", r"^bus-info: 0000:"),
    "-S": (r"rx_unicast\.nic: \d+", r"tx_queue_0_packets: \d+"),
    "-k": (r"tcp-segmentation-offload: on", r"rx-checksumming: on", r"generic-receive-offload: on",
           r"rx-vlan-offload: on", r"tx-vlan-offload: on", r"receive-hashing: on"),
    "-g": (r"^RX:\s+8160$", r"^TX:\s+8160$"),
    "-l": (r"^Combined:\s+2$",),
    "-x": (r"RX flow hash indirection table for \w+ with 2 RX ring", r"toeplitz: on"),
    "-d": (r"0x[0-9a-fA-F]+|Offset",),
    "-m": (r"Identifier\s+: 0x11",),
    "-a": (r"^Autonegotiate:", r"^RX:", r"^TX:"),
    "-T": (r"Time stamping parameters|Capabilities",),
    "-c": (r"^Adaptive RX:", r"^rx-usecs:"),
    "--show-fec": (r"Active FEC encoding",),
    "--show-priv-flags": (r"link-down-on-close",),
}


# The loopback test's codes for frames that have not come back.
LATE = re.compile(r"^Loopback test .*\t (9|10)$", re.M)
TRIES = 5


def self_test(lab, guest):
    """It passes. A frame has a millisecond to come back, which the host may not give the model."""
    for tried in range(1, TRIES + 1):
        code, text = guest.run(f"ethtool -t {guest.interface}", 40)
        guest.wait_carrier(True)
        failed = re.findall(r"^.*\t [1-9]\d*$", text, re.M)
        if code == 0:
            check(not failed, f"the self-test passes with failures:\n{text}")
            lab.fact("ethtool -t", f"{text.splitlines()[0]}, at try {tried}")
            return
        check(len(failed) == 1 and LATE.fullmatch(failed[0]), f"the self-test fails:\n{text}")
    raise Failure(f"in {TRIES} self-tests no frame comes back in time:\n{text}")


@scenario("ice-ethtool", "ethtool's queries are answered, or refused cleanly", KERNELS)
def ethtool(lab):
    guest = IceGuest(lab).start()
    for query, wanted in QUERIES.items():
        code, text = guest.run(f"ethtool {query} {guest.interface}")
        if code != 0:
            check("not supported" in text, f"ethtool {query} fails, and not by refusal: {text}")
            lab.fact(f"ethtool {query}", "refused: " + text.strip().splitlines()[-1])
            continue
        for pattern in wanted:
            check(re.search(pattern, text, re.M), f"ethtool {query} lacks '{pattern}':\n{text}")
        lab.fact(f"ethtool {query}", f"{len(text.splitlines())} lines")
    # Queries with an effect: identify, a self-test that takes the link down, renegotiation.
    guest.must(f"ethtool -p {guest.interface} 1")
    self_test(lab, guest)
    guest.check_messages()
    guest.check_model()


@scenario("ice-ping", "ping -c 1000 -i 0.01 from the guest to a TAP of the host loses none",
          KERNELS)
def ping(lab):
    guest = IceGuest(lab).start()
    lab.fact("1000 pings", guest.ping(1000))
    lab.fact("100 pings of 1472 bytes", guest.ping(100, options="-s 1472 -M do"))
    guest.check_messages()
    guest.check_model()


@scenario("ice-link", "link down and up is seen on both sides: a pulled cable, ip link set",
          KERNELS)
def link(lab):
    guest = IceGuest(lab).start()
    for _ in range(3):
        lab.model.cable(DEVICE, "down")
        guest.wait_carrier(False)
        guest.host.wait_carrier(False)
        lab.model.cable(DEVICE, "up")
        guest.wait_carrier(True)
        guest.host.wait_carrier(True)
    guest.ping(20)
    # As on hardware: unless told otherwise, ice leaves the light on.
    guest.must(f"ip link set {guest.interface} down; sleep 0.5")
    guest.host.wait_carrier(True)
    guest.must(f"ip link set {guest.interface} up")
    guest.wait_carrier(True)
    guest.must(f"ethtool --set-priv-flags {guest.interface} link-down-on-close on")
    guest.must(f"ip link set {guest.interface} down")
    guest.host.wait_carrier(False)
    guest.must(f"ip link set {guest.interface} up")
    guest.host.wait_carrier(True)
    guest.wait_carrier(True)
    guest.ping(20)
    guest.host.ip("link", "set", guest.host.interface, "down")
    guest.wait_carrier(False)
    guest.host.ip("link", "set", guest.host.interface, "up")
    guest.wait_carrier(True)
    guest.ping(20)
    log = "\n".join(guest.messages(7))
    downs, ups = log.count("NIC Link is Down"), log.count("NIC Link is up 100 Gbps Full Duplex")
    lab.fact("link messages", f"{downs} down, {ups} up")
    check(downs >= 4 and ups >= 5, f"ice tells of {downs} times down, {ups} times up:\n{log}")
    guest.check_messages()
    guest.check_model()


@scenario("ice-reload", "rmmod and modprobe ten times", KERNELS)
def reload(lab):
    guest = IceGuest(lab).start()
    for time in range(10):
        guest.must("rmmod ice")
        guest.load()
        guest.up()
        try:
            guest.ping(5)
        except Failure as failure:
            raise Failure(f"after reload {time + 1}: {failure}") from failure
    lab.fact("reloads", 10)
    guest.check_messages()
    guest.check_model()
