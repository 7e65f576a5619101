"""A generation appears whole or not at all."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_build, rootfs_command

SLAVE: dict[str, Any] = {"packages": [], "files": [], "links": [], "masked_units": [], "unwanted": []}


def image(**change: Any) -> dict[str, Any]:
    return {
        "name": "room", "generation": "g1", "distribution": "debian", "release": "bookworm", "architecture": "amd64",
        "packages": [], "services": [], "authorized_keys": [], "mirror": None, "kernel": {"package": "linux"},
        "tree": False,
    } | change  # fmt: skip


def fake(command: Sequence[str]) -> str:
    """Do what the programs would have done."""
    program = command[len(rootfs_command.LEASH)] if command[0] == "setpriv" else command[0]
    if program == "mmdebstrap":
        root = pathlib.Path(command[-1])
        for path in (
            "etc/shadow",
            "boot/vmlinuz-6.1",
            "usr/lib/modules/6.1/modules.dep",
            "var/lib/dpkg/info/a.md5sums",
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("x")
        os.utime(root / "var/lib/dpkg/info/a.md5sums", (1000, 1000))
    elif program == "mksquashfs":
        tree, target = command[len(rootfs_command.LEASH) + 1 :][:2]
        assert max(int(entry.lstat().st_mtime) for entry in pathlib.Path(tree).rglob("*")) == 1000
        pathlib.Path(target).write_text("squashfs")
    elif program == "unsquashfs":
        pathlib.Path(command[-2]).mkdir()
    elif program == "dpkg-query":
        return "less:amd64\t590-2\n"
    return ""


def names(path: pathlib.Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_what_is_missing_and_what_is_not(tmp_path: pathlib.Path) -> None:
    there = tmp_path / "images/room/g1"
    there.mkdir(parents=True)
    (there / "root.squashfs").touch()
    wanted = [image(), image(tree=True), image(generation="g2")]
    assert [(item.build, item.tree) for item in rootfs_build.missing(str(tmp_path), wanted)] == [
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("tree", "expected"), [(False, ["image.json", "root.squashfs"]), (True, ["image.json", "root", "root.squashfs"])]
)
def test_a_generation_is_built(tmp_path: pathlib.Path, tree: bool, expected: list[str]) -> None:
    rootfs_build.build(str(tmp_path), image(tree=tree), SLAVE, fake)
    assert names(tmp_path / "images/room") == ["g1"]
    assert names(tmp_path / "images/room/g1") == expected
    assert rootfs_build.missing(str(tmp_path), [image(tree=tree)]) == []


def test_a_tree_is_added_later(tmp_path: pathlib.Path) -> None:
    rootfs_build.build(str(tmp_path), image(), SLAVE, fake)
    rootfs_build.add_tree(str(tmp_path), image(tree=True), fake)
    assert names(tmp_path / "images/room") == ["g1"]
    assert rootfs_build.missing(str(tmp_path), [image(tree=True)]) == []


@pytest.mark.parametrize("program", ["mmdebstrap", "mksquashfs", "dpkg-query"])
def test_a_failing_program_leaves_nothing(tmp_path: pathlib.Path, program: str) -> None:
    def run(command: Sequence[str]) -> str:
        fake(command)
        if program in command:
            raise rootfs_build.BuildError("no")
        return ""

    with pytest.raises(rootfs_build.BuildError):
        rootfs_build.build(str(tmp_path), image(), SLAVE, run)
    assert names(tmp_path / "images/room") == []


@pytest.mark.parametrize("left", [(), ("image.json", "root"), ("root.squashfs.old",)])
def test_a_generation_that_is_there_in_part_stops_the_run(tmp_path: pathlib.Path, left: tuple[str, ...]) -> None:
    there = tmp_path / "images/room/g1"
    there.mkdir(parents=True)
    for name in left:
        (there / name).mkdir()
    text = (
        f"image room/g1: {there} is there without root.squashfs, so somebody has changed it; move that folder away to "
        "have it built again, or give the image another revision"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        rootfs_build.missing(str(tmp_path), [image()])


FOREIGN = [
    ".lock", "README", ".git/.g1.building-0badcafe/x", "room/notes", "room/.g1.building-0badcafe.old/x",
    "room/.g1.building-1/x", "room/.g1.old/x", "lost+found/.g1.building-0badcafe/x",
]  # fmt: skip


def test_what_dead_runs_left_is_removed_and_nothing_else(tmp_path: pathlib.Path) -> None:
    images = tmp_path / "images"
    for path in ("room/.g1.building-0badcafe/root/etc", "room/g0", "hall/.g1.building-11111111/x"):
        (images / path).mkdir(parents=True)
    for path in FOREIGN:
        (images / path).parent.mkdir(parents=True, exist_ok=True)
        (images / path).touch()
    (images / "elsewhere").symlink_to(images / "room")
    (images / "room/.g2.building-22222222").touch()
    remains = ["hall/.g1.building-11111111", "room/.g1.building-0badcafe"]
    assert rootfs_build.survey(str(tmp_path)) == (["room/g0"], remains)
    assert rootfs_build.sweep(str(tmp_path)) == remains
    assert rootfs_build.survey(str(tmp_path)) == (["room/g0"], [])
    assert [path for path in FOREIGN if not (images / path).exists()] == []
    assert rootfs_build.survey(str(tmp_path / "fresh")) == ([], [])


def test_a_second_run_waits_for_the_first(tmp_path: pathlib.Path) -> None:
    lock = f"{tmp_path}/images/.lock"
    with rootfs_build.locked(str(tmp_path)):
        assert subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 1
    assert subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0


def test_a_program_that_fails_or_is_missing_is_told_clearly(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("SECRET", "secret")
    with rootfs_build.locked(str(tmp_path)) as lock:
        run = rootfs_build.runner(lock)
        assert run(["sh", "-c", "echo $INITRD"]) == "No\n"
        assert run(["sh", "-c", "echo $http_proxy $SECRET"]) == "http://proxy.test:3128\n"
        with pytest.raises(rootfs_build.BuildError, match=r"^sh failed with exit code 3:\nbad$"):
            run(["sh", "-c", "echo bad >&2; exit 3"])
        with pytest.raises(rootfs_build.BuildError, match=r"^/no/such: not found; install mmdebstrap"):
            run(["/no/such"])
