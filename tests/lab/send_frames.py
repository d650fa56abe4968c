# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""send_frames.py <interface> <frame in hex>...: puts frames on a wire."""

import socket
import sys

with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
    line.bind((sys.argv[1], 0))
    for frame in sys.argv[2:]:
        line.send(bytes.fromhex(frame))
