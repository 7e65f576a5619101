# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses in any of the usual notations, and the one that is ours."""

from __future__ import annotations

import re
import sys

from ansible.errors import AnsibleFilterError

try:
    from netaddr import EUI, mac_unix_expanded
except ImportError:
    EUI = None

ALLOWED = "a unicast MAC like 00:40:63:c2:ca:c9, 00-40-63-c2-ca-c9, 0040.63c2.cac9 or 004063c2cac9"
QUOTED = "a MAC in quotes and with colons, like '00:40:63:c2:ca:c9'"

# netaddr knows many more, also some with fewer digits, which are more often mistakes
_NOTATION = re.compile(
    r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12}",
    re.IGNORECASE | re.ASCII,
)
_BROADCAST = 0xFFFFFFFFFFFF
# IEEE 802: the lowest bit of the first octet tells a group address
_GROUP_BIT = 0x01


def digits(number: float) -> str | None:
    """The twelve digits of a MAC that YAML has read as a number; None where it may have been written otherwise.

    Leading zeros are gone or mean an octal number, colons (11:22:33:44:55:06) a number to the base of 60: neither
    comes to as much as twelve digits.
    """
    return str(number) if isinstance(number, int) and 10**11 <= number < 10**12 else None


def canonical(value: str) -> str:
    """`0040.63C2.CAC9` → `00:40:63:c2:ca:c9`; ValueError tells why a string is no interface's address."""
    if EUI is None:
        raise AnsibleFilterError(
            "diskless.netboot needs the Python package netaddr where Ansible runs; "
            f"install it: {sys.executable} -m pip install netaddr"
        )
    if not _NOTATION.fullmatch(value):
        raise ValueError("is no MAC address")
    address = EUI(value, version=48, dialect=mac_unix_expanded)
    if int(address) == 0:
        raise ValueError("is all zeros, no interface has it")
    if int(address) == _BROADCAST:
        raise ValueError("is the broadcast address, no interface has it")
    if address.words[0] & _GROUP_BIT:
        raise ValueError("is a multicast address, no interface has it")
    return str(address)
