# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pxelinux_search_order: the files that PXELINUX asks for."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pxelinux_search_order
short_description: The configuration files that PXELINUX asks for, in order
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
requirements:
  - netaddr (Python package, where Ansible runs)
description:
  - Names below C(pxelinux.cfg/), the UUID where it is known, the MAC address where it is given,
    the eight hexadecimal prefixes of the address from the longest to the shortest, and C(default).
options:
  _input:
    description: The machine's IPv4 address.
    type: str
    required: true
  mac:
    description: Its MAC address, in any of the usual notations.
    type: str
  uuid:
    description: Its UUID, as its firmware tells it.
    type: str
positional: mac, uuid
"""

EXAMPLES = r"""
- name: Prints 01-00-40-63-c2-ca-c9, C0A80115, C0A8011, ..., C, default
  ansible.builtin.debug:
    msg: "{{ '192.168.1.21' | diskless.netboot.pxelinux_search_order('00:40:63:c2:ca:c9') | join(', ') }}"
"""

RETURN = r"""
_value:
  description: The names, the one asked for first in front.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.pxelinux import search_order


def pxelinux_search_order(ip: object, mac: object = None, uuid: object = None) -> list[str]:
    """Checks the types; pxelinux.search_order does the work."""
    if not isinstance(ip, str) or not isinstance(mac, (str, type(None))) or not isinstance(uuid, (str, type(None))):
        raise AnsibleFilterError("pxelinux_search_order takes an IPv4 address, a MAC address and a UUID (strings)")
    try:
        return search_order(ip, mac, uuid)
    except ValueError as error:
        raise AnsibleFilterError(f"pxelinux_search_order: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"pxelinux_search_order": pxelinux_search_order}
