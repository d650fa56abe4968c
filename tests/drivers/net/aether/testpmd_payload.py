#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors

"""Frames of 60 to 9,600 bytes with seeded random payloads go through stock testpmd in io mode, by
captures on both sides and in both directions, in one large mbuf each and scattered over small ones.
tcpdump reads what came out, and what went in: every byte and the order must be the same."""

import os
import random
import shutil
import struct
import subprocess
import tempfile
import time

from testpmd import Testpmd, sanitized, skip

COUNT = 150 if sanitized() else 1500  # fits a Tx ring of 2048
LENGTHS = [60, 61, 64, 65, 127, 128, 1514, 2047, 2048, 2049, 4095, 4096, 4097, 9599, 9600]


def write_capture(path, port):
    """A capture of frames for a port, of which the first have the lengths at the edges."""
    rng = random.Random(port)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(COUNT):
            length = LENGTHS[i] if i < len(LENGTHS) else rng.randint(60, 9600)
            # To the port's own address, for testpmd goes promiscuous after the port has started;
            # an EtherType that nothing interprets.
            frame = bytes((2, 0, 0, 0, 0, port)) + rng.randbytes(6) + b"\x88\xb5"
            frame += rng.randbytes(length - len(frame))
            file.write(struct.pack("<IIII", i, 0, length, length) + frame)


def dump(path):
    """Every packet of a capture in hexadecimal, as tcpdump reads it."""
    program = shutil.which("tcpdump") or shutil.which("tcpdump", path="/usr/sbin:/sbin")
    if program is None:
        skip("tcpdump is not installed")
    return subprocess.run([program, "-n", "-t", "-xx", "-r", path], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def forward(name, folder, args, expected_bursts):
    ins = [os.path.join(folder, f"{name}-in{i}.pcap") for i in (0, 1)]
    outs = [os.path.join(folder, f"{name}-out{i}.pcap") for i in (0, 1)]
    for port, path in enumerate(ins):
        write_capture(path, port)
    vdevs = [f"net_aether{i},mac=02:00:00:00:00:{i:02x},"
             f"wire=pcap:in={ins[i]}:out={outs[i]}:pace=lossless" for i in (0, 1)]
    # testpmd drops what a Tx ring cannot take, so that one has room for all.
    with Testpmd(vdevs, ["--max-pkt-len=9644", "--txd=2048", *args]) as pmd:
        for burst, queue in zip(expected_bursts, ("rxq", "txq")):
            text = pmd.command(f"show {queue} info 0 0")
            assert f"Burst mode: {burst}\n" in text, text
        pmd.command("start")
        end = time.monotonic() + 60
        while any(pmd.stats(port)["TX-packets"] < COUNT for port in (0, 1)):
            assert time.monotonic() < end, (pmd.stats(0), pmd.stats(1))
            time.sleep(0.1)
        pmd.command("stop")
        for port in 0, 1:
            stats, xstats = pmd.stats(port), pmd.xstats(port)
            assert stats["RX-packets"] == stats["TX-packets"] == COUNT, stats
            assert xstats["model_dma_faults"] == xstats["model_mdd_events"] == 0, xstats
    for source, sink in ((0, 1), (1, 0)):
        sent, received = dump(ins[source]), dump(outs[sink])
        assert sent.count(b"0x0000:") == COUNT
        assert sent == received, f"{name}: {ins[source]} and {outs[sink]} differ"
    print(f"{name}: 2 x {COUNT} frames of 60 to 9600 bytes came out as they went in")


with tempfile.TemporaryDirectory() as folder:
    forward("single", folder, ["--mbuf-size=10240", "--total-num-mbufs=8192"],
            ("Scalar", "Scalar Simple"))
    forward("scattered", folder,
            ["--enable-scatter", "--tx-offloads=0x8000", "--total-num-mbufs=32768"],
            ("Scalar Scattered", "Scalar"))
