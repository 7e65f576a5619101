"""What one run is asked for with `-e`, and masters that would shut out their own slaves."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, inventory

NAMES = "names of slaves whose slave_root is persist"
KNOWN = f"allowed: {NAMES}: pc01"

RESET: list[tuple[Any, list[str], list[str]]] = [
    (None, [], []),
    ([], [], []),
    (["pc01"], [], ["[0]: 'pc01': all that this slave has written to its root is given up; its slave_disks are kept"]),
    (["pc02"], [f"[0]: 'pc02': has the root nfs_tree, and no disk persist; {KNOWN}"], []),
    (
        ["pc1", "pc01"],
        [f"[0]: 'pc1': is no slave; {KNOWN}"],
        ["[1]: 'pc01': all that this slave has written to its root is given up; its slave_disks are kept"],
    ),
    ("pc01", [f": 'pc01': is text, not a list; allowed: a list of {NAMES}: pc01"], []),
    (
        ["all", 1],
        [f"[0]: 'all': is no slave; {KNOWN}", f"[1]: 1: is a number, not text (quote it in YAML); {KNOWN}"],
        [],
    ),
]


@pytest.mark.parametrize(("value", "errors", "warnings"), RESET)
def test_a_reset(value: Any, errors: list[str], warnings: list[str]) -> None:
    hosts = inventory(everywhere={"diskless_reset_slaves": value}, pc01={"slave_root": "persist"})
    model = fleet(hosts, GROUPS)
    assert model["errors"] == [f"all: diskless_reset_slaves{error}" for error in errors]
    assert model["warnings"] == [f"all: diskless_reset_slaves{warning}" for warning in warnings]


def test_a_reset_where_nothing_can_be() -> None:
    assert fleet(inventory(everywhere={"diskless_reset_slaves": ["pc01"]}), GROUPS)["errors"] == [
        "all: diskless_reset_slaves[0]: 'pc01': has the root nfs_overlay, and no disk persist; "
        f"allowed: {NAMES}, and there is none"
    ]


@pytest.mark.parametrize("variable", ["diskless_prune_trees", "diskless_prune_disks"])
def test_pruning(variable: str) -> None:
    for good in (True, "true", False, None):
        assert fleet(inventory(everywhere={variable: good}), GROUPS)["errors"] == []
    assert fleet(inventory(everywhere={variable: "all"}), GROUPS)["errors"] == [
        f"all: {variable}: 'all': is no boolean; allowed: true, false"
    ]


TLS = {"certificate": "/etc/ssl/a.pem", "key": "/etc/ssl/b.pem", "authorities": "/etc/ssl/c.pem", "required": True}


@pytest.mark.parametrize(
    ("variables", "shut_out"),
    [
        ({}, False),
        ({"slave_swap": "zram"}, False),
        ({"slave_swap": "nbd"}, True),
        ({"slave_root": "nbd_overlay"}, True),
    ],
)
def test_tls_that_no_slave_can_use(variables: dict[str, Any], shut_out: bool) -> None:
    errors = fleet(inventory(master01={"nbd_server_tls": TLS}, pc01=variables), GROUPS)["errors"]
    assert (
        errors
        == [
            "master01: nbd_server_tls.required: True: would shut out pc01: a slave has no key that TLS could use, as "
            "that would come by TFTP, where everybody can read it; allowed: false"
        ]
        * shut_out
    )
    offered = {**TLS, "required": False}
    assert fleet(inventory(master01={"nbd_server_tls": offered}, pc01=variables), GROUPS)["errors"] == []
