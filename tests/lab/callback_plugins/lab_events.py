"""Tells the virtual library what a playbook is doing: one JSON object a line into the file that LAB_EVENTS names.

{"task": name, "host": null}                 a task begins
{"handler": name, "host": null}              a handler begins
{"changed": name, "host": host}              it changed something there
{"failed": name, "host": host}               it failed there, and nothing rescued that yet
{"stats": {host: {"ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored"}}}    the end
"""

from __future__ import annotations

import json
import os
import typing

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lab_events
type: aggregate
short_description: Writes what a playbook does as JSON lines
description: For the virtual library of this project alone.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible-core has no type hints
    """One line an event, written through at once."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_events"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, event: dict[str, typing.Any]) -> None:
        path = os.environ.get("LAB_EVENTS")
        if path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")

    def v2_playbook_on_task_start(self, task: typing.Any, is_conditional: bool) -> None:
        self._write({"task": task.get_name(), "host": None})

    def v2_playbook_on_handler_task_start(self, task: typing.Any) -> None:
        self._write({"handler": task.get_name(), "host": None})

    def v2_runner_on_ok(self, result: typing.Any) -> None:
        if result.result.get("changed"):
            self._write({"changed": result.task.get_name(), "host": result.host.get_name()})

    def v2_runner_on_failed(self, result: typing.Any, ignore_errors: bool = False) -> None:
        self._write({"failed": result.task.get_name(), "host": result.host.get_name()})

    def v2_playbook_on_stats(self, stats: typing.Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})
