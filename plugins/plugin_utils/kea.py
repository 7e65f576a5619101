# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Kea's DHCPv4 server (Kea ARM, "The DHCPv4 Server") as plain data, for Kea 2.2 and later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy, dhcp_subnets
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS, Rule
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_settings import Settings

LEASE_FILE = "/var/lib/kea/kea-leases4.csv"
# An interface may come up after Kea does: twenty minutes of attempts, then the journal says that it gave up.
SOCKET_RETRIES = 240
SOCKET_RETRY_MILLISECONDS = 5000
# The ids that a network may have are 1 to this; the number above it is Kea's own (Kea ARM, "IPv4 Subnet Identifier").
LAST_SUBNET_ID = 2**32 - 2

# Kea puts a packet into them once it has looked for its reservation; a class that asks for one of the two is evaluated
# after that, and so is every class that asks for such a class (Kea ARM, "Client Classification").
KNOWN = "member('KNOWN')"
LOOKED_UP = "(member('KNOWN') or member('UNKNOWN'))"
RESERVED_CLASS = "reserved"
GRANTED_CLASS = "granted"
IPXE_CLASS = "ipxe"
# Kea gives an address to no other card while somebody's lease of it lives, although both cards have it reserved: the
# second card of a machine, or the one that replaces a broken card, would wait for an hour. A reserved address is nobody
# else's in any case, so that its lease need not outlive the moment in which it is given; what the client is told is
# another matter (`answers_hook`). ISC's dhcpd likewise has no leases of fixed addresses.
RESERVED_LEASE_SECONDS = 1


def configuration(settings: Settings, hooks: str) -> dict[str, Any]:
    """Give the whole ``kea-dhcp4.conf`` as a dictionary; ``hooks`` is the directory of Kea's own hook libraries.

    The same machine asks as firmware, loader, initramfs and system, each with another client identifier
    (RFC 4578 has firmware send a UUID): leases and reservations therefore go by hardware address alone.
    """
    ids = subnet_ids(item.cidr for item in settings.subnets)
    return {
        "Dhcp4": {
            "interfaces-config": {
                "interfaces": settings.interfaces,
                "dhcp-socket-type": "raw",
                "service-sockets-max-retries": SOCKET_RETRIES,
                "service-sockets-retry-wait-time": SOCKET_RETRY_MILLISECONDS,
            },
            "lease-database": {"type": "memfile", "persist": True, "name": LEASE_FILE, "lfc-interval": 3600},
            # All leases of reserved addresses end at once; by default a hundred in ten seconds would be tidied up. Kea
            # knows them as long as the machine does, which may ask for its old address when it starts again.
            "expired-leases-processing": {
                "max-reclaim-leases": 0,
                "max-reclaim-time": 0,
                "hold-reclaimed-time": settings.lease_seconds,
            },
            "hooks-libraries": [answers_hook(hooks, settings.lease_seconds)],
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
                {"hw-address": mac, "client-classes": ["DROP"]} for mac in dhcp_subnets.foreign_macs(settings.subnets)
            ],
            "valid-lifetime": settings.lease_seconds,
            "client-classes": [
                *({"name": loader_class(loader)} for loader in LOADERS if loader != dhcp_subnets.AUTO),
                {"name": RESERVED_CLASS, "test": KNOWN, "valid-lifetime": RESERVED_LEASE_SECONDS},
                {"name": GRANTED_CLASS, "test": KNOWN, "only-if-required": True},
                ipxe_class(),
                *client_classes(settings.rules),
            ],
            "subnet4": [subnet(ids[item.cidr], item) for item in settings.subnets],
            "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        }
    }


def answers_hook(hooks: str, lease_seconds: int) -> dict[str, Any]:
    """Change two things in answers, so that they are those of the other servers.

    A reserved machine is told the usual lease time (option 51) and not that of its lease in Kea's books, where it is
    given an address: RFC 2131 (table 3) has no lease time in a DHCPNAK, nor in answers to a DHCPINFORM. The hook sees
    the question alone; but Kea puts that into the classes which a network requires only when it does not say no. A
    stranger is not told the name (option 12) that it gives itself.
    """
    granted = f"member('{GRANTED_CLASS}') and (pkt4.msgtype == 1 or pkt4.msgtype == 3)"
    options = [
        {"code": 51, "supersede": f"ifelse({granted}, 0x{lease_seconds:08x}, '')"},
        {"code": 12, "remove": "member('UNKNOWN')"},
    ]
    return {"library": f"{hooks}/libdhcp_flex_option.so", "parameters": {"options": options}}


