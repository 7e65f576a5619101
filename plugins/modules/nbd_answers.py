#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks nbd-server what it exports, because a reload that fails, and one that changes nothing, look like any other."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nbd_answers
short_description: nbd-server knows the exports of its configuration
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Asks the running server for each export, by the NBD protocol and without attaching anything, until it knows them
    all. Fails with the last words of its journal when that takes too long. To whom they are exported it does not ask.
  - A server reads its configuration some time after C(systemctl reload) has returned. After a start it first makes
    parameters for TLS, which may take it a minute. By a reload it learns of new exports alone, and neither forgets nor
    changes any.
  - Fails where the file with clients of one of them is missing, as the server then lets everybody in.
  - Changes nothing.
options:
  read_only:
    description: Names of the exports that nobody may write to.
    type: list
    elements: str
    required: true
  writable:
    description: Names of the others.
    type: list
    elements: str
    required: true
  address:
    description: Address to ask at. The port is NBD's own, 10809.
    type: str
    default: 127.0.0.1
  access_directory:
    description: Where the files with clients are.
    type: path
    default: /etc/nbd-server/diskless/allow
  unit:
    description: The server's unit, for its journal.
    type: str
    default: nbd-server.service
  restart_hint:
    description: What to do about a server that does not answer at O(address).
    type: str
    default: only a restart of the server changes that
  timeout:
    description: How many seconds the server may take until it knows all of them.
    type: int
    default: 90
attributes:
  check_mode:
    details:
      - Exports that the server does not know yet, a server that does not answer, and missing files are as they should
        be.
extends_documentation_fragment:
  - diskless.netboot.attributes
"""

EXAMPLES = r"""
- name: nbd-server knows what it should export
  diskless.netboot.nbd_answers:
    read_only: [images/reading_room/1/root.squashfs]
    writable: [disks/pc07/persist]
"""

RETURN = r"""
withdrawn:
  description: Names of exports that the server still knows, and gives to nobody; it forgets them when it is restarted.
  returned: success
  type: list
  elements: str
"""

import os
import time
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import nbd_protocol, nbd_rules, some_names, unit_journal
from ansible_collections.diskless.netboot.plugins.module_utils.nbd_protocol import Answer, ProtocolError

POLL_SECONDS = 0.3
# For one answer. Not the time that a start takes: it accepts connections long before it answers.
ANSWER_SECONDS = 10.0
SHOWN = 5


def guarded(path: str) -> set[str]:
    """Give the names of the exports that have a file with clients in the folder ``path``."""
    try:
        return {name for name in map(nbd_rules.exported_as, os.listdir(path)) if name is not None}
    except FileNotFoundError:
        return set()


def awaited(module: AnsibleModule, names: set[str], remaining: set[str]) -> dict[str, Answer]:
    """Ask until the server knows ``names``, or time is up; gives the last answers, also for ``remaining``."""
    end = time.monotonic() + module.params["timeout"]
    answers: dict[str, Answer] | None = None
    reason = ""
    while True:
        try:
            answers = nbd_protocol.ask_all(module.params["address"], sorted(names | remaining), ANSWER_SECONDS)
        except (OSError, ProtocolError) as error:
            answers, reason = None, str(error)
        if answers is not None and (module.check_mode or all(answers[name].known for name in names)):
            return answers
        if module.check_mode:
            return {}
        if time.monotonic() > end:
            if answers is None:
                address, hint = module.params["address"], module.params["restart_hint"]
                fail(module, f"does not answer at {address}: {reason}; {hint}")
            unknown = sorted(name for name in names if not answers[name].known)
            fail_until_restart(module, f"does not know {some_names.some(unknown, SHOWN)}")
        # A reload is done for systemd before the server has read its file.
        time.sleep(POLL_SECONDS)


def fail_until_restart(module: AnsibleModule, message: str) -> NoReturn:
    """End with a message about a server whose files are as they should be, so that no run restarts it."""
    fail(module, f"{message}; only 'systemctl restart {module.params['unit']}' changes that")


def fail(module: AnsibleModule, message: str) -> NoReturn:
    """End with a message and the server's last words."""
    unit = module.params["unit"]
    _status, journal, _errors = module.run_command(unit_journal.command(unit))
    module.fail_json(msg=f"nbd-server {message}\nThe journal of {unit} ends with:\n{unit_journal.last_words(journal)}")
    raise AssertionError("fail_json has ended the module")


def settle(module: AnsibleModule) -> dict[str, Any]:
    """Ask, and look at the files; gives the module's result."""
    params = module.params
    wanted = {**dict.fromkeys(params["read_only"], True), **dict.fromkeys(params["writable"], False)}
    left = guarded(params["access_directory"]) - set(wanted)
    answers = awaited(module, set(wanted), left)
    other = [
        f"{name} {'writable' if read_only else 'read-only'}"
        for name, read_only in wanted.items()
        if name in answers and answers[name].read_only is (not read_only)
    ]
    if other and not module.check_mode:
        fail_until_restart(module, f"still exports {some_names.some(other, SHOWN)}")
    # Last, as another run may be at work.
    open_to_all = sorted(set(wanted) - guarded(params["access_directory"]))
    if open_to_all and not module.check_mode:
        fail(
            module,
            f"lets everybody attach {some_names.some(open_to_all, SHOWN)}: {params['access_directory']} has no file"
            " with their clients; another run makes it",
        )
    return {
        "changed": False,
        "withdrawn": sorted(name for name in left if name in answers and answers[name].known),
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "read_only": {"type": "list", "elements": "str", "required": True},
            "writable": {"type": "list", "elements": "str", "required": True},
            "address": {"type": "str", "default": "127.0.0.1"},
            "access_directory": {"type": "path", "default": "/etc/nbd-server/diskless/allow"},
            "unit": {"type": "str", "default": "nbd-server.service"},
            "restart_hint": {"type": "str", "default": "only a restart of the server changes that"},
            "timeout": {"type": "int", "default": 90},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**settle(module))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
