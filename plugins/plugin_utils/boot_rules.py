# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`dhcp_server_boot_policy_first`: an admin's own rules of who gets which boot file, tried before the computed ones."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS, Rule, rule
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    items,
    known_keys,
    mapping,
    matching,
    number,
    required,
)

KEYS = ("name", "loaders", "architectures", "user_class", "vendor_class", "boot_file")
RULES_ALLOWED = f"a list of dictionaries with {', '.join(KEYS)}"
RULE_ALLOWED = f"a dictionary with {', '.join(KEYS)}"
NAME_ALLOWED = "lower-case letters, digits, '-' and '_', each name once"
BOOT_FILE_ALLOWED = "a file name of 1 to 127 bytes"
CLASS_ALLOWED = "text that a client sends, or '' for all clients"
LOADERS_ALLOWED = f"a list of {', '.join(LOADERS)}"
ARCHITECTURES_ALLOWED = "a list of numbers of DHCP option 93"


def check(place: Place, value: Plain) -> None:
    """Errors for what no DHCP server could be told; a rule is judged with those before it."""
    good: list[Rule] = []
    for index, item in enumerate(items(place, value, RULES_ALLOWED)):
        here = place.item(f"[{index}]")
        table = mapping(here, item, RULE_ALLOWED)
        found = _rule(here, table) if isinstance(item, dict) else None
        if found is None:
            continue
        try:
            dhcp_policy.check([*good, found], place.variable)
        except ValueError as error:
            here.error(item, str(error).removeprefix(f"{place.variable}: "))
        else:
            good.append(found)


def _rule(place: Place, value: dict[str, Plain]) -> Rule | None:
    known_keys(place, value, KEYS)
    name = _required(place, value, "name", _name_fault, NAME_ALLOWED)
    boot_file = _required(place, value, "boot_file", names.hidden_fault, BOOT_FILE_ALLOWED)
    loaders = [
        choice(here, item, LOADERS) for here, item in _list(place.item(".loaders"), value, "loaders", LOADERS_ALLOWED)
    ]
    numbers = [
        number(here, item, 0, 0xFFFF)
        for here, item in _list(place.item(".architectures"), value, "architectures", ARCHITECTURES_ALLOWED)
    ]
    classes = [_class(place, value, key) for key in ("user_class", "vendor_class")]
    if name is None or boot_file is None or None in (*loaders, *numbers, *classes):
        return None
    return rule(
        name,
        boot_file,
        [one for one in numbers if one is not None],
        loaders=[one for one in loaders if one is not None],
        user_class=classes[0] or "",
        vendor_class=classes[1] or "",
    )


def _list(place: Place, value: dict[str, Plain], key: str, allowed: str) -> list[tuple[Place, Plain]]:
    """The items of an optional list, each with its place."""
    found = items(place, given(value, key, []), allowed)
    return [(place.item(f"[{index}]"), item) for index, item in enumerate(found)]


def _class(place: Place, value: dict[str, Plain], key: str) -> str | None:
    found = given(value, key, "")
    return "" if found == "" else matching(place.item(f".{key}"), found, names.hidden_fault, CLASS_ALLOWED)


def _required(
    place: Place, value: dict[str, Plain], key: str, test: Callable[[str], str | None], allowed: str
) -> str | None:
    found = required(place, value, key, allowed)
    return None if found is None else matching(place.item(f".{key}"), found, test, allowed)


def _name_fault(value: str) -> str | None:
    return None if dhcp_policy.POLICY_NAME.fullmatch(value) else names.hidden_fault(value) or "is no name"
