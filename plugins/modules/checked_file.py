#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes one configuration file whole, after the program that will read it has accepted it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: checked_file
short_description: Replace a configuration file only by one that its program accepts
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Writes the new content beside the file, has a program check it there, and renames it into place
    only when the program accepts it.
  - Whoever reads the file sees the old content or the new one, never a part.
  - Beside the file and not in a temporary directory, because AppArmor profiles (Kea, ISC dhcpd) let
    a server read its own directory only.
extends_documentation_fragment:
  - diskless.netboot.attributes
options:
  path:
    description: The file, by its absolute path. Its directory must exist, except in check mode.
    type: path
    required: true
  content:
    description: The whole content.
    type: str
    required: true
  mode:
    description: Permission bits in octal.
    type: str
    default: "0644"
  owner:
    description: Name of the owner.
    type: str
    default: root
  group:
    description: Name of the group.
    type: str
    default: root
  check_command:
    description:
      - Program and arguments that check a file; C(%s) stands for its path. Run without a shell.
      - It succeeds by exit status 0.
    type: list
    elements: str
    default: []
  check_environment:
    description: Variables set for the check besides those of the environment.
    type: dict
    default: {}
attributes:
  check_mode:
    details:
      - The candidate is written and removed again, so that a broken configuration is found in check mode too.
        Where directory or program are not there yet, RV(checked) is false and nothing is written.
"""

EXAMPLES = r"""
- name: Kea's configuration is in place
  diskless.netboot.checked_file:
    path: /etc/kea/kea-dhcp4.conf
    content: "{{ configuration | to_nice_json }}\n"
    check_command: [kea-dhcp4, -t, "%s"]
"""

RETURN = r"""
path:
  description: The file.
  returned: always
  type: str
checked:
  description: Whether the program has accepted the new content; false too where there was nothing to check.
  returned: always
  type: bool
note:
  description: Why nothing was checked, in check mode only.
  returned: when the program or the directory is not there yet
  type: str
"""

import grp
import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, whole_file

CHECK_SECONDS = 120


def run_check(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Run the checking program; give its shortened message where it refuses, nothing where it accepts."""
    result = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        check=False,
        timeout=CHECK_SECONDS,
    )
    if result.returncode == 0:
        return None
    return (
        whole_file.shorten(result.stdout.decode("utf-8", "replace")) or f"exit status {result.returncode}, no message"
    )


def identity(module: AnsibleModule, params: Mapping[str, Any]) -> tuple[int, int] | None:
    """Look up owner and group; nothing in check mode where a package has yet to create them."""
    try:
        return pwd.getpwnam(params["owner"]).pw_uid, grp.getgrnam(params["group"]).gr_gid
    except KeyError as error:
        if not module.check_mode:
            module.fail_json(msg=f"{params['path']}: {error.args[0]}")
        return None


def settle(module: AnsibleModule, wanted: whole_file.File) -> dict[str, Any]:
    """Compare, check and replace; gives the module's result."""
    params = module.params
    directory_path, name = os.path.split(wanted.path)
    result: dict[str, Any] = {"path": wanted.path, "changed": True, "checked": False}
    if not os.path.isdir(directory_path):
        if not module.check_mode:
            module.fail_json(msg=f"{wanted.path}: the directory {directory_path} does not exist")
        return {**result, "diff": whole_file.diff(wanted, None), "note": f"{directory_path} does not exist yet"}
    owners = identity(module, params)
    with atomic_file.open_directory(os.path.realpath(directory_path)) as directory:
        found = whole_file.read(name, directory)
        result["diff"] = whole_file.diff(wanted, found)
        if owners is not None and not whole_file.differs(wanted, owners, found):
            return {**result, "changed": False}
        environment = whole_file.environment(params["check_environment"])
        missing = whole_file.missing_program(params["check_command"], environment)
        if missing and not module.check_mode:
            module.fail_json(msg=f"{wanted.path}: not replaced: {missing} is not installed, so nothing can check it")
        if module.check_mode and (missing or owners is None or not params["check_command"]):
            return {**result, "note": f"{missing} is not installed yet"} if missing else result
        if not module.check_mode:
            # A run in check mode may have one there now; it waits for no other run.
            atomic_file.sweep((name,), directory, age=2 * CHECK_SECONDS)
        with atomic_file.candidate(name, wanted.content, wanted.mode, directory) as temporary:
            if params["check_command"]:
                command = [
                    part.replace("%s", os.path.join(directory_path, temporary)) for part in params["check_command"]
                ]
                refusal = run_check(command, environment)
                if refusal is not None:
                    stays = "the old file stays" if found else "no file was written"
                    module.fail_json(msg=f"{wanted.path}: {command[0]} refuses the new content, {stays}: {refusal}")
                result["checked"] = True
            if not module.check_mode and owners is not None:
                os.chown(temporary, *owners, dir_fd=directory, follow_symlinks=False)
                atomic_file.replace(temporary, name, directory)
    return result


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "check_command": {"type": "list", "elements": "str", "default": []},
            "check_environment": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        wanted = whole_file.wanted(params["path"], params["content"], params["mode"])
        module.exit_json(**settle(module, wanted))
    except ValueError as error:
        module.fail_json(msg=str(error))
    except subprocess.TimeoutExpired:
        module.fail_json(
            msg=f"{params['path']}: {params['check_command'][0]} has not finished within {CHECK_SECONDS} s, "
            "the old file stays"
        )
    except OSError as error:
        module.fail_json(msg=f"{params['path']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
