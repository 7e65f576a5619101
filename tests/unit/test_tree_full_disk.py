"""A full disk, at whatever moment: a slave's tree is whole or on its way, and the next run ends that."""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit import build_place
from tests.unit.tree_module import make_srv, run, slave

FILES, SIZE = 20, 16384
PAGE = 4096


@pytest.fixture(name="srv")
def _srv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A disk of its own with two generations, whose files all differ."""
    (tmp_path / "srv").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path / "srv")], check=True)
    try:
        srv = make_srv(tmp_path / "srv")
        for generation in ("g1", "g2"):
            for number in range(FILES):
                path = srv / "images/catalogue" / generation / f"root/etc/{number}"
                path.write_bytes(generation.encode() * (SIZE // 2))
        yield srv
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path / "srv")], check=True)


def room(srv: pathlib.Path, free: int) -> None:
    """Leave so many bytes free."""
    status = os.statvfs(srv)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used + free}", str(srv)], check=True)


def contents(srv: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(srv)): path.read_bytes() for path in srv.glob("trees/**/*") if path.is_file()}


def served(srv: pathlib.Path) -> dict[str, Any]:
    return build_place.state(srv / "images")


@pytest.mark.parametrize("step", range(10))
def test_a_tree_is_made_or_not(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    before = served(srv)
    room(srv, FILES * SIZE * step // 10 // PAGE * PAGE)
    told = run(monkeypatch, srv, [slave("pc24")])
    assert told["failed"]
    assert "No space left on device" in told["msg"]
    assert (contents(srv), served(srv)) == ({}, before)
    assert not (srv / "trees").exists() or os.listdir(srv / "trees") == []
    room(srv, 1 << 20)
    assert run(monkeypatch, srv, [slave("pc24")])["seeded"] == ["pc24"]
    assert len(contents(srv)) == FILES + 2


@pytest.mark.parametrize("step", range(10))
def test_an_update_is_ended_by_the_next_run(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    before = served(srv)
    room(srv, SIZE * step // 10 // PAGE * PAGE)
    told = run(monkeypatch, srv, [slave("pc24", "g2")])
    assert served(srv) == before
    if told["failed"]:
        assert "No space left on device" in told["msg"]
    room(srv, 1 << 20)
    again = run(monkeypatch, srv, [slave("pc24", "g2")])
    assert (again["failed"], again["changed"]) == (False, told["failed"])
    assert contents(srv)["trees/pc24/etc/7"] == b"g2" * (SIZE // 2)
    assert os.listdir(srv / "trees") == ["pc24"]
    assert not [path for path in contents(srv) if ".diskless-" in path]
    assert not run(monkeypatch, srv, [slave("pc24", "g2")])["changed"]
