# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# Read by the scripts that forward captures: how aether-fwd is run, and how what comes out is compared,
# every byte of every frame in order, as tcpdump reads both.
# shellcheck shell=bash disable=SC2034

fwd=${AETHER_FWD:?names the aether-fwd program}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -r first second < <(python3 -c '
import os
cpus = sorted(os.sched_getaffinity(0))
print(cpus[0], cpus[1 % len(cpus)])')

fail()
{
	printf 'FAILED: %s\n' "$*" >&2
	[ ! -f "$work/log" ] || tail -n 20 "$work/log" >&2
	exit 1
}

# forward <lcores> <vdev>... -- <options>: runs aether-fwd until nothing moves for a while and wants
# exit code 0. Its output is in $work/log, its report in $work/report.
forward()
{
	local lcores=$1 devices=()

	shift
	while [ "$1" != -- ]; do
		devices+=(--vdev "$1")
		shift
	done
	"$fwd" --no-huge -m 256 --no-pci --no-telemetry --file-prefix "fwdtest$$" \
		--lcores "$lcores" "${devices[@]}" "$@" --idle-exit-ms 1000 \
		--json "$work/report" >"$work/log" 2>&1 || fail "aether-fwd $*: exit code $?"
}

# reported <expression>: wants a Python expression over the report, r, to be true.
reported()
{
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' \
		"$work/report" "$1" || fail "the report does not say: $1"
}

# The frames of a capture in hexadecimal, without times. Through a pipe: a tcpdump that root starts
# becomes another user before it opens files.
frames()
{
	tcpdump -r - -t -n -q -xx -s 0 <"$1" 2>/dev/null | grep -P '^\t0x' || true
}

# expect <name> <in> <out> [<sed script that turns a frame's first line into the wanted one>]
expect()
{
	frames "$2" | sed -E "${4:-}" >"$work/wanted"
	frames "$3" >"$work/found"
	[ -s "$work/wanted" ] || fail "$1: tcpdump reads no frames from $2"
	cmp "$work/wanted" "$work/found" || fail "$1: what came out is not what was wanted"
	printf 'ok: %s: %s frames\n' "$1" "$(grep -c 0x0000: "$work/found")"
}

# make_capture <file> <size>...: a capture of one frame a size, each of seeded random bytes.
make_capture()
{
	python3 - "$@" <<'PY'
import random, struct, sys

random.seed(20261120)
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for n, size in enumerate(map(int, sys.argv[2:])):
        f.write(struct.pack("<IIII", n, 0, size, size) + random.randbytes(size))
PY
}

# For expect: the addresses of a frame exchanged.
swapped='s/^(\t0x0000:  )(.{14}) (.{14})/\1\3 \2/'
