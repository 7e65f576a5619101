# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names, paths and words may look like, so that none leaves its folder or breaks out of a file that holds it.

Each `..._fault` returns what is wrong with a string, or None when nothing is. The rules are lists of what is allowed:
what is not needed in a name is refused, whatever the syntax of the file that it ends up in.
"""

from __future__ import annotations

import os.path
import re

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files

LABEL_ALLOWED = (
    "1 to 63 letters, digits and hyphens, no hyphen at either end (RFC 1123) or in both third and fourth place"
)
DOMAIN_ALLOWED = "RFC 1123 labels joined by dots, at most 253 characters"
NAME_ALLOWED = "1 to 63 letters, digits, '_', '-' and '.', beginning with a letter or digit, without '..'"
PATH_ALLOWED = "an absolute path without '.' or '..', of letters, digits and '_@+.-'"
INTERFACE_ALLOWED = "1 to 15 letters, digits, '_', '-' and '.' (ip-link(8))"
UNIT_ALLOWED = "names of systemd units, of letters, digits and ':_.@-'"
PACKAGE_ALLOWED = "names of Debian packages: lower-case letters, digits and '+-.', at least two (Debian Policy 5.6.1)"

# RFC 1123, 2.1: letters, digits, hyphens, 63 octets, may begin with a digit
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PATH = re.compile(r"(?:/[A-Za-z0-9_@+.-]+)+")
# IFNAMSIZ is 16 with its NUL
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.@-]{0,200}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{1,100}")
_BREAKERS = "\"'`{}[]()<>#;\\$&|*?!%"


def hidden_fault(value: str) -> str | None:
    """What no file of ours survives: NUL, line breaks, control characters, invisible characters."""
    if "\0" in value:
        return "holds a NUL"
    if any(character in value for character in "\n\r\x0b\x0c\x85\u2028\u2029"):
        return "holds a line break"
    if not value.isprintable():
        return "holds a control character"
    return None


def _unsafe(value: str, *, path: bool = False) -> str | None:
    """The most telling reason why a string that does not match its rule is dangerous, None where it is only wrong."""
    fault = hidden_fault(value)
    if fault:
        return fault
    if ".." in value.split("/") or (not path and ("/" in value or ".." in value)):
        return "would leave its folder"
    breaker = next((character for character in value if character in _BREAKERS), None)
    if breaker:
        return f"holds {breaker!r}"
    return "holds a space" if " " in value else None


def label_fault(value: str) -> str | None:
    """A hostname, as all DHCP servers take it."""
    if not _LABEL.fullmatch(value):
        return _unsafe(value) or "is no hostname"
    # RFC 5891, 4.2.3.1: kept for encoded names; dnsmasq refuses them where it cannot decode them
    return "has hyphens in its third and fourth place" if value[2:4] == "--" else None


def domain_fault(value: str) -> str | None:
    good = len(value) <= 253 and all(_LABEL.fullmatch(label) for label in value.split("."))
    return None if good else _unsafe(value, path=True) or "is no domain name"


def name_fault(value: str) -> str | None:
    """A name that becomes a file's or directory's name."""
    return None if _NAME.fullmatch(value) and ".." not in value else _unsafe(value) or "is no usable name"


def path_fault(value: str) -> str | None:
    if not value.startswith("/"):
        return _unsafe(value, path=True) or "is not absolute"
    if not _PATH.fullmatch(value):
        return _unsafe(value, path=True) or "is no usable path"
    if ".." in value.split("/"):
        return "would leave its folder"
    return None if os.path.normpath(value) == value else "is not in its shortest form"


def interface_fault(value: str) -> str | None:
    return None if _INTERFACE.fullmatch(value) else _unsafe(value) or "is no interface name"


def unit_fault(value: str) -> str | None:
    return None if _UNIT.fullmatch(value) and ".." not in value else _unsafe(value) or "is no unit name"


def package_fault(value: str) -> str | None:
    return None if _PACKAGE.fullmatch(value) and ".." not in value else _unsafe(value) or "is no package name"


# The same rule as on masters.
lies_in = tree_files.lies_in


def nested(one: str, other: str) -> bool:
    """Whether one of two paths lies in the other, or is the other."""
    return lies_in(one, other) or lies_in(other, one)
