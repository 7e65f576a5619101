# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects what is wrong with an inventory: one run tells all, and the same fault of many hosts fills one line."""

from __future__ import annotations

import dataclasses
import re

NAMED_HOSTS = 3
NAMED_OWNERS = 30
SHOWN_CHARACTERS = 80
TEMPLATE_OPENINGS = ("{{", "{%", "{#")


def show(value: object) -> str:
    """The value as it appears in a message: on one line, without control characters, cut after 80 characters."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def show_name(name: str) -> str:
    """A host's or key's name in front of a message: as it is, or quoted where it could break the line."""
    return name if name.isprintable() and name.strip() == name != "" else show(name)


@dataclasses.dataclass
class Report:
    """Messages by severity; each maps to the places where it holds, in the order in which they were found.

    `unread` holds places and variables that are there but could not be read: they are not missing as well.
    """

    errors: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    warnings: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    unread: set[tuple[str, str]] = dataclasses.field(default_factory=set)

    def error(self, where: str, message: str) -> None:
        self.errors.setdefault(message, []).append(where)

    def warn(self, where: str, message: str) -> None:
        self.warnings.setdefault(message, []).append(where)


@dataclasses.dataclass(frozen=True)
class Place:
    """A variable (or an item inside one) of a host, a network or an image, for which problems are reported."""

    report: Report
    where: str
    variable: str

    def item(self, suffix: str) -> Place:
        return Place(self.report, self.where, f"{self.variable}{suffix}")

    def missing(self, allowed: str) -> None:
        if (self.where, self.variable) not in self.report.unread:
            self.report.error(self.where, f"{self.variable}: missing; allowed: {allowed}")

    def error(self, value: object, wrong: str, allowed: str = "") -> None:
        self.report.error(self.where, self._message(value, wrong, allowed))

    def warn(self, value: object, wrong: str, allowed: str = "") -> None:
        self.report.warn(self.where, self._message(value, wrong, allowed))

    def _message(self, value: object, wrong: str, allowed: str) -> str:
        return f"{self.variable}: {show(value)}: {wrong}" + (f"; allowed: {allowed}" if allowed else "")


def lines(messages: dict[str, list[str]]) -> list[str]:
    """One line per message: `pc01, pc02, pc03 and 22 more: slave_imgae: ...`."""
    return [_inert(f"{_places(places)}: {message}") for message, places in messages.items()]


def _inert(line: str) -> str:
    """The line with `{ {` for `{{`: ansible-core before 2.19 would take a message for a template."""
    return re.sub(r"\{(?=[{%#])", "{ ", line)


def _places(places: list[str]) -> str:
    return enumerated(list(dict.fromkeys(places)), NAMED_HOSTS)


def enumerated(hosts: list[str], most: int = NAMED_OWNERS) -> str:
    """The names of hosts in one line; where there are more than `most`, those and the number of the others."""
    shown = ", ".join(map(show_name, hosts[:most]))
    rest = len(hosts) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
