"""How a long step is asked where it is, and when people see it."""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import live_lines
from ansible_collections.diskless.netboot.plugins.plugin_utils.live_lines import Answer, Shown

NOTHING = Answer(alive=False, running=False, step="", text="")
RUNNING = '{"started": true, "finished": false, "ansible_job_id": "j1.2"}'


def name() -> str:
    """That of a job; other tests at the same time have others."""
    return f"rootfs_image-{secrets.token_hex(6)}"


def ask(progress: pathlib.Path, results: pathlib.Path, job: str = "") -> Answer:
    command = live_lines.question(job or name(), str(progress), str(results))
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    answer = live_lines.answer(done.stdout)
    # As it comes by ssh.
    assert live_lines.answer("Last login: today\r\n" + done.stdout.replace("\n", "\r\n")) == answer
    return answer


def test_a_job_that_runs(tmp_path: pathlib.Path) -> None:
    progress, results = tmp_path / "it's here.json", tmp_path / "j1.2"
    progress.write_text(json.dumps({"pid": os.getpid(), "step": "room made", "text": "room: 1 of 2"}) + "\n")
    results.write_text(RUNNING)
    assert ask(progress, results) == Answer(alive=True, running=True, step="room made", text="room: 1 of 2")


def test_a_job_that_was_killed(tmp_path: pathlib.Path) -> None:
    progress, results = tmp_path / "p.json", tmp_path / "j1.2"
    process = subprocess.Popen(["true"])
    process.wait()
    progress.write_text(json.dumps({"pid": process.pid, "step": "made", "text": "1 of 2"}) + "\n")
    results.write_text(RUNNING.replace("true", "1").replace("false", "0"))  # ansible-core 2.17's words
    assert ask(progress, results) == Answer(alive=False, running=True, step="made", text="1 of 2")


def test_a_job_that_has_not_told_yet(tmp_path: pathlib.Path) -> None:
    ours, others = name(), name()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, env={"DISKLESS_PROGRESS": ours}, executable="/bin/cat"):
        assert ask(tmp_path / "p.json", tmp_path / "j1.2", ours).alive
        assert not ask(tmp_path / "p.json", tmp_path / "j1.2", others).alive


def test_a_job_that_was_killed_and_left_a_process(tmp_path: pathlib.Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"pid": 999999999, "step": "", "text": ""}) + "\n")
    job = name()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, env={"DISKLESS_PROGRESS": job}, executable="/bin/cat"):
        assert not ask(tmp_path / "p.json", tmp_path / "j1.2", job).alive


@pytest.mark.parametrize(
    ("results", "running"),
    [
        (RUNNING, True),
        ('{"changed": true, "built": []}', False),
        ('{"changed": true, "built": [' + '"room/g1", ' * 100 + '"room/g2"]}', False),
        (RUNNING[:20], False),
        ("", False),
    ],
)
def test_a_job_that_tells_nothing(tmp_path: pathlib.Path, results: str, running: bool) -> None:
    """What cannot be read is not taken for running: async_status is asked, and knows."""
    (tmp_path / "j1.2").write_text(results)
    assert ask(tmp_path / "p.json", tmp_path / "j1.2") == Answer(alive=False, running=running, step="", text="")


def test_nothing_is_there(tmp_path: pathlib.Path) -> None:
    assert ask(tmp_path / "p.json", tmp_path / "j1.2") == NOTHING
    assert live_lines.answer("not for us") == NOTHING
    assert live_lines.answer(f"{live_lines.MARK}\n[]\n\n[]") == NOTHING


@pytest.mark.parametrize(("elapsed", "seconds"), [(0, 0.5), (2, 0.5), (4, 1), (12, 3), (20, 5), (3600, 5)])
def test_questions_become_rare(elapsed: float, seconds: float) -> None:
    assert live_lines.pause(elapsed) == seconds


@pytest.mark.parametrize(
    ("shown", "step", "text", "elapsed", "due"),
    [
        (Shown(), "", "", 9, False),
        (Shown(), "made", "1 of 9", 0.5, True),
        (Shown("made", "1 of 9", 1), "made", "1 of 9", 99, False),
        (Shown("made", "1 of 9", 1), "made", "2 of 9", 5.9, False),
        (Shown("made", "1 of 9", 1), "made", "2 of 9", 6, True),
        (Shown("made", "1 of 9", 1), "updated", "0 of 3", 1.5, True),
        (Shown("made", "1 of 9", 1000), "made", "2 of 9", 1050, False),
        (Shown("made", "1 of 9", 1000), "made", "2 of 9", 1060, True),
    ],
)
def test_lines_become_rare(shown: Shown, step: str, text: str, elapsed: float, due: bool) -> None:
    assert live_lines.due(shown, Answer(alive=True, running=True, step=step, text=text), elapsed) is due


def test_an_hour_is_no_flood() -> None:
    """Numbers that change with each question, for an hour."""
    shown, lines, elapsed = Shown(), 0, 0.0
    while elapsed < 3600:
        elapsed += live_lines.pause(elapsed)
        now = Answer(alive=True, running=True, step="fetching", text=f"{elapsed} of 3600")
        if live_lines.due(shown, now, elapsed):
            shown, lines = Shown(now.step, now.text, elapsed), lines + 1
    assert lines < 100
