#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sees to it that a service runs by the configuration that its files hold now, or that it does not run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_configuration
short_description: A systemd service runs by the present content of its configuration files
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Enables and starts the service, and reloads or restarts it where it runs by older files than those that are there.
  - In place of a handler, which a run that fails or is interrupted never calls, and later runs do not either because
    they change no file. Here it does not matter who changed a file, and when.
  - A file is in effect where the service began to start after the file's last change, or where this module has put
    this very version of it into effect during the present run of the service. The latter is kept in
    C(/run/diskless-netboot), which is empty after the machine has started, as the services then are new.
  - Reloads systemd where it has not read a unit's file or drop-in yet.
  - Fails, before it does anything, where the unit is masked.
  - With O(state=stopped) it stops and disables the service. One that does not exist, or is masked, is as it should be.
extends_documentation_fragment:
  - diskless.netboot.attributes
options:
  unit:
    description: Full name of the unit, such as V(kea-dhcp4-server.service); a service, or a socket.
    type: str
    required: true
  state:
    description: Whether the service is to run. All other options are for V(effective) alone.
    type: str
    choices: [effective, stopped]
    default: effective
  reload_files:
    description: Absolute paths of the files that a reload has the service read. Each must exist, except in check mode.
    type: list
    elements: path
    default: []
  restart_files:
    description: Absolute paths of the files that only a restart has it read. Each must exist, except in check mode.
    type: list
    elements: path
    default: []
  restart:
    description:
      - Whether a service that runs may be restarted for O(restart_files). Otherwise it goes on by what it read before,
        a warning names those files, and RV(pending) has them. A service that does not run is started in any case.
    type: bool
    default: true
  restart_hint:
    description: What the warning says of how to have the service restarted.
    type: str
    default: only a restart puts that into effect
  pending_files:
    description:
      - Those of the files that an earlier task changes. Only check mode looks at it, where they are still the old ones.
    type: list
    elements: path
    default: []
  timeout:
    description: How many seconds the service may take until it is active.
    type: int
    default: 60
attributes:
  check_mode:
    details:
      - A unit that does not exist yet would be changed, unless O(state=stopped).
"""

EXAMPLES = r"""
- name: Kea's configuration is in place
  diskless.netboot.checked_file:
    path: /etc/kea/kea-dhcp4.conf
    content: "{{ configuration | to_nice_json }}\n"
    check_command: [kea-dhcp4, -t, "%s"]
  register: kea

- name: Kea runs by its configuration, also after the next start of the machine
  diskless.netboot.service_configuration:
    unit: kea-dhcp4-server.service
    reload_files: [/etc/kea/kea-dhcp4.conf]
    pending_files: "{{ [kea] | select('changed') | map(attribute='path') }}"

- name: No other server answers, now or after the next start of the machine
  diskless.netboot.service_configuration:
    unit: isc-dhcp-server.service
    state: stopped
"""

RETURN = r"""
pending:
  description: The files that are not in effect, and are left so because O(restart) is false.
  returned: success
  type: list
  elements: str
  sample: []
stale:
  description: The files that were not in effect.
  returned: success
  type: list
  elements: str
  sample: [/etc/kea/kea-dhcp4.conf]
steps:
  description: What was done, as verbs of C(systemctl), in order.
  returned: success
  type: list
  elements: str
  sample: [reload]
"""

import dataclasses
import hashlib
import os
import re
import sys
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    private_file,
    service_effect,
    unit_journal,
    whole_file,
)

RECORDS = "/run/diskless-netboot"
UNIT_NAME = re.compile(r"[A-Za-z0-9:_.@\\-]+\.(service|socket)")
SETTLE_SECONDS = 1.0
POLL_SECONDS = 0.2
EFFECTIVE = {"state": "active", "enabled": True}


class Service:
    """One unit, by systemctl(1)."""

    def __init__(self, module: AnsibleModule, unit: str) -> None:
        self.module = module
        self.unit = unit

    def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run a program; gives exit status, output and errors."""
        status, output, errors = self.module.run_command(list(arguments), environ_update={"LC_ALL": "C.UTF-8"})
        return status, output, errors

    def observe(self) -> service_effect.Unit | None:
        """Ask systemd; nothing where there is no such unit."""
        show = ["systemctl", "show", f"--property={','.join(service_effect.PROPERTIES)}", self.unit]
        status, output, errors = self.command(*show)
        if status != 0:
            self.module.fail_json(msg=f"{self.unit}: systemd does not answer: {errors.strip()}")
        enabled = self.command("systemctl", "is-enabled", "--quiet", self.unit)[0] == 0
        return service_effect.parse_unit(output, enabled=enabled, boot=time.time_ns() - time.monotonic_ns())

    def take(self, step: str) -> None:
        """Do one step of a plan."""
        arguments = ["systemctl", step] if step == "daemon-reload" else ["systemctl", step, self.unit]
        status, _output, errors = self.command(*arguments)
        if status != 0:
            self.fail(f"'systemctl {step}' failed: {whole_file.shorten(errors)}")

    def settled(self, timeout: int) -> service_effect.Unit:
        """Wait until the service is active and has been so for a moment, in one and the same run."""
        end = time.monotonic() + timeout
        runs: set[str] = set()
        while True:
            before = self.observe()
            runs.add(before.invocation if before is not None else "")
            if before is not None and before.state == "active":
                # A simple service counts as active before it has read its configuration; then it has, or has given up.
                time.sleep(SETTLE_SECONDS)
                after = self.observe()
                if after is not None and (after.state, after.invocation) == ("active", before.invocation):
                    return after
                runs.add(after.invocation if after is not None else "")
            if before is None or before.state == "failed":
                self.fail(f"it is {before.state if before else 'gone'} and not active")
            elif time.monotonic() > end:
                # systemd.exec(5): each run of a unit has an ID of its own.
                if len(runs - {""}) > 1:
                    self.fail(f"it keeps restarting, for {timeout} s now")
                self.fail(f"it is {before.state} and not active after {timeout} s")
            # systemctl waits for a start, not for a service that systemd starts once more by itself.
            time.sleep(POLL_SECONDS)

    def fail(self, message: str) -> None:
        """End with a message and the unit's last words."""
        journal = self.command(*unit_journal.command(self.unit))[1]
        self.module.fail_json(msg=f"{self.unit}: {message}\nIts journal ends with:\n{unit_journal.last_words(journal)}")


