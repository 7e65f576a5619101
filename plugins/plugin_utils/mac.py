# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses in any of the usual notations, and the one that is ours."""

from __future__ import annotations

import re

ALLOWED = "a unicast MAC like 00:40:63:c2:ca:c9, 00-40-63-c2-ca-c9, 0040.63c2.cac9 or 004063c2cac9"

_NOTATIONS = (
    re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"),
    re.compile(r"[0-9a-f]{2}(?:-[0-9a-f]{2}){5}"),
    re.compile(r"[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}"),
    re.compile(r"[0-9a-f]{12}"),
)
# IEEE 802: the lowest bit of the first octet tells a group address
_GROUP_BIT = 0x01


def canonical(value: str) -> str:
    """`0040.63C2.CAC9` → `00:40:63:c2:ca:c9`; ValueError tells why a string is no interface's address."""
    lower = value.lower()
    if not any(notation.fullmatch(lower) for notation in _NOTATIONS):
        raise ValueError("is no MAC address")
    digits = re.sub(r"[^0-9a-f]", "", lower)
    octets = bytes.fromhex(digits)
    if not any(octets):
        raise ValueError("is all zeros, no interface has it")
    if octets == b"\xff" * 6:
        raise ValueError("is the broadcast address, no interface has it")
    if octets[0] & _GROUP_BIT:
        raise ValueError("is a multicast address, no interface has it")
    return octets.hex(":")
