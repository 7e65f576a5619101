"""Where a slave's log goes: the inventory's word, what it becomes, each fault with its exact text."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import projections
from fleet_inventory import GROUPS, fresh, image, inventory

ALLOWED = "allowed: 'master', or the name or address of a machine that runs systemd-journal-remote"
ABLE = image(packages=["systemd-journal-remote"])


def model(value: Any, everywhere: dict[str, Any] | None = None) -> Any:
    return fresh(
        inventory(everywhere=ABLE if everywhere is None else everywhere, pc01={"slave_log_host": value}), GROUPS
    )


@pytest.mark.parametrize(
    ("value", "words", "clients"),
    [
        (None, [], []),
        ("master", ["diskless.log=192.168.1.1"], [{"name": "pc01", "ip": "192.168.1.21"}]),
        ("logs.library.example", ["diskless.log=logs.library.example"], []),
        ("192.168.1.9", ["diskless.log=192.168.1.9"], []),
    ],
)
def test_where_it_goes(value: Any, words: list[str], clients: list[dict[str, str]]) -> None:
    made = model(value)
    assert made["errors"] == []
    labels: Any = projections.boot_entries(made, "master01")[0]["labels"]
    assert [word for word in labels[0]["cmdline"] if word.startswith("diskless.log")] == words
    assert projections.log_clients(made, "master01") == clients


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a b", f"pc01: slave_log_host: 'a b': holds a space; {ALLOWED}"),
        ("http://x", f"pc01: slave_log_host: 'http://x': is no domain name; {ALLOWED}"),
        (514, f"pc01: slave_log_host: 514: is a number, not text (quote it in YAML); {ALLOWED}"),
    ],
)
def test_one_fault(value: Any, error: str) -> None:
    assert model(value)["errors"] == [error]


def test_an_image_without_systemd_cannot_send() -> None:
    everywhere = image(packages=["systemd-journal-remote"], init="openrc")
    assert model("master", everywhere)["errors"] == [
        "pc01: slave_log_host: 'master': is sent the log by systemd, and the init of image 'reading_room' is openrc; "
        "allowed: an image with init systemd"
    ]


def test_an_image_must_be_able_to_send() -> None:
    assert model("master", {})["errors"] == [
        "pc01: slave_log_host: 'master': is sent the log by the package systemd-journal-remote, which image "
        "'reading_room' has not; allowed: an image with systemd-journal-remote among its packages"
    ]
