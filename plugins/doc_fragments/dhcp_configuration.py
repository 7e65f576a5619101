# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every filter that renders a DHCP server's configuration."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  _input:
    description: The networks, as in C(dhcp_server_subnets).
    type: list
    elements: dict
    required: true
  interfaces:
    description: Names of the interfaces to answer on. ISC's dhcpd is told them when it starts; here they are checked.
    type: list
    elements: str
    required: true
  boot_policy:
    description: Who gets which boot file, as in C(dhcp_server_boot_policy).
    type: list
    elements: dict
    required: true
  lease_seconds:
    description: How long a lease is valid, in seconds. At least 120 for dnsmasq.
    type: int
    required: true
  boot_policy_first:
    description: Rules that are tried before the others, as in C(dhcp_server_boot_policy_first).
    type: list
    elements: dict
    default: []
positional: _input
"""
