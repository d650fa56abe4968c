# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""dpdk-testpmd's prompt, as it comes out while other threads print lines of their own into it."""

import re

# The log of EAL and of driver and model on both sides, and testpmd's own events: whole lines.
SPEAKERS = r"(?:Port \d+:|EAL:|ETHDEV:|aether_model |net_aether[: ])"
NOISE = rf"(?:\n|{SPEAKERS}[^\n]*\n)*"
PROMPT = re.compile(NOISE.join(map(re.escape, "testpmd> ")))
