#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks nfs-ganesha what it exports, because it tells nobody what of its configuration it could not export."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ganesha_exports
short_description: nfs-ganesha exports what its configuration says
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Asks the running server for its exports and their clients, by D-Bus. Where they are others than those wanted, has it
    read its configuration once more, and fails when that does not help.
  - Ganesha reads its configuration after C(systemctl reload) has returned. What it cannot export, such as a directory
    on an overlay, it leaves out and says so in its log only.
options:
  ids:
    description: The C(Export_Id) of each path that is to be exported.
    type: dict
    required: true
  timeout:
    description: How many seconds the server may take to read its configuration.
    type: int
    default: 15
extends_documentation_fragment:
  - diskless.netboot.attributes
  - diskless.netboot.exports
"""

EXAMPLES = r"""
- name: Ganesha exports what it should
  diskless.netboot.ganesha_exports:
    exports:
      - {path: /srv/diskless/home, clients: [192.168.1.21], access: rw, root_squash: true}
    ids: {/srv/diskless/home: 61170}
"""

RETURN = r"""
missing:
  description: Paths that were not exported, or by another id.
  returned: always
  type: list
  elements: str
surplus:
  description: Paths that were exported and should not be.
  returned: always
  type: list
  elements: str
other_clients:
  description: Paths that were exported to other machines than they should, or otherwise.
  returned: always
  type: list
  elements: str
"""

import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import ganesha_answers, nfs_rules, whole_file

UNIT = "nfs-ganesha.service"
LOG = "/var/log/ganesha/ganesha.log"
LOG_BYTES = 65536
POLL_SECONDS = 0.3
ASK = ["dbus-send", "--system", "--print-reply", "--dest=org.ganesha.nfsd", "/org/ganesha/nfsd/ExportMgr"]


def ask(module: AnsibleModule, method: str, *arguments: str) -> str | None:
    """Call a method of the server; nothing where it does not answer (yet)."""
    status, output, _errors = module.run_command(
        [*ASK, f"org.ganesha.nfsd.exportmgr.{method}", *arguments],
        environ_update=whole_file.environment({}),
        handle_exceptions=False,
    )
    return output if status == 0 else None


def shown(module: AnsibleModule) -> dict[str, ganesha_answers.Export] | None:
    """Ask what is exported, and to whom. An export that goes meanwhile has no clients."""
    reply = ask(module, "ShowExports")
    if reply is None:
        return None
    return {
        path: ganesha_answers.Export(
            number, ganesha_answers.clients(ask(module, "DisplayExport", f"uint16:{number}") or "")
        )
        for path, number in ganesha_answers.paths(reply).items()
    }


def awaited(module: AnsibleModule, wanted: ganesha_answers.Exports) -> dict[str, ganesha_answers.Export] | None:
    """Ask until the answer is the one wanted or time is up; gives the last answer."""
    end = time.monotonic() + module.params["timeout"]
    while True:
        answer = shown(module)
        if answer == wanted or time.monotonic() > end:
            return answer
        # Ganesha answers at once, and tells nobody when it has read its configuration.
        time.sleep(POLL_SECONDS)


def complaints() -> str:
    """Give the last complaints of the server's log."""
    try:
        with open(LOG, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))
            return ganesha_answers.complaints(file.read().decode("utf-8", "replace"))
    except OSError:
        return ""


def settle(module: AnsibleModule) -> dict[str, Any]:
    """Compare and, outside check mode, have the configuration read again; gives the module's result."""
    ids = {path: int(number) for path, number in module.params["ids"].items()}
    wanted = ganesha_answers.wanted(nfs_rules.grouped(module.params["exports"]), ids)
    try:
        answer = shown(module) if module.check_mode else awaited(module, wanted)
    except FileNotFoundError:
        if not module.check_mode:
            raise
        answer = None
    before = ganesha_answers.compare(wanted, answer)
    if answer != wanted and not module.check_mode:
        status, _output, errors = module.run_command(["systemctl", "reload", UNIT])
        if status != 0:
            module.fail_json(msg=f"{UNIT}: cannot be reloaded: {whole_file.shorten(errors)}")
        answer = awaited(module, wanted)
        if answer != wanted:
            module.fail_json(msg=f"{ganesha_answers.refusal(wanted, answer)}; {LOG} says:\n{complaints()}")
    after = ganesha_answers.compare(wanted, wanted)
    return {"changed": before != after, **before, "diff": {"before": before, "after": after}}


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "exports": nfs_rules.ARGUMENT,
            "ids": {"type": "dict", "required": True},
            "timeout": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**settle(module))
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
