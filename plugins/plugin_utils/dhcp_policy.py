# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DHCP servers of the role have in common: the checks of a boot policy, and what a client must send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import HTTP_CLIENT, IPXE, LOADERS, Rule

POLICY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
VARIABLE = "dhcp_server_boot_policy"
FIRST_VARIABLE = "dhcp_server_boot_policy_first"

# What all three servers carry literally: their files have different ways to write a quote, a backslash or a byte above
# 126, and TFTP's names and PXE's classes are ASCII anyway (RFC 1350, section 5; PXE 2.1, section 2.2).
PLAIN_TEXT = re.compile(r"[ !#-\[\]-~]*")
# BOOTP's field for it has 128 bytes, the last of which is NUL (RFC 2131, section 2).
LONGEST_BOOT_FILE = 127
# Of options 60 and 77: one byte tells their length (RFC 2132), and another one tells a user class's (RFC 3004).
LONGEST_CLASS = 254
# ISC's dhcpd and dnsmasq tell one byte in hexadecimal digits from a number by nothing.
SHORTEST_CLASS = 2

PXE_CLIENT = "PXEClient"

# Where iPXE looks for options of its own (https://ipxe.org/howto/dhcpd), each after its number and its length.
IPXE_OPTIONS = 175
# "no-pxedhcp": without it iPXE waits two to three seconds for ProxyDHCP each time that it starts.
IPXE_ANSWER = bytes([176, 1, 1])


def check(rules: Sequence[Mapping[str, Any]], variable: str = VARIABLE) -> list[Rule]:
    """Give the rules with all their fields; those that may be missing are `loaders`, `architectures` and the classes.

    :raises ValueError: for a name that is used twice or is no name, a loader that nobody knows, an architecture that is
        no unsigned 16-bit number, a text that a server could not carry literally. It begins with ``variable``.
    """
    good: list[Rule] = []
    for item in rules:
        name = item["name"]
        if not POLICY_NAME.fullmatch(name):
            raise ValueError(f"{variable}: {name!r} is no name: lower-case letters, digits, '-' and '_' are allowed")
        if name in [one["name"] for one in good]:
            raise ValueError(f"{variable}: {name!r} is there twice")
        good.append(_rule(name, item, variable))
    return good


def _rule(name: str, item: Mapping[str, Any], variable: str) -> Rule:
    where = f"{variable}: {name}"
    loaders = list(item.get("loaders") or [])
    for loader in loaders:
        if loader not in LOADERS:
            raise ValueError(f"{where}: {loader!r} is no loader: {', '.join(LOADERS)} are")
    architectures = [int(number) for number in item.get("architectures") or []]
    for number in architectures:
        if not 0 <= number <= 0xFFFF:
            raise ValueError(f"{where}: architecture {number} is not between 0 and 65535")
    user_class = item.get("user_class") or ""
    vendor_class = item.get("vendor_class") or ""
    for key, text in (("user_class", user_class), ("vendor_class", vendor_class)):
        _plain(f"{where}: {key}", text)
        if text and not SHORTEST_CLASS <= len(text) <= LONGEST_CLASS:
            raise ValueError(f"{where}: {key} must have {SHORTEST_CLASS} to {LONGEST_CLASS} characters")
    boot_file = item["boot_file"]
    if not 0 < len(boot_file.encode()) <= LONGEST_BOOT_FILE:
        raise ValueError(f"{where}: the boot file's name must have 1 to {LONGEST_BOOT_FILE} bytes")
    _plain(f"{where}: boot_file", boot_file)
    # dnsmasq takes blanks away on both sides of a comma, also where they stand in quotes (option.c, split_chr()).
    if boot_file != boot_file.strip(" "):
        raise ValueError(f"{where}: boot_file: {boot_file!r} holds a space at an end")
    return {
        "name": name,
        "loaders": loaders,
        "architectures": architectures,
        "user_class": user_class,
        "vendor_class": vendor_class,
        "boot_file": boot_file,
    }


def _plain(where: str, text: str) -> None:
    if not PLAIN_TEXT.fullmatch(text):
        raise ValueError(f"{where}: {text!r} holds a character other than ASCII's without quote and backslash")


def answered_vendor_class(rule: Rule) -> str:
    """Give the vendor class of the answer, or nothing: firmware that boots by HTTP takes no answer without its own."""
    return HTTP_CLIENT if rule["vendor_class"].startswith(HTTP_CLIENT) else ""


def any_of(tests: Iterable[str]) -> list[str]:
    """Give one test that is true where any of them is, in the words of Kea and of ISC's dhcpd; none for none."""
    several = list(tests)
    return [f"({' or '.join(several)})"] if several else []


def user_class_forms(text: str) -> list[bytes]:
    """Give what option 77 may begin with, nothing where it does not matter.

    iPXE sends the bare text, RFC 3004 wants a byte with its length before it.
    """
    raw = text.encode("ascii")
    return [raw, bytes([len(raw)]) + raw] if raw else []


def ipxe_forms() -> list[bytes]:
    """Give what option 77 of an iPXE may begin with, whatever it is to boot."""
    return user_class_forms(IPXE)


def vendor_class_forms(rule: Rule) -> list[bytes]:
    """Give what option 60 must begin with, nothing where it does not matter."""
    return [rule["vendor_class"].encode("ascii")] if rule["vendor_class"] else []
