#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# aether-fwd on two ports of net_aether, each an embedded device model with a wire of its own.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=captures.sh
. "$(dirname "${BASH_SOURCE[0]}")/captures.sh"

data=${AETHER_DATA:?names the folder tests/data}
afs=$data/afs.pcap
mptcp=$data/mptcp-v0.pcap
all_adds_up='r["problems"] == [] and r["leaked_buffers"] == 0 and r["measured_on_device_model"]'

# ports <wire of port 0> <wire of port 1>: the devices, in the array of that name.
ports()
{
	devices=("net_aether0,wire=$1" "net_aether1,wire=$2")
}

both_captures()
{
	ports "pcap:in=$afs:out=$work/o0:pace=lossless" "pcap:in=$mptcp:out=$work/o1:pace=lossless"
}

# One lcore forwards; the model's thread has the rest of the machine.
one="0@$second"

both_captures
forward "$one" "${devices[@]}" --
expect 'io, port 0 to 1' "$afs" "$work/o1"
expect 'io, port 1 to 0' "$mptcp" "$work/o0"
reported "$all_adds_up"
reported 'r["rx_packets"] == r["tx_packets"] == 601 + 264 and r["tx_dropped"] == 0'
reported 'r["configuration"]["mbuf_header_l1_sets"] == 64'

both_captures
forward "$one" "${devices[@]}" -- --mode macswap --burst 5 --rxd 64 --txd 64
expect 'macswap, short rings, port 0 to 1' "$afs" "$work/o1" "$swapped"
expect 'macswap, short rings, port 1 to 0' "$mptcp" "$work/o0" "$swapped"
reported "$all_adds_up"

# From the shortest frame to the longest that a 9600-byte MTU lets through, in buffers of 2 KiB.
# shellcheck disable=SC2046
make_capture "$work/jumbo" $(seq 9614 -61 60)
ports "pcap:in=$work/jumbo:pace=lossless" "pcap:out=$work/o1"
forward "$one" "${devices[@]}" -- --portmap 0:1 --mtu 9600
expect 'jumbo frames in several buffers' "$work/jumbo" "$work/o1"
reported "$all_adds_up"
reported 'r["configuration"]["scatter"] and r["configuration"]["mbuf_data_room"] < 2500'

# Paced so that a build with sanitizers keeps up as well; what a busy machine drops is counted.
ports gen:size=64:count=100000:pace=100000 sink
forward "$one" "${devices[@]}" -- --portmap 0:1 --mode macswap
reported "$all_adds_up"
reported 'r["ports"][0]["wire"]["rx"]["offered"] == 100000'
reported 'r["ports"][0]["wire"]["rx"]["dropped"] + r["rx_packets"] == 100000'
reported 'r["ports"][0]["wire"]["source"]["finished"]'
reported 'r["ports"][1]["wire"]["tx"]["packets"] == r["rx_packets"]'
reported 'r["ports"][1]["wire"]["latency"]["count"] == r["rx_packets"]'
reported '(lambda l: 0 < l["min_ns"] <= l["p50_ns"] <= l["p90_ns"] <= l["p99_ns"] <= l["p99_9_ns"]
	<= l["p99_99_ns"] <= l["max_ns"])(r["ports"][1]["wire"]["latency"])'
reported '"not measured" in open(sys.argv[1][:-6] + "log").read()'
printf 'ok: generated packets: counts and latency\n'

# Far more than can be taken: the rest is dropped by the device, and counted.
ports gen:size=64:count=2000000:pace=100000000 sink
forward "$one" "${devices[@]}" -- --portmap 0:1
reported "$all_adds_up"
reported 'r["ports"][0]["wire"]["rx"]["offered"] == 2000000'
reported 'r["ports"][0]["wire"]["rx"]["dropped"] + r["rx_packets"] == 2000000'
reported 'r["ports"][0]["device_counters"]["imissed"] == r["ports"][0]["wire"]["rx"]["dropped"]'
printf 'ok: overload: every packet delivered or counted\n'

# The same without drops: the generator is held back instead.
ports gen:size=64:count=500000:pace=lossless sink
forward "$one" "${devices[@]}" -- --portmap 0:1 --mode macswap
reported "$all_adds_up"
reported 'r["rx_packets"] == r["tx_packets"] == 500000'
printf 'ok: lossless: all of 500000\n'

# Two ports, each forwarding to itself, on two lcores: a worker and main.
ports gen:size=64:count=50000:pace=lossless gen:size=1518:count=50000:pace=lossless
forward "0@$first,1@$second" "${devices[@]}" -- --portmap 0:0,1:1 --mode macswap
reported "$all_adds_up"
reported '[p["rx_packets"] for p in r["ports"]] == [50000, 50000]'
reported 'len(r["lcores"]) == 2'
printf 'ok: two lcores\n'
