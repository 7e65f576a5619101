# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads values of any type that an inventory may hold, and tells what they should have been instead of failing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import TEMPLATE_OPENINGS, Place, show, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.spelling import nearest
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Undefined

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

DEEPEST = 20
WORDS = {"true": True, "yes": True, "false": False, "no": False}


class UnreadableError(ValueError):
    """A value that no variable of the fleet can have, whichever it is; the text tells why."""


def plain(value: object, depth: int = 0) -> Plain:
    """The value in plain types, without what Ansible tags it with; what is nested deeper than 20 is cut off.

    UndefinedError for what a template could not make (Ansible leaves a marker in its place, also inside lists),
    UnreadableError for a type or size that no inventory value has.
    """
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        if depth >= DEEPEST:
            return "..."
        if isinstance(value, Mapping):
            return {str.__str__(str(key)): plain(item, depth + 1) for key, item in value.items()}
        return [plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return _scalar(value)


def _scalar(value: object) -> Plain:
    if isinstance(value, str):
        if any(
            opening in value for opening in TEMPLATE_OPENINGS
        ):  # ansible-core before 2.19 leaves what it cannot template
            raise UnreadableError(f"{show(str.__str__(value))}: holds a template without a result")
        return str.__str__(value)
    if isinstance(value, int):
        if abs(value) >> 64:  # Python refuses to print very long ones
            raise UnreadableError("is a number of more than 64 bits, which nothing here reads")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()  # YAML makes dates of what looks like one
    if isinstance(value, Undefined):
        raise UndefinedError(str(value))  # a strict one raises by itself, with the reason as cause
    raise UnreadableError(f"is of type {type(value).__name__}, which nothing here reads")


def text(place: Place, value: Plain, allowed: str) -> str | None:
    """A string that is not empty, or None after an error."""
    if isinstance(value, str):
        if value:
            return value
        place.error(value, "is empty", allowed)
    elif isinstance(value, (bool, int, float)):
        place.error(value, f"is {_kind(value)}, not text (quote it in YAML)", allowed)
    else:
        place.error(value, f"is {_kind(value)}, not text", allowed)
    return None


def matching(place: Place, value: Plain, test: Callable[[str], str | None], allowed: str) -> str | None:
    """A string in which `test` finds no fault, or None after an error that tells the fault."""
    string = text(place, value, allowed)
    if string is None:
        return None
    fault = test(string)
    if fault is not None:
        place.error(string, fault, allowed)
        return None
    return string


def choice(place: Place, value: Plain, accepted: Iterable[str], unbuilt: Iterable[str] = ()) -> str | None:
    """One of the accepted words; those that the design knows and this version lacks get an error of their own."""
    words = list(accepted)
    allowed = ", ".join(map(show_name, words)) or "there is none"
    string = text(place, value, allowed)
    if string is None or string in words:
        return string
    if string in unbuilt:
        place.error(string, "is not built yet", allowed)
        return None
    near = nearest(string, words)
    place.error(string, "is unknown" + (f", did you mean {near!r}" if near else ""), allowed)
    return None


def items(place: Place, value: Plain, allowed: str) -> list[Plain]:
    """A list's items, or none after an error."""
    if isinstance(value, list):
        return value
    place.error(value, f"is {_kind(value)}, not a list", allowed)
    return []


def texts(
    place: Place, value: Plain, test: Callable[[str], str | None], allowed: str, several: str | None = None
) -> list[str]:
    """Those strings of a list in which `test` finds no fault; an error for each of the others.

    `several` tells what the list holds where `allowed` is in the singular.
    """
    found = (
        matching(place.item(f"[{index}]"), item, test, allowed)
        for index, item in enumerate(items(place, value, f"a list of {several or allowed}"))
    )
    return [item for item in found if item is not None]


def mapping(place: Place, value: Plain, allowed: str) -> dict[str, Plain]:
    """A dictionary, or an empty one after an error."""
    if isinstance(value, dict):
        return value
    place.error(value, f"is {_kind(value)}, not a dictionary", allowed)
    return {}


def given(table: Mapping[str, Plain], key: str, default: Plain) -> Plain:
    """A key's value; null counts as not set, as Ansible's own `omit` has it."""
    value = table.get(key)
    return default if value is None else value


def required(place: Place, table: Mapping[str, Plain], key: str, allowed: str) -> Plain:
    """A key's value; None, after an error, where it is not set."""
    if table.get(key) is None:
        place.item(f".{key}").missing(allowed)
    return table.get(key)


def number(place: Place, value: Plain, least: int, most: int) -> int | None:
    """A whole number within limits, or None after an error.

    Its decimal text is as good: `-e name=30` makes that, and so do templates before ansible-core 2.19.
    """
    allowed = f"a whole number from {least} to {most}"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        place.error(value, "is no whole number", allowed)
        return None
    if not least <= value <= most:
        place.error(value, "is out of range", allowed)
        return None
    return value


def boolean(place: Place, value: Plain) -> bool | None:
    """True or false, or None after an error. The text that `-e name=true` makes of one is as good."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in WORDS:
        return WORDS[value.lower()]
    place.error(value, "is no boolean", "true, false")
    return None


def known_keys(place: Place, value: dict[str, Plain], known: Iterable[str]) -> None:
    """An error for each key that nothing reads, with the nearest one that something reads."""
    keys = list(known)
    for key in value:
        if key not in keys:
            near = nearest(key, keys)
            hint = f"did you mean {near!r}; " if near else ""
            place.report.error(
                place.where, f"{place.variable}: unknown key {show_name(key)}; {hint}allowed: {', '.join(keys)}"
            )


def _kind(value: Plain) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a dictionary"
