"""A service runs by its files, whatever happened to the run that wrote them."""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.modules import service_configuration

UNIT = "a.service"


class FakeSystemd:
    """One unit as systemctl(1) shows it; ``done`` are the verbs that it was told."""

    def __init__(self) -> None:
        self.exists = True
        self.state = "active"
        self.enabled = True
        self.invocation = 1
        self.started = time.monotonic_ns()
        self.done: list[str] = []
        self.refuses = ""
        self.dies = False
        self.masked = False
        self.crashes = False

    def begin(self) -> None:
        """Start a new run of the unit."""
        self.state = "failed" if self.dies else "active"
        self.invocation += 1
        # Not in the clock's tick of what the test has just written.
        self.started = time.monotonic_ns() + 20_000_000

    def command(self, *arguments: str) -> tuple[int, str, str]:
        """Take the place of Service.command."""
        if arguments[0] == "journalctl":
            return 0, "line 1\nline 2: cannot\n", ""
        verb = arguments[1]
        if verb == "show":
            if self.crashes and self.done:
                self.begin()
            return 0, self.shown(), ""
        if verb == "is-enabled":
            return int(not self.enabled), "", ""
        if verb == self.refuses:
            return 1, "", f"Job for {UNIT} failed.\n"
        self.done.append(verb)
        self.enabled = self.enabled or verb == "enable"
        if verb in ("start", "restart"):
            self.begin()
        if verb == "stop":
            self.state = "inactive"
        self.enabled = self.enabled and verb != "disable"
        return 0, "", ""

    def shown(self) -> str:
        """What ``systemctl show`` prints."""
        load = "masked" if self.masked else "loaded" if self.exists else "not-found"
        return (
            f"LoadState={load}\nActiveState={self.state}\n"
            f"InvocationID={self.invocation}\nInactiveExitTimestampMonotonic={self.started // 1000}\n"
            "NeedDaemonReload=no\n"
        )


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> FakeSystemd:
    """A unit that runs since before the test's files were written."""
    fake = FakeSystemd()
    monkeypatch.setattr(service_configuration.Service, "command", lambda _self, *arguments: fake.command(*arguments))
    monkeypatch.setattr(service_configuration, "RECORDS", str(tmp_path / "run" / "records"))
    monkeypatch.setattr(service_configuration, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(service_configuration, "POLL_SECONDS", 0.0)
    return fake


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    """A configuration, as it is after the unit started."""
    path = tmp_path / "a.conf"
    path.write_text("one\n")
    return path


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(systemd: FakeSystemd, file: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module for the unit and the file, and give what it prints."""

    def call(*, check: bool = False, **params: Any) -> dict[str, Any]:
        arguments = {"unit": UNIT, "reload_files": [str(file)], **params, "_ansible_check_mode": check}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            service_configuration.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def test_a_file_that_nobody_put_into_effect(run: Run, systemd: FakeSystemd, file: pathlib.Path) -> None:
    first = run()
    assert (first["changed"], first["stale"], first["steps"]) == (True, [str(file)], ["reload"])
    assert first["diff"]["before"] == {"state": "active", "enabled": True, "not in effect": [str(file)]}
    assert first["diff"]["after"] == {"state": "active", "enabled": True, "not in effect": []}
    second = run()
    assert (second["changed"], second["stale"], second["steps"]) == (False, [], [])
    file.write_text("two\n")
    assert run()["steps"] == ["reload"]
    assert systemd.done == ["reload", "reload"]


def test_the_machine_started_again(run: Run, systemd: FakeSystemd) -> None:
    systemd.begin()
    assert run()["changed"] is False
    assert systemd.done == []


def test_a_service_that_was_never_started(run: Run, systemd: FakeSystemd) -> None:
    systemd.state, systemd.enabled = "inactive", False
    assert run()["steps"] == ["enable", "start"]
    assert run()["changed"] is False


def test_check_mode_says_what_it_would_do_and_does_nothing(
    run: Run, systemd: FakeSystemd, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    assert run(check=True)["steps"] == ["reload"]
    systemd.begin()
    assert run(check=True)["changed"] is False
    assert run(check=True, pending_files=[str(file)])["steps"] == ["reload"]
    assert run(pending_files=[str(file)])["changed"] is False
    assert run(check=True, restart_files=[str(tmp_path / "none")])["steps"] == ["restart"]
    assert systemd.done == []
    assert not (tmp_path / "run").exists()


def test_a_unit_that_is_not_there_yet(run: Run, systemd: FakeSystemd) -> None:
    systemd.exists = False
    dry = run(check=True, reload_files=["/no/such/file"])
    assert (dry["changed"], dry["steps"]) == (True, ["enable", "start"])
    assert run()["msg"] == "a.service: there is no such unit"


def test_a_file_that_is_not_there(run: Run) -> None:
    assert run(restart_files=["/no/such"])["msg"] == "a.service: its configuration /no/such does not exist"


def test_a_reload_that_fails_is_tried_again_by_the_next_run(run: Run, systemd: FakeSystemd) -> None:
    systemd.refuses = "reload"
    assert run()["msg"] == (
        "a.service: 'systemctl reload' failed: Job for a.service failed.\n"
        "Its journal ends with:\nline 1\nline 2: cannot"
    )
    systemd.refuses = ""
    assert run()["steps"] == ["reload"]


def test_a_service_that_dies_of_its_configuration(run: Run, systemd: FakeSystemd, file: pathlib.Path) -> None:
    systemd.dies = True
    assert run(restart_files=[str(file)])["msg"] == (
        "a.service: it is failed and not active\nIts journal ends with:\nline 1\nline 2: cannot"
    )
    systemd.dies = False
    assert run(restart_files=[str(file)])["steps"] == ["start"]


def test_a_service_that_never_becomes_active(run: Run, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd.state = "activating"
    monkeypatch.setattr(systemd, "begin", lambda: None)
    assert run(timeout=0)["msg"].startswith("a.service: it is activating and not active after 0 s\n")


@pytest.mark.parametrize("timeout", [0, 1])
def test_a_service_that_keeps_restarting(
    run: Run, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch, timeout: int
) -> None:
    monkeypatch.setattr(service_configuration, "POLL_SECONDS", 0.1)
    systemd.crashes = True
    assert run(timeout=timeout)["msg"] == (
        f"a.service: it keeps restarting, for {timeout} s now\nIts journal ends with:\nline 1\nline 2: cannot"
    )


def test_a_service_that_restarts_once(
    run: Run, systemd: FakeSystemd, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = systemd.shown

    def shown() -> str:
        if systemd.done and systemd.invocation == 2:
            systemd.begin()
        return real()

    monkeypatch.setattr(systemd, "shown", shown)
    assert run(restart_files=[str(file)])["changed"] is True
    assert systemd.invocation == 3


@pytest.mark.parametrize("state", ["inactive", "active"])
@pytest.mark.parametrize("check", [True, False])
def test_a_masked_unit(run: Run, systemd: FakeSystemd, state: str, check: bool) -> None:
    systemd.masked, systemd.state = True, state
    assert run(check=check)["msg"] == (
        "a.service: it is masked, so nothing can start it; 'systemctl unmask a.service' ends that"
    )
    assert systemd.done == []


def test_records_are_for_root_alone(run: Run, tmp_path: pathlib.Path) -> None:
    run()
    folder = tmp_path / "run" / "records"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "a.service.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("unit", ["a", "../a.service", "a.timer", "a b.service", ".service", ""])
def test_what_is_no_unit(run: Run, unit: str) -> None:
    assert run(unit=unit)["msg"] == f"{unit!r} is no name of a service or socket such as 'kea-dhcp4-server.service'"


def test_the_end_of_a_service(run: Run, systemd: FakeSystemd) -> None:
    foreseen = run(check=True, state="stopped")
    assert (foreseen["changed"], foreseen["steps"], systemd.done) == (True, ["stop", "disable"], [])
    first = run(state="stopped")
    assert (first["changed"], first["steps"], first["stale"]) == (True, ["stop", "disable"], [])
    assert first["diff"]["before"] == {"state": "active", "enabled": True, "not in effect": []}
    assert first["diff"]["after"] == {"state": "inactive", "enabled": False, "not in effect": []}
    assert run(state="stopped")["changed"] is False
    assert systemd.done == ["stop", "disable"]


def test_a_restart_that_is_not_allowed(
    run: Run, systemd: FakeSystemd, file: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: told.append(text))
    settings = tmp_path / "b.conf"
    settings.write_text("one\n")
    kept = {"restart_files": [str(settings)], "restart": False, "restart_hint": "ask for it"}
    assert run(**kept)["steps"] == ["reload"]
    later = run(**kept)
    assert (later["changed"], later["pending"], later["stale"]) == (False, [str(settings)], [str(settings)])
    assert told == [f"a.service does not run by {settings}: ask for it"] * 2
    file.write_text("two\n")
    assert run(**kept)["steps"] == ["reload"]
    allowed = run(restart_files=[str(settings)])
    assert (allowed["steps"], allowed["pending"]) == (["restart"], [])
    assert run(**kept)["pending"] == []
    assert systemd.done == ["reload", "reload", "restart"]


def test_a_unit_in_the_place_of_a_script_that_was_enabled(
    run: Run, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, shown = systemd.command, systemd.shown

    def enabled_elsewhere(*arguments: str) -> tuple[int, str, str]:
        systemd.enabled = systemd.enabled and arguments[1] != "daemon-reload"
        return command(*arguments)

    def outdated() -> str:
        return shown().replace("Reload=no", f"Reload={'no' if 'daemon-reload' in systemd.done else 'yes'}")

    monkeypatch.setattr(systemd, "shown", outdated)
    monkeypatch.setattr(
        service_configuration.Service, "command", lambda _self, *arguments: enabled_elsewhere(*arguments)
    )
    assert run()["steps"] == ["daemon-reload", "enable", "reload"]
    assert systemd.done == ["daemon-reload", "enable", "reload"]


@pytest.mark.parametrize("check", [False, True])
def test_the_end_of_a_service_that_is_not_there(run: Run, systemd: FakeSystemd, *, check: bool) -> None:
    systemd.exists = systemd.enabled = False
    assert run(check=check, state="stopped")["changed"] is False
    assert systemd.done == []


def test_an_end_that_does_not_come(run: Run, systemd: FakeSystemd) -> None:
    systemd.refuses = "stop"
    assert run(state="stopped")["msg"].startswith("a.service: 'systemctl stop' failed: Job for a.service failed.")
