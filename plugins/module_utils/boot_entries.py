# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each machine boots, as a module is told it: checked, for three loaders to render."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import boot_words as words

# What a path may hold: no blank (it ends the word), no comma (PXELINUX's INITRD and GRUB split there).
PATH = re.compile(r"[A-Za-z0-9._+@~=-]+(/[A-Za-z0-9._+@~=-]+)*")
PATH_ALLOWED = "a path below the TFTP root, of letters, digits and '._+@~=-'"
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
MAC_ALLOWED = "an address like '52:54:00:00:00:15'"
URL = re.compile(r"http://[0-9]{1,3}(\.[0-9]{1,3}){3}")


@dataclass(frozen=True)
class Label:
    """One choice. Without `kernel` it is the machine's own disk; `arguments` are the kernel's."""

    name: str
    title: str
    kernel: str
    initrd: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Menu:
    """`default` is a label's name; `timeout` in seconds, 0 waits for ever; `edit`: may people change what is booted."""

    default: str
    timeout: int
    help: tuple[str, ...]
    edit: bool


@dataclass(frozen=True)
class Machine:
    """`macs`: the cards that get files of their own as well. Without menu the first label starts."""

    name: str
    ip: str
    macs: tuple[str, ...]
    title: str
    menu: Menu | None
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Page:
    """What all files share, and what the page for unknown machines says.

    `url`: where kernels are fetched by HTTP, without a slash at its end; empty for TFTP. `timeout` in seconds, 0 waits
    for ever.
    """

    serial: str
    url: str
    timeout: int
    message: tuple[str, ...]


def page(serial: str, url: str, timeout: int, message: Iterable[str]) -> Page:
    """Check what all files share.

    :raises ValueError: naming field, value and what is allowed.
    """
    if serial:
        _matching("serial", serial, words.SERIAL, "'port [baud [flow control]]' like '0 115200'")
    if url:
        _matching("url", url, URL, "'http://' and an IPv4 address")
        _address("url", url[len("http://") :])
    _seconds("timeout", timeout)
    lines = tuple(_good(f"default_message[{n}]", line, words.line_fault) for n, line in enumerate(message))
    return Page(serial, url, timeout, lines)


def machines(entries: Iterable[Mapping[str, Any]]) -> list[Machine]:
    """Check and convert the entries: ``{name, ip, macs, title, menu, labels}``, see the module boot_files.

    :raises ValueError: naming entry, field, value and what is allowed; also for two with one address or card.
    """
    result = []
    owners: dict[str, str] = {}
    for entry in entries:
        one = _machine(entry)
        for field, value in (("ip", one.ip), *(("macs", mac) for mac in one.macs)):
            if value in owners:
                raise ValueError(f"{one.name}: {field}: {value} is that of {owners[value]} too")
            owners[value] = one.name
        result.append(one)
    return result


def _machine(entry: Mapping[str, Any]) -> Machine:
    name = _good("entries: name", entry["name"], words.title_fault)
    labels = tuple(_label(f"{name}: labels[{n}]", label) for n, label in enumerate(entry["labels"]))
    names = [label.name for label in labels]
    if not labels:
        raise ValueError(f"{name}: labels: there is none; allowed: at least one")
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice:
        raise ValueError(f"{name}: labels: {twice!r} is there twice")
    return Machine(
        name,
        _address(f"{name}: ip", entry["ip"]),
        tuple(_matching(f"{name}: macs[{n}]", mac, MAC, MAC_ALLOWED) for n, mac in enumerate(entry["macs"])),
        _good(f"{name}: title", entry["title"], words.title_fault),
        _menu(f"{name}: menu", entry["menu"], names) if entry["menu"] is not None else None,
        labels,
    )


def _label(what: str, label: Mapping[str, Any]) -> Label:
    name = _good(f"{what}.name", label["name"], words.label_fault)
    title = _good(f"{what}.title", label["title"], words.title_fault)
    given = [field for field in ("kernel", "initrd", "cmdline") if label[field]]
    if label["local"]:
        if given:
            raise ValueError(f"{what}.{given[0]}: cannot stand beside local")
        return Label(name, title, "", "", ())
    paths = [_path(f"{what}.{field}", label[field]) for field in ("kernel", "initrd")]
    arguments = tuple(
        _good(f"{what}.cmdline[{n}]", one, words.argument_fault) for n, one in enumerate(label["cmdline"])
    )
    size = len(" ".join(arguments))
    if size > words.CMDLINE_LENGTH:
        raise ValueError(f"{what}.cmdline: {size} bytes; allowed: at most {words.CMDLINE_LENGTH}")
    return Label(name, title, paths[0], paths[1], arguments)


def _menu(what: str, menu: Mapping[str, Any], names: list[str]) -> Menu:
    if menu["default"] not in names:
        raise ValueError(f"{what}.default: {menu['default']!r} is no label; allowed: {', '.join(names)}")
    if len(menu["help"]) > words.HELP_LINES:
        raise ValueError(f"{what}.help: {len(menu['help'])} lines; allowed: at most {words.HELP_LINES}")
    lines = tuple(_good(f"{what}.help[{n}]", line, words.line_fault) for n, line in enumerate(menu["help"]))
    return Menu(menu["default"], _seconds(f"{what}.timeout", menu["timeout"]), lines, menu["edit"])


_ALLOWED: Mapping[Callable[[str], str | None], str] = {
    words.title_fault: words.TITLE_ALLOWED,
    words.line_fault: words.LINE_ALLOWED,
    words.label_fault: words.LABEL_ALLOWED,
    words.argument_fault: words.ARGUMENT_ALLOWED,
}


def _good(what: str, text: str, fault: Callable[[str], str | None]) -> str:
    wrong = fault(text)
    if wrong:
        raise ValueError(f"{what}: {text!r} {wrong}; allowed: {_ALLOWED[fault]}")
    return text


def _matching(what: str, text: str, pattern: re.Pattern[str], allowed: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{what}: {text!r} must be {allowed}")
    return text


def _path(what: str, text: str | None) -> str:
    text = text or ""
    if not PATH.fullmatch(text) or any(part in (".", "..") for part in text.split("/")):
        raise ValueError(f"{what}: {text!r} must be {PATH_ALLOWED}")
    return text


def _address(what: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(f"{what}: {text!r} is no IPv4 address") from None


def _seconds(what: str, value: int) -> int:
    if not 0 <= value <= words.TIMEOUT_LIMIT:
        raise ValueError(f"{what}: {value} is not between 0 and {words.TIMEOUT_LIMIT} seconds")
    return value
