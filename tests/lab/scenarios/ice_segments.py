# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""Segmentation that Linux asks of the device beside plain TCP: in VXLAN tunnels, and of UDP."""

import subprocess
import time

from failure import check
from host import tshark
from ice import GUEST_ADDRESS, IceGuest, iperf_result
from scenario import scenario

INNER = "10.79.0"
MEGABYTES = 8
# Wrong checksums, as tshark judges them, inside of tunnels too.
JUDGE = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o",
         "udp.check_checksum:TRUE")
WRONG = "ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0"
UDP_PORT, UDP_SIZE, UDP_SEGMENT, UDP_COUNT = 7000, 60000, 1400, 50
# Sends buffers of UDP_SIZE bytes, each to be cut into datagrams of UDP_SEGMENT bytes.
SENDER = f"""
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
int main(int argc, char **argv)
{{
	static unsigned char data[{UDP_SIZE}];
	struct sockaddr_in to = {{ .sin_family = AF_INET, .sin_port = htons({UDP_PORT}) }};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = {UDP_SEGMENT}, i;

	if (argc != 2 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	if (setsockopt(fd, 17 /* IPPROTO_UDP */, 103 /* UDP_SEGMENT */, &size, sizeof(size)) != 0)
		return perror("UDP_SEGMENT"), 1;
	for (i = 0; i < {UDP_COUNT}; i++) {{
		memset(data, i, sizeof(data));
		if (sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			return perror("sendto"), 1;
	}}
	return 0;
}}
"""


def finish(guest):
    guest.check_messages()
    guest.check_model()


def judge(path, wanted, least):
    """No wrong checksum in the capture, and at least so many frames of what is wanted."""
    wrong = tshark(path, *JUDGE, "-Y", f"ip.src == {GUEST_ADDRESS} && ({WRONG})")
    check(not wrong, f"{len(wrong)} frames with a wrong checksum: {wrong[:3]}")
    frames = tshark(path, *JUDGE, "-Y", f"ip.src == {GUEST_ADDRESS} && {wanted}")
    check(len(frames) >= least, f"{len(frames)} frames of '{wanted}', wanted {least} or more")
    return len(frames)


def tunnel(guest, option):
    host = guest.host
    common = "type vxlan id 7 dstport 4789"
    host.ip("link", "add", "t0", *common.split(), "local", host.address, "remote", GUEST_ADDRESS,
            "dev", host.interface, option)
    host.ip("addr", "add", f"{INNER}.1/24", "dev", "t0")
    host.ip("link", "set", "t0", "mtu", "1450", "up")
    guest.must(f"ip link add t0 {common} local {GUEST_ADDRESS} remote {host.address} "
               f"dev {guest.interface} {option} && ip addr add {INNER}.2/24 dev t0 && "
               "ip link set t0 mtu 1450 up")


def tunnel_down(guest):
    guest.host.ip("link", "del", "t0")
    guest.must("ip link del t0")


@scenario("ice-vxlan", "TCP through VXLAN, segmented by the device with both headers",
          limit=120)
def vxlan(lab):
    guest = IceGuest(lab, modules=("vxlan",)).start()
    host = guest.host
    for option in "noudpcsum", "udpcsum":
        tunnel(guest, option)
        capture = host.capture(option)
        guest.tcpdump("-c 1 -Q out greater 4000", "/tmp/big")
        server = host.start(f"iperf3-{option}", "iperf3", "-s", "-1", "-i", "0", "--forceflush")
        host.wait_output(server, "listening")
        end = iperf_result(guest.must(f"iperf3 -J -c {INNER}.1 -n {MEGABYTES}M || true", 90))
        server.stop(5)
        path, _ = host.stop_capture(capture)
        big = guest.must("sleep 0.2; cat /tmp/big").strip()
        check(big, f"nothing was left to the device to segment, {option}")
        n = judge(path, "vxlan && tcp.len > 0", MEGABYTES * 2**20 // 1450)
        long = tshark(path, "-Y", f"ip.src == {GUEST_ADDRESS} && frame.len > 1514")
        check(not long, f"{len(long)} frames are longer than the MTU allows: {long[:3]}")
        lab.fact(f"VXLAN, {option}", f"{n} segments, all checksums right, "
                 f"{end['sum_received']['bits_per_second'] / 1e9:.2f} Gbit/s on the device model")
        tunnel_down(guest)
    finish(guest)


@scenario("ice-uso", "UDP datagrams that the device cuts out of large ones")
def uso(lab):
    source, program = lab.folder / "sender.c", lab.folder / "sender"
    source.write_text(SENDER)
    subprocess.run(["cc", "-static", "-O1", "-o", program, source], check=True)
    guest = IceGuest(lab, files={"usr/bin/sender": program}).start()
    check(guest.features().get("tx-udp-segmentation"), "tx-udp-segmentation is not on by default")
    host = guest.host
    capture = host.capture("uso", "udp", "port", str(UDP_PORT))
    guest.tcpdump("-c 1 -Q out greater 4000", "/tmp/big")
    guest.must(f"chmod +x /usr/bin/sender && ping -q -c 1 {host.address} && sender {host.address}")
    # tcpdump does not write what it has not read yet when it is stopped.
    end = time.monotonic() + 20
    while capture[1].stat().st_size < UDP_SIZE * UDP_COUNT and time.monotonic() < end:
        time.sleep(0.1)
    path, _ = host.stop_capture(capture)
    check(guest.must("sleep 0.2; cat /tmp/big").strip(), "nothing was left to the device to segment")
    per_buffer = -(-UDP_SIZE // UDP_SEGMENT)
    judge(path, f"udp.dstport == {UDP_PORT} && udp.checksum.status == 1", UDP_COUNT * per_buffer)
    lengths = [int(line) for line in tshark(path, "-Y", f"udp.dstport == {UDP_PORT}", "-T", "fields",
                                            "-e", "udp.length")]
    wanted = ([UDP_SEGMENT + 8] * (UDP_SIZE // UDP_SEGMENT) + [UDP_SIZE % UDP_SEGMENT + 8]) * UDP_COUNT
    check(lengths == wanted, f"{len(lengths)} datagrams, wanted {len(wanted)} of {UDP_SEGMENT}")
    lab.fact("UDP segmentation", f"{len(lengths)} datagrams of {UDP_COUNT} buffers, all checksums right")
    finish(guest)
