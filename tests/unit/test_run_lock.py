"""One run at a time: who may have a master, by real processes and locks too."""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.action import one_run as action
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, run_lock
from ansible_collections.diskless.netboot.plugins.module_utils.run_lock import Held, Run
from ansible_collections.diskless.netboot.plugins.modules import one_run

MINE = Run("b1", "pid:[1]", 100, "7000", "ann@desk")
BESIDE = Run("b1", "pid:[1]", 200, "8000", "bob@desk")
AFAR = Run("b2", "pid:[1]", 100, "7000", "cid@laptop")
IN_A_CONTAINER = Run("b1", "pid:[2]", 100, "7000", "awx@job")
NAMELESS = Run("", "", 100, "", "dan@mac")
OF_A_MAC = Run("", "", 300, "", "eve@mac")
SINCE = "2026-11-22T05:30:00Z"
FILE = "/run/diskless-netboot/run.json"


@pytest.mark.parametrize(
    ("holder", "silent", "busy", "over", "may"),
    [
        pytest.param(None, 0, "", None, True, id="nobody has it"),
        pytest.param(MINE, 0, "", None, True, id="this run has it"),
        pytest.param(MINE, 9000, "images/.lock", None, True, id="for long, and works"),
        pytest.param(BESIDE, 0, "", None, False, id="one on this controller"),
        pytest.param(BESIDE, 9000, "", None, False, id="that says nothing, but is there"),
        pytest.param(BESIDE, 0, "", BESIDE, True, id="that has died"),
        pytest.param(BESIDE, 0, "trees", BESIDE, True, id="of which something still works"),
        pytest.param(BESIDE._replace(started="9"), 0, "", BESIDE, False, id="another began since"),
        pytest.param(AFAR, 299, "", None, False, id="one elsewhere"),
        pytest.param(AFAR, 300, "", None, True, id="that says nothing any more"),
        pytest.param(AFAR, 300, "images/.lock", None, False, id="but works"),
        pytest.param(AFAR, -1, "", None, True, id="before the master was started again"),
        pytest.param(IN_A_CONTAINER, 0, "", None, False, id="one in a container"),
        pytest.param(IN_A_CONTAINER, 300, "", None, True, id="that says nothing any more, either"),
    ],
)
def test_who_may_have_it(holder: Run | None, silent: float, busy: str, over: Run | None, *, may: bool) -> None:
    held = Held(holder, SINCE, 1000.0) if holder else None
    assert run_lock.verdict(held, MINE, over, 1000.0 + silent, busy)[0] is may


def test_two_controllers_that_tell_nothing_are_two() -> None:
    assert run_lock.verdict(Held(OF_A_MAC, SINCE, 0), NAMELESS, None, 299, "")[0] is False
    assert run_lock.verdict(Held(OF_A_MAC, SINCE, 0), NAMELESS, None, 300, "")[0] is True
    assert run_lock.verdict(Held(NAMELESS, SINCE, 0), NAMELESS, None, 9, "") == (True, "")


STANDS = "another run works on this master: {}, since 2026-11-22T05:30:00Z. Nothing was changed on it. Wait for its end"
GOES_ON = "a run goes on in its place when it has not been heard of for 300 s"


@pytest.mark.parametrize(
    ("holder", "silent", "busy", "over", "told"),
    [
        (
            BESIDE, 7, "", None,
            f"{STANDS.format('bob@desk (process 200)')}, or end that process on this controller: "
            "the next run then goes on at once.",
        ),
        (
            AFAR, 7, "", None,
            f"{STANDS.format('cid@laptop (process 100)')}. Should it have died: {GOES_ON} (7 s by now), "
            f"or at once when {FILE} is removed there.",
        ),
        (
            AFAR, 900, "/srv/diskless/trees", None,
            f"{STANDS.format('cid@laptop (process 100)')}. Should it have died: {GOES_ON} (900 s by now) "
            f"and nobody holds /srv/diskless/trees, as somebody does now, or at once when {FILE} is removed there.",
        ),
        (
            AFAR, 900, "", None,
            f"an earlier run has not been heard of for 900 s: cid@laptop (process 100), since {SINCE}; "
            "this one goes on in its place",
        ),
        (
            BESIDE, 7, "", BESIDE,
            f"an earlier run has died before its end: bob@desk (process 200), since {SINCE}; "
            "this one goes on in its place",
        ),
    ],
)  # fmt: skip
def test_what_is_told(holder: Run, silent: float, busy: str, over: Run | None, told: str) -> None:
    assert run_lock.verdict(Held(holder, SINCE, 0), MINE, over, silent, busy)[1] == told


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]", b"{}", b"\xff", b'{"boot": 1, "touched": "x"}'])
def test_what_is_no_record_is_nobodys(data: bytes | None) -> None:
    assert run_lock.parse(data) is None


