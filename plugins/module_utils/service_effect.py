# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service runs by the configuration that its files hold now, and what puts that into effect, or ends it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

# What `systemctl show` is asked for (org.freedesktop.systemd1(5)).
PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "Type",
    "InvocationID",
    "InactiveExitTimestampMonotonic",
    "NeedDaemonReload",
    "FragmentPath",
    "DropInPaths",
)
# Where an administrator's units and drop-ins are (systemd.unit(5)).
UNIT_FOLDER = "/etc/systemd/system/"
# A file's times come from a clock that ticks at least a hundred times a second: it lags by up to one tick.
TICK_NANOSECONDS = 10_000_000


@dataclass(frozen=True)
class Unit:
    """What systemd knows of a unit; ``started`` is when its present run began to start, in nanoseconds, or 0.

    ``state`` is systemd's ``ActiveState``, or ``exited`` where a daemon has ended and its unit is active all the same.
    ``masked``: somebody has forbidden to start it (systemctl(1)).
    """

    state: str
    enabled: bool
    invocation: str
    started: int
    outdated: bool
    loaded: frozenset[str]
    masked: bool = False


@dataclass(frozen=True)
class File:
    """A file of the configuration; ``changed`` is its ctime in nanoseconds."""

    path: str
    digest: str
    changed: int

    @property
    def fingerprint(self) -> str:
        """Tell this version of the file from every other, also from an earlier one of the same content.

        Someone may have had the service read another content in between.
        """
        return f"{self.digest} {self.changed}"


@dataclass(frozen=True)
class Plan:
    """``stale``: paths of the files that are not in effect; ``steps``: verbs of systemctl(1), in order.

    ``pending``: those of the files that the steps leave so, because the service may not be restarted.
    """

    stale: tuple[str, ...]
    steps: tuple[str, ...]
    pending: tuple[str, ...] = ()


def parse_unit(text: str, *, enabled: bool, boot: int) -> Unit | None:
    """Read what ``systemctl show`` printed; nothing where there is no such unit.

    ``boot`` is the zero of the monotonic clock in nanoseconds since 1970. By that clock and not by the dates that
    systemd noted: those are wrong where a machine without a battery-backed clock has learned the time later.
    """
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if values.get("LoadState") == "not-found":
        return None
    state = values.get("ActiveState", "unknown")
    # The unit of a SysV script remains active after its daemon's exit (systemd-sysv-generator(8)); "oneshot" has none.
    if (state, values.get("SubState")) == ("active", "exited") and values.get("Type") != "oneshot":
        state = "exited"
    began = int(values.get("InactiveExitTimestampMonotonic") or 0)
    return Unit(
        state=state,
        enabled=enabled,
        invocation=values.get("InvocationID", ""),
        started=boot + began * 1000 if began else 0,
        outdated=values.get("NeedDaemonReload") == "yes",
        loaded=frozenset([values.get("FragmentPath", ""), *values.get("DropInPaths", "").split()]),
        masked=values.get("LoadState") == "masked",
    )


def make(
    unit: Unit,
    reload_files: Collection[File],
    restart_files: Collection[File],
    record: Mapping[str, str],
    *,
    may_restart: bool = True,
) -> Plan:
    """Compare; ``record`` is what :func:`parse_record` gives; ``may_restart``: a service that runs, for its files."""
    runs = unit.state in ("active", "reloading")
    by_restart = {file.path for file in restart_files if not (runs and in_effect(file, unit, record))}
    by_reload = {file.path for file in reload_files if not (runs and in_effect(file, unit, record))}
    paths = [file.path for file in (*reload_files, *restart_files)]
    steps = []
    if unit.outdated or not all(is_loaded(path, unit) for path in paths):
        steps.append("daemon-reload")
    if not unit.enabled:
        steps.append("enable")
    if unit.state in ("inactive", "failed"):
        steps.append("start")
    elif not runs or (by_restart and may_restart):
        steps.append("restart")
    elif by_reload:
        steps.append("reload")
    pending = by_restart if runs and not may_restart else set()
    return Plan(tuple(sorted(by_restart | by_reload)), tuple(steps), tuple(sorted(pending)))


def with_enable(steps: Collection[str], *, enabled: bool) -> tuple[str, ...]:
    """Give the steps of a plan again, where systemd has read the unit anew and it is ``enabled`` or not by now."""
    others = [step for step in steps if step != "enable"]
    place = others.index("daemon-reload") + 1 if "daemon-reload" in others else 0
    return (*others[:place], *([] if enabled else ["enable"]), *others[place:])


def make_stopped(unit: Unit | None) -> Plan:
    """Plan the end of a service, now and after the next start of the machine; no step where there is none."""
    steps = []
    if unit is not None and unit.state not in ("inactive", "failed"):
        steps.append("stop")
    if unit is not None and unit.enabled:
        steps.append("disable")
    return Plan((), tuple(steps))


def in_effect(file: File, unit: Unit, record: Mapping[str, str]) -> bool:
    """Say whether the running service has read this version of the file.

    The record knows it of every file that was put into effect during the present run of the unit. Of others it is known
    only where the unit began to start after the file's last change, as it does when the machine starts.
    """
    if not is_loaded(file.path, unit):
        return False
    if file.path in record:
        return record[file.path] == file.fingerprint
    return file.changed + TICK_NANOSECONDS < unit.started


def is_loaded(path: str, unit: Unit) -> bool:
    """Say whether systemd itself has read a file of its own.

    ``NeedDaemonReload`` alone does not tell: systemd overlooks the first drop-in of a unit, whose folder is new.
    """
    return not path.startswith(UNIT_FOLDER) or (path in unit.loaded and not unit.outdated)


def record_text(
    unit: Unit, files: Collection[File], before: Mapping[str, str] | None = None, pending: Collection[str] = ()
) -> str:
    """Give the record of the files that the present run of the unit has read.

    Of those that are ``pending`` it has read what the record ``before`` says, if that says anything.
    """
    read = {file.path: file.fingerprint for file in files if file.path not in pending}
    earlier = {path: fingerprint for path, fingerprint in (before or {}).items() if path in pending}
    return json.dumps({"invocation": unit.invocation, "files": {**earlier, **read}}) + "\n"


def parse_record(text: str | None, invocation: str) -> dict[str, str]:
    """Give path and fingerprint of the files in a record; none where it is missing or of an earlier run of the unit."""
    try:
        record = json.loads(text or "")
        if record["invocation"] != invocation:
            return {}
        return {str(path): str(fingerprint) for path, fingerprint in record["files"].items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
