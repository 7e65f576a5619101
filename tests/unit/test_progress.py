"""What a module tells of where it is."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import threading
import time
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import progress

JOB = "rootfs_image-00ff"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def teller(tmp_path: pathlib.Path, value: str = JOB, clock: Clock | None = None) -> progress.Teller:
    return progress.Teller({progress.VARIABLE: value}, str(tmp_path / "told"), clock or Clock())


def told(tmp_path: pathlib.Path, job: str = JOB) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / f"told/{job}.json").read_text())
    return found


def test_tells_once_a_second(tmp_path: pathlib.Path) -> None:
    clock = Clock()
    one = teller(tmp_path, clock=clock)
    one.begin()
    assert told(tmp_path) == {"pid": os.getpid(), "step": "", "text": ""}
    assert (tmp_path / "told").stat().st_mode & 0o777 == 0o700
    one.about("room")
    texts = []
    for number in range(10):
        one.tell("fetched", f"{number} of 9")
        texts.append(told(tmp_path)["text"])
        clock.now += 0.25
    assert list(dict.fromkeys(texts)) == ["room: 0 of 9", "room: 4 of 9", "room: 8 of 9"]
    clock.now += 1
    one.remind()
    assert told(tmp_path) == {"pid": os.getpid(), "step": "room fetched", "text": "room: 9 of 9"}
    one.tell("packed", "1 % packed")
    assert told(tmp_path)["text"] == "room: 1 % packed"
    assert os.listdir(tmp_path / "told") == [f"{JOB}.json"]


def test_an_unwritable_place_is_no_fault(tmp_path: pathlib.Path) -> None:
    (tmp_path / "told").touch()
    one = teller(tmp_path)
    one.begin()
    one.tell("a", "b")
    assert (tmp_path / "told").read_bytes() == b""


@pytest.mark.parametrize("value", ["", "../../etc/passwd", "a/b-00", "rootfs_image-xyz"])
def test_nobody_asked(tmp_path: pathlib.Path, value: str) -> None:
    one = teller(tmp_path, value)
    one.begin()
    one.tell("a", "b")
    assert os.listdir(tmp_path) == []


def test_who_only_looks_sees_no_work(tmp_path: pathlib.Path) -> None:
    with pytest.raises(progress.WorkAhead):
        teller(tmp_path, progress.LOOK).begin()
    assert os.listdir(tmp_path) == []


def test_what_killed_runs_left_is_removed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "told/slave_tree-0a.json").write_text('{"pid": 999999999, "step": "", "text": ""}')
    (tmp_path / "told/slave_tree-0b.json").write_text('{"pid": 1, "step": "", "text": ""}')
    (tmp_path / "told/slave_tree-0c.json.new").write_text("half")
    (tmp_path / "told/mine").write_text("{}")
    teller(tmp_path).begin()
    assert sorted(os.listdir(tmp_path / "told")) == [
        "mine", f"{JOB}.json", "slave_tree-0b.json", "slave_tree-0c.json.new",
    ]  # fmt: skip


def test_who_only_looks_does_not_wait(tmp_path: pathlib.Path) -> None:
    with open(tmp_path / "lock", "w") as held, open(tmp_path / "lock", "w") as other:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(progress.WorkAhead):
            teller(tmp_path, progress.LOOK).lock(other.fileno())
        fcntl.flock(held, fcntl.LOCK_UN)
        teller(tmp_path, progress.LOOK).lock(other.fileno())


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ({}, "waiting for another run"),
        ({"slave_tree-01": (os.getpid(), "made", "1 of 2")}, "waiting for another run"),
        ({"rootfs_image-01": (999999999, "made", "1 of 2")}, "waiting for another run"),
        (
            {
                "rootfs_image-01": (os.getpid(), " waiting", "waiting for another run"),
                "rootfs_image-02": (os.getpid(), "room fetched", "room: 1 of 2"),
            },
            "waiting for another run (room: 1 of 2)",
        ),
    ],
)
def test_who_waits_tells_for_what(
    tmp_path: pathlib.Path, others: dict[str, tuple[int, str, str]], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.01)
    one = teller(tmp_path)
    one.begin()
    for name, (process, step, words) in others.items():
        (tmp_path / f"told/{name}.json").write_text(json.dumps({"pid": process, "step": step, "text": words}))
    with open(tmp_path / "lock", "w") as held, open(tmp_path / "lock", "w") as other:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threading.Thread(target=one.lock, args=[other.fileno()])
        waiting.start()
        until = time.monotonic() + 10
        while not told(tmp_path)["text"] and time.monotonic() < until:
            time.sleep(0.01)
        assert told(tmp_path)["text"] == text
        fcntl.flock(held, fcntl.LOCK_UN)
        waiting.join(10)
        assert not waiting.is_alive()
