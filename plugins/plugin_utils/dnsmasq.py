# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of a dnsmasq that does DHCP and nothing else (dnsmasq(8)) as text.

Clients are given tags, by host lines and by what they send; a chain of `tag-if` lines makes of them the one tag of the
rule that matches first, and what is answered goes by that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy, dhcp_subnets, dnsmasq_proxy
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS, Rule
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_settings import Settings
from ansible_collections.diskless.netboot.plugins.plugin_utils.dnsmasq_proxy import net_tag, rule_tag

LEASE_FILE = "/var/lib/diskless-dnsmasq/dnsmasq.leases"
# "If the lease time is given, it must be at least two minutes": what is less is silently taken for that.
SHORTEST_LEASE_SECONDS = 120
# The buffer that dnsmasq reads lines into; it would read the rest as a line of its own.
LONGEST_LINE = 1000

# What dnsmasq does not take for a name where it expects one, but for a lease time or a word of its own.
NO_NAME = re.compile(r"[0-9]+[wdhms]?|infinite|ignore", re.IGNORECASE)

MATCHED = "matched"
HAS_ARCHITECTURE = "has-architecture"
PXE = "pxe"
IPXE = "ipxe"

HEAD = """\
# Written by the Ansible role diskless.netboot.dhcp_server; changes here are lost.
# No DNS, and nothing of what this machine says by DNS.
port=0
no-hosts
no-resolv
# Whatever else serves other interfaces of this machine is not in the way.
bind-dynamic
dhcp-authoritative
# No limit but that of pools and reservations: by default the 1001st machine would get no address, and dnsmasq would not
# start where its lease file holds more than the limit, as it may after networks have gone.
dhcp-lease-max=2147483647
# To standard error and so to this unit's journal; and no file that another dnsmasq writes as well.
log-facility=-
pid-file=
# Firmware, loader, initramfs and system of one machine send different client identifiers.
dhcp-ignore-clid
# The boot file stands where PXE ROMs of every age look for it.
dhcp-no-override
# A stranger is not told the name that he gives himself; and nobody is answered by BOOTP, as Kea does not either.
dhcp-ignore-names=tag:!known
dhcp-ignore=tag:bootp
dhcp-ignore=tag:foreign
"""


def configuration(settings: Settings) -> str:
    """Give the whole file.

    :raises ValueError: for what this server cannot do, although the others can.
    """
    if settings.lease_seconds < SHORTEST_LEASE_SECONDS:
        raise ValueError(
            f"dhcp_server_lease_seconds: {settings.lease_seconds}: the shortest lease of dnsmasq has "
            f"{SHORTEST_LEASE_SECONDS} s"
        )
    networks, rules = settings.subnets, settings.rules
    lines = [f"dhcp-leasefile={LEASE_FILE}", *(f"interface={name}" for name in settings.interfaces)]
    for number, item in enumerate(networks):
        lines += _network(number, item, settings.lease_seconds)
    lines += [f"dhcp-host={mac},set:foreign" for mac in dhcp_subnets.foreign_macs(networks)]
    lines += [_user_class(IPXE, form) for form in dhcp_policy.ipxe_forms()]
    lines += [f"dhcp-option=tag:{IPXE},{dhcp_policy.IPXE_OPTIONS},{dhcp_policy.IPXE_ANSWER.hex(':')}"]
    lines += _matches(rules)
    lines += _chain(rules)
    for number, item in enumerate(networks):
        lines += _boot(number, item, rules)
    lines += dnsmasq_proxy.services(networks, rules)
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise ValueError(f"{line[:60]}...: dnsmasq reads no line of more than {LONGEST_LINE} characters")
    return HEAD + "\n".join(lines) + "\n"


def _network(number: int, item: dhcp_subnets.Subnet, lease_seconds: int) -> list[str]:
    """Render one network with its machines, without what they boot."""
    tag = net_tag(number)
    address, mask = item.network.network_address, item.network.netmask
    if item.mode == dhcp_subnets.PROXY:
        # Somebody else gives addresses here, and boots machines that nobody told us of.
        ranges = [f"dhcp-range=tag:known,set:{tag},{address},proxy,{mask}"]
        options = []
    else:
        ranges = [f"dhcp-range=set:{tag},{address},static,{mask},{lease_seconds}"]
        if item.pool:
            ranges.append(f"dhcp-range=tag:!known,set:{tag},{','.join(item.pool)},{mask},{lease_seconds}")
        options = [
            # Without a value it is not sent; and else dnsmasq would send itself as the router.
            ",".join([f"dhcp-option=tag:{tag},option:router", *item.routers]),
            *(
                ",".join([f"dhcp-option=tag:{tag},option:{name}", *values])
                for name, values in (
                    ("dns-server", item.dns),
                    ("domain-name", [item.domain] if item.domain else []),
                    ("ntp-server", item.ntp),
                )
                if values
            ),
        ]
    return [*ranges, *options, *(line for machine in item.machines for line in _host(machine))]


