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
positional: _input
options:
  _input:
    description: The networks, as in C(dhcp_server_subnets).
    type: list
    elements: dict
    required: true
  interfaces:
    description: Names of the interfaces to answer on; Kea listens on no other.
    type: list
    elements: str
    required: true
  boot_policy:
    description: Who gets which boot file, as in C(dhcp_server_boot_policy).
    type: list
    elements: dict
    required: true
  lease_seconds:
    description: How long a lease is valid, in seconds.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: The configuration is shown
  ansible.builtin.debug:
    msg: "{{ config | to_nice_json }}"
  vars:
    config: "{{ networks | diskless.netboot.kea_dhcp4_config(['eth0'], boot_policy=policy, lease_seconds=3600) }}"
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

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea


def kea_dhcp4_config(
    subnets: Sequence[Mapping[str, Any]],
    interfaces: Sequence[str],
    boot_policy: Sequence[Mapping[str, Any]],
    lease_seconds: int,
) -> dict[str, Any]:
    """Check the outer types and leave the rest to :mod:`plugin_utils.kea`."""
    if isinstance(subnets, str) or not isinstance(subnets, Sequence):
        raise AnsibleFilterError(f"kea_dhcp4_config: a list of networks is needed, not {type(subnets).__name__}")
    try:
        config: dict[str, Any] = kea.configuration(interfaces, subnets, boot_policy, lease_seconds)
    except KeyError as error:
        raise AnsibleFilterError(f"kea_dhcp4_config: {error} is missing") from error
    except ValueError as error:
        raise AnsibleFilterError(f"kea_dhcp4_config: {error}") from error
    return config


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters of this file."""
        return {"kea_dhcp4_config": kea_dhcp4_config}
