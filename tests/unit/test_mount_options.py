"""Mounts that systemd makes when they are first used: what the inventory may say, and what becomes of it in a slave."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import boot_entries
from fleet_inventory import GROUPS, fresh, inventory

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = CHECKOUT / "roles/slave_kernel/files/initramfs/lib/cmdline.sh"
GENERATOR = "/usr/lib/systemd/system-generators/systemd-fstab-generator"
OPTS = "rw,nosuid,nodev,x-systemd.automount,x-systemd.idle-timeout=60"
ALLOWED = "allowed: mount options joined by commas, as in fstab(5)"

FAULTS: list[tuple[str, str | None]] = [
    ("x-systemd.automount", None),
    (OPTS, None),
    ("x-systemd.automount,x-systemd.idle-timeout=1h30min", None),
    ("x-systemd.automount,x-systemd.idle-timeout=infinity,x-systemd.mount-timeout=0.5s", None),
    ("x-systemd.requires=ssh.service,x-systemd.after=ssh.service,nofail,_netdev", None),
    # What others read is theirs.
    ("x-gvfs-show,x-mount.mkdir=0700", None),
    (
        "x-systemd.autmount",
        "holds 'x-systemd.autmount', which systemd does not know, did you mean x-systemd.automount?",
    ),
    (
        "x-systemd.automount,x-systemd.idle-time=60",
        "holds 'x-systemd.idle-time', which systemd does not know, did you mean x-systemd.idle-timeout?",
    ),
    ("x-systemd.zzz=1", "holds 'x-systemd.zzz', which systemd does not know"),
    ("x-systemd.automount=yes", "gives x-systemd.automount a value, and it has none"),
    ("x-systemd.automount=", "gives x-systemd.automount a value, and it has none"),
    ("x-systemd.automount,x-systemd.idle-timeout", "gives x-systemd.idle-timeout no value"),
    ("x-systemd.requires=", "gives x-systemd.requires no value"),
    (
        "x-systemd.automount,x-systemd.idle-timeout=soon",
        "gives x-systemd.idle-timeout no time, such as 60 (seconds), 5min or infinity",
    ),
    (
        "x-systemd.idle-timeout=60",
        "says x-systemd.idle-timeout without x-systemd.automount: what is mounted at boot stays",
    ),
    (
        "x-initrd.mount",
        "holds 'x-initrd.mount', which nothing reads: the initramfs leaves these mounts to the system",
    ),
]


@pytest.mark.parametrize(("opts", "wrong"), FAULTS)
def test_what_systemd_reads(opts: str, wrong: str | None) -> None:
    mount = {"path": "/home", "src": "nas:/home", "opts": opts}
    expected = [] if wrong is None else [f"pc01: slave_mounts[0].opts: {opts!r}: {wrong}; {ALLOWED}"]
    assert fleet(inventory(pc01={"slave_mounts": [mount]}), GROUPS)["errors"] == expected


def test_the_same_for_a_disk() -> None:
    disk = {"name": "data", "size": "64M", "path": "/srv/data", "opts": "x-systemd.autmount"}
    (error,) = fleet(inventory(pc01={"slave_disks": [disk]}), GROUPS)["errors"]
    assert error.startswith("pc01: slave_disks[0].opts: 'x-systemd.autmount': holds 'x-systemd.autmount', which ")


@pytest.fixture(name="units")
def _units(tmp_path: pathlib.Path) -> pathlib.Path:
    """The units that a slave has by its own generator, of what the inventory says; made from its kernel's line."""
    mounts: list[dict[str, Any]] = [
        {"path": "/home", "src": "master:/srv/diskless/home", "opts": OPTS},
        {"path": "/srv/notices", "src": "master:/srv/diskless/notices", "opts": "ro"},
    ]
    model = fresh(inventory(pc01={"slave_mounts": mounts}), GROUPS)
    entry: Any = boot_entries(model, "master01")[0]
    items = [one.partition("=")[2] for one in entry["labels"][0]["cmdline"] if one.startswith("diskless.mount=")]
    shell = subprocess.run(
        ["sh", "-eu", "-c", f'. {LIBRARY}; for one; do fstab_line "$one"; done', "sh", *items],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shell.stdout.splitlines() == [
        f"192.168.1.1:/srv/diskless/home /home nfs {OPTS} 0 0",
        "192.168.1.1:/srv/diskless/notices /srv/notices nfs ro 0 0",
    ]
    fstab = tmp_path / "fstab"
    fstab.write_text(shell.stdout)
    folders = [tmp_path / name for name in ("normal", "early", "late")]
    for folder in folders:
        folder.mkdir()
    assert pathlib.Path(GENERATOR).exists(), "systemd-fstab-generator is missing; install the Debian package systemd"
    subprocess.run([GENERATOR, *map(str, folders)], check=True, env={**os.environ, "SYSTEMD_FSTAB": str(fstab)})
    return folders[0]


def test_it_is_mounted_when_it_is_used_and_not_before(units: pathlib.Path) -> None:
    assert sorted(one.name for one in (units / "remote-fs.target.requires").iterdir()) == [
        "home.automount",
        "srv-notices.mount",
    ]
    automount, mount = ((units / f"home.{kind}").read_text().splitlines() for kind in ("automount", "mount"))
    assert {"Where=/home", "TimeoutIdleSec=1min"} <= set(automount)
    assert {"What=192.168.1.1:/srv/diskless/home", "Type=nfs", f"Options={OPTS}"} <= set(mount)


def test_the_initramfs_mounts_none_of_it() -> None:
    steps = CHECKOUT / "roles/slave_kernel/files/initramfs/steps"
    assert [one.name for one in sorted(steps.iterdir()) if "diskless.mount" in one.read_text()] == ["80-handover"]
