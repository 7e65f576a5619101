# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnsmasq needs beside a DHCP server that is somebody else's (mode `proxy`).

A BIOS takes the boot file from the offer. A UEFI firmware is sent to port 4011 and asks there for a "service": one that
matches alone is answered with its file, without a menu (rfc2131.c of dnsmasq, `pxe_uefi_workaround`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import HTTP_CLIENT, Rule
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_subnets import PROXY, Subnet

# IANA's "Processor Architecture Types": those of UEFI that load by TFTP. All below 6 are not UEFI for dnsmasq.
UEFI = (6, 7, 8, 9, 10, 11, 25, 27, 29, 37, 39, 41)


def net_tag(number: int) -> str:
    """Name the tag of what is asked on a network."""
    return f"net-{number}"


def rule_tag(number: int) -> str:
    """Name the tag of the clients that a rule matches."""
    return f"rule-{number}"


def services(networks: Sequence[Subnet], rules: Sequence[Rule]) -> list[str]:
    """Give the lines for all networks of mode proxy; none where there is no such network.

    :raises ValueError: for a boot file to which dnsmasq would add an ending.
    """
    proxies = [(number, item) for number, item in enumerate(networks) if item.mode == PROXY]
    if not proxies:
        return []
    # Firmware that boots by HTTP is told its file in the offer, as a BIOS is.
    lines = ["dhcp-pxe-vendor=PXEClient", f"dhcp-pxe-vendor={HTTP_CLIENT}"]
    for index, rule in enumerate(rules):
        if dhcp_policy.answered_vendor_class(rule):
            continue
        architectures = [one for one in rule["architectures"] or UEFI if one in UEFI]
        if architectures and "." not in rule["boot_file"]:
            raise ValueError(
                f"{dhcp_policy.VARIABLE}: {rule['name']}: {rule['boot_file']!r} has no dot in it: on a network of mode "
                f"{PROXY} dnsmasq would add '.0' for UEFI firmware"
            )
        lines += [
            f"pxe-service=tag:{net_tag(number)},tag:{rule_tag(index)},{architecture},Network boot,"
            f'"{rule["boot_file"]}",{item.next_server}'
            for number, item in proxies
            for architecture in architectures
        ]
    # Without a service dnsmasq would not be a proxy at all; nobody ever has this tag.
    return [*lines, "pxe-service=tag:nobody,x86PC,Network boot"]
