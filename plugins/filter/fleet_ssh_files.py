# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_ssh_files: known_hosts and ssh_config for the whole fleet."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_ssh_files
short_description: The files known_hosts and ssh_config for the whole fleet
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - With them the first C(ssh -F ssh_config pc07) asks nothing, and neither does Ansible.
  - Slaves without a key in O(public_keys), because the run was limited to other masters, keep the keys that
    O(before) has for them. Slaves that are not in the fleet disappear.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet#filter) made, without errors.
    type: dict
    required: true
  public_keys:
    description: >-
      By slave, its host keys as in C(known_hosts), without a name. The fact C(slave_nodes_public_keys) of each master
      holds those of its slaves.
    type: dict
    required: true
  before:
    description: The present text of both files, C(known_hosts) and C(ssh_config), empty where there is none.
    type: dict
    required: true
  directory:
    description: The absolute path of the folder that the files are for.
    type: str
    required: true
positional: public_keys, before, directory
"""

EXAMPLES = r"""
- name: The files are shown
  ansible.builtin.debug:
    msg: >-
      {{ hostvars.localhost.diskless_fleet
         | diskless.netboot.fleet_ssh_files(keys, {'known_hosts': '', 'ssh_config': ''}, '/etc/diskless') }}
  vars:
    keys: {pc07: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI..."]}
"""

RETURN = r"""
_value:
  description: The text of both files, C(known_hosts) and C(ssh_config).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.ssh_files import ssh_files


def fleet_ssh_files(fleet: object, public_keys: object, before: object, directory: object) -> dict[str, str]:
    """Checks types; plugin_utils/ssh_files.py does the work."""
    tables = (fleet, public_keys, before)
    if not all(isinstance(table, Mapping) for table in tables) or not isinstance(directory, str):
        raise AnsibleFilterError(
            "fleet_ssh_files takes the fleet, public keys, the files before (dictionaries) and a folder (a string)"
        )
    try:
        return ssh_files(
            cast(Fleet, fleet),
            cast("Mapping[str, list[str]]", public_keys),
            cast("Mapping[str, str]", before),
            directory,
        )
    except ValueError as error:
        raise AnsibleFilterError(f"fleet_ssh_files: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        return {"fleet_ssh_files": fleet_ssh_files}
