"""A bootstrapped tree becomes a slave's, and no link in it leads a write elsewhere."""

from __future__ import annotations

import os
import pathlib
import shutil
import stat
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_configure, unit_names

IMAGE: dict[str, Any] = {"init": "systemd", "services": ["ssh"], "authorized_keys": []}
SLAVE: dict[str, Any] = {
    "files": [
        {"path": "etc/machine-id", "mode": "0444", "content": ""},
        {"path": "usr/local/lib/systemd/system-generators/x", "mode": "0755", "content": "#!/bin/sh\n"},
    ],
    "links": [{"path": "etc/resolv.conf", "target": "/run/diskless/resolv.conf"}],
    "masked": ["fstrim.timer", "ssh"],
    "unwanted": ["etc/cron.daily/*"],
}


@pytest.fixture(name="root")
def _root(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "root"
    for path in (
        "etc/shadow", "etc/passwd-", "etc/hostname", "etc/ssh/ssh_host_rsa_key", "etc/ssh/sshd_config",
        "etc/cron.daily/locate", "var/lib/dpkg/status", "var/lib/dpkg/status-old", "var/log/dpkg.log",
        "var/cache/apt/pkgcache.bin", "usr/share/doc/less/copyright", "usr/share/doc/less/NEWS", "boot/vmlinuz-6.1",
        "boot/initrd.img-6.1", "usr/lib/modules/6.1/modules.dep",
    ):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{path}\n")
    (root / "etc/shadow").write_text("root:*:20000:0:99999:7:::\nsync:!*:20000::::::\nodd\n")
    (root / "etc/shadow").chmod(0o640)
    return root


@pytest.fixture(name="top")
def _top(root: pathlib.Path) -> Iterator[int]:
    descriptor = os.open(root, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def test_what_is_left_and_what_is_there(root: pathlib.Path) -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str:
        ran.append(command)
        return ""

    assert rootfs_configure.configure(str(root), IMAGE, SLAVE, run) == "6.1"
    assert ran == [["systemctl", "--root", str(root), "enable", "--", "ssh.service"]]
    left = {str(entry.relative_to(root)) for entry in root.rglob("*") if not entry.is_dir()}
    assert left == {
        "etc/shadow", "etc/machine-id", "etc/resolv.conf", "etc/ssh/sshd_config", "etc/systemd/system/fstrim.timer",
        "usr/local/lib/systemd/system-generators/x", "usr/share/doc/less/copyright", "boot/vmlinuz-6.1",
        "usr/lib/modules/6.1/modules.dep", "var/lib/dpkg/status",
    }  # fmt: skip
    assert stat.S_IMODE((root / "usr/local/lib/systemd/system-generators/x").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "etc/shadow").stat().st_mode) == 0o640
    assert os.readlink(root / "etc/systemd/system/fstrim.timer") == "/dev/null"


@pytest.mark.parametrize("kind", unit_names.ENDINGS)
def test_units_of_every_type_keep_their_names(root: pathlib.Path, kind: str) -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str:
        ran.append(command)
        return ""

    image = IMAGE | {"services": [f"data{kind}"]}
    rootfs_configure.configure(str(root), image, SLAVE | {"masked": [f"data{kind}"]}, run)
    assert ran == [["systemctl", "--root", str(root), "enable", "--", f"data{kind}"]]
    assert not (root / "etc/systemd/system").exists()


def test_keys_are_roots_alone(root: pathlib.Path) -> None:
    image = {"init": "systemd", "services": [], "authorized_keys": ["ssh-ed25519 AAAA a", "ssh-ed25519 BBBB b"]}
    rootfs_configure.configure(str(root), image, SLAVE, lambda _: "")
    keys = root / "root/.ssh/authorized_keys"
    assert keys.read_text() == "ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\n"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.parent.stat().st_mode) == 0o700


def test_links_of_the_image_do_not_lead_writes_to_the_master(
    root: pathlib.Path, top: int, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "master").mkdir()
    (tmp_path / "master/resolv.conf").write_text("precious")
    (root / "etc/resolv.conf").symlink_to(tmp_path / "master/resolv.conf")
    (root / "var/spool").symlink_to(tmp_path / "master")
    rootfs_configure.put_file(top, "etc/resolv.conf", b"new", 0o644)
    with pytest.raises(NotADirectoryError):
        rootfs_configure.put_file(top, "var/spool/resolv.conf", b"new", 0o644)
    rootfs_configure.remove(top, "var/spool/*")
    assert (tmp_path / "master/resolv.conf").read_text() == "precious"
    assert (root / "etc/resolv.conf").read_text() == "new"


@pytest.mark.parametrize(
    ("kernels", "modules", "text"),
    [
        ([], [], "the image has no kernel modules; its kernel's package is not installed"),
        (["6.1", "6.2"], ["6.1", "6.2"], "the image must hold one kernel, and has modules of 6.1, 6.2"),
        (["6.2"], ["6.1"], "the image has modules of kernel 6.1, but no /boot/vmlinuz-6.1"),
    ],
)
def test_an_image_without_its_kernel_is_refused(
    root: pathlib.Path, kernels: list[str], modules: list[str], text: str
) -> None:
    shutil.rmtree(root / "boot")
    shutil.rmtree(root / "usr/lib/modules")
    (root / "boot").mkdir()
    for version in kernels:
        (root / "boot" / f"vmlinuz-{version}").touch()
    for version in modules:
        (root / "usr/lib/modules" / version).mkdir(parents=True)
        (root / "usr/lib/modules" / version / "modules.dep").touch()
    with pytest.raises(ValueError, match=f"^{text}$"):
        rootfs_configure.configure(str(root), IMAGE, SLAVE, lambda _: "")


@pytest.mark.parametrize(
    ("masked", "services", "expected"),
    [
        (["fstrim.timer", "rpcbind.service"], [], ["fstrim.timer", "rpcbind.service"]),
        (["fstrim.timer", "rpcbind.service"], ["rpcbind"], ["fstrim.timer"]),
        (["fstrim.timer"], ["fstrim.timer"], []),
        (["fstrim.timer"], ["!cups", "ssh", "!fstrim.timer"], ["cups.service", "fstrim.timer"]),
        (["getty@tty1"], ["getty@tty1.service"], []),
        (
            ["data.automount", "a.swap", "b.slice", "c.mounted"],
            [],
            ["a.swap", "b.slice", "c.mounted.service", "data.automount"],
        ),
    ],
)
def test_what_an_image_asks_for_is_not_masked(masked: list[str], services: list[str], expected: list[str]) -> None:
    assert rootfs_configure.masks(masked, services) == expected


def test_shadow_does_not_tell_the_day_of_the_build() -> None:
    assert rootfs_configure.undate_shadow("root:*:20000:0:99999:7:::\nx::\n") == "root:*:1:0:99999:7:::\nx::\n"
