#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 Aether contributors
"""prompt.py, with what was seen of interrupted prompts, and with what is none."""

import unittest

from prompt import PROMPT

FIRMWARE = "net_aether net_aether1: the firmware reports 0x110: all configured types tried\n"
LINK = "net_aether: net_aether1: link down: a signal comes in and cannot be decoded\n"


class Prompt(unittest.TestCase):
    def test_found(self):
        for text in ("testpmd> ", "Done\ntestpmd> ", "test\nPort 0: link state change event\npmd> ",
                     f"t{FIRMWARE}{LINK}estpmd> ", f"testpmd>{LINK} ", "tes\ntpmd> ",
                     "testaether_model net_aether0: cable is out\npmd> "):
            self.assertTrue(PROMPT.search(text), text)

    def test_not_found(self):
        for text in ("", "testpmd: create a new mbuf pool", "testpmd>", f"t{FIRMWARE}estpmd",
                     "test that was not a log line\npmd> ", f"t{FIRMWARE[:-1]}estpmd> "):
            self.assertFalse(PROMPT.search(text), text)


if __name__ == "__main__":
    unittest.main()
