"""A full disk, while slaves' disks are made: what is there stays, nothing half made remains, the next run ends it."""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from tests.unit import build_place
from tests.unit.test_slave_disks import Run, disk, names, run, shelf

__all__ = ["run", "shelf"]
KEPT, WANTED = disk("persist", 64), disk("data", 64)
PAGE = 4096


@pytest.fixture(name="top")
def _top(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder on a disk of its own."""
    top = tmp_path / "top"
    top.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(top)], check=True)
    yield top
    subprocess.run(["umount", "--lazy", str(top)], check=True)


def room(top: pathlib.Path, free: int) -> None:
    """Leave so many bytes free."""
    status = os.statvfs(top)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used + free}", str(top)], check=True)


@pytest.mark.parametrize("pages", [0, 1, 4, 8, 12, 15])
def test_a_disk_is_made_or_not(run: Run, shelf: pathlib.Path, top: pathlib.Path, pages: int) -> None:
    run(KEPT)
    before = build_place.state(shelf / "pc07/persist")
    room(top, pages * PAGE)
    told = run(KEPT, WANTED)
    assert told["failed"]
    assert told["msg"].startswith("disk pc07/data: ")
    assert (names(shelf), build_place.state(shelf / "pc07/persist")) == ({"pc07/persist"}, before)
    room(top, 64 << 20)
    assert run(KEPT, WANTED)["made"] == ["pc07/data"]
    assert not run(KEPT, WANTED)["changed"]
    assert build_place.state(shelf / "pc07/persist") == before