def observe_file(path: str) -> service_effect.File | None:
    """Read a file of the configuration; nothing where it does not exist."""
    try:
        with open(path, "rb") as file:
            # Before the content: what changes meanwhile then counts as not in effect.
            changed = os.fstat(file.fileno()).st_ctime_ns
            return service_effect.File(path, hashlib.sha256(file.read()).hexdigest(), changed)
    except FileNotFoundError:
        return None


def observe_files(module: AnsibleModule, option: str) -> list[service_effect.File]:
    """Read the files of an option. A file that check mode finds missing or pending is one of the future."""
    files = []
    for path in module.params[option]:
        file = observe_file(path)
        if module.check_mode and (file is None or path in module.params["pending_files"]):
            file = service_effect.File(path, "", sys.maxsize)
        if file is None:
            module.fail_json(msg=f"{module.params['unit']}: its configuration {path} does not exist")
        else:
            files.append(file)
    return files


def record_path(unit: str) -> str:
    """Give the file that is kept for a unit until the machine stops."""
    return f"{RECORDS}/{unit}.json"


def end(module: AnsibleModule) -> dict[str, Any]:
    """Compare and, outside check mode, stop and disable; gives the module's result."""
    service = Service(module, module.params["unit"])
    unit = service.observe()
    plan = service_effect.make_stopped(unit)
    if not module.check_mode:
        for step in plan.steps:
            service.take(step)
    return result(unit, plan, {"state": "inactive", "enabled": False})


def settle(module: AnsibleModule) -> dict[str, Any]:
    """Compare and, outside check mode, put into effect; gives the module's result."""
    params = module.params
    service = Service(module, params["unit"])
    unit = service.observe()
    if unit is None and not module.check_mode:
        module.fail_json(msg=f"{params['unit']}: there is no such unit")
    if unit is not None and unit.masked:
        name = params["unit"]
        module.fail_json(msg=f"{name}: it is masked, so nothing can start it; 'systemctl unmask {name}' ends that")
    reload_files = observe_files(module, "reload_files")
    restart_files = observe_files(module, "restart_files")
    if unit is None:
        return result(None, service_effect.Plan((), ("enable", "start")), EFFECTIVE)
    kept = private_file.read(record_path(params["unit"]))
    record = service_effect.parse_record(kept.decode("utf-8", "replace") if kept else None, unit.invocation)
    plan = service_effect.make(unit, reload_files, restart_files, record, may_restart=params["restart"])
    if plan.pending:
        module.warn(f"{params['unit']} does not run by {', '.join(plan.pending)}: {params['restart_hint']}")
    if plan.steps and not module.check_mode:
        if "daemon-reload" in plan.steps:
            service.take("daemon-reload")
            # Where a unit takes the place of a SysV script, it was the script that was enabled.
            enabled = bool((read := service.observe()) and read.enabled)
            plan = dataclasses.replace(plan, steps=service_effect.with_enable(plan.steps, enabled=enabled))
        for step in plan.steps:
            if step != "daemon-reload":
                service.take(step)
        now = service.settled(params["timeout"])
        text = service_effect.record_text(now, [*reload_files, *restart_files], record, plan.pending)
        private_file.write(record_path(params["unit"]), text.encode())
    return result(unit, plan, EFFECTIVE)


def result(unit: service_effect.Unit | None, plan: service_effect.Plan, wanted: dict[str, Any]) -> dict[str, Any]:
    """Put the module's result together; ``wanted`` is what a change ends in."""
    before: dict[str, Any] = {
        "state": unit.state if unit else "not there",
        "enabled": bool(unit and unit.enabled),
        "not in effect": list(plan.stale),
    }
    after = {**wanted, "not in effect": list(plan.pending)}
    changed = bool(plan.steps)
    return {
        "changed": changed,
        "pending": list(plan.pending),
        "stale": list(plan.stale),
        "steps": list(plan.steps),
        "diff": {
            "before": before,
            "after": after if changed else before,
        },
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["effective", "stopped"], "default": "effective"},
            "reload_files": {"type": "list", "elements": "path", "default": []},
            "restart_files": {"type": "list", "elements": "path", "default": []},
            "restart": {"type": "bool", "default": True},
            "restart_hint": {"type": "str", "default": "only a restart puts that into effect"},
            "pending_files": {"type": "list", "elements": "path", "default": []},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    if not UNIT_NAME.fullmatch(module.params["unit"]):
        module.fail_json(
            msg=f"{module.params['unit']!r} is no name of a service or socket such as 'kea-dhcp4-server.service'"
        )
    try:
        module.exit_json(**(end(module) if module.params["state"] == "stopped" else settle(module)))
    except OSError as error:
        module.fail_json(msg=f"{module.params['unit']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
