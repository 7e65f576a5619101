"""`dhcp_server_boot_policy_first`: each fault with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_rules import KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, inventory

VARIABLE = "dhcp_server_boot_policy_first"
RULE: dict[str, Any] = {
    "name": "old",
    "loaders": ["auto"],
    "architectures": [0],
    "user_class": "gPXE",
    "vendor_class": "PXEClient",
    "boot_file": "old.0",
}
NAME = "allowed: lower-case letters, digits, '-' and '_', each name once"
CLASS = "allowed: text that a client sends, or '' for all clients"
CASES: list[tuple[Any, list[str]]] = [
    ([], []),
    ([RULE, {"name": "rest", "boot_file": "x"}], []),
    ([{**RULE, **dict.fromkeys(("loaders", "architectures", "user_class", "vendor_class"))}], []),
    ([{**RULE, "architectures": ["7"], "user_class": ""}], []),
    (
        {"name": "x"},
        [": {'name': 'x'}: is a dictionary, not a list; allowed: a list of dictionaries with " + ", ".join(KEYS)],
    ),
    (["x"], [f"[0]: 'x': is text, not a dictionary; allowed: a dictionary with {', '.join(KEYS)}"]),
    ([{**RULE, "name": None}], [f"[0].name: missing; {NAME}"]),
    ([{**RULE, "name": 7}], [f"[0].name: 7: is a number, not text (quote it in YAML); {NAME}"]),
    ([{**RULE, "name": "EFI"}], [f"[0].name: 'EFI': is no name; {NAME}"]),
    ([{**RULE, "bootfile": "x"}], [f"[0]: unknown key bootfile; did you mean 'boot_file'; allowed: {', '.join(KEYS)}"]),
    (
        [{**RULE, "loaders": "grub"}],
        [f"[0].loaders: 'grub': is text, not a list; allowed: a list of {', '.join(LOADERS)}"],
    ),
    (
        [{**RULE, "loaders": ["grub", "gurb"]}],
        [f"[0].loaders[1]: 'gurb': is unknown, did you mean 'grub'; allowed: {', '.join(LOADERS)}"],
    ),
    (
        [{**RULE, "architectures": 7}],
        ["[0].architectures: 7: is a number, not a list; allowed: a list of numbers of DHCP option 93"],
    ),
    (
        [{**RULE, "architectures": [0, 65536, "x"]}],
        [
            "[0].architectures[1]: 65536: is out of range; allowed: a whole number from 0 to 65535",
            "[0].architectures[2]: 'x': is no whole number; allowed: a whole number from 0 to 65535",
        ],
    ),
    ([{**RULE, "user_class": "a\nb"}], [f"[0].user_class: 'a\\nb': holds a line break; {CLASS}"]),
    ([{**RULE, "vendor_class": 1}], [f"[0].vendor_class: 1: is a number, not text (quote it in YAML); {CLASS}"]),
    (
        [{"name": "b"}, {"name": "c", "boot_file": "x" * 128}],
        [
            "[0].boot_file: missing; allowed: a file name of 1 to 127 bytes",
            f"[1]: {{'name': 'c', 'boot_file': '{'x' * 49}...: c: the boot file's name must have 1 to 127 bytes",
        ],
    ),
    (
        [{"name": "a", "boot_file": " x"}],
        ["[0]: {'name': 'a', 'boot_file': ' x'}: a: boot_file: ' x' holds a space at an end"],
    ),
    (
        [{"name": "a", "boot_file": "x"}, {"name": "a", "boot_file": "y"}],
        ["[1]: {'name': 'a', 'boot_file': 'y'}: 'a' is there twice"],
    ),
    ([{"name": "bios", "boot_file": "x"}], []),
    (
        [{"name": "a", "boot_file": 'x"; }'}],
        [
            "[0]: {'name': 'a', 'boot_file': 'x\"; }'}: a: boot_file: 'x\"; }' "
            "holds a character other than ASCII's without quote and backslash"
        ],
    ),
]


@pytest.mark.parametrize(("value", "errors"), CASES)
def test_rules(value: Any, errors: list[str]) -> None:
    model = fleet(inventory(master01={VARIABLE: value}), GROUPS)
    assert model["errors"] == [f"master01: {VARIABLE}{error}" for error in errors]
    assert model["warnings"] == []
