# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pxelinux_ip_name: an address as PXELINUX writes it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pxelinux_ip_name
short_description: The name that PXELINUX makes of an IPv4 address
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Eight upper-case hexadecimal digits, the name of a slave's own file below C(pxelinux.cfg/).
options:
  _input:
    description: An IPv4 address without prefix length.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Prints C0A80115
  ansible.builtin.debug:
    msg: "{{ '192.168.1.21' | diskless.netboot.pxelinux_ip_name }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.pxelinux import ip_name


def pxelinux_ip_name(ip: object) -> str:
    """Checks the type; pxelinux.ip_name does the work."""
    if not isinstance(ip, str):
        raise AnsibleFilterError("pxelinux_ip_name takes an IPv4 address (a string)")
    try:
        return ip_name(ip)
    except ValueError as error:
        raise AnsibleFilterError(f"pxelinux_ip_name: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"pxelinux_ip_name": pxelinux_ip_name}
