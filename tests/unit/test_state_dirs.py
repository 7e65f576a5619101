"""What slaves keep on their master: the inventory's words, what they become, each fault with its exact text."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_labels, names, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import KEPT
from fleet_inventory import GROUPS, fresh, inventory

PATH = f"allowed: a mount point: {names.PATH_ALLOWED}; not / or /usr, nor in {', '.join(KEPT)}"
MODE = 'allowed: permissions as quoted octal digits, like "0750"'
OWNER = "allowed: the name of a user or group of the image, or its number, up to 4294967294"
APART = "allowed: paths apart from all others, mounts and disks"
LOTS = {"path": "/var/lib/a-b", "mode": "0750", "owner": "cups", "group": 7}

FAULTS: list[tuple[Any, list[str]]] = [
    (
        "/var/lib/x",
        [
            ": '/var/lib/x': is text, not a list; "
            "allowed: a list of paths, or of dictionaries with path, mode, owner, group"
        ],
    ),
    (["lib"], [f"[0].path: 'lib': is not absolute; {PATH}"]),
    (["/"], [f"[0].path: '/': is the root itself; {PATH}"]),
    (["/etc/x"], [f"[0].path: '/etc/x': would hide /etc, which the slave needs; {PATH}"]),
    (["/var"], [f"[0].path: '/var': holds more than the state of one service; {PATH}"]),
    (["/var/lib/dpkg/info"], [f"[0].path: '/var/lib/dpkg/info': belongs to the image, or is in memory; {PATH}"]),
    (["/var/tmp/x"], [f"[0].path: '/var/tmp/x': belongs to the image, or is in memory; {PATH}"]),
    (["/root"], [f"[0].path: '/root': holds more than the state of one service; {PATH}"]),
    (["/root/.ssh"], [f"[0].path: '/root/.ssh': is the slave's identity: its master has that already; {PATH}"]),
    (["/var/a,b"], [f"[0].path: '/var/a,b': is no usable path; {PATH}"]),
    ([{"mode": "0750"}], [f"[0].path: missing; {PATH}"]),
    ([{"path": "/a/b", "mod": 1}], ["[0]: unknown key mod; did you mean 'mode'; allowed: path, mode, owner, group"]),
    ([{"path": "/a/b", "mode": 750}], [f"[0].mode: 750: is a number, not text (quote it in YAML); {MODE}"]),
    ([{"path": "/a/b", "mode": "u+x"}], [f"[0].mode: 'u+x': is no mode; {MODE}"]),
    ([{"path": "/a/b", "owner": "a,b"}], [f"[0].owner: 'a,b': is no name of a user or group; {OWNER}"]),
    ([{"path": "/a/b", "owner": 2**32 - 1}], [f"[0].owner: '4294967295': is out of range; {OWNER}"]),
    ([{"path": "/a/b", "group": "9" * 32}], [f"[0].group: '{'9' * 32}': is out of range; {OWNER}"]),
    (["/a/b", "/a"], [f"[1]: '/a': and /a/b lie in one another; {APART}"]),
    (["/home/x/y"], [f"[0]: '/home/x/y': and /home/x lie in one another; {APART}"]),
    (["/var/disk"], [f"[0]: '/var/disk': and /var/disk lie in one another; {APART}"]),
]


@pytest.mark.parametrize(("value", "errors"), FAULTS)
def test_one_fault(value: Any, errors: list[str]) -> None:
    others = {
        "slave_mounts": [{"path": "/home/x", "fstype": "tmpfs"}],
        "slave_disks": [{"name": "d", "size": "1G", "path": "/var/disk"}],
    }
    model = fleet(inventory(pc01={"slave_state_dirs": value, **others}), GROUPS)
    assert model["errors"] == [f"pc01: slave_state_dirs{error}" for error in errors]


def test_the_highest_number_of_an_owner_is_good() -> None:
    kept = [{"path": "/a/b", "owner": 2**32 - 2, "group": "4294967294"}]
    assert fleet(inventory(pc01={"slave_state_dirs": kept}), GROUPS)["errors"] == []


def test_a_tree_cannot_keep_what_it_shares() -> None:
    model = fleet(inventory(pc02={"slave_state_dirs": ["/opt/x"]}), GROUPS)
    assert model["errors"] == [
        "pc02: slave_state_dirs: '/opt/x': lies in /opt, which image 'catalogue' shares read-only: its mount point "
        "cannot be made; allowed: a path outside /opt, or an image that does not share it"
    ]


def test_what_is_kept_would_hide_the_slaves_own_files() -> None:
    kept = {"slave_state_dirs": ["/var/lib/x"]}
    for path in ("/var/lib/x", "/var/lib/x/y/z"):
        model = fleet(inventory(pc01={**kept, "slave_files": [{"path": path, "content": ""}]}), GROUPS)
        assert model["errors"] == [
            f"pc01: slave_files[0].path: '{path}': lies in /var/lib/x: slave_state_dirs has it; "
            "allowed: a path outside /var/lib/x"
        ]


def test_what_is_kept_is_told_to_the_slave_and_exported_to_it_alone() -> None:
    model = fresh(inventory(pc01={"slave_state_dirs": ["/var/spool/cron", LOTS]}), GROUPS)
    assert model["errors"] == []
    [label] = boot_labels.labels(
        model["directory"], model["images"], model["masters"]["master01"], model["slaves"]["pc01"]
    )
    assert [word for word in label["cmdline"] if word.startswith(("diskless.state", "diskless.keep"))] == [  # type: ignore[attr-defined]  # a list
        "diskless.state=192.168.1.1:/srv/diskless/own/pc01",
        "diskless.keep=/var/spool/cron",
        "diskless.keep=/var/lib/a-b,0750,cups,7",
    ]
    assert projections.states(model, "master01") == [{"name": "pc01"}]
    assert {
        "path": "/srv/diskless/own/pc01",
        "clients": ["192.168.1.21"],
        "access": "rw",
        "root_squash": False,
        "all_squash": False,
        "private": True,
    } in projections.exports(model, "master01")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, []),
        ({"slave_timer_spread": 600}, ["diskless.timers=600"]),
        ({"slave_services": ["ssh", "!cups"]}, ["systemd.wants=ssh.service", "systemd.mask=cups.service"]),
    ],
)
def test_services_and_timers_travel_on_the_command_line(variables: dict[str, Any], words: list[str]) -> None:
    model = fresh(inventory(pc01=variables), GROUPS)
    labels: Any = projections.boot_entries(model, "master01")[0]["labels"]
    asked = ("systemd.wants", "systemd.mask", "diskless.timers")
    assert [word for word in labels[0]["cmdline"] if word.startswith(asked)] == words
