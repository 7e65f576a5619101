# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pxelinux_mac_name: a MAC address as PXELINUX writes it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pxelinux_mac_name
short_description: The name that PXELINUX makes of a MAC address
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
requirements:
  - netaddr (Python package, where Ansible runs)
description:
  - ARP's hardware type of Ethernet and the six octets in lower case, joined by hyphens.
options:
  _input:
    description: A unicast MAC address in any of the usual notations.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Prints 01-00-40-63-c2-ca-c9
  ansible.builtin.debug:
    msg: "{{ '00:40:63:C2:CA:C9' | diskless.netboot.pxelinux_mac_name }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.pxelinux import mac_name


def pxelinux_mac_name(mac: object) -> str:
    """Checks the type; pxelinux.mac_name does the work."""
    if not isinstance(mac, str):
        raise AnsibleFilterError("pxelinux_mac_name takes a MAC address (a string)")
    try:
        return mac_name(mac)
    except ValueError as error:
        raise AnsibleFilterError(f"pxelinux_mac_name: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"pxelinux_mac_name": pxelinux_mac_name}
