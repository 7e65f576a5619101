# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of PXELINUX's configuration files (syslinux.txt, pxelinux.txt of SYSLINUX 6)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# A file whose first line is this is ours to change and to remove. It is a comment: PXELINUX skips it, and the
# SERIAL after it is still the first directive, which is what syslinux.txt asks for.
MARKER = "# Written by the Ansible module diskless.netboot.pxelinux_config; changes here are lost."
# What a path may hold that PXELINUX asks for: no blank (it ends the word), no comma (INITRD splits there).
PATH = re.compile(r"[A-Za-z0-9._+@~=-]+(/[A-Za-z0-9._+@~=-]+)*")
SERIAL = re.compile(r"(0x[0-9a-fA-F]+|[0-9]+)( [0-9]+( (0x[0-9a-fA-F]+|[0-9]+))?)?")
# The kernel takes 2047 characters (COMMAND_LINE_SIZE of x86); initrd= and BOOTIF= are added to these.
CMDLINE_LENGTH = 1800
# Seconds, within the 35996 tenths that its TIMEOUT takes.
TIMEOUT_LIMIT = 3599


@dataclass(frozen=True)
class Page:
    """What all files share, and what the page for unknown machines says; ``timeout`` in seconds, 0 waits for ever."""

    serial: str
    timeout: int
    message: tuple[str, ...]


def ip_name(address: str) -> str:
    """Give the name that PXELINUX looks for: ``192.168.1.21`` is ``C0A80115``.

    :raises ValueError: for what is no IPv4 address.
    """
    try:
        return f"{int(ipaddress.IPv4Address(address)):08X}"
    except ValueError:
        raise ValueError(f"{address!r} is no IPv4 address") from None


def one_line(what: str, text: str) -> str:
    """Give ``text`` where it fits on a line of its own.

    :raises ValueError: for a newline or any other character that is not printable.
    """
    if not text.isprintable():
        raise ValueError(f"{what}: {text!r} holds a newline or another control character")
    return text


def file_path(what: str, text: str) -> str:
    """Give a path below the TFTP root.

    :raises ValueError: for a path that is absolute, leaves the root, or holds what PXELINUX reads otherwise.
    """
    if not PATH.fullmatch(text) or any(part in (".", "..") for part in text.split("/")):
        raise ValueError(f"{what}: {text!r} must be a path below the TFTP root, of letters, digits and '._+@~=-'")
    return text


def preamble(page: Page) -> list[str]:
    """Give the lines that begin every file.

    :raises ValueError: for a serial line that is not ``port [baud [flow]]``.
    """
    if page.serial and not SERIAL.fullmatch(page.serial):
        raise ValueError(f"serial: {page.serial!r} must be 'port [baud [flow control]]', such as '0 115200'")
    return [MARKER, *([f"SERIAL {page.serial}"] if page.serial else [])]


def machine(entry: Mapping[str, str], page: Page) -> str:
    """Render the file of one machine: ``{"name", "ip", "title", "kernel", "initrd", "cmdline"}``.

    ``SYSAPPEND 2`` adds ``BOOTIF=01-<mac>``: the initramfs then knows which interface booted.

    :raises ValueError: naming machine, field and value.
    """
    name = one_line("entries: name", entry["name"])
    title = one_line(f"{name}: title", entry["title"])
    cmdline = one_line(f"{name}: cmdline", entry["cmdline"]).strip()
    if cmdline == "-":
        raise ValueError(f"{name}: cmdline: a lone '-' would mean that there are no arguments")
    if len(cmdline.encode()) > CMDLINE_LENGTH:
        raise ValueError(f"{name}: cmdline: {len(cmdline.encode())} bytes, at most {CMDLINE_LENGTH} are allowed")
    lines = [
        *preamble(page),
        "DEFAULT diskless",
        "PROMPT 0",
        f"SAY Booting {title}",
        "LABEL diskless",
        f"    MENU LABEL {title}",
        f"    LINUX {file_path(f'{name}: kernel', entry['kernel'])}",
        f"    INITRD {file_path(f'{name}: initrd', entry['initrd'])}",
        *([f"    APPEND {cmdline}"] if cmdline else []),
        "    SYSAPPEND 2",
    ]
    return "\n".join(lines) + "\n"


def default(page: Page) -> str:
    """Render the page for machines that are not in the inventory: it says so, waits, and boots the local disk.

    ``LOCALBOOT -1`` has the firmware go on with its next boot device.

    :raises ValueError: for a line that is none, or a timeout that is out of range.
    """
    if not 0 <= page.timeout <= TIMEOUT_LIMIT:
        raise ValueError(f"timeout: {page.timeout} is not between 0 and {TIMEOUT_LIMIT} seconds")
    lines = [
        *preamble(page),
        "DEFAULT local",
        "PROMPT 1",
        f"TIMEOUT {page.timeout * 10}",
        *(f"SAY {one_line('message', line)}" for line in page.message),
        "LABEL local",
        "    MENU LABEL Boot from the local disk",
        "    LOCALBOOT -1",
    ]
    return "\n".join(lines) + "\n"


def files(entries: Iterable[Mapping[str, str]], page: Page) -> dict[str, bytes]:
    """Render the whole set: file name to content.

    :raises ValueError: for two machines with one address, or a value that a file cannot hold.
    """
    result = {"default": default(page).encode()}
    owners: dict[str, str] = {}
    for entry in entries:
        try:
            name = ip_name(entry["ip"])
        except ValueError as error:
            raise ValueError(f"{entry['name']}: ip: {error}") from None
        if name in owners:
            raise ValueError(f"{entry['name']}: ip: {entry['ip']} is that of {owners[name]} too")
        owners[name] = entry["name"]
        result[name] = machine(entry, page).encode()
    return result
