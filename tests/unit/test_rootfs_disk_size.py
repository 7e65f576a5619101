"""How large a file system has to be, and what is said when there is no room for it."""

from __future__ import annotations

import os
import pathlib
import re
from typing import NamedTuple

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_disk_size as sizes

MIB = 1 << 20
CONTENTS = sizes.Contents(inodes=15000, blocks=175000)


def test_a_tree_is_measured_by_what_is_in_it(tmp_path: pathlib.Path) -> None:
    assert sizes.measure(str(tmp_path)) == (1, 2)
    (tmp_path / "empty").touch()
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "large").write_bytes(b"x" * 4097)
    os.link(tmp_path / "large", tmp_path / "linked")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert sizes.measure(str(tmp_path)) == (7, 7)
    with open(tmp_path / "hole", "wb") as file:
        file.truncate(10 * 4096)
    assert sizes.measure(str(tmp_path)) == (8, 17)
    for number in range(1000):
        (tmp_path / f"folder/{number:04}").touch()
    assert sizes.measure(str(tmp_path)) == (1008, 20)


@pytest.mark.parametrize(
    ("format_", "asked", "size"),
    [
        ("ext4", None, 1888485376),
        ("btrfs", None, 2167406592),
        ("ext4", 706 * MIB, 706 * MIB),
        ("ext4", 4096 * MIB, 4096 * MIB),
        ("btrfs", 948 * MIB, 948 * MIB),
    ],
)
def test_a_size_is_as_asked_for_or_leaves_room_to_write(format_: str, asked: int | None, size: int) -> None:
    assert sizes.size_of(format_, asked, CONTENTS) == size
    assert size % MIB == 0
    assert asked or size > sizes.needed(format_, CONTENTS) + sizes.FREE


@pytest.mark.parametrize(
    ("format_", "asked", "message"),
    [
        (
            "ext4",
            704 * MIB,
            "nbd.size is 738197504 bytes (704 MiB), but as ext4 it needs at least 740294656 bytes (706 MiB)",
        ),
        ("btrfs", MIB, "nbd.size is 1048576 bytes (1 MiB), but as btrfs it needs at least 994050048 bytes (948 MiB)"),
    ],
)
def test_what_does_not_fit_is_refused(format_: str, asked: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        sizes.size_of(format_, asked, CONTENTS)


def test_inodes_are_there_for_what_is_free() -> None:
    least = sizes.needed("ext4", CONTENTS)
    assert sizes.inodes_of(least, CONTENTS) == 15016
    assert sizes.inodes_of(least + (1 << 30), CONTENTS) == 15016 + 65536


@pytest.mark.parametrize(
    ("format_", "unpack", "bytes_"),
    [
        ("ext4", False, 740294656),
        ("ext4", True, 740294656 + 716800000),
        ("erofs", False, 300 * MIB + 8 * MIB),
        ("erofs", True, 300 * MIB + 8 * MIB + 716800000),
        ("btrfs", False, 300 * MIB + 8 * MIB),
    ],
)
def test_what_it_takes_on_the_disk(format_: str, unpack: bool, bytes_: int) -> None:
    assert sizes.planned(format_, CONTENTS, 200 * MIB, unpack) == bytes_


class Status(NamedTuple):
    """What statvfs(3) tells of a disk."""

    f_bavail: int
    f_frsize: int = 4096


def disk(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    """Have the disk tell so many free blocks, one number after the other."""
    told = iter(free)
    monkeypatch.setattr(os, "statvfs", lambda _folder: Status(next(told)))


def test_what_has_no_room_is_not_begun(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 512)
    text = (
        f"the disk of {tmp_path.parent} is full: about 3145728 bytes are needed, 2097152 are free, 1048576 bytes "
        "(1 MiB) are missing"
    )
    with (
        pytest.raises(rootfs_command.BuildError, match=f"^{re.escape(text)}$"),
        sizes.room_for(str(tmp_path), 3 * MIB),
    ):
        pytest.fail("it was begun")


FULL = "mksquashfs failed with exit code 1:\nWrite failed because No space left on device"
PERHAPS = ", unless it is another disk that is full (df), or one without inodes (df -i)"


@pytest.mark.parametrize(
    ("said", "numbers", "more"),
    [
        pytest.param("it failed", (3, 3 * MIB), "", id="nothing is free"),
        pytest.param(FULL, (256, 3 * MIB), "", id="it says so, and has left some room"),
        pytest.param("E: You don't have enough free space in /var/cache/apt/archives/.", (256, 3 * MIB), "", id="apt"),
        pytest.param(FULL, (1024, MIB), PERHAPS, id="it says so, and there is more than was planned"),
        pytest.param("it failed", (255, MIB), "", id="it takes more than was planned"),
    ],
)
def test_what_fills_the_disk_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, said: str, numbers: tuple[int, int], more: str
) -> None:
    """With the bytes that are free when all is cleared away. ``numbers``: blocks that are free, bytes planned."""
    blocks, planned = numbers
    part = tmp_path / "part"
    part.write_bytes(b"x" * MIB)
    os.link(part, tmp_path / "linked")
    had = blocks * 4096 + sizes.used(str(tmp_path))
    assert had - blocks * 4096 == part.stat().st_blocks * 512
    disk(monkeypatch, 1024, blocks)
    wanted = max(planned, had + MIB)
    lacking = wanted - had
    text = (
        f"{said}\nthe disk of {tmp_path.parent} is full: about {wanted} bytes are needed, {had} are free, "
        f"{lacking} bytes ({-(-lacking // MIB)} MiB) are missing{more}"
    )
    with (
        pytest.raises(sizes.ToldError, match=f"^{re.escape(text)}$"),
        sizes.room_for(str(tmp_path), planned),
    ):
        raise rootfs_command.BuildError(said)


def test_it_is_told_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 0)
    with pytest.raises(sizes.ToldError, match=r"^it$"), sizes.shortage_told(str(tmp_path), MIB):
        raise sizes.ToldError("it")


def test_what_fails_with_room_left_fails_as_it_is(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 1024, 1024)
    with (
        pytest.raises(rootfs_command.BuildError, match=r"^it failed$"),
        sizes.room_for(str(tmp_path), 3 * MIB),
    ):
        raise rootfs_command.BuildError("it failed")
