"""Whether a service runs by its files, and what puts them into effect."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import service_effect
from ansible_collections.diskless.netboot.plugins.module_utils.service_effect import File, Plan, Unit

SECOND = 1_000_000_000
STARTED = 1_000 * SECOND
DROP_IN = "/etc/systemd/system/a.service.d/b.conf"
UNIT = Unit("active", enabled=True, invocation="i1", started=STARTED, outdated=False, loaded=frozenset([DROP_IN]))
OLD = File("/etc/a", "d1", STARTED - SECOND)
NEW = File("/etc/a", "d1", STARTED + SECOND)
NEW_OTHER = File("/etc/b", "d2", STARTED + SECOND)
AT_START = File("/etc/a", "d1", STARTED - service_effect.TICK_NANOSECONDS)
KNOWN = {"/etc/a": NEW.fingerprint, "/etc/b": NEW_OTHER.fingerprint}


@pytest.mark.parametrize(
    ("unit", "reload_files", "restart_files", "record", "stale", "steps"),
    [
        pytest.param({}, [OLD], [], {}, [], [], id="started after the last change"),
        pytest.param({}, [], [], {}, [], [], id="no files"),
        pytest.param({}, [AT_START], [], {}, ["/etc/a"], ["reload"], id="changed in the clock's tick of the start"),
        pytest.param({}, [NEW], [], {}, ["/etc/a"], ["reload"], id="changed later, nothing recorded"),
        pytest.param({}, [NEW], [], KNOWN, [], [], id="changed later, recorded"),
        pytest.param({}, [], [NEW], {}, ["/etc/a"], ["restart"], id="only a restart reads it"),
        pytest.param({}, [NEW_OTHER], [NEW], {}, ["/etc/a", "/etc/b"], ["restart"], id="a restart reads all"),
        pytest.param({}, [NEW_OTHER], [OLD], {}, ["/etc/b"], ["reload"], id="no restart for what a reload reads"),
        pytest.param({}, [NEW_OTHER], [NEW], {"/etc/a": NEW.fingerprint}, ["/etc/b"], ["reload"], id="one recorded"),
        pytest.param(
            {}, [dataclasses.replace(NEW, digest="d3")], [], KNOWN, ["/etc/a"], ["reload"], id="another content"
        ),
        pytest.param(
            {},
            [dataclasses.replace(NEW, changed=NEW.changed + SECOND)],
            [],
            KNOWN,
            ["/etc/a"],
            ["reload"],
            id="changed and changed back: another content may have been read in between",
        ),
        pytest.param({"enabled": False}, [OLD], [], {}, [], ["enable"], id="not enabled"),
        pytest.param({"state": "inactive"}, [OLD], [], {}, ["/etc/a"], ["start"], id="does not run"),
        pytest.param({"state": "failed"}, [], [], {}, [], ["start"], id="has failed"),
        pytest.param({"state": "inactive", "enabled": False}, [], [NEW], {}, ["/etc/a"], ["enable", "start"], id="new"),
        pytest.param(
            {"state": "activating"}, [OLD], [], {}, ["/etc/a"], ["restart"], id="starts, by nobody knows which files"
        ),
        pytest.param({"state": "exited"}, [OLD], [], {}, ["/etc/a"], ["restart"], id="its daemon has died"),
        pytest.param({"state": "reloading"}, [OLD], [], {}, [], [], id="reloads"),
        pytest.param({"started": 0}, [OLD], [], {}, ["/etc/a"], ["reload"], id="has never started"),
        pytest.param({"outdated": True}, [OLD], [], {}, [], ["daemon-reload"], id="another's drop-in changed"),
        pytest.param(
            {"outdated": True, "state": "inactive"}, [OLD], [], {}, ["/etc/a"], ["daemon-reload", "start"], id="both"
        ),
        pytest.param({}, [File(DROP_IN, "d", 1)], [], {}, [], [], id="drop-in, loaded"),
        pytest.param(
            {"outdated": True},
            [File(DROP_IN, "d", 1)],
            [],
            {DROP_IN: "d 1"},
            [DROP_IN],
            ["daemon-reload", "reload"],
            id="drop-in, changed",
        ),
        pytest.param(
            {"loaded": frozenset()},
            [],
            [File(DROP_IN, "d", 1)],
            {},
            [DROP_IN],
            ["daemon-reload", "restart"],
            id="first drop-in, which systemd does not miss itself",
        ),
    ],
)
def test_plan(
    *,
    unit: dict[str, Any],
    reload_files: list[File],
    restart_files: list[File],
    record: dict[str, str],
    stale: list[str],
    steps: list[str],
) -> None:
    plan = service_effect.make(dataclasses.replace(UNIT, **unit), reload_files, restart_files, record)
    assert plan == Plan(tuple(stale), tuple(steps))


@pytest.mark.parametrize(
    ("unit", "reload_files", "steps", "pending"),
    [
        pytest.param({}, [], [], ["/etc/b"], id="goes on"),
        pytest.param({}, [NEW], ["reload"], ["/etc/b"], id="reloads what it can"),
        pytest.param({"state": "inactive"}, [NEW], ["start"], [], id="does not run"),
        pytest.param({"state": "exited"}, [NEW], ["restart"], [], id="its daemon has died"),
        pytest.param({"enabled": False}, [], ["enable"], ["/etc/b"], id="not enabled"),
    ],
)
def test_plan_without_a_restart(
    unit: dict[str, Any], reload_files: list[File], steps: list[str], pending: list[str]
) -> None:
    found = dataclasses.replace(UNIT, **unit)
    plan = service_effect.make(found, reload_files, [NEW_OTHER], {}, may_restart=False)
    assert (list(plan.steps), list(plan.pending)) == (steps, pending)


@pytest.mark.parametrize(
    ("steps", "enabled", "expected"),
    [
        (["daemon-reload", "restart"], False, ("daemon-reload", "enable", "restart")),
        (["daemon-reload", "enable", "start"], False, ("daemon-reload", "enable", "start")),
        (["daemon-reload", "enable", "start"], True, ("daemon-reload", "start")),
        (["restart"], False, ("enable", "restart")),
    ],
)
def test_steps_once_systemd_has_read_the_unit(steps: list[str], *, enabled: bool, expected: tuple[str, ...]) -> None:
    assert service_effect.with_enable(steps, enabled=enabled) == expected


@pytest.mark.parametrize(
    ("unit", "steps"),
    [
        (None, []),
        ({"state": "inactive", "enabled": False}, []),
        ({"state": "failed", "enabled": False}, []),
        ({"state": "inactive"}, ["disable"]),
        ({}, ["stop", "disable"]),
        ({"enabled": False}, ["stop"]),
        ({"state": "activating"}, ["stop", "disable"]),
        ({"state": "exited"}, ["stop", "disable"]),
        ({"masked": True, "enabled": False, "state": "inactive"}, []),
    ],
)
def test_plan_of_the_end(unit: dict[str, Any] | None, steps: list[str]) -> None:
    found = None if unit is None else dataclasses.replace(UNIT, **unit)
    assert service_effect.make_stopped(found) == Plan((), tuple(steps))


SHOWN = """LoadState=loaded
ActiveState=active
SubState=running
Type=forking
InvocationID=i1
InactiveExitTimestampMonotonic=5000000
NeedDaemonReload=no
FragmentPath=/lib/systemd/system/a.service
DropInPaths=/etc/systemd/system/a.service.d/b.conf /etc/systemd/system/a.service.d/c.conf
"""
PARSED = Unit(
    "active",
    enabled=True,
    invocation="i1",
    started=105 * SECOND,
    outdated=False,
    loaded=frozenset(["/lib/systemd/system/a.service", DROP_IN, "/etc/systemd/system/a.service.d/c.conf"]),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHOWN, PARSED),
        (SHOWN.replace("NeedDaemonReload=no", "NeedDaemonReload=yes"), dataclasses.replace(PARSED, outdated=True)),
        (SHOWN.replace("=5000000", "=0"), dataclasses.replace(PARSED, started=0)),
        (SHOWN.replace("=5000000", "="), dataclasses.replace(PARSED, started=0)),
        (SHOWN.replace("=loaded", "=not-found"), None),
        (SHOWN.replace("=loaded", "=masked"), dataclasses.replace(PARSED, masked=True)),
        (SHOWN.replace("=running", "=exited"), dataclasses.replace(PARSED, state="exited")),
        (SHOWN.replace("=running", "=exited").replace("=forking", "=oneshot"), PARSED),
        (
            SHOWN.replace("=active", "=inactive").replace("=running", "=dead"),
            dataclasses.replace(PARSED, state="inactive"),
        ),
    ],
)
def test_parse_unit(text: str, expected: Unit | None) -> None:
    assert service_effect.parse_unit(text, enabled=True, boot=100 * SECOND) == expected


def test_a_record_is_of_one_run_of_the_unit() -> None:
    text = service_effect.record_text(UNIT, [NEW, NEW_OTHER])
    assert service_effect.parse_record(text, "i1") == KNOWN
    assert service_effect.parse_record(text, "i2") == {}


def test_a_record_has_what_is_pending_as_it_was() -> None:
    other = dataclasses.replace(NEW_OTHER, changed=NEW_OTHER.changed + SECOND)
    text = service_effect.record_text(UNIT, [NEW, other], KNOWN, [other.path])
    assert service_effect.parse_record(text, "i1") == KNOWN
    text = service_effect.record_text(UNIT, [NEW, other], {}, [other.path])
    assert service_effect.parse_record(text, "i1") == {NEW.path: NEW.fingerprint}


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "null", "{}", '{"invocation": "i1"}', '{"invocation": "i1", "files": []}']
)
def test_what_is_no_record(text: str | None) -> None:
    assert service_effect.parse_record(text, "i1") == {}
