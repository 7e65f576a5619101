"""What an admin sets for a role on the masters: each fault with its exact text, and no check apart from the role's."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea
from ansible_collections.diskless.netboot.plugins.plugin_utils.directories import BOOT_FILES, BOOT_FILES_VARIABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import TUNABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.tuning import CHECKS, POLICY_KEYS
from fleet_inventory import GROUPS, inventory

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"
POLICY = "dhcp_server_boot_policy"
BIOS = {"name": "bios", "architectures": [0], "boot_file": "lpxelinux.0"}
POLICY_NAME = "allowed: lower-case letters, digits, '-' and '_', each name once"
SERIAL = "allowed: 'port [baud [flow control]]' like '0 115200', or '' for none"

FAULT: list[tuple[str, Any, list[str]]] = [
    (
        "nfs_server_backend",
        "kernal",
        [": 'kernal': is unknown, did you mean 'kernel'; allowed: auto, kernel, ganesha"],
    ),
    ("nfs_server_backend", None, [": None: is nothing (null), not text; allowed: auto, kernel, ganesha"]),
    ("dhcp_server_backend", "isc", [": 'isc': is unknown; allowed: kea"]),
    ("nfs_server_lease_seconds", 3000, [": 3000: is out of range; allowed: a whole number from 10 to 120"]),
    ("nfs_server_lease_seconds", "9", [": 9: is out of range; allowed: a whole number from 10 to 120"]),
    ("nfs_server_lease_seconds", 30.5, [": 30.5: is no whole number; allowed: a whole number from 10 to 120"]),
    ("nfs_server_threads", True, [": True: is no whole number; allowed: a whole number from 0 to 8192"]),
    ("nfs_server_threads", -1, [": -1: is out of range; allowed: a whole number from 0 to 8192"]),
    ("nfs_server_threads", "8", []),
    (
        "nfs_server_address",
        "10.0.0",
        [": '10.0.0': is no IPv4 address; allowed: an IPv4 address like 192.168.1.21, or '' for all"],
    ),
    ("nfs_server_address", "", []),
    ("nfs_server_address", "192.168.1.1", []),
    ("dhcp_server_lease_seconds", "1h", [": '1h': is no whole number; allowed: a whole number from 1 to 4294967295"]),
    ("tftp_pxelinux_default_timeout", "x", [": 'x': is no whole number; allowed: a whole number from 0 to 3599"]),
    ("tftp_pxelinux_default_timeout", 3600, [": 3600: is out of range; allowed: a whole number from 0 to 3599"]),
    ("tftp_pxelinux_serial", "ttyS0", [f": 'ttyS0': is no serial line; {SERIAL}"]),
    ("tftp_pxelinux_serial", "0\n", [f": '0\\n': holds a line break; {SERIAL}"]),
    ("tftp_pxelinux_serial", "", []),
    ("tftp_pxelinux_default_message", "hello", [": 'hello': is text, not a list; allowed: a list of lines of text"]),
    ("tftp_pxelinux_default_message", ["", "a\nb"], ["[1]: 'a\\nb': holds a line break; allowed: lines of text"]),
    ("tftp_pxelinux_defualt_timeout", 7, [": unknown variable; did you mean tftp_pxelinux_default_timeout?"]),
    (POLICY, [], []),
    (POLICY, [BIOS, {"name": "rest", "boot_file": "x"}], []),
    (POLICY, [{**BIOS, "architectures": None}], []),
    (
        POLICY,
        BIOS,
        [f": {BIOS}: is a dictionary, not a list; allowed: a list of dictionaries with {', '.join(POLICY_KEYS)}"],
    ),
    (
        POLICY,
        ["bios"],
        [f"[0]: 'bios': is text, not a dictionary; allowed: a dictionary with {', '.join(POLICY_KEYS)}"],
    ),
    (POLICY, [{**BIOS, "name": None}], [f"[0].name: missing; {POLICY_NAME}"]),
    (POLICY, [{**BIOS, "name": 7}], [f"[0].name: 7: is a number, not text (quote it in YAML); {POLICY_NAME}"]),
    (
        POLICY,
        [{**BIOS, "bootfile": "x"}],
        [f"[0]: unknown key bootfile; did you mean 'boot_file'; allowed: {', '.join(POLICY_KEYS)}"],
    ),
    (
        POLICY,
        [{**BIOS, "architectures": 7}],
        ["[0].architectures: 7: is a number, not a list; allowed: a list of numbers of DHCP option 93"],
    ),
    (
        POLICY,
        [{**BIOS, "architectures": [0, 65536, "x"]}],
        [
            "[0].architectures[1]: 65536: is out of range; allowed: a whole number from 0 to 65535",
            "[0].architectures[2]: 'x': is no whole number; allowed: a whole number from 0 to 65535",
        ],
    ),
    (
        POLICY,
        [BIOS, {"name": "bios", "boot_file": "x"}],
        ["[1]: {'name': 'bios', 'boot_file': 'x'}: 'bios' is there twice"],
    ),
    (
        POLICY,
        [{"name": "EFI"}, {"name": "b", "boot_file": "x" * 128}],
        [
            f"[0].name: 'EFI': is no name; {POLICY_NAME}",
            "[0].boot_file: missing; allowed: a file name of 1 to 127 bytes",
            f"[1]: {{'name': 'b', 'boot_file': '{'x' * 49}...: b: the boot file's name must have 1 to 127 bytes",
        ],
    ),
]


@pytest.mark.parametrize(("variable", "value", "errors"), FAULT)
def test_a_fault(variable: str, value: Any, errors: list[str]) -> None:
    model = fleet(inventory(master01={variable: value}), GROUPS)
    assert model["errors"] == [f"master01: {variable}{error}" for error in errors]
    assert model["warnings"] == []


def test_what_the_fleet_lets_through_kea_s_configuration_can_hold() -> None:
    policy: list[dict[str, Any]] = [
        {"name": "uefi", "architectures": ["7"], "boot_file": "x"},
        {"name": "rest", "boot_file": "y"},
    ]
    assert fleet(inventory(master01={POLICY: policy}), GROUPS)["errors"] == []
    assert [one["test"] for one in kea.client_classes(policy)] == [
        "(substring(option[93].hex,0,2) == 0x0007)",
        "not member('boot-uefi')",
    ]


class Lazy(dict[str, Any]):
    """Host variables of which one cannot be templated on this host."""

    def __getitem__(self, key: str) -> Any:
        if key == "nfs_server_address":
            raise ZeroDivisionError("division by zero")
        return super().__getitem__(key)


def test_each_master_is_asked_and_no_slave() -> None:
    hosts = inventory(
        everywhere={"nfs_server_address": "{{ master_ip }}", "nfs_server_threads": "many"},
        master02={"master_ip": "192.168.1.2", "master_interface": "eth1", "nfs_server_address": "192.168.1.2"},
        pc01={"slave_master": "master01"},
        pc02={"slave_master": "master02"},
    )
    hosts["master01"] = Lazy(hosts["master01"])
    assert fleet(hosts, {**GROUPS, "masters": ["master01", "master02"]})["errors"] == [
        "master01: nfs_server_address: cannot be templated: division by zero",
        "master01, master02: nfs_server_threads: 'many': is no whole number; allowed: a whole number from 0 to 8192",
    ]


def _options() -> dict[str, dict[str, Any]]:
    """What the roles themselves say of the variables that an admin may set."""
    found: dict[str, dict[str, Any]] = {}
    for specs in ROLES.glob("*/meta/argument_specs.yml"):
        found |= yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"]
    return {name: found[name] for name in TUNABLE}


def test_each_of_them_is_checked() -> None:
    assert {*CHECKS, BOOT_FILES_VARIABLE} == set(TUNABLE)
    assert _options()[BOOT_FILES_VARIABLE]["default"] == BOOT_FILES


# of each type of argument specs, values that it does not take
OTHERS: dict[str, list[Any]] = {"str": [[], {}], "path": [[], {}], "int": ["x", [], {}], "list": [{}, None, 7]}


@pytest.mark.parametrize("variable", TUNABLE)
def test_a_check_agrees_with_the_role(variable: str) -> None:
    option = _options()[variable]

    def errors(value: Any) -> list[str]:
        return fleet(inventory(master01={variable: value}), GROUPS)["errors"]

    for good in [option["default"], *option.get("choices", [])]:
        assert errors(good) == []
    for other in OTHERS[option["type"]]:
        assert len(errors(other)) == 1, other
    if "choices" in option:
        assert errors("?") == [f"master01: {variable}: '?': is unknown; allowed: {', '.join(option['choices'])}"]
    if "options" in option:
        assert tuple(option["options"]) == POLICY_KEYS