def _host(machine: dhcp_subnets.Machine) -> list[str]:
    """Declare a machine; the second of its cards may have the address at once, whatever lease the first one has."""
    tags = [] if machine.loader == dhcp_subnets.AUTO else [f"set:{_loader_tag(machine.loader)}"]
    parts = [*machine.macs, *tags, machine.ip]
    if not NO_NAME.fullmatch(machine.hostname):
        return [f"dhcp-host={','.join([*parts, machine.hostname])}"]
    tag = f"host-{machine.macs[0].replace(':', '')}"
    return [f"dhcp-host={','.join([*parts, f'set:{tag}'])}", f"dhcp-option=tag:{tag},12,{machine.hostname}"]


def _loader_tag(loader: str) -> str:
    return f"loader-{loader}"


def _matches(rules: Sequence[Rule]) -> list[str]:
    """Give the tags that a client has by what it sends; the comparison with hexadecimal digits is one of beginnings."""
    lines = [
        f"dhcp-match=set:{HAS_ARCHITECTURE},93",
        f"dhcp-match=set:{PXE},60,{dhcp_policy.PXE_CLIENT.encode().hex(':')}",
    ]
    for number in sorted({one for rule in rules for one in rule["architectures"]}):
        lines.append(f"dhcp-match=set:{_architecture_tag(number)},93,{number >> 8:02x}:{number & 0xFF:02x}")
        if number == 0:
            lines.append(f"tag-if=set:{_architecture_tag(0)},tag:{PXE},tag:!{HAS_ARCHITECTURE}")
    for number, rule in enumerate(rules):
        lines += [_user_class(f"user-{number}", form) for form in dhcp_policy.user_class_forms(rule["user_class"])]
        lines += [f"dhcp-match=set:vendor-{number},60,{one.hex(':')}" for one in dhcp_policy.vendor_class_forms(rule)]
    others = [f"tag:!{_loader_tag(loader)}" for loader in LOADERS if loader != dhcp_subnets.AUTO]
    return [*lines, f"tag-if=set:{_loader_tag(dhcp_subnets.AUTO)},{','.join(others)}"]


def _user_class(tag: str, form: bytes) -> str:
    return f"dhcp-match=set:{tag},77,{form.hex(':')}"


def _architecture_tag(number: int) -> str:
    return f"architecture-{number}"


def _chain(rules: Sequence[Rule]) -> list[str]:
    """Tag each client with the first rule that matches it; the lines are looked at in order."""
    lines: list[str] = []
    for number, rule in enumerate(rules):
        tag = rule_tag(number)
        fixed = [f"tag:!{MATCHED}"]
        fixed += [f"tag:user-{number}"] if rule["user_class"] else []
        fixed += [f"tag:vendor-{number}"] if rule["vendor_class"] else []
        # One line for each way to match, as a line knows no "or".
        ways = [
            [*loader, *architecture]
            for loader in ([[f"tag:{_loader_tag(one)}"] for one in rule["loaders"]] or [[]])
            for architecture in ([[f"tag:{_architecture_tag(one)}"] for one in rule["architectures"]] or [[]])
        ]
        lines += [f"tag-if=set:{tag},{','.join([*fixed, *way])}" for way in ways]
        lines.append(f"tag-if=set:{MATCHED},tag:{tag}")
        if answer := dhcp_policy.answered_vendor_class(rule):
            lines.append(f"dhcp-option-force=tag:{tag},option:vendor-class,{answer}")
    return lines


def _boot(number: int, item: dhcp_subnets.Subnet, rules: Sequence[Rule]) -> list[str]:
    """Give what the clients of a network boot, and the server of those that boot nothing."""
    net = net_tag(number)
    lines = [
        # In quotes commas and number signs mean nothing; what would in quotes is in no boot file (dhcp_policy.py).
        f'dhcp-boot=tag:{net},tag:{rule_tag(index)},"{rule["boot_file"]}",,{item.next_server}'
        for index, rule in enumerate(rules)
    ]
    return [*lines, f"dhcp-boot=tag:{net},tag:!{MATCHED},,,{item.next_server}"]
