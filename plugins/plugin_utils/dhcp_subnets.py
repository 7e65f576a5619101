# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of the role `dhcp_server`, checked: no text is left that a server's file could not carry literally.

Nothing here depends on the server, so that what one of them takes the others take as well.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.plugin_utils import mac, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS

VARIABLE = "dhcp_server_subnets"
AUTO = "auto"
AUTHORITATIVE = "authoritative"
PROXY = "proxy"


class Machine(NamedTuple):
    """A known machine; `macs` are written with colons, in lower case."""

    hostname: str
    macs: tuple[str, ...]
    ip: str
    loader: str


class Subnet(NamedTuple):
    """A network; all addresses are IPv4's, `pool` is first and last, `foreign_macs` are another server's machines."""

    cidr: str
    network: ipaddress.IPv4Network
    mode: str
    routers: tuple[str, ...]
    dns: tuple[str, ...]
    domain: str
    ntp: tuple[str, ...]
    pool: tuple[str, str] | None
    next_server: str
    machines: tuple[Machine, ...]
    foreign_macs: tuple[str, ...]


def interfaces(values: Sequence[str]) -> list[str]:
    """Give the names; two of the servers answer everywhere when they are told none.

    :raises ValueError: for no name at all, and for what is no name.
    """
    if not values:
        raise ValueError("dhcp_server_interfaces: at least one is needed")
    return [_text("dhcp_server_interfaces", value, names.interface_fault) for value in values]


def subnets(values: Sequence[Mapping[str, Any]], *, proxy: bool = False) -> list[Subnet]:
    """Give the networks of `dhcp_server_subnets`; ``proxy``: can the server be one.

    :raises ValueError: with the name of the network for what cannot be.
    """
    checked = [_subnet(f"{VARIABLE}: {value['name']}", value, proxy=proxy) for value in values]
    _once(VARIABLE, (subnet.cidr for subnet in checked))
    cards = [one for subnet in checked for machine in subnet.machines for one in machine.macs]
    _once(VARIABLE, [*cards, *foreign_macs(checked)])
    return checked


def foreign_macs(checked: Iterable[Subnet]) -> list[str]:
    """Give the machines that are another server's, over all networks."""
    return sorted({one for subnet in checked for one in subnet.foreign_macs})


def _subnet(where: str, value: Mapping[str, Any], *, proxy: bool) -> Subnet:
    mode = value.get("mode") or AUTHORITATIVE
    if mode not in (AUTHORITATIVE, PROXY):
        raise ValueError(f"{where}: {mode!r} is no mode: {AUTHORITATIVE} and {PROXY} are")
    if mode == PROXY and not proxy:
        raise ValueError(f"{where}: mode {PROXY} takes dhcp_server_backend: dnsmasq")
    try:
        network = ipaddress.IPv4Network(value["cidr"])
    except ValueError as error:
        raise ValueError(f"{where}: {value['cidr']!r} is no IPv4 network: {error}") from error
    domain = value.get("domain") or ""
    machines = tuple(_machine(where, one) for one in value.get("reservations") or [])
    _once(where, (machine.ip for machine in machines))
    return Subnet(
        cidr=str(network),
        network=network,
        mode=mode,
        routers=_addresses(where, value.get("routers")),
        dns=_addresses(where, value.get("dns")),
        domain=_text(where, domain, names.domain_fault) if domain else "",
        ntp=_addresses(where, value.get("ntp")),
        pool=_pool(where, value.get("pool")),
        next_server=_text(where, value["next_server"], address_fault),
        machines=machines,
        foreign_macs=tuple(_mac(where, one) for one in value.get("foreign_macs") or []),
    )


def _machine(where: str, value: Mapping[str, Any]) -> Machine:
    hostname = _text(where, value["hostname"], names.label_fault)
    loader = value.get("loader") or AUTO
    if loader not in LOADERS:
        raise ValueError(f"{where}: {hostname}: {loader!r} is no loader: {', '.join(LOADERS)} are")
    macs = tuple(_mac(f"{where}: {hostname}", one) for one in value["macs"])
    if not macs:
        raise ValueError(f"{where}: {hostname}: at least one hardware address is needed")
    return Machine(hostname, macs, _text(f"{where}: {hostname}", value["ip"], address_fault), loader)


def _pool(where: str, value: Sequence[str] | None) -> tuple[str, str] | None:
    if not value:
        return None
    pool = _addresses(where, value)
    if len(pool) != 2 or ipaddress.IPv4Address(pool[0]) > ipaddress.IPv4Address(pool[1]):
        raise ValueError(f"{where}: a pool is its first and its last address, not {list(value)}")
    return pool[0], pool[1]


def _addresses(where: str, values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(_text(where, value, address_fault) for value in values or [])


def _mac(where: str, value: str) -> str:
    try:
        return mac.canonical(value)
    except ValueError as error:
        raise ValueError(f"{where}: {value!r} {error}") from error


def _text(where: str, value: str, fault: Callable[[str], str | None]) -> str:
    wrong = fault(value)
    if wrong:
        raise ValueError(f"{where}: {value!r} {wrong}")
    return value


def _once(where: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{where}: {value} is there twice")
        seen.add(value)
