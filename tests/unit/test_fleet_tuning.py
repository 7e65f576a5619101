"""What an admin sets for a role on the masters: each fault with its exact text, and no check apart from the role's."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.module_utils.boot_words import LINE_ALLOWED
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_rules import KEYS as POLICY_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.directories import BOOT_FILES, BOOT_FILES_VARIABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.masters import HTTP, HTTP_VARIABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.nbd_tls import KEYS as TLS_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.nbd_tls import VARIABLE as TLS_VARIABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.proxy import BACKEND, BACKEND_VARIABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import TUNABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.tuning import CHECKS
from fleet_inventory import GROUPS, inventory

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"
LINE = f"allowed: {LINE_ALLOWED}"
SERIAL = "allowed: 'port [baud [flow control]]' like '0 115200', or '' for none"
TLS = {"certificate": "/etc/ssl/a.pem", "key": "/etc/ssl/b.pem", "authorities": "/etc/ssl/ca.pem"}
FILE = "allowed: a file of the master: an absolute path without '.' or '..', of letters, digits and '_@+.-'"

FAULT: list[tuple[str, Any, list[str]]] = [
    (
        "nfs_server_backend",
        "kernal",
        [": 'kernal': is unknown, did you mean 'kernel'; allowed: auto, kernel, ganesha"],
    ),
    ("nfs_server_backend", None, [": None: is nothing (null), not text; allowed: auto, kernel, ganesha"]),
    ("dhcp_server_backend", "dhcpd", [": 'dhcpd': is unknown; allowed: kea, isc, dnsmasq"]),
    ("dhcp_server_backend", "isc", []),
    ("dhcp_server_backend", "dnsmasq", []),
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
    (
        "nbd_server_address",
        "::",
        [
            ": '::': is an IPv6 address or has a port; only IPv4 is served; "
            "allowed: an IPv4 address like 192.168.1.21, or '' for all"
        ],
    ),
    ("nbd_server_address", "", []),
    ("nbd_server_list", "yes", []),
    ("nbd_server_list", "maybe", [": 'maybe': is no boolean; allowed: true, false"]),
    ("nbd_server_restart", "always", [": 'always': is unknown; allowed: never, now"]),
    ("nbd_server_restart", "now", []),
    ("nbd_server_tls", None, []),
    ("nbd_server_tls", TLS, []),
    ("nbd_server_tls", {**TLS, "required": True}, []),
    ("nbd_server_tls", {"certificate": "/etc/a.pem"}, [f".key: missing; {FILE}", f".authorities: missing; {FILE}"]),
    ("nbd_server_tls", {**TLS, "key": "b.pem"}, [f".key: 'b.pem': is not absolute; {FILE}"]),
    ("nbd_server_tls", {**TLS, "required": "maybe"}, [".required: 'maybe': is no boolean; allowed: true, false"]),
    (
        "nbd_server_tls",
        {**TLS, "ca": "/x"},
        [": unknown key ca; allowed: certificate, key, authorities, required"],
    ),
    (
        "nbd_server_tls",
        True,
        [
            ": True: is a boolean, not a dictionary; "
            "allowed: null, or a dictionary with certificate, key, authorities, required"
        ],
    ),
    ("dhcp_server_lease_seconds", "1h", [": '1h': is no whole number; allowed: a whole number from 1 to 4294967295"]),
    ("tftp_pxelinux_default_timeout", "x", [": 'x': is no whole number; allowed: a whole number from 0 to 3599"]),
    ("tftp_pxelinux_default_timeout", 3600, [": 3600: is out of range; allowed: a whole number from 0 to 3599"]),
    ("tftp_pxelinux_serial", "ttyS0", [f": 'ttyS0': is no serial line; {SERIAL}"]),
    ("tftp_pxelinux_serial", "0\n", [f": '0\\n': holds a line break; {SERIAL}"]),
    ("tftp_pxelinux_serial", "", []),
    ("tftp_pxelinux_default_message", "hello", [": 'hello': is text, not a list; allowed: a list of lines of text"]),
    ("tftp_pxelinux_default_message", ["", "a\nb"], [f"[1]: 'a\\nb': holds a line break; {LINE}"]),
    ("tftp_pxelinux_default_message", ["a;b"], [f"[0]: 'a;b': holds ';'; {LINE}"]),
    ("tftp_pxelinux_defualt_timeout", 7, [": unknown variable; did you mean tftp_pxelinux_default_timeout?"]),
    ("tftp_pxelinux_http", "on", [": 'on': is no boolean; allowed: true, false"]),
    ("tftp_pxelinux_http", None, [": None: is no boolean; allowed: true, false"]),
    ("tftp_pxelinux_http", "False", []),
]


@pytest.mark.parametrize(("variable", "value", "errors"), FAULT)
def test_a_fault(variable: str, value: Any, errors: list[str]) -> None:
    model = fleet(inventory(master01={variable: value}), GROUPS)
    assert model["errors"] == [f"master01: {variable}{error}" for error in errors]
    assert model["warnings"] == []


@pytest.mark.parametrize(
    ("backend", "lease", "errors"),
    [
        ("kea", 60, []),
        ("dnsmasq", 120, []),
        (
            "dnsmasq",
            "119",
            [
                "master01: dhcp_server_lease_seconds: 119: is shorter than the shortest lease of dnsmasq; "
                "allowed: at least 120"
            ],
        ),
    ],
)
def test_the_shortest_lease(backend: str, lease: object, errors: list[str]) -> None:
    variables = {"dhcp_server_backend": backend, "dhcp_server_lease_seconds": lease}
    assert fleet(inventory(master01=variables), GROUPS)["errors"] == errors


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
    assert {*CHECKS, BOOT_FILES_VARIABLE, HTTP_VARIABLE} == set(TUNABLE)


@pytest.mark.parametrize(
    ("variable", "default"),
    [(BOOT_FILES_VARIABLE, BOOT_FILES), (HTTP_VARIABLE, HTTP), (BACKEND_VARIABLE, BACKEND)],
)
def test_what_the_fleet_takes_for_a_default_is_the_role_s(variable: str, default: object) -> None:
    assert _options()[variable]["default"] == default


# of each type of argument specs, values that it does not take
OTHERS: dict[str, list[Any]] = {
    "str": [[], {}],
    "path": [[], {}],
    "int": ["x", [], {}],
    "bool": ["x", [], 7],
    "list": [{}, None, 7],
    "dict": ["x", [], 7],
}

OPTIONS = {"dhcp_server_boot_policy_first": POLICY_KEYS, TLS_VARIABLE: TLS_KEYS}


@pytest.mark.parametrize("variable", TUNABLE)
def test_a_check_agrees_with_the_role(variable: str) -> None:
    option = _options()[variable]

    def errors(value: Any) -> list[str]:
        return fleet(inventory(master01={variable: value}), GROUPS)["errors"]

    for good in [option.get("default"), *option.get("choices", [])]:
        assert errors(good) == []
    for other in OTHERS[option["type"]]:
        assert len(errors(other)) == 1, other
    if "choices" in option:
        assert errors("?") == [f"master01: {variable}: '?': is unknown; allowed: {', '.join(option['choices'])}"]
    if "options" in option:
        assert tuple(option["options"]) == OPTIONS[variable]
