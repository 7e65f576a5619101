# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Kea's DHCPv4 server (Kea ARM, "The DHCPv4 Server") as plain data, for Kea 2.2 and later."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LEASE_FILE = "/var/lib/kea/kea-leases4.csv"
POLICY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
# An interface may come up after Kea does: twenty minutes of attempts, then the journal says that it gave up.
SOCKET_RETRIES = 240
SOCKET_RETRY_MILLISECONDS = 5000
# The ids that a network may have are 1 to this; the number above it is Kea's own (Kea ARM, "IPv4 Subnet Identifier").
LAST_SUBNET_ID = 2**32 - 2


def configuration(
    interfaces: Sequence[str],
    subnets: Sequence[Mapping[str, Any]],
    boot_policy: Sequence[Mapping[str, Any]],
    lease_seconds: int,
) -> dict[str, Any]:
    """Give the whole ``kea-dhcp4.conf`` as a dictionary; the shapes are those of the role ``dhcp_server``.

    The same machine asks as firmware, loader, initramfs and system, each with another client identifier
    (RFC 4578 has firmware send a UUID): leases and reservations therefore go by hardware address alone.

    :raises ValueError: for a boot policy that names no loader or cannot be told apart.
    """
    ids = subnet_ids(item["cidr"] for item in subnets)
    return {
        "Dhcp4": {
            "interfaces-config": {
                "interfaces": list(interfaces),
                "dhcp-socket-type": "raw",
                "service-sockets-max-retries": SOCKET_RETRIES,
                "service-sockets-retry-wait-time": SOCKET_RETRY_MILLISECONDS,
            },
            "lease-database": {"type": "memfile", "persist": True, "name": LEASE_FILE, "lfc-interval": 3600},
            "authoritative": True,
            "match-client-id": False,
            "host-reservation-identifiers": ["hw-address"],
            # One machine, several network cards: each card has a reservation of the machine's one address.
            "ip-reservations-unique": False,
            "reservations-in-subnet": True,
            "reservations-lookup-first": True,
            # Before a network is chosen, so that nothing at all is said to a machine that is another master's.
            "early-global-reservations-lookup": True,
            "reservations": [
                {"hw-address": mac, "client-classes": ["DROP"]}
                for mac in sorted({mac for item in subnets for mac in item.get("foreign_macs") or []})
            ],
            "valid-lifetime": lease_seconds,
            "client-classes": client_classes(boot_policy),
            "subnet4": [subnet(ids[item["cidr"]], item) for item in subnets],
            "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        }
    }


def client_classes(boot_policy: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Render the policy, first match wins: ``[{"name", "architectures": [0], "boot_file"}]`` to one class an item.

    An item without ``architectures`` matches all clients.

    Kea gives a packet every class that matches, so each class excludes those before it.

    :raises ValueError: for a name that is used twice or is no name, an architecture that is no unsigned 16-bit number,
        a boot file that does not fit in the 127 bytes of BOOTP's field (RFC 2131, section 2).
    """
    classes: list[dict[str, Any]] = []
    for item in boot_policy:
        name = item["name"]
        if not POLICY_NAME.fullmatch(name):
            raise ValueError(
                f"dhcp_server_boot_policy: {name!r} is no name: lower-case letters, digits, '-' and '_' are allowed"
            )
        earlier = [one["name"] for one in classes]
        if f"boot-{name}" in earlier:
            raise ValueError(f"dhcp_server_boot_policy: {name!r} is there twice")
        if not 0 < len(item["boot_file"].encode()) <= 127:
            raise ValueError(f"dhcp_server_boot_policy: {name}: the boot file's name must have 1 to 127 bytes")
        test = [f"not member('{one}')" for one in earlier]
        if architectures := item.get("architectures"):
            test.insert(0, f"({' or '.join(architecture_test(name, int(number)) for number in architectures)})")
        classes.append(
            {
                "name": f"boot-{name}",
                "test": " and ".join(test) or "member('ALL')",
                "boot-file-name": item["boot_file"],
            }
        )
    return classes


def architecture_test(name: str, number: int) -> str:
    """Say in Kea's language that a client's first architecture type (option 93, RFC 4578 section 2.1) is ``number``."""
    if not 0 <= number <= 0xFFFF:
        raise ValueError(f"dhcp_server_boot_policy: {name}: architecture {number} is not between 0 and 65535")
    return f"substring(option[93].hex,0,2) == 0x{number:04x}"


def subnet_ids(cidrs: Iterable[str]) -> dict[str, int]:
    """Give each network its id, which ties persisted leases to it: made of its CIDR, whatever other networks there are.

    Where two digests are the same, which happens once in 10 million fleets of 30 networks, the later CIDR has the next.
    """
    ids: dict[str, int] = {}
    for cidr in sorted(set(cidrs)):
        number = int.from_bytes(hashlib.sha256(cidr.encode()).digest(), "big") % LAST_SUBNET_ID + 1
        while number in ids.values():
            number = number % LAST_SUBNET_ID + 1
        ids[cidr] = number
    return ids


def subnet(number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """Render one network; ``number`` is its id."""
    result: dict[str, Any] = {
        "id": number,
        "subnet": item["cidr"],
        "user-context": {"network": item["name"]},
        "option-data": options(item),
        "pools": [],
        "reservations": [one for machine in item.get("reservations") or [] for one in reservations(machine)],
    }
    if item.get("next_server"):
        result["next-server"] = item["next_server"]
    if item.get("pool"):
        first, last = item["pool"]
        result["pools"] = [{"pool": f"{first} - {last}", "client-class": "UNKNOWN"}]
    return result


def options(item: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the options of a network that it has a value for; none is sent empty."""
    domain = (item.get("domain") or "").replace("\\", "\\\\").replace(",", "\\,")
    values = {
        "routers": ", ".join(item.get("routers") or []),
        "domain-name-servers": ", ".join(item.get("dns") or []),
        "domain-name": domain,
        "ntp-servers": ", ".join(item.get("ntp") or []),
    }
    return [{"name": name, "data": data} for name, data in values.items() if data]


def reservations(machine: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give one reservation for each hardware address of ``{"hostname", "macs", "ip"}``, alike in all else."""
    return [
        {"hw-address": mac, "ip-address": machine["ip"], "hostname": machine["hostname"]} for mac in machine["macs"]
    ]
