# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``diskless.netboot.kea_dhcp4_config``: the role's networks as Kea's configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kea_dhcp4_config
short_description: Render networks, reservations and a boot policy to Kea's DHCPv4 configuration
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Gives the whole C(kea-dhcp4.conf) as a dictionary; C(to_nice_json) makes a file of it.
  - Used by the role P(diskless.netboot.dhcp_server#role).
extends_documentation_fragment: diskless.netboot.dhcp_configuration
options:
  hooks:
    description: Directory of the hook libraries that come with Kea, on the machine that it runs on.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The configuration is shown
  ansible.builtin.debug:
    msg: "{{ networks | diskless.netboot.kea_dhcp4_config(['eth0'], policy, 3600, hooks=hooks) }}"
  vars:
    hooks: /usr/lib/x86_64-linux-gnu/kea/hooks
    networks:
      - {name: lan, cidr: 192.168.1.0/24, next_server: 192.168.1.1, reservations: []}
    policy:
      - {name: bios, architectures: [0], boot_file: lpxelinux.0}
"""

RETURN = r"""
_value:
  description: The configuration.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils import kea
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_settings import rendered, settings


def kea_dhcp4_config(
    subnets: Sequence[Mapping[str, Any]],
    interfaces: Sequence[str],
    boot_policy: Sequence[Mapping[str, Any]],
    lease_seconds: int,
    *,
    hooks: str,
    boot_policy_first: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Leave the checks to :mod:`plugin_utils.dhcp_settings` and the rest to :mod:`plugin_utils.kea`."""

    def render() -> dict[str, Any]:
        given = settings(subnets, interfaces, boot_policy, lease_seconds, boot_policy_first)
        return kea.configuration(given, hooks)

    return rendered("kea_dhcp4_config", subnets, render)


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"kea_dhcp4_config": kea_dhcp4_config}
