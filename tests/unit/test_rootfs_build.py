"""A generation appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    rootfs_build,
    rootfs_command,
    rootfs_disk_size,
    rootfs_run,
)

MIB = 1 << 20
G0, G1, G2 = (f"bookworm-00000000000{number}-2026010{number}T000000Z" for number in (1, 2, 3))
SLAVE: dict[str, Any] = {"packages": [], "files": [], "links": [], "masked": [], "unwanted": []}


FORMS: list[dict[str, Any]] = [
    {"format": "squashfs", "size": None}, {"format": "erofs", "size": None}, {"format": "ext4", "size": None},
    {"format": "ext4", "size": 64 << 20}, {"format": "ext4", "size": 128 << 20},
]  # fmt: skip


def image(**change: Any) -> dict[str, Any]:
    return {
        "name": "room", "generation": G1, "distribution": "debian", "release": "bookworm", "architecture": "amd64",
        "init": "systemd", "packages": [], "services": [], "public_files": [], "authorized_keys": [], "mirror": None,
        "kernel": {"package": "linux"}, "tree": False, "nbd": None,
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
    there = tmp_path / f"images/room/{G1}"
    there.mkdir(parents=True)
    (there / "root.squashfs").touch()
    (there / "root.64M.ext4").touch()
    wanted = [image(), image(tree=True), image(generation=G2), *(image(nbd=nbd) for nbd in FORMS)]
    wanted.append(image(generation=G2, nbd=FORMS[-1]))
    assert [item[1:] for item in rootfs_build.missing(str(tmp_path), wanted)] == [
        (False, True, None),
        (True, False, None),
        (False, False, "root.erofs"),
        (False, False, "root.ext4"),
        (False, False, "root.128M.ext4"),
        (True, False, "root.128M.ext4"),
    ]


@pytest.mark.parametrize(
    ("tree", "expected"), [(False, ["image.json", "root.squashfs"]), (True, ["image.json", "root", "root.squashfs"])]
)
def test_a_generation_is_built(tmp_path: pathlib.Path, tree: bool, expected: list[str]) -> None:
    rootfs_build.build(str(tmp_path), image(tree=tree), SLAVE, fake)
    assert names(tmp_path / "images/room") == [G1]
    assert names(tmp_path / f"images/room/{G1}") == expected
    assert rootfs_build.missing(str(tmp_path), [image(tree=tree)]) == []


def test_what_a_generation_is_made_from_is_told(tmp_path: pathlib.Path) -> None:
    """However it is wanted besides: the same definition gives the same bytes."""
    told = set()
    forms: list[dict[str, Any]] = [{}, {"tree": True}, {"nbd": FORMS[-1]}]
    for number, form in enumerate(forms):
        rootfs_build.build(f"{tmp_path}/{number}", image(**form), SLAVE, fake)
        made = json.loads((tmp_path / f"{number}/images/room/{G1}/image.json").read_text())
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made.pop("built"))
        told.add(json.dumps(made))
    made = json.loads(told.pop())
    assert not told
    assert (made["epoch"], made["kernel"], made["packages"]) == (1000, "6.1", {"less:amd64": "590-2"})
    assert made["contents"] == {"blocks": 16, "inodes": 15}
    assert made["definition"]["name"] == "room"
    assert (made["sizes"], made["sha256"]) == ({"root.squashfs": 8}, hashlib.sha256(b"squashfs").hexdigest())
    assert {"tree", "nbd"} & set(made["definition"]) == set()


def test_a_tree_is_added_later(tmp_path: pathlib.Path) -> None:
    rootfs_build.build(str(tmp_path), image(), SLAVE, fake)
    rootfs_build.add_tree(str(tmp_path), image(tree=True), fake)
    assert names(tmp_path / "images/room") == [G1]
    assert rootfs_build.missing(str(tmp_path), [image(tree=True)]) == []


def test_an_image_with_a_secret_is_not_published(tmp_path: pathlib.Path) -> None:
    """But for what the inventory put there."""

    def run(command: Sequence[str]) -> str:
        if rootfs_command.program(command) == "mmdebstrap":
            home = pathlib.Path(command[-1]) / "root"
            home.mkdir(parents=True)
            (home / ".bash_history").write_text("passwd\n")
        return fake(command)

    netrc = {"path": "root/.netrc", "mode": "0600", "content": "machine x login y password z\n"}
    slave = SLAVE | {"files": [netrc]}
    rootfs_build.build(str(tmp_path), image(generation=G0), slave, fake)
    text = (
        "not published, as every slave could read these secrets and traces of one machine (1):\n"
        "  root/.bash_history: a history\nWhat one slave"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}"):
        rootfs_build.build(str(tmp_path), image(), slave, run)
    assert names(tmp_path / "images/room") == [G0]


@pytest.mark.parametrize("program", ["mmdebstrap", "mksquashfs", "dpkg-query"])
def test_a_failing_program_leaves_nothing(tmp_path: pathlib.Path, program: str) -> None:
    def run(command: Sequence[str]) -> str:
        fake(command)
        if program in command:
            raise rootfs_command.BuildError("no")
        return ""

    with pytest.raises(rootfs_command.BuildError):
        rootfs_build.build(str(tmp_path), image(), SLAVE, run)
    assert names(tmp_path / "images/room") == []


class Status(NamedTuple):
    """What statvfs(3) tells of a disk with 100 MiB that are free."""

    f_bavail: int = 25600
    f_frsize: int = 4096


@pytest.mark.parametrize(
    ("program", "beside", "planned"),
    [("mmdebstrap", None, 1003520000), ("mmdebstrap", 50000, 286720000), ("mksquashfs", 50000, 100 * MIB + MIB)],
)
def test_a_full_disk_is_told_with_what_is_missing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, program: str, beside: int | None, planned: int
) -> None:
    """The programs have removed what they had made. Guessed by the generation beside it, then known."""
    (tmp_path / f"images/room/{G0}").mkdir(parents=True)
    (tmp_path / "images/room/notes").mkdir()
    if beside:
        told = {"epoch": 1, "contents": {"inodes": 1, "blocks": beside}}
        (tmp_path / f"images/room/{G0}/image.json").write_text(json.dumps(told))
    monkeypatch.setattr(os, "statvfs", lambda _: Status())
    monkeypatch.setattr(rootfs_disk_size, "used", lambda _: 0)

    def run(command: Sequence[str]) -> str:
        if program in command:
            raise rootfs_command.BuildError("No space left on device")
        return fake(command)

    text = (
        f"No space left on device\nthe disk of {tmp_path}/images/room is full: about {planned} bytes are needed, "
        f"104857600 are free, {planned - 100 * MIB} bytes ("
    )
    with pytest.raises(rootfs_command.BuildError, match=f"^{re.escape(text)}"):
        rootfs_build.build(str(tmp_path), image(), SLAVE, run)
    assert names(tmp_path / "images/room") == [G0, "notes"]


def test_a_tree_that_has_no_room_is_not_begun(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rootfs_build.build(str(tmp_path), image(), SLAVE, fake)
    made = tmp_path / f"images/room/{G1}/image.json"
    made.write_text(json.dumps(json.loads(made.read_text()) | {"contents": {"inodes": 1, "blocks": 25601}}))
    monkeypatch.setattr(os, "statvfs", lambda _: Status())
    text = (
        f"the disk of {tmp_path}/images/room is full: about 104861696 bytes are needed, 104857600 are free, 4096 bytes "
        "(1 MiB) are missing"
    )
    with pytest.raises(rootfs_command.BuildError, match=f"^{re.escape(text)}$"):
        rootfs_build.add_tree(str(tmp_path), image(tree=True), fake)
    assert names(tmp_path / f"images/room/{G1}") == ["image.json", "root.squashfs"]


@pytest.mark.parametrize("left", [(), ("image.json", "root"), ("root.squashfs.old",)])
def test_a_generation_that_is_there_in_part_stops_the_run(tmp_path: pathlib.Path, left: tuple[str, ...]) -> None:
    there = tmp_path / f"images/room/{G1}"
    there.mkdir(parents=True)
    for name in left:
        (there / name).mkdir()
    text = (
        f"image room/{G1}: {there} is there without root.squashfs, so somebody has changed it; move that folder away "
        "to have it built again, or give the image another revision"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        rootfs_build.missing(str(tmp_path), [image()])


FOREIGN = [
    ".lock", "README", f".git/.{G1}.building-0badcafe/x", "room/notes", f"room/.{G1}.building-0badcafe.old/x",
    f"room/.{G1}.building-1/x", f"room/.{G1}.old/x",
    "room/.mine.removing-0badcafe/x", "room/bookworm-3f2a9c0d1e4b/x",
    f"lost+found/.{G1}.building-0badcafe/x",
]  # fmt: skip


def test_what_dead_runs_left_is_removed_and_nothing_else(tmp_path: pathlib.Path) -> None:
    images = tmp_path / "images"
    removing = rootfs_build.removing_name(G2)
    for path in (
        f"room/.{G1}.building-0badcafe/root/etc",
        f"room/{G0}",
        f"hall/.{G1}.building-11111111/x",
        f"room/{removing}/x",
    ):
        (images / path).mkdir(parents=True)
    for path in FOREIGN:
        (images / path).parent.mkdir(parents=True, exist_ok=True)
        (images / path).touch()
    (images / "elsewhere").symlink_to(images / "room")
    (images / f"room/.{G2}.building-22222222").touch()
    remains = [f"hall/.{G1}.building-11111111", f"room/.{G1}.building-0badcafe", f"room/{removing}"]
    assert rootfs_build.survey(str(tmp_path)) == ([f"room/{G0}"], remains)
    assert rootfs_build.sweep(str(tmp_path)) == remains
    assert rootfs_build.survey(str(tmp_path)) == ([f"room/{G0}"], [])
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
        run = rootfs_run.runner(lock)
        assert run(["sh", "-c", "echo $INITRD"]) == "No\n"
        assert run(["sh", "-c", "echo $http_proxy $SECRET"]) == "http://proxy.test:3128\n"
        with pytest.raises(rootfs_command.BuildError, match=r"^sh failed with exit code 3:\nbad$"):
            run(["sh", "-c", "echo bad >&2; exit 3"])
        with pytest.raises(rootfs_command.BuildError, match=r"^/no/such: not found; install mmdebstrap"):
            run(["/no/such"])
