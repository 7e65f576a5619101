# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv4 addresses and lists of them, as strings without prefix length."""

from __future__ import annotations

import ipaddress
import re

from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, matching, texts

ALLOWED = "an IPv4 address like 192.168.1.21"
SEVERAL_ALLOWED = "IPv4 addresses like 192.168.1.21"


def address_fault(value: str) -> str | None:
    """Why a string is no IPv4 address of one machine."""
    if ":" in value:
        return "is an IPv6 address or has a port; only IPv4 is served"
    if "/" in value:
        return "has a prefix length"
    if re.fullmatch(r"\d+(\.\d+){3}", value, re.ASCII) and re.search(r"(^|\.)0\d", value, re.ASCII):
        return "has a leading zero, which some programs read as octal"
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return "is no IPv4 address"
    return _special(address)


def _special(address: ipaddress.IPv4Address) -> str | None:
    if address.is_multicast:
        return "is a multicast address"
    if address.is_loopback:
        return "is a loopback address"
    if address.is_unspecified:
        return "is the unspecified address"
    return "is a reserved address" if address.is_reserved else None


def address(place: Place, value: Plain) -> str | None:
    """The address, or None after an error."""
    return matching(place, value, address_fault, ALLOWED)


def addresses(place: Place, value: Plain) -> list[str]:
    """The good addresses of a list; errors for the others."""
    return texts(place, value, address_fault, ALLOWED, SEVERAL_ALLOWED)
