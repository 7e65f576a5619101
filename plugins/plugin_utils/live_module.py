# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module and shows meanwhile where it is, for modules that tell (module_utils/progress.py)."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.diskless.netboot.plugins.module_utils import progress
from ansible_collections.diskless.netboot.plugins.plugin_utils import live_lines

LIMIT = 7 * 24 * 3600
"""Seconds that async_wrapper lets a module run: it must have a limit, and one that is never met is meant here."""
PATIENCE = 120
"""Seconds for which a master may not answer before the task says that it cannot be reached."""
GONE = 15
"""Seconds for which a job may have neither a process nor a result before it is taken for dead."""
OWN_WORDS = ("ansible_job_id", "finished", "results_file", "started")
"""What async_status adds to a module's result."""

DEAD = {
    "failed": True,
    "msg": "the module's process has ended without a result: it was killed, or the machine was restarted; run again, "
    "and what is missing is made",
}

Result = dict[str, Any]
Given = TypeVar("Given")


class LiveModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """The module of the same name. First it only looks: most runs find nothing long to do, and end with that.

    What is long is started a second time, apart from the connection, which then serves to ask where it is.
    """

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> Result:
        """Give the module's own result."""
        result: Result = super().run(tmp, task_vars)
        if self._task.async_val or self._task.check_mode:
            # The author's own async: Ansible asks for the result, or nobody does.
            result.update(self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val)))
            return result
        self.host = " -> ".join(
            str(name) for name in ((task_vars or {}).get("inventory_hostname"), self._task.delegate_to) if name
        )
        with self._environment(progress.LOOK):
            found = self._execute_module(task_vars=task_vars)
        result.update(self._live(task_vars) if found.get(progress.AHEAD) else found)
        return result

    def _live(self, task_vars: Mapping[str, Any] | None) -> Result:
        job = f"{self._task.action.rpartition('.')[2]}-{secrets.token_hex(6)}"
        started = self._start(job, task_vars)
        if "ansible_job_id" not in started:
            return started
        results = str(started["results_file"])
        told = f"{progress.DIRECTORY}/{job}.json"
        ended = self._follow(live_lines.question(job, told, results), lambda: self._result(started, task_vars))
        self._persist(lambda: self._low_level_execute_command(shlex.join(["rm", "-f", results, told])))
        return ended

    def _start(self, job: str, task_vars: Mapping[str, Any] | None) -> Result:
        """Start the module apart from the connection, as Ansible does it for a task with ``async``."""
        self._task.async_val = LIMIT
        try:
            with self._environment(job):
                started: Result = self._execute_module(task_vars=task_vars, wrap_async=True)
        finally:
            self._task.async_val = 0  # else the task executor would ask too
        return started

    def _follow(self, question: str, result: Callable[[], Result | None]) -> Result:
        """Ask until there is a result, and show what is new."""
        begun = time.monotonic()
        shown = live_lines.Shown()
        lived = 0.0
        while True:
            elapsed = time.monotonic() - begun
            # A job apart from the connection calls nobody back.
            time.sleep(live_lines.pause(elapsed))
            said = self._persist(lambda: self._low_level_execute_command(question))
            now = live_lines.answer(said["stdout"])
            elapsed = time.monotonic() - begun
            if live_lines.due(shown, now, elapsed):
                self._show(now.text)
                shown = live_lines.Shown(now.step, now.text, elapsed)
            if not now.running and (ended := self._persist(result)) is not None:
                return ended
            if now.alive:
                lived = elapsed
            if elapsed - lived >= GONE:
                return dict(DEAD)

    def _result(self, started: Mapping[str, Any], task_vars: Mapping[str, Any] | None) -> Result | None:
        """Give the module's result, or nothing while it runs."""
        arguments = {"jid": started["ansible_job_id"], "_async_dir": os.path.dirname(started["results_file"])}
        status: Result = self._execute_module(
            module_name="ansible.legacy.async_status", module_args=arguments, task_vars=task_vars
        )
        if not status.get("finished"):
            return None
        if "cmd" in status and not status.get("data", "no output"):
            return dict(DEAD)  # in place of async_wrapper's own trouble with the output that is missing
        for word in OWN_WORDS:
            status.pop(word, None)
        return status

    def _persist(self, ask: Callable[[], Given]) -> Given:
        """Ask again while the master cannot be reached: the work goes on there.

        :raises AnsibleConnectionFailure: after :data:`PATIENCE` seconds.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except AnsibleConnectionFailure as error:
                if time.monotonic() >= until:
                    raise AnsibleConnectionFailure(
                        f"{error}; what was begun there goes on, and the next run waits for its end"
                    ) from None
                with contextlib.suppress(Exception):
                    self._connection.reset()
                # A master that starts again tells nobody when it is up.
                time.sleep(live_lines.LONGEST)

    def _show(self, text: str) -> None:
        """Tell people. It takes the way of warnings, so that what reads standard output is not disturbed."""
        if not self._task.no_log:
            self._display.display(f"[{self.host}] {text}", stderr=True)

    @contextlib.contextmanager
    def _environment(self, value: str) -> Iterator[None]:
        """Have the module find our variable in its environment."""
        before = self._task.environment
        self._task.environment = [*(before or []), {progress.VARIABLE: value}]
        try:
            yield
        finally:
            self._task.environment = before
