"""inventories/library as the real ansible-inventory reads it: what an admin copies must do what its comments say."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import pytest

LIBRARY = pathlib.Path(__file__).resolve().parents[2] / "inventories" / "library"
NOTICES = {"path": "/srv/notices", "src": "master:/srv/diskless/notices", "opts": "ro,nosuid,nodev,noexec"}


def read(inventory: pathlib.Path) -> Any:
    """All that ansible-inventory knows: groups, and host variables in `_meta`."""
    done = subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-inventory"), "-i", str(inventory), "--list"],
        env={name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(name="hosts", scope="module")
def _hosts() -> Any:
    return read(LIBRARY)["_meta"]["hostvars"]


def test_each_workstation_has_its_address(hosts: Any) -> None:
    slaves = {name: variables["slave_ip"] for name, variables in hosts.items() if "slave_ip" in variables}
    assert slaves == {f"pc{number:02}": f"192.168.1.{20 + number}" for number in range(1, 26)}
    assert len({variables["slave_mac"] for variables in hosts.values() if "slave_mac" in variables}) == 25


@pytest.mark.parametrize(
    ("name", "image", "root", "paths"),
    [
        ("pc01", "reading_room", "nfs_overlay", ["/srv/downloads"]),
        ("pc15", "reading_room", "nbd_overlay", ["/srv/downloads"]),
        ("pc07", "reading_room", "persist", ["/srv/downloads"]),
        ("pc16", "catalogue", "nfs_overlay", ["/srv/notices"]),
        ("pc20", "catalogue", "nbd_cow", ["/srv/notices"]),
        ("pc21", "catalogue", "nfs_tree", ["/srv/notices", "/home"]),
    ],
)
def test_the_groups_are_profiles(hosts: Any, name: str, image: str, root: str, paths: list[str]) -> None:
    assert hosts[name]["slave_image"] == image
    assert hosts[name]["slave_root"] == root
    assert [mount["path"] for mount in hosts[name]["slave_mounts"]] == paths


def test_every_terminal_at_the_catalogue_has_the_notices_and_cannot_write_them(hosts: Any) -> None:
    assert all(NOTICES in hosts[f"pc{number}"]["slave_mounts"] for number in range(16, 26))


def test_a_profile_overrides_what_holds_for_all_slaves(tmp_path: pathlib.Path) -> None:
    """Among sibling groups Ansible merges by the alphabet: `slaves` would win over `catalogue`."""
    copy = tmp_path / "mine"
    shutil.copytree(LIBRARY, copy)
    with (copy / "group_vars" / "slaves.yml").open("a") as variables:
        variables.write("slave_image: general\nslave_cmdline: [general]\nslave_services: [general]\n")
    hosts = read(copy)["_meta"]["hostvars"]
    assert [hosts[name]["slave_image"] for name in ("pc01", "pc16", "pc21")] == [
        "reading_room",
        "catalogue",
        "catalogue",
    ]
    assert [hosts[name]["slave_cmdline"] for name in ("pc01", "pc16", "pc21")] == [
        ["quiet", "loglevel=4"],
        ["panic=10"],
        ["panic=10"],
    ]
    assert hosts["pc21"]["slave_root"] == "nfs_tree"
    assert hosts["pc01"]["slave_services"] == ["general"]
