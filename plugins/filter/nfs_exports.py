# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``diskless.netboot.nfs_exports``: a list of exports as the file of a server."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nfs_exports
short_description: Render exports for the kernel's NFS server or for nfs-ganesha
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Checks the list and gives the text of a server's file of exports.
  - Used by the role P(diskless.netboot.nfs_server#role).
positional: _input, backend, ids
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
    description: The C(Export_Id) of each path, for Ganesha.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The exports are shown
  ansible.builtin.debug:
    msg: "{{ exports | diskless.netboot.nfs_exports('ganesha', {'/srv/diskless/home': 61170}) }}"
  vars:
    exports:
      - {path: /srv/diskless/home, clients: [192.168.1.21], access: rw, root_squash: true}
"""

RETURN = r"""
_value:
  description: The whole file of exports.
  type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules
from ansible_collections.diskless.netboot.plugins.plugin_utils import nfs_ganesha, nfs_kernel


def nfs_exports(exports: Sequence[Mapping[str, Any]], backend: str, ids: Mapping[str, int]) -> str:
    """Check the outer types and leave the rest to the renderers."""
    if isinstance(exports, str) or not isinstance(exports, Sequence):
        raise AnsibleFilterError(f"nfs_exports: a list of exports is needed, not {type(exports).__name__}")
    if backend not in ("kernel", "ganesha"):
        raise AnsibleFilterError(f"nfs_exports: backend must be 'kernel' or 'ganesha', not {backend!r}")
    try:
        rules = nfs_rules.grouped(exports)
        text: str = nfs_kernel.render(rules) if backend == "kernel" else nfs_ganesha.render(rules, ids)
    except KeyError as error:
        raise AnsibleFilterError(f"nfs_exports: {error} is missing") from None
    except ValueError as error:
        raise AnsibleFilterError(f"nfs_exports: {error}") from error
    return text


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"nfs_exports": nfs_exports}
