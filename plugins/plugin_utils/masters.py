# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the group `masters`: checked and normalised."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import ALLOWED, address
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Master, Network
from ansible_collections.diskless.netboot.plugins.plugin_utils.names import (
    INTERFACE_ALLOWED,
    NAME_ALLOWED,
    interface_fault,
    name_fault,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import host_fault, in_pool, network_of, parse
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, matching

IP_ALLOWED = f"{ALLOWED}: the one that slaves reach"


def masters(
    report: Report, hosts: Mapping[str, Mapping[str, Plain]], networks: dict[str, Network]
) -> dict[str, Master]:
    """Those masters whose name, address and interface are good; errors for the others."""
    parsed = parse(networks)
    found: dict[str, Master] = {}
    for name, variables in hosts.items():
        good_name = matching(Place(report, name, "inventory_hostname"), name, name_fault, NAME_ALLOWED)
        interface = _interface(Place(report, name, "master_interface"), variables)
        place = Place(report, name, "master_ip")
        ip = _ip(place, variables)
        network = network_of(ip, parsed) if ip else None
        if ip and network is None:
            place.error(ip, "lies in no network", f"an address of {_cidrs(networks)}")
        if ip and network:
            _placed(place, ip, networks[network])
        if good_name and interface and ip and network:
            found[name] = {"name": name, "ip": ip, "interface": interface, "network": network}
    _unique(report, found)
    return found


def _interface(place: Place, variables: Mapping[str, Plain]) -> str | None:
    if variables.get("master_interface") is None:
        place.missing(f"the interface on the slaves' network; {INTERFACE_ALLOWED}")
        return None
    return matching(place, variables["master_interface"], interface_fault, INTERFACE_ALLOWED)


def _ip(place: Place, variables: Mapping[str, Plain]) -> str | None:
    if variables.get("master_ip") is None:
        place.missing(IP_ALLOWED)
        return None
    return address(place, variables["master_ip"])


def _placed(place: Place, ip: str, network: Network) -> None:
    parsed = parse({network["name"]: network})[0][0]
    fault = host_fault(ip, parsed)
    if fault:
        place.error(ip, fault, f"another address of {parsed}")
    if in_pool(ip, network["pool"]):
        place.error(ip, f"lies in the pool of network {network['name']!r}", "an address outside the pool")


def _cidrs(networks: dict[str, Network]) -> str:
    return " or ".join(network["cidr"] for network in networks.values()) or "diskless_networks"


def _unique(report: Report, found: dict[str, Master]) -> None:
    by_ip: dict[str, list[str]] = {}
    for master in found.values():
        by_ip.setdefault(master["ip"], []).append(master["name"])
    for ip, owners in by_ip.items():
        if len(owners) > 1:
            for owner in owners:
                Place(report, owner, "master_ip").error(
                    ip, f"is used by {len(owners)} masters", "an address of its own"
                )
