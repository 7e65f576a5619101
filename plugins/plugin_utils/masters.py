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
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, enumerated
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, boolean, matching

# the variable is the role's, the value its default
HTTP_VARIABLE = "tftp_pxelinux_http"
HTTP = True
IP_ALLOWED = f"{ALLOWED}: the one that slaves reach"


def masters(
    report: Report, hosts: Mapping[str, Mapping[str, Plain]], networks: dict[str, Network]
) -> tuple[dict[str, Master], dict[str, str]]:
    """Those masters whose name, address and interface are good, and every address (name → address) that can be read.

    Errors for what is not good.
    """
    parsed = parse(networks)
    found: dict[str, Master] = {}
    addresses: dict[str, str] = {}
    for name, variables in hosts.items():
        good_name = matching(Place(report, name, "inventory_hostname"), name, name_fault, NAME_ALLOWED)
        interface = _interface(Place(report, name, "master_interface"), variables)
        place = Place(report, name, "master_ip")
        ip = _ip(place, variables)
        if ip:
            addresses[name] = ip
        network = network_of(ip, parsed) if ip else None
        if ip and network is None and networks:
            place.error(ip, "lies in no network", f"an address of {_cidrs(networks)}")
        if ip and network:
            _placed(place, ip, networks[network])
        http = boolean(Place(report, name, HTTP_VARIABLE), variables.get(HTTP_VARIABLE, HTTP))
        if good_name and interface and ip and network:
            found[name] = {
                "name": name,
                "ip": ip,
                "interface": interface,
                "network": network,
                "http": http is not False,
            }
    _unique(report, addresses)
    return found, addresses


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
    return " or ".join(network["cidr"] for network in networks.values())


def _unique(report: Report, addresses: dict[str, str]) -> None:
    by_ip: dict[str, list[str]] = {}
    for name, ip in addresses.items():
        by_ip.setdefault(ip, []).append(name)
    for ip, owners in by_ip.items():
        if len(owners) > 1:
            for owner in owners:
                place = Place(report, owner, "master_ip")
                place.error(ip, f"is used by {enumerated(owners)}", "an address of its own for each")
