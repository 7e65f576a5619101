"""What an image with OpenRC starts: links in its runlevels, made and taken away without its tools."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command, rootfs_configure

IMAGE: dict[str, Any] = {"init": "openrc", "services": [], "authorized_keys": []}
SLAVE: dict[str, Any] = {"files": [], "links": [], "masked": [], "unwanted": []}
SCRIPTS = ("cron", "cups", "hwclock.sh", "ssh")


@pytest.fixture(name="root")
def _root(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "root"
    for path in ("etc/shadow", "boot/vmlinuz-6.1", "usr/lib/modules/6.1/modules.dep"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    for name in SCRIPTS:
        (root / "etc/init.d").mkdir(exist_ok=True)
        (root / "etc/init.d" / name).touch(0o755)
    for level, names in {"sysinit": ["hwclock.sh"], "default": ["cron", "ssh"], "recovery": ["ssh"]}.items():
        (root / "etc/runlevels" / level).mkdir(parents=True)
        for name in names:
            (root / "etc/runlevels" / level / name).symlink_to(f"/etc/init.d/{name}")
    return root


def started(root: pathlib.Path, services: list[str], masked: list[str]) -> dict[str, list[str]]:
    """Configure the tree; what is in each of its runlevels."""
    image = IMAGE | {"services": services}
    assert rootfs_configure.configure(str(root), image, SLAVE | {"masked": masked}, _refuse) == "6.1"
    levels = root / "etc/runlevels"
    return {level.name: sorted(os.listdir(level)) for level in levels.iterdir()}


def _refuse(*_: object) -> str:
    raise AssertionError("systemctl is of no use here")


@pytest.mark.parametrize(
    ("services", "masked", "default", "sysinit"),
    [
        ([], [], ["cron", "ssh"], ["hwclock.sh"]),
        (["cups", "cups.service", "ssh"], ["hwclock.sh"], ["cron", "cups", "ssh"], []),
        (["!cron", "hwclock.sh"], ["hwclock.sh", "gone"], ["hwclock.sh", "ssh"], ["hwclock.sh"]),
    ],
)
def test_what_is_started(
    root: pathlib.Path, services: list[str], masked: list[str], default: list[str], sysinit: list[str]
) -> None:
    assert started(root, services, masked) == {"default": default, "sysinit": sysinit, "recovery": ["ssh"]}
    for name in default:
        assert os.readlink(root / "etc/runlevels/default" / name) == f"/etc/init.d/{name}"
    assert not (root / "etc/systemd").exists()


def test_what_is_not_wanted_is_in_no_runlevel(root: pathlib.Path) -> None:
    assert started(root, ["!ssh"], []) == {"default": ["cron"], "sysinit": ["hwclock.sh"], "recovery": []}


def test_a_service_that_no_package_brings_is_told_with_those_that_there_are(root: pathlib.Path) -> None:
    (root / "etc/init.d/README").touch(0o644)
    (root / "etc/init.d/rc").touch(0o755)
    (root / "etc/init.d/agetty.ttyS0").symlink_to("agetty")
    there = "it, as far as it has scripts for OpenRC; its packages bring: agetty.ttyS0, cron, cups, hwclock.sh, ssh"
    for name in ("cup", "rc", "README"):
        with pytest.raises(rootfs_command.BuildError, match=f"^there is no service '{name}' in {there}$"):
            started(root, [name], [])


def test_a_runlevel_that_is_a_link_leads_nowhere(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "master").mkdir()
    (tmp_path / "master/cron").touch()
    (root / "etc/runlevels/own").symlink_to(tmp_path / "master")
    started(root, ["!cron"], [])
    assert (tmp_path / "master/cron").exists()
