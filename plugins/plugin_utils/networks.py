# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`diskless_networks`: checked and normalised."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise

from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address, addresses
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Network
from ansible_collections.diskless.netboot.plugins.plugin_utils.names import (
    DOMAIN_ALLOWED,
    NAME_ALLOWED,
    domain_fault,
    name_fault,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.proxy import check_keys
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    items,
    known_keys,
    mapping,
    matching,
)

VARIABLE = "diskless_networks"
EXAMPLE = "a dictionary: name -> cidr, gateway, dns, domain, pool, ntp, mode"
KEYS = ("cidr", "gateway", "dns", "domain", "pool", "ntp", "mode")
MODES = ("authoritative", "proxy")
# A DHCP option and a line of dnsmasq's hold some more; no client asks so many.
MOST_SERVERS = 16
CIDR_ALLOWED = "an IPv4 network like 192.168.1.0/24, from /8 to /30"
POOL_ALLOWED = "[first, last], two addresses of the network, the lower one first"


def networks(report: Report, value: Plain) -> dict[str, Network]:
    """The networks whose `cidr` is good, whatever else of them is not, so that slaves can still be placed."""
    place = Place(report, "all", VARIABLE)
    found: dict[str, Network] = {}
    table = mapping(place, value, EXAMPLE)
    if value == {}:
        place.error(value, "is empty", EXAMPLE)
    for name, definition in table.items():
        here = place.item(f".{name}") if name_fault(name) is None else place
        if matching(place, name, name_fault, NAME_ALLOWED) is None:
            continue
        network = _network(here, name, definition)
        if network is not None:
            found[name] = network
            check_keys(here, network)
    _overlaps(report, found)
    return found


def _network(place: Place, name: str, value: Plain) -> Network | None:
    value = {} if value is None else value
    if not isinstance(value, dict):
        mapping(place, value, EXAMPLE)
        return None
    known_keys(place, value, KEYS)
    cidr = _cidr(place.item(".cidr"), value.get("cidr"))
    if cidr is None:
        return None
    gateway = _inside(place.item(".gateway"), value.get("gateway"), cidr)
    domain = value.get("domain")
    return {
        "name": name,
        "cidr": str(cidr),
        "gateway": gateway,
        "dns": _servers(place.item(".dns"), given(value, "dns", [])),
        "domain": None if domain is None else matching(place.item(".domain"), domain, domain_fault, DOMAIN_ALLOWED),
        "pool": _pool(place.item(".pool"), value.get("pool"), cidr, gateway),
        "ntp": _servers(place.item(".ntp"), given(value, "ntp", [])),
        "mode": choice(place.item(".mode"), given(value, "mode", MODES[0]), MODES) or MODES[0],
    }


def _servers(place: Place, value: Plain) -> list[str]:
    found = addresses(place, value)
    if len(found) > MOST_SERVERS:
        place.error(found, f"holds {len(found)} addresses", f"at most {MOST_SERVERS}")
    return found


def _cidr(place: Place, value: Plain) -> ipaddress.IPv4Network | None:
    if value is None:
        place.missing(CIDR_ALLOWED)
        return None
    string = matching(place, value, _cidr_fault, CIDR_ALLOWED)
    return None if string is None else ipaddress.IPv4Network(string)


def _cidr_fault(value: str) -> str | None:
    try:
        interface = ipaddress.IPv4Interface(value)
    except ValueError:
        return "is IPv6; only IPv4 is served" if ":" in value else "is no IPv4 network"
    network = interface.network
    if not re.fullmatch(r"[0-9.]+/(?:[89]|[12][0-9]|30)", value):
        return "has no usable prefix length"
    if interface.ip != network.network_address:
        return f"is an address in a network, not the network {network}"
    nobody = network.is_multicast or network.is_loopback or network.is_reserved or network[0].packed[0] == 0
    return "is no network of machines" if nobody else None


def _inside(place: Place, value: Plain, cidr: ipaddress.IPv4Network) -> str | None:
    """An optional address that a machine of the network can have."""
    if value is None:
        return None
    found = address(place, value)
    if found is None:
        return None
    fault = host_fault(found, cidr)
    if fault:
        place.error(found, fault, f"an address of {cidr}")
        return None
    return found


def host_fault(value: str, cidr: ipaddress.IPv4Network) -> str | None:
    """Why no machine of the network can have this address."""
    parsed = ipaddress.IPv4Address(value)
    if parsed not in cidr:
        return f"lies outside {cidr}"
    if parsed == cidr.network_address:
        return f"is the network's own address of {cidr}"
    return f"is the broadcast address of {cidr}" if parsed == cidr.broadcast_address else None


def _pool(place: Place, value: Plain, cidr: ipaddress.IPv4Network, gateway: str | None) -> list[str] | None:
    if value is None:
        return None
    ends = items(place, value, POOL_ALLOWED)
    if not isinstance(value, list):
        return None
    if len(ends) != 2:
        place.error(value, "does not hold two addresses", POOL_ALLOWED)
        return None
    first = _inside(place.item("[0]"), ends[0], cidr)
    last = _inside(place.item("[1]"), ends[1], cidr)
    if first is None or last is None:
        for index, end in enumerate(ends):
            if end is None:
                place.item(f"[{index}]").missing(POOL_ALLOWED)
        return None
    if ipaddress.IPv4Address(first) > ipaddress.IPv4Address(last):
        place.error([first, last], "is reversed", POOL_ALLOWED)
        return None
    pool = [first, last]
    if gateway is not None and in_pool(gateway, pool):
        place.error(pool, f"holds the gateway {gateway}", "addresses that nobody has")
    return pool


def in_pool(value: str, pool: list[str] | None) -> bool:
    """Whether an address is one of the pool's."""
    if pool is None:
        return False
    return ipaddress.IPv4Address(pool[0]) <= ipaddress.IPv4Address(value) <= ipaddress.IPv4Address(pool[1])


def _overlaps(report: Report, found: dict[str, Network]) -> None:
    """An error for each network that lies in one before it: networks either contain each other or share nothing."""
    ordered = sorted((ipaddress.IPv4Network(network["cidr"]), name) for name, network in found.items())
    widest = ordered[0] if ordered else None
    for _previous, current in pairwise(ordered):
        if widest is not None and widest[0].overlaps(current[0]):
            place = Place(report, "all", f"{VARIABLE}.{current[1]}.cidr")
            place.error(str(current[0]), f"overlaps {widest[0]} of {widest[1]!r}", "networks that share no address")
        else:
            widest = current


def network_of(value: str, parsed: list[tuple[ipaddress.IPv4Network, str]]) -> str | None:
    """The name of the network that an address lies in."""
    found = ipaddress.IPv4Address(value)
    return next((name for cidr, name in parsed if found in cidr), None)


def parse(found: dict[str, Network]) -> list[tuple[ipaddress.IPv4Network, str]]:
    """The networks in a form that addresses are looked up in."""
    return [(ipaddress.IPv4Network(network["cidr"]), name) for name, network in found.items()]
