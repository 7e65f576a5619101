"""A full disk, at whatever moment: what is served stays, one message says it, and with room again it is done."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.build_place import NEW, OLD, Place, image

MIB = 1 << 20
PAGE = 4096
SIZES = 20
TREE = 2 * MIB
"""Bytes of the tree of an image, about; its squashfs is as large."""
MESSAGE = re.compile(
    r"the disk of \S+ is full: about \d+ bytes are needed, \d+ are free, -?\d+ bytes \(-?\d+ MiB\) are missing"
    r"|the disk of \S+ is full, or without inodes \(df -i\): \[Errno 28\] No space left on device: '\S+'"
)


def resize(place: Place, size: int) -> None:
    """Let the disk have so many bytes (tmpfs(5))."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place.srv)], check=True)


def used(place: Place) -> int:
    status = os.statvfs(place.srv)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


@pytest.fixture(scope="module", name="place")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place on a disk of its own, in which a generation is served."""
    place = Place(tmp_path_factory.mktemp("place"), TREE)
    place.slow("0")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place.srv)], check=True)
    try:
        assert place.run(image(OLD)).status == 0
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place.srv)], check=True)


def fill_and_free(place: Place, wanted: dict[str, Any], free: int) -> None:
    """See what a run makes of a disk on which so many bytes are free, and of one with room."""
    served = place.served()
    resize(place, (used(place) + free) // PAGE * PAGE)
    try:
        ended = place.run(wanted)
        assert (ended.status, place.served(), place.remains()) == (1, served, []), ended
        told = [line for line in ended.result["msg"].splitlines() if MESSAGE.search(line)]
        assert len(told) == 1, ended
        assert told[0] == ended.result["msg"].splitlines()[-1]
    finally:
        resize(place, 64 * MIB)


def undo(place: Place) -> None:
    """Remove what a run has made beside what was served."""
    for path in sorted((place.srv / "images/room").rglob("*"), reverse=True):
        if NEW in path.parts or path.name.endswith((".ext4", ".erofs", ".btrfs")) or "root" in path.parts:
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("step", range(SIZES))
def test_a_build(place: Place, step: int) -> None:
    """Its tree is there until its squashfs is made."""
    fill_and_free(place, image(), 2 * TREE * step // SIZES)
    assert [path.name for path in (place.srv / "images/room").iterdir()] == [OLD]
    ended = place.run(image())
    assert (ended.status, ended.result["built"], place.remains()) == (0, [f"room/{NEW}"], [])
    undo(place)


@pytest.mark.parametrize(
    "form",
    [
        {"tree": True},
        {"nbd": {"format": "ext4", "size": 16 * MIB}},
        {"nbd": {"format": "erofs", "size": None}},
    ],
)
@pytest.mark.parametrize("step", range(4))
def test_a_form_of_a_generation_that_is_there(place: Place, form: dict[str, Any], step: int) -> None:
    served = place.served()
    fill_and_free(place, image(OLD, **form), TREE * step // 4)
    ended = place.run(image(OLD, **form))
    assert (ended.status, place.remains()) == (0, []), ended
    after = place.served()
    assert {path: after[path] for path in served} == served
    undo(place)
    assert place.served() == served


def test_one_without_inodes(place: Place) -> None:
    status = os.statvfs(place.srv)
    inodes = status.f_files - status.f_ffree + 12
    subprocess.run(["mount", "-o", f"remount,nr_inodes={inodes}", str(place.srv)], check=True)
    fill_and_free(place, image(), 64 * MIB)
    subprocess.run(["mount", "-o", "remount,nr_inodes=100000", str(place.srv)], check=True)
    assert place.run(image()).status == 0
    undo(place)
