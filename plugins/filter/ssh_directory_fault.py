# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ssh_directory_fault: why known_hosts and ssh_config cannot be written into a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ssh_directory_fault
short_description: Why known_hosts and ssh_config cannot be written into a folder
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Looks at the folder where Ansible runs, as the user that Ansible runs as, and changes nothing.
  - A folder that is not there yet can be written if it can be made.
options:
  _input:
    description: The absolute path of the folder.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The folder can be written
  ansible.builtin.fail:
    msg: "{{ '/srv/inventory/.ssh' | diskless.netboot.ssh_directory_fault }}"
  when: "'/srv/inventory/.ssh' | diskless.netboot.ssh_directory_fault is not none"
"""

RETURN = r"""
_value:
  description: One line, or null where both files can be written.
  type: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import ssh_directory


def ssh_directory_fault(directory: object) -> str | None:
    """Checks the type; plugin_utils/ssh_directory.py does the work."""
    if not isinstance(directory, str) or not directory.startswith("/"):
        raise AnsibleFilterError("ssh_directory_fault takes the absolute path of a folder")
    return ssh_directory.fault(directory)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., str | None]]:
        return {"ssh_directory_fault": ssh_directory_fault}
