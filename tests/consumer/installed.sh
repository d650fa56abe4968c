#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
#
# Installs into a prefix of its own and uses what is there as a stranger would: an
# application built outside of the tree, stock testpmd with -d, and aether-fwd.
# Arguments: options for the meson setup of that installation.

set -euo pipefail

# EAL loads no plug-in from below a folder that everybody may write to.
private_folder()
{
	local base dir

	for base in "$AETHER_BUILD" "$HOME"; do
		dir=$base
		while [ "$dir" != / ] && [ -z "$(find "$dir" -maxdepth 0 -perm -o+w)" ]; do
			dir=$(dirname "$dir")
		done
		if [ "$dir" = / ]; then
			mktemp -d "$base/installed.XXXXXX"
			return
		fi
	done
	echo "SKIP: $AETHER_BUILD and $HOME lie below folders that everybody may write to" >&2
	exit 77
}

eal=(--no-huge -m 256 --no-pci --no-telemetry --file-prefix="installed$$"
	--vdev net_aether0,wire=loop)

run()
{
	printf '+ %s\n' "$*"
	timeout 60 "$@"
}

# testpmd leaves at the end of its input; the port must have been there.
testpmd_sees_port()
{
	local out
	out=$(printf 'show port summary all\nquit\n' |
		run dpdk-testpmd -d "$1" "${eal[@]}" -- -i --total-num-mbufs=8192 2>&1) || { echo "$out"; return 1; }
	grep -q 'net_aether0' <<<"$out" || { echo "$out"; return 1; }
}

top=$(private_folder)
trap 'rm -rf "$top"' EXIT
prefix="$top/prefix"

# Only what is installed may be found, not the build that this test belongs to.
unset LD_LIBRARY_PATH
meson setup "$top/build" "$AETHER_SRC" --prefix "$prefix" -Dbuildtype=debug -Dtests=false "$@" \
	>"$top/log" || { cat "$top/log"; exit 1; }
ninja -j "$(nproc)" -C "$top/build" install >"$top/log" || { cat "$top/log"; exit 1; }

pc=$(dirname "$(find "$prefix" -name librte_aether.pc)")
export PKG_CONFIG_PATH="$pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
libdir=$(dirname "$pc")

# The programs are built from a copy, so that nothing of the tree is in reach.
cp "$AETHER_SRC"/tests/consumer/{consumer.c,Makefile} "$top/"
programs=(consumer consumer-reversed consumer-plain)
make -s -C "$top" "${programs[@]}"
for program in "${programs[@]}"; do
	run env LD_LIBRARY_PATH="$libdir" "$top/$program" "${eal[@]}"
done

make -s -C "$top" consumer-static
if readelf -d "$top/consumer-static" | grep 'NEEDED.*librte_'; then
	echo "consumer-static needs the shared libraries above" >&2
	exit 1
fi
run "$top/consumer-static" "${eal[@]}"

testpmd_sees_port "$libdir/librte_net_aether.so"
testpmd_sees_port "$(dirname "$(find "$libdir/dpdk" -name librte_net_aether.so)")"
run "$prefix/bin/aether-fwd" "${eal[@]}" -- --duration 1
run "$prefix/bin/aether-model" --version
