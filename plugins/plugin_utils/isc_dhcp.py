# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of ISC's dhcpd (dhcpd.conf(5), dhcp-eval(5)) as text."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy, dhcp_subnets
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS, Rule
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_settings import Settings

# Option 93 under a name of our own: releases of dhcpd differ in theirs.
ARCHITECTURE = "option diskless-architecture"
USER_CLASS = "option diskless-user-class"
VENDOR_CLASS = "option vendor-class-identifier"
IPXE_OPTIONS = "option diskless-ipxe"
FOREIGN_CLASS = "foreign"

HEAD = f"""\
# Written by the Ansible role diskless.netboot.dhcp_server; changes here are lost.
option diskless-architecture code 93 = string;
option diskless-user-class code 77 = string;
option diskless-ipxe code {dhcp_policy.IPXE_OPTIONS} = string;

authoritative;
ddns-update-style none;
# Firmware, loader, initramfs and system of one machine send different client identifiers.
ignore-client-uids true;
# Kea answers no BOOTP either.
deny bootp;
"""


def configuration(settings: Settings) -> str:
    """Give the whole ``dhcpd.conf``. The interfaces are not in it: dhcpd is told them when it starts."""
    networks, rules = settings.subnets, settings.rules
    lines = [HEAD]
    # Whatever a client asks for.
    lines += [f"{limit}-lease-time {settings.lease_seconds};" for limit in ("default", "min", "max")]
    lines += ["", *_ipxe()]
    lines += ["", f'class "{FOREIGN_CLASS}" {{', "  match hardware;", "}"]
    lines += [_subclass(FOREIGN_CLASS, mac) for mac in dhcp_subnets.foreign_macs(networks)]
    for number, item in enumerate(networks):
        lines += ["", *_subnet(f"reserved-{number}", item, rules)]
    for loader in LOADERS:
        machines = [machine for item in networks for machine in item.machines if machine.loader == loader]
        if machines:
            # Not within the networks: a host's own options would not be looked for there (dhcpd.conf(5), "host").
            lines += ["", "group {", *_chain(rules, loader, "  ")]
            lines += [f"  {host}" for machine in machines for host in _hosts(machine)]
            lines += ["}"]
    return "\n".join(lines) + "\n"


def _ipxe() -> list[str]:
    (test,) = dhcp_policy.any_of(_begins(USER_CLASS, form) for form in dhcp_policy.ipxe_forms())
    return [f"if {test} {{", f"  {IPXE_OPTIONS} {dhcp_policy.IPXE_ANSWER.hex(':')};", "}"]


def _subclass(name: str, mac: str) -> str:
    # 1: Ethernet, as the first byte of what "match hardware" compares.
    return f'subclass "{name}" 1:{mac};'


def _subnet(reserved: str, item: dhcp_subnets.Subnet, rules: Sequence[Rule]) -> list[str]:
    """Render one network; ``reserved`` names the class of its known machines."""
    lines = [f'class "{reserved}" {{', "  match hardware;", "}"]
    lines += [_subclass(reserved, mac) for machine in item.machines for mac in machine.macs]
    lines += [f"subnet {item.network.network_address} netmask {item.network.netmask} {{"]
    lines += [f"  next-server {item.next_server};"]
    lines += [
        f"  option {name} {', '.join(values)};"
        for name, values in (
            ("routers", item.routers),
            ("domain-name-servers", item.dns),
            ("ntp-servers", item.ntp),
        )
        if values
    ]
    if item.domain:
        lines += [f"  option domain-name {_quoted(item.domain)};"]
    if item.pool:
        lines += ["  pool {", f"    range {' '.join(item.pool)};"]
        # Not "known-clients": those are the machines of all networks, and one that visits this one is a stranger here.
        lines += [f'    deny members of "{name}";' for name in (reserved, FOREIGN_CLASS)]
        lines += [*_chain(rules, dhcp_subnets.AUTO, "    "), "  }"]
    return [*lines, "}"]


def _hosts(machine: dhcp_subnets.Machine) -> list[str]:
    """Declare one host for each card; a host's own name must be unique and is sent to nobody."""
    return [
        f"host card-{mac.replace(':', '')} {{ hardware ethernet {mac}; fixed-address {machine.ip}; "
        f"option host-name {_quoted(machine.hostname)}; }}"
        for mac in machine.macs
    ]


def _chain(rules: Sequence[Rule], loader: str, indent: str) -> list[str]:
    """Render the rules for the machines of one loader, the first that matches wins."""
    lines: list[str] = []
    for rule in rules:
        if rule["loaders"] and loader not in rule["loaders"]:
            continue
        tests = _tests(rule)
        head = "elsif" if lines else "if"
        # dhcpd expects the block after the first closing parenthesis, so that one pair must hold all; and nothing is
        # always true in its language but a comparison of two constants.
        lines += [f"{indent}{head} ({' and '.join(tests) if tests else '1 = 1'}) {{"]
        lines += [f"{indent}  filename {_quoted(rule['boot_file'])};"]
        if answer := dhcp_policy.answered_vendor_class(rule):
            lines += [
                f"{indent}  {VENDOR_CLASS} {_quoted(answer)};",
                # dhcpd sends what is asked for, and firmware does not ask for its own class.
                f"{indent}  option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, 3c);",
            ]
        lines += [f"{indent}}}"]
    return lines


def _tests(rule: Rule) -> list[str]:
    return [
        *dhcp_policy.any_of(_architecture_test(number) for number in rule["architectures"]),
        *dhcp_policy.any_of(_begins(USER_CLASS, form) for form in dhcp_policy.user_class_forms(rule["user_class"])),
        *dhcp_policy.any_of(_begins(VENDOR_CLASS, form) for form in dhcp_policy.vendor_class_forms(rule)),
    ]


def _architecture_test(number: int) -> str:
    test = f"substring({ARCHITECTURE}, 0, 2) = {number >> 8:02x}:{number & 0xFF:02x}"
    if number != 0:
        return test
    return f"{test} or (not exists diskless-architecture and {_begins(VENDOR_CLASS, dhcp_policy.PXE_CLIENT.encode())})"


def _begins(option: str, text: bytes) -> str:
    """Say that an option begins with a text of at least two bytes; one with a byte that is no letter as digits."""
    wanted = _quoted(text.decode()) if text.isascii() and text.decode().isprintable() else text.hex(":")
    return f"substring({option}, 0, {len(text)}) = {wanted}"


def _quoted(text: str) -> str:
    """Quote a text that holds neither quote nor backslash, as all that are checked."""
    return f'"{text}"'
