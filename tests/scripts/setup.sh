#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# scripts/setup where there is nothing to do, and on a machine that it cannot set up.

set -euo pipefail
cd "$AETHER_SRC"

fail()
{
	printf 'FAILED: %s\n' "$@" >&2
	exit 1
}

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

# It promises less than a second; of CPU time, since others may be busy.
before=$(stat -c %Y .dpdk-sdk/version 2>/dev/null || true)
TIMEFORMAT='%U %S'
took=$({ time scripts/setup >"$top/said" 2>&1; } 2>&1) ||
	fail "scripts/setup fails after itself: $(cat "$top/said")"
awk '{ exit $1 + $2 > 3 }' <<<"$took" ||
	fail "with nothing to do, scripts/setup took $took s of CPU time (user and system)"
out=$(cat "$top/said")
rm "$top/said"
[ -z "$out" ] || fail "with nothing to do, scripts/setup says: $out"
[ "$before" = "$(stat -c %Y .dpdk-sdk/version 2>/dev/null || true)" ] ||
	fail "with nothing to do, scripts/setup fetched the headers again"

# Every program of this machine but apt-get, ninja and pcap's tool: not Debian, and lacking two.
ln -s /usr/bin/* "$top/"
rm "$top"/{apt-get,ninja,tcpdump}
if out=$(PATH=$top scripts/setup 2>&1); then
	fail "scripts/setup succeeds without ninja and tcpdump"
fi
grep -qx '    ninja' <<<"$out" || fail "ninja is not named as missing: $out"
grep -qx '    tcpdump' <<<"$out" || fail "tcpdump is not named as missing: $out"
grep -q 'ninja-build tcpdump' <<<"$out" || fail "the packages are not named: $out"
if grep -qE '^    (meson|DPDK|python3)' <<<"$out"; then
	fail "something is named as missing that is there: $out"
fi
