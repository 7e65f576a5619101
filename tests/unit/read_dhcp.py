"""What a DHCP server's configuration says of networks and machines; and Kea's, read as Kea does (its manual).

Nothing in read_*.py is taken from the code that writes those files.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple


class Host(NamedTuple):
    """A card and what it is told; `loader` is "auto" where it is in no class of its own."""

    mac: str
    ip: str
    hostname: str
    loader: str


class Network(NamedTuple):
    """What the clients of a network are told; `pool` is `first-last` or "". A proxy tells them `server` alone."""

    cidr: str
    mode: str
    server: str
    routers: tuple[str, ...]
    dns: tuple[str, ...]
    domain: str
    ntp: tuple[str, ...]
    pool: str


class Served(NamedTuple):
    """A whole configuration; `files` holds the boot files in the order of their rules, for each loader."""

    networks: tuple[Network, ...]
    hosts: frozenset[Host]
    files: dict[str, tuple[str, ...]]


def several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def kea(text: str) -> Served:
    """`kea-dhcp4.conf`."""
    server = json.loads(text)["Dhcp4"]
    networks, hosts = [], set()
    for subnet in server["subnet4"]:
        told = {option["name"]: option["data"] for option in subnet["option-data"]}
        pools = [pool["pool"].replace(" ", "") for pool in subnet["pools"]]
        lists = (several(told.get("routers", "")), several(told.get("domain-name-servers", "")))
        ntp = several(told.get("ntp-servers", ""))
        domain = told.get("domain-name", "")
        networks.append(
            Network(subnet["subnet"], "authoritative", subnet["next-server"], *lists, domain, ntp, "".join(pools))
        )
        for one in subnet["reservations"]:
            (loader,) = one.get("client-classes", ["loader-auto"])
            hosts.add(Host(one["hw-address"], one["ip-address"], one["hostname"], loader.removeprefix("loader-")))
    classes = [one for one in server["client-classes"] if "boot-file-name" in one]
    files = {
        loader: tuple(
            one["boot-file-name"] for one in classes if "loader-" not in one["test"] or _kea_member(one["test"], loader)
        )
        for loader in {host.loader for host in hosts}
    }
    return Served(tuple(networks), frozenset(hosts), files)


def _kea_member(test: str, loader: str) -> bool:
    negated = re.findall(r"not member\('loader-(\w+)'\)", test)
    wanted = re.findall(r"(?<!not )member\('loader-(\w+)'\)", test)
    return loader in wanted or (bool(negated) and loader not in negated)
