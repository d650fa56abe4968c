#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# aether-fwd on DPDK's own net_pcap ports, which none of us wrote: captures go in and come out.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=captures.sh
. "$(dirname "${BASH_SOURCE[0]}")/captures.sh"

data=${AETHER_DATA:?names the folder tests/data}
afs=$data/afs.pcap
mptcp=$data/mptcp-v0.pcap

forward "0@$first,1@$second" "net_pcap0,rx_pcap=$afs,tx_pcap=$work/o0" \
	"net_pcap1,rx_pcap=$mptcp,tx_pcap=$work/o1" --
expect 'io, port 0 to 1' "$afs" "$work/o1"
expect 'io, port 1 to 0' "$mptcp" "$work/o0"
reported 'r["rx_packets"] == r["tx_packets"] == 601 + 264 and r["tx_dropped"] == 0'
reported '[p["device_counters"]["ipackets"] for p in r["ports"]] == [601, 264]'
reported '[p["device_counters"]["opackets"] for p in r["ports"]] == [264, 601]'

forward "0@$first" "net_pcap0,rx_pcap=$afs,tx_pcap=$work/o0" \
	"net_pcap1,rx_pcap=$mptcp,tx_pcap=$work/o1" -- --mode macswap --burst 7
expect 'macswap on the main lcore, port 0 to 1' "$afs" "$work/o1" "$swapped"
expect 'macswap on the main lcore, port 1 to 0' "$mptcp" "$work/o0" "$swapped"

# Four ports, two pairs, one worker: main takes the second pair.
forward "0@$first,1@$second" "net_pcap0,rx_pcap=$afs,tx_pcap=$work/o0" \
	"net_pcap1,rx_pcap=$mptcp,tx_pcap=$work/o1" \
	"net_pcap2,rx_pcap=$mptcp,tx_pcap=$work/o2" \
	"net_pcap3,rx_pcap=$afs,tx_pcap=$work/o3" -- --pairs 0-2,1-3
expect 'two pairs, port 0 to 2' "$afs" "$work/o2"
expect 'two pairs, port 3 to 1' "$afs" "$work/o1"
expect 'two pairs, port 2 to 0' "$mptcp" "$work/o0"
expect 'two pairs, port 1 to 3' "$mptcp" "$work/o3"

# The source is the port's own address, which net_pcap makes of the letters "pcap".
forward "0@$first,1@$second" "net_pcap0,rx_pcap=$afs,tx_pcap=$work/o0" -- \
	--mode mac --eth-dest 0,0a:0b:0c:0d:0e:0f
expect 'mac, a port to itself' "$afs" "$work/o0" \
	's/^(\t0x0000:  )(.{14}) (.{14})/\10a0b 0c0d 0e0f 0270 6361 7000/'

# shellcheck disable=SC2046
make_capture "$work/jumbo" $(seq 9018 -97 60)
forward "0@$first,1@$second" "net_pcap0,rx_pcap=$work/jumbo,tx_pcap=$work/o0" -- \
	--mtu 9000 --mode macswap
expect 'jumbo frames' "$work/jumbo" "$work/o0" "$swapped"
reported 'r["configuration"]["mbuf_data_room"] >= 9018 + 128'

# Frames with no whole Ethernet header come out as they were.
# shellcheck disable=SC2046
make_capture "$work/runts" $(seq 1 13)
forward "0@$first,1@$second" "net_pcap0,rx_pcap=$work/runts,tx_pcap=$work/o0" -- --mode macswap
expect 'runts' "$work/runts" "$work/o0"
grep -q '13 packets without a whole Ethernet header' "$work/log" || fail 'runts are not reported'
