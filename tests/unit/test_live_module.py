"""Who starts a module that takes long asks where it is, also where the connection breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.diskless.netboot.plugins.module_utils import progress
from ansible_collections.diskless.netboot.plugins.plugin_utils import live_lines, live_module

STARTED = {"ansible_job_id": "j1.2", "results_file": "/root/.ansible_async/j1.2", "started": True, "changed": True}
RUNNING = '{"started": true, "finished": false}'


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Task:
    action = "diskless.netboot.rootfs_image"
    delegate_to = None

    def __init__(self) -> None:
        self.async_val, self.check_mode, self.no_log = 0, False, False
        self.environment: list[dict[str, str]] | None = [{"http_proxy": "http://proxy"}]


class Master(live_module.LiveModule):
    """The action with a master that answers as told: ``answers`` to the questions where it is, an error is raised."""

    def __init__(self, looked: dict[str, Any], answers: list[Any]) -> None:
        self._task = Task()
        self._connection = type(
            "Connection", (), {"reset": lambda self: None, "_shell": type("S", (), {"tmpdir": ""})}
        )()
        self._display = self
        self.looked, self.answers = looked, answers
        self.result: dict[str, Any] = dict(DONE)
        self.shown: list[str] = []
        self.calls: list[str] = []

    def display(self, text: str, *, stderr: bool) -> None:
        assert stderr
        self.shown.append(text)

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: dict[str, Any] | None = None,
        task_vars: object = None,
        wrap_async: bool = False,
    ) -> dict[str, Any]:
        if module_name is not None:
            assert (module_name, module_args) == (
                "ansible.legacy.async_status", {"jid": "j1.2", "_async_dir": "/root/.ansible_async"},
            )  # fmt: skip
            self.calls.append("status")
            return {**self.result, "finished": True, "started": True, "ansible_job_id": "j1.2"}
        told = [each[progress.VARIABLE] for each in self._task.environment or [] if progress.VARIABLE in each]
        assert {"http_proxy": "http://proxy"} in (self._task.environment or [])
        words = ["start" if wrap_async else "run", *(word.partition("-")[0] for word in told)]
        self.calls.append(" ".join([*words, *(["for", str(self._task.async_val)] if wrap_async else [])]))
        return dict(STARTED) if wrap_async else self.looked

    def _low_level_execute_command(self, command: str) -> dict[str, Any]:
        if command.startswith("rm"):
            assert command.startswith("rm -f /root/.ansible_async/j1.2 /run/diskless-netboot/progress/rootfs_image-")
            self.calls.append("clean")
            return {}
        answer = self.answers.pop(0) if self.answers else ("", "", '{"changed": true}')
        if isinstance(answer, Exception):
            self.calls.append("lost")
            raise answer
        return {"stdout": "\n".join((live_lines.MARK, *answer))}


def at(text: str, step: str = "made", alive: str = "alive") -> tuple[str, str, str]:
    return json.dumps({"pid": 1, "step": step, "text": text}), alive, RUNNING


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    faked = Clock()
    monkeypatch.setattr(live_module, "time", faked)
    return faked


AHEAD = {"changed": True, progress.AHEAD: True}
DONE = {"changed": True, "built": ["room/g1"]}
RAN = ["run look", f"start rootfs_image for {live_module.LIMIT}", "status", "clean"]


def run(master: Master) -> dict[str, Any]:
    before = master._task.environment
    result = master.run(task_vars={"inventory_hostname": "master01"})
    assert master._task.environment is before
    return result


@pytest.mark.parametrize("found", [{"changed": False}, {"changed": True, "built": []}, {"failed": True, "msg": "no"}])
def test_what_is_short_is_done_at_once(found: dict[str, Any]) -> None:
    master = Master(found, [])
    assert (run(master), master.calls, master.shown) == (found, ["run look"], [])


def test_what_is_long_is_shown() -> None:
    answers = [
        ("{}", "", RUNNING),
        at(""),
        at("0 of 9"),
        *(at(f"{number} of 9") for number in range(9)),
        at("packed", "b"),
    ]
    master = Master(AHEAD, answers)
    assert run(master) == DONE
    assert master.calls == RAN
    assert master.shown == [f"[master01] {text}" for text in ("0 of 9", "6 of 9", "packed")]
    assert master._task.async_val == 0


def test_a_task_without_log_shows_nothing() -> None:
    master = Master(AHEAD, [at("0 of 9")])
    master._task.no_log = True
    assert (run(master), master.shown) == (DONE, [])


def test_check_mode_runs_as_ever() -> None:
    master = Master(DONE, [])
    master._task.check_mode = True
    assert (run(master), master.calls) == (DONE, ["run"])


def test_async_of_the_author() -> None:
    master = Master(AHEAD, [])
    master._task.async_val = 600
    assert (run(master), master.calls) == (STARTED, ["start for 600"])


def test_a_connection_that_breaks() -> None:
    lost = AnsibleConnectionFailure("no route")
    master = Master(AHEAD, [at("0 of 9"), lost, lost, at("5 of 9"), lost])
    assert run(master) == DONE
    assert master.calls == [*RAN[:2], "lost", "lost", "lost", *RAN[2:]]
    assert master.shown == ["[master01] 0 of 9", "[master01] 5 of 9"]


def test_a_master_that_is_lost() -> None:
    master = Master(AHEAD, [at("0 of 9"), *[AnsibleConnectionFailure("no route")] * 99])
    with pytest.raises(AnsibleConnectionFailure) as error:
        run(master)
    assert str(error.value) == "no route; what was begun there goes on, and the next run waits for its end"
    assert master.calls.count("lost") == live_module.PATIENCE / live_lines.LONGEST + 1


def test_a_module_that_is_killed() -> None:
    """Together with async_wrapper, as by a restart of the machine."""
    answers = [at("0 of 9"), ("{}", "", RUNNING), at("0 of 9"), at("1 of 9"), *[at("1 of 9", alive="")] * 40]
    master = Master(AHEAD, answers)
    assert run(master) == live_module.DEAD
    assert len(master.answers) == 30  # fifteen seconds of answers


def test_a_module_that_is_killed_before_it_tells() -> None:
    master = Master(AHEAD, [("{}", "", RUNNING)] * 40)
    assert run(master) == live_module.DEAD
    assert len(master.answers) == 26


def test_a_module_that_is_killed_alone() -> None:
    master = Master(AHEAD, [at("0 of 9")])
    master.result = {"failed": True, "cmd": "AnsiballZ_rootfs_image.py", "data": "", "msg": "Traceback", "stderr": ""}
    assert run(master) == live_module.DEAD
