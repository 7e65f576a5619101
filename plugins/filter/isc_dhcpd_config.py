# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``diskless.netboot.isc_dhcpd_config``: the role's networks as the configuration of ISC's dhcpd."""

from __future__ import annotations

DOCUMENTATION = r"""
name: isc_dhcpd_config
short_description: Render networks, reservations and a boot policy to the configuration of ISC's dhcpd
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Gives the whole C(dhcpd.conf).
  - Used by the role P(diskless.netboot.dhcp_server#role).
extends_documentation_fragment: diskless.netboot.dhcp_configuration
"""

EXAMPLES = r"""
- name: The configuration is shown
  ansible.builtin.debug:
    msg: "{{ networks | diskless.netboot.isc_dhcpd_config(['eth0'], policy, 3600) }}"
  vars:
    networks:
      - {name: lan, cidr: 192.168.1.0/24, next_server: 192.168.1.1, reservations: []}
    policy:
      - {name: bios, architectures: [0], boot_file: lpxelinux.0}
"""

RETURN = r"""
_value:
  description: The configuration.
  type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils import isc_dhcp
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_settings import rendered, settings


def isc_dhcpd_config(
    subnets: Sequence[Mapping[str, Any]],
    interfaces: Sequence[str],
    boot_policy: Sequence[Mapping[str, Any]],
    lease_seconds: int,
    boot_policy_first: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Leave the checks to :mod:`plugin_utils.dhcp_settings` and the rest to :mod:`plugin_utils.isc_dhcp`."""

    def render() -> str:
        given = settings(subnets, interfaces, boot_policy, lease_seconds, boot_policy_first)
        return isc_dhcp.configuration(given)

    return rendered("isc_dhcpd_config", subnets, render)


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"isc_dhcpd_config": isc_dhcpd_config}