def loader_class(loader: str) -> str:
    """Name the class of the machines that are to get a loader; their reservations put them into it."""
    return f"loader-{loader}"


def ipxe_class() -> dict[str, Any]:
    """Give the class of all iPXEs, with the options that are theirs."""
    (test,) = dhcp_policy.any_of(_begins(77, form) for form in dhcp_policy.ipxe_forms())
    answer = {"code": dhcp_policy.IPXE_OPTIONS, "csv-format": False, "data": dhcp_policy.IPXE_ANSWER.hex()}
    return {"name": IPXE_CLASS, "test": test, "option-data": [answer]}


def client_classes(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Render the policy to one class a rule.

    Kea gives a packet every class that matches, so each class excludes those before it.
    """
    classes: list[dict[str, Any]] = []
    for number, rule in enumerate(rules, start=1):
        tests = [
            LOOKED_UP,
            *_loader_test(rule["loaders"]),
            *dhcp_policy.any_of(architecture_test(one) for one in rule["architectures"]),
            *dhcp_policy.any_of(_begins(77, form) for form in dhcp_policy.user_class_forms(rule["user_class"])),
            *dhcp_policy.any_of(_begins(60, form) for form in dhcp_policy.vendor_class_forms(rule)),
            *(f"not member('{earlier['name']}')" for earlier in classes),
        ]
        one: dict[str, Any] = {
            # With a number, as an admin's own rule may have the name of one of the others.
            "name": f"boot-{number}-{rule['name']}",
            "test": " and ".join(tests),
            "boot-file-name": rule["boot_file"],
        }
        if answer := dhcp_policy.answered_vendor_class(rule):
            one["option-data"] = [{"name": "vendor-class-identifier", "data": answer, "always-send": True}]
        classes.append(one)
    return classes


def _begins(code: int, text: bytes) -> str:
    """Say in Kea's language that an option begins with a text; as hexadecimal digits, which need no quotes."""
    return f"substring(option[{code}].hex,0,{len(text)}) == 0x{text.hex()}"


def _loader_test(loaders: Sequence[str]) -> list[str]:
    tests = [f"member('{loader_class(loader)}')" for loader in loaders if loader != dhcp_subnets.AUTO]
    if dhcp_subnets.AUTO in loaders:
        others = [f"not member('{loader_class(loader)}')" for loader in LOADERS if loader != dhcp_subnets.AUTO]
        tests.append(f"({' and '.join(others)})")
    return dhcp_policy.any_of(tests)


def architecture_test(number: int) -> str:
    """Say in Kea's language that a client's first architecture type (option 93, RFC 4578 section 2.1) is ``number``."""
    test = f"substring(option[93].hex,0,2) == 0x{number:04x}"
    if number != 0:
        return test
    return f"{test} or (not option[93].exists and {_begins(60, dhcp_policy.PXE_CLIENT.encode())})"


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


def subnet(number: int, item: dhcp_subnets.Subnet) -> dict[str, Any]:
    """Render one network; ``number`` is its id."""
    pools = [{"pool": " - ".join(item.pool), "client-class": "UNKNOWN"}] if item.pool else []
    return {
        "id": number,
        "subnet": item.cidr,
        "next-server": item.next_server,
        "require-client-classes": [GRANTED_CLASS],
        "option-data": options(item),
        "pools": pools,
        "reservations": [one for machine in item.machines for one in reservations(machine)],
    }


def options(item: dhcp_subnets.Subnet) -> list[dict[str, str]]:
    """Give the options of a network that it has a value for; none is sent empty."""
    values = {
        "routers": ", ".join(item.routers),
        "domain-name-servers": ", ".join(item.dns),
        "domain-name": item.domain,
        "ntp-servers": ", ".join(item.ntp),
    }
    return [{"name": name, "data": data} for name, data in values.items() if data]


def reservations(machine: dhcp_subnets.Machine) -> list[dict[str, Any]]:
    """Give one reservation for each hardware address, alike in all else."""
    one: dict[str, Any] = {"ip-address": machine.ip, "hostname": machine.hostname}
    if machine.loader != dhcp_subnets.AUTO:
        one["client-classes"] = [loader_class(machine.loader)]
    return [{"hw-address": mac, **one} for mac in machine.macs]
