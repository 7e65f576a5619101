# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the module of this name which run asks, and whether the one that stands in its way has died."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import platform
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

MODULE = "diskless.netboot.one_run"
FILLED_IN = ("run", "over")
FIRST, START_TIME = 4, 22
"""Fields of /proc/<pid>/stat, proc(5): the one after the state, and the one that is looked for."""
ENDED = ("Z", "X")


def playbook_process() -> int:
    """Give the process of ansible-playbook: an action runs in a process that it forks for each task."""
    parent = multiprocessing.parent_process()
    return parent.pid if parent is not None and parent.pid is not None else os.getpid()


def start_time(process: int) -> str | None:
    """Give when a process was started, in ticks of the clock; empty where it has ended or was never there.

    Nothing where it is there, and hidden from this user (``hidepid=``, proc(5)).
    """
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            # The second field is the program's name in parentheses, which may hold both spaces and parentheses.
            state, *fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return None if _is_there(process) else ""
    # Who started it may not have asked for its end yet.
    return "" if state in ENDED else fields[START_TIME - FIRST]


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def controller() -> tuple[str, str]:
    """Give what processes can be looked for by: the kernel's present start, and the namespace of their numbers."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip(), os.readlink("/proc/self/ns/pid")
    except OSError:
        return "", ""


def user() -> str:
    """Name who runs it; by number where nobody has given a name to that, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError since Python 3.13
        return str(os.getuid())


def this_run(task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the run; ``task_vars``: AWX names its job in there."""
    boot, space = controller()
    process = playbook_process()
    job = task_vars.get("awx_job_id")
    who = f"{user()}@{platform.node()}"
    return {
        "boot": boot,
        "space": space,
        "process": process,
        "started": (start_time(process) or "") if boot else "",
        "who": f"{who}, AWX job {job}" if job else who,
    }


def is_over(holder: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Say whether another run is known to have ended: its process was on this controller, and is not there any more."""
    beside = bool(run["boot"]) and (holder["boot"], holder["space"]) == (run["boot"], run["space"])
    return beside and start_time(int(holder["process"])) not in (None, holder["started"])


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Runs before the module, on the controller."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the master, once more where the run that has it is over."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        given = [name for name in FILLED_IN if name in self._task.args]
        if given:
            raise AnsibleActionFail(f"{', '.join(given)}: is filled in by the action plugin")
        run = this_run(variables)
        arguments = {**self._task.args, "run": run}
        answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=variables)
        holder = answer.get("held_by")
        if answer.get("failed") and holder and is_over(holder, run):
            arguments["over"] = holder
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=variables)
        result.update(answer)
        return result
