# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of mode `proxy`, where another DHCP server gives the addresses: what serves them, and what has no effect."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils.dnsmasq_proxy import UEFI
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Master, Network, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain

BACKEND_VARIABLE = "dhcp_server_backend"
# The variable is the role's, the value its default.
BACKEND = "kea"
RULES_VARIABLE = "dhcp_server_boot_policy_first"
# Of the backends, the one that can tell a boot file without giving an address ("proxyDHCP", PXE 2.1, section 2.2).
PROXY_BACKEND = "dnsmasq"


def check_keys(place: Place, network: Network) -> None:
    """An error for a pool on such a network, warnings for what its own DHCP server tells."""
    if network["mode"] != "proxy":
        return
    if network["pool"] is not None:
        wrong = "cannot be served with mode proxy, where another DHCP server gives the addresses"
        place.item(".pool").error(network["pool"], wrong, "no pool, or mode authoritative")
    told_by_others = {"dns": network["dns"], "ntp": network["ntp"], "domain": network["domain"]}
    for key, value in told_by_others.items():
        if value:
            place.item(f".{key}").warn(value, "has no effect with mode proxy: the other DHCP server tells it")


def check_loaders(report: Report, networks: Mapping[str, Network], slaves: Mapping[str, Slave]) -> None:
    """An error for each slave there whose loader would ask the other DHCP server for its files."""
    for name, slave in slaves.items():
        if slave["loader"] == "grub" and networks[slave["network"]]["mode"] == "proxy":
            wrong = (
                f"cannot be used on network {slave['network']!r}, whose mode is proxy: it asks the other DHCP server"
            )
            Place(report, name, "slave_loader").error("grub", wrong, "auto, pxelinux, ipxe, etherboot")


def check_backends(
    report: Report,
    networks: Mapping[str, Network],
    masters: Mapping[str, Master],
    slaves: Mapping[str, Slave],
    hosts: Mapping[str, Mapping[str, Plain]],
) -> None:
    """An error for each master that is on such a network, or serves slaves there, by a server that cannot do it."""
    for name, network in networks.items():
        if network["mode"] != "proxy":
            continue
        there = [master["name"] for master in masters.values() if master["network"] == name]
        serving = [slave["master"] for slave in slaves.values() if slave["network"] == name]
        for master in dict.fromkeys([*there, *serving]):
            backend = hosts[master].get(BACKEND_VARIABLE, BACKEND)
            if backend != PROXY_BACKEND:
                wrong = f"cannot serve network {name!r}, whose mode is proxy"
                Place(report, master, BACKEND_VARIABLE).error(backend, wrong, PROXY_BACKEND)
            _check_boot_files(Place(report, master, RULES_VARIABLE), hosts[master].get(RULES_VARIABLE), name)


def _check_boot_files(place: Place, rules: Plain, network: str) -> None:
    """An error for each boot file for UEFI to which dnsmasq would add an ending; other faults are told elsewhere."""
    uefi = {str(number) for number in UEFI}
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        file = rule.get("boot_file") if isinstance(rule, dict) else None
        architectures = rule.get("architectures") if isinstance(rule, dict) else None
        meant = not architectures or (isinstance(architectures, list) and bool(uefi & set(map(str, architectures))))
        if isinstance(file, str) and "." not in file and meant:
            wrong = f"has no dot: on network {network!r}, whose mode is proxy, UEFI firmware would be told another name"
            place.item(f"[{index}].boot_file").error(file, wrong, "a name with a dot in it")