def test_a_record_is_read_as_it_was_written() -> None:
    held = Held(MINE, SINCE, 12.5)
    assert run_lock.parse(run_lock.render(held).encode()) == held


@contextlib.contextmanager
def holding(path: pathlib.Path) -> Iterator[None]:
    """Have another process hold the lock of a file or folder."""
    with subprocess.Popen(["flock", path, "sh", "-c", "echo; read end"], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate(b"\n")


def test_what_works_holds_a_lock(tmp_path: pathlib.Path) -> None:
    assert run_lock.busy(str(tmp_path)) == ""
    (tmp_path / "trees").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "images/.lock").touch(0o600)
    (tmp_path / "disks").symlink_to(tmp_path / "trees")
    assert run_lock.busy(str(tmp_path)) == ""
    for name in ("trees", "images/.lock"):
        with holding(tmp_path / name):
            assert run_lock.busy(str(tmp_path)) == str(tmp_path / name)
    assert run_lock.busy(str(tmp_path)) == ""


ModuleRun = Callable[..., dict[str, Any]]


@pytest.fixture
def module(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ModuleRun:
    """Run the module for a master of the test's own, and give what it prints."""
    monkeypatch.setattr(run_lock, "FOLDER", str(tmp_path / "run"))
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: told.append(text))

    def call(state: str, run: Run, over: Run | None = None, *, check: bool = False) -> dict[str, Any]:
        given = {"state": state, "directory": str(tmp_path), "run": run._asdict(), "_ansible_check_mode": check}
        with patch_module_args(given | ({"over": over._asdict()} if over else {})), pytest.raises(SystemExit):
            one_run.main()
        result: dict[str, Any] = {**json.loads(capsys.readouterr().out), "warnings": [*told]}
        told.clear()
        return result

    return call


