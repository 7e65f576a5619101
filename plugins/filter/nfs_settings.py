# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``diskless.netboot.nfs_settings``: the numbers that an NFS server runs by."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nfs_settings
short_description: Check and choose the numbers that an NFS server runs by
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Used by the role P(diskless.netboot.nfs_server#role).
positional: _input, backend, threads, lease_seconds
options:
  _input:
    description: The exports, as in C(nfs_server_exports).
    type: list
    elements: dict
    required: true
  backend:
    description: Which server it is.
    type: str
    choices: [kernel, ganesha]
    required: true
  threads:
    description: How many threads serve, up to 8192. V(0) chooses by the number of different clients.
    type: int
    required: true
  lease_seconds:
    description: NFSv4's lease and period of grace, 10 to 120.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: The numbers are shown
  ansible.builtin.debug:
    msg: "{{ nfs_server_exports | diskless.netboot.nfs_settings('kernel', 0, 30) }}"
"""

RETURN = r"""
_value:
  description: The numbers.
  type: dict
  contains:
    threads:
      description: How many threads serve.
      type: int
    lease_seconds:
      description: NFSv4's lease and period of grace.
      type: int
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import nfs_settings as settings


def nfs_settings(
    exports: Sequence[Mapping[str, Any]], backend: str, threads: object, lease_seconds: object
) -> dict[str, int]:
    """Leave the limits to :mod:`plugin_utils.nfs_settings`."""
    choose = settings.kernel_threads if backend == "kernel" else settings.ganesha_threads
    try:
        given = settings.number("nfs_server_threads", threads, 0, settings.THREADS_LIMIT)
        lease = settings.number("nfs_server_lease_seconds", lease_seconds, *settings.LEASE_LIMITS)
    except ValueError as error:
        raise AnsibleFilterError(f"nfs_settings: {error}") from error
    clients = {client for item in exports for client in item["clients"]}
    return {"threads": given or choose(len(clients)), "lease_seconds": lease}


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"nfs_settings": nfs_settings}
