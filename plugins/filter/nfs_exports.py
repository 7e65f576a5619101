# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``diskless.netboot.nfs_exports``: a list of exports as the files of the two servers."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nfs_exports
short_description: Render exports for the kernel's NFS server and for nfs-ganesha
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Checks the list and gives the text of both servers' files, and how many threads fit the number of clients.
  - Used by the role P(diskless.netboot.nfs_server#role).
positional: _input
options:
  _input:
    description: The exports, as in C(nfs_server_exports).
    type: list
    elements: dict
    required: true
  backend:
    description: Whose file to render.
    type: str
    choices: [kernel, ganesha]
    required: true
  ids:
    description: The C(Export_Id) that Ganesha's exports have, by path. A path that is not there is given one.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: The exports are shown
  ansible.builtin.debug:
    msg: "{{ (exports | diskless.netboot.nfs_exports(backend='kernel')).text }}"
  vars:
    exports:
      - {path: /srv/diskless/home, clients: [192.168.1.21], access: rw, root_squash: true}
"""

RETURN = r"""
_value:
  description: What the server needs.
  type: dict
  contains:
    text:
      description: The whole file of exports.
      type: str
    threads:
      description: How many threads fit the number of different clients.
      type: int
    create:
      description: Directories to create where missing, namely those exported with root squashed only.
      type: list
      elements: str
    require:
      description: Directories that another must have made.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import nfs_exports as rendering


def nfs_exports(
    exports: Sequence[Mapping[str, Any]], backend: str, ids: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Check the outer types and leave the rest to :mod:`plugin_utils.nfs_exports`."""
    if isinstance(exports, str) or not isinstance(exports, Sequence):
        raise AnsibleFilterError(f"nfs_exports: a list of exports is needed, not {type(exports).__name__}")
    if backend not in ("kernel", "ganesha"):
        raise AnsibleFilterError(f"nfs_exports: backend must be 'kernel' or 'ganesha', not {backend!r}")
    try:
        rules = rendering.by_path(exports)
        clients = rendering.count_clients(rules)
        create = [path for path, items in rules.items() if all(one.root_squash for one in items)]
        kernel = backend == "kernel"
        return {
            "text": rendering.kernel_exports(rules) if kernel else rendering.ganesha_exports(rules, ids or {}),
            "threads": rendering.threads(clients) if kernel else rendering.ganesha_threads(clients),
            "create": create,
            "require": [path for path in rules if path not in create],
        }
    except KeyError as error:
        raise AnsibleFilterError(f"nfs_exports: {error} is missing") from error
    except ValueError as error:
        raise AnsibleFilterError(f"nfs_exports: {error}") from error


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"nfs_exports": nfs_exports}