def test_begin_and_end(module: ModuleRun, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "run/run.json"
    assert module("begun", MINE, check=True)["changed"] is False
    assert not file.parent.exists()
    assert module("begun", MINE)["changed"] is False
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    before = json.loads(file.read_text())
    assert module("begun", MINE)["changed"] is False
    after = json.loads(file.read_text())
    assert after["touched"] > before["touched"]
    assert after["since"] == before["since"]
    for check in (True, False):
        refused = module("begun", AFAR, check=check)
        assert (refused["failed"], refused["held_by"]) == (True, MINE._asdict())
        assert refused["msg"].startswith("another run works on this master: ann@desk (process 100), since 2")
    assert module("ended", AFAR)["held_by"] == MINE._asdict()
    assert json.loads(file.read_text()) == after
    assert module("ended", MINE, check=True)["held_by"] is None
    assert file.exists()
    assert module("ended", MINE)["held_by"] is None
    assert os.listdir(file.parent) == []
    assert module("ended", MINE)["changed"] is False
    assert module("begun", AFAR)["held_by"] == AFAR._asdict()


def test_a_run_goes_on_in_the_place_of_one_that_has_died(module: ModuleRun) -> None:
    module("begun", BESIDE)
    assert module("begun", MINE)["failed"] is True
    for check in (True, False):
        told = module("begun", MINE, BESIDE, check=check)["warnings"]
        assert told[0].startswith("an earlier run has died before its end: bob@desk (process 200), since 2")
    assert module("ended", BESIDE)["held_by"] == MINE._asdict()
    assert module("begun", AFAR, BESIDE)["failed"] is True


LOST = "this run does not have this master any more: it was not heard of for more than 300 s, or the master was started"


def test_a_run_that_has_lost_the_master_does_not_take_it_back(module: ModuleRun, tmp_path: pathlib.Path) -> None:
    """What it has found out there may not be so any more, also when the other one has ended."""
    module("begun", MINE)
    before = json.loads((tmp_path / "run/run.json").read_text())
    assert "failed" not in module("still", MINE)
    after = json.loads((tmp_path / "run/run.json").read_text())
    assert after["touched"] > before["touched"]
    assert {**after, "touched": 0} == {**before, "touched": 0}

    module("begun", AFAR, MINE)
    told = module("still", MINE)["msg"]
    assert told.startswith(LOST)
    assert "; now cid@laptop (process 100) has it. It ends here" in told
    module("ended", AFAR)
    told = module("still", MINE)["msg"]
    assert told.startswith(LOST)
    assert "; nobody has it now. It ends here" in told
    assert "failed" not in module("still", MINE, check=True)
    assert os.listdir(tmp_path / "run") == []


class Module:
    """What of a module is asked for before it ends."""

    check_mode = False
    params: typing.ClassVar = {"directory": "/nowhere"}

    def fail_json(self, **result: Any) -> None:
        """End the process as a module does."""
        sys.exit(1)


def test_two_at_the_same_moment(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that waits at the door sees the other inside."""
    monkeypatch.setattr(run_lock, "FOLDER", str(tmp_path))
    context = multiprocessing.get_context("fork")
    with atomic_file.open_directory(str(tmp_path)) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        both = [context.Process(target=one_run.begin, args=(Module(), run, None)) for run in (MINE, AFAR)]
        for process in both:
            process.start()
        # Not by closing it: both have inherited it.
        fcntl.flock(folder, fcntl.LOCK_UN)
    for process in both:
        process.join(30)
    assert sorted(process.exitcode or 0 for process in both) == [0, 1]


def test_the_module_alone_is_of_no_use(capsys: pytest.CaptureFixture[str]) -> None:
    with patch_module_args({"state": "begun"}), pytest.raises(SystemExit):
        one_run.main()
    told = json.loads(capsys.readouterr().out)["msg"]
    assert told == "run: is filled in by the action plugin; call this module by its full name"


def test_a_process_is_known_by_when_it_was_started() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        started = action.start_time(process.pid)
        assert started
        assert started.isdigit()
        run = action.this_run({})
        holder = {**run, "process": process.pid, "started": started}
        assert action.is_over(holder, run) is False
        assert action.is_over({**holder, "started": "1"}, run) is True
        assert action.is_over({**holder, "space": "pid:[0]", "started": "1"}, run) is False
        process.send_signal(signal.SIGKILL)
        # Not waited for yet: it is there as a zombie.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert action.is_over(holder, run) is True
    assert action.is_over(holder, run) is True
    assert action.is_over({**holder, "boot": ""}, {**run, "boot": ""}) is False


def test_a_process_that_is_hidden_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As proc(5) has it: with hidepid= those of other users cannot be read, or are not seen."""
    run = action.this_run({})
    for error in (FileNotFoundError(), PermissionError()):

        def hidden(*_arguments: object, error: OSError = error, **_options: object) -> typing.NoReturn:
            raise error

        with subprocess.Popen(["sleep", "60"]) as process, monkeypatch.context() as patch:
            holder = {**run, "process": process.pid, "started": "1"}
            patch.setattr("builtins.open", hidden)
            assert action.is_over(holder, run) is False
            process.kill()
            process.wait()
            assert action.is_over(holder, run) is True


def test_a_run_is_the_process_that_forks() -> None:
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    process = context.Process(target=lambda: answer.put(action.this_run({"awx_job_id": 42})))
    process.start()
    run = answer.get()
    process.join()
    assert (run["process"], run["started"]) == (os.getpid(), action.start_time(os.getpid()))
    assert run["who"].endswith(", AWX job 42")
    assert action.this_run({})["process"] == os.getpid()
