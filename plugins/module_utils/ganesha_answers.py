# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nfs-ganesha answers when it is asked what it exports, and what to say of it. All are pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules

# Of the reply to ShowExports, as dbus-send(1) prints it: an export begins with its id and its path.
EXPORT = re.compile(r'^ *uint16 (\d+)\n *string "(.*)"$', re.MULTILINE)
# Of the reply to DisplayExport, (siyyiuuuuu): the client's network, seven numbers more, and the bits of its options.
CLIENT = re.compile(r'^ *struct \{\n *string "(.*)"\n(?:.*\n){7} *uint32 (\d+)$', re.MULTILINE)
# EXPORT_OPTION_... of Ganesha's nfs_exports.h.
ROOT_SQUASH, ALL_SQUASH, READ, WRITE = 0x3, 0x4, 0x20, 0x40
ACCESS = {READ: "ro", READ | WRITE: "rw"}
# A line of the log: date, epoch, host, thread, function, then component, level and text.
COMPLAINT = re.compile(r" :[A-Z0-9 _]+ :(?:CRIT|MAJ|FATAL) :(.*)$")
LAST_COMPLAINTS = 5


class Client(NamedTuple):
    """A machine, and what it may do."""

    address: str
    access: str
    root_squash: bool
    all_squash: bool = False


class Export(NamedTuple):
    """What stands for one path; ``number`` is its Export_Id."""

    number: int
    clients: frozenset[Client]


Exports = Mapping[str, Export]


def paths(reply: str) -> dict[str, int]:
    """Read path and Export_Id from the reply to ShowExports; id 0 is Ganesha's own root above all exports."""
    return {path: int(number) for number, path in EXPORT.findall(reply) if number != "0"}


def clients(reply: str) -> frozenset[Client]:
    """Read who may mount from the reply to DisplayExport."""
    return frozenset(
        Client(
            single(network),
            ACCESS.get(bits & (READ | WRITE), "none"),
            bool(bits & ROOT_SQUASH),
            bool(bits & ALL_SQUASH),
        )
        for network, bits in ((network, int(number)) for network, number in CLIENT.findall(reply))
    )


def single(network: str) -> str:
    """Give the address of a network of one machine; anything else, such as ``*``, as it is."""
    try:
        one = ipaddress.ip_network(network)
    except ValueError:
        return network
    return str(one.network_address) if one.num_addresses == 1 else network


def wanted(exports: nfs_rules.Exports, ids: Mapping[str, int]) -> dict[str, Export]:
    """Give what the answer is to be."""
    found: dict[str, set[Client]] = {rule.path: set() for rule in exports}
    for rule, addresses in exports.items():
        # Of both Ganesha knows the wider one.
        root_squash = rule.root_squash and not rule.all_squash
        found[rule.path] |= {Client(one, rule.access, root_squash, rule.all_squash) for one in addresses}
    return {path: Export(ids[path], frozenset(its)) for path, its in found.items()}


def compare(wanted: Exports, answer: Exports | None) -> dict[str, list[str]]:
    """Give the paths that are ``missing``, ``surplus`` or there for ``other_clients``; no answer is an empty one."""
    shown = answer or {}
    there = {path for path, export in wanted.items() if path in shown and shown[path].number == export.number}
    return {
        "missing": sorted(wanted.keys() - there),
        "surplus": sorted(shown.keys() - wanted.keys()),
        "other_clients": sorted(path for path in there if shown[path].clients != wanted[path].clients),
    }


def refusal(wanted: Exports, answer: Exports | None) -> str:
    """Say how an answer differs from what is wanted."""
    if answer is None:
        return "Ganesha runs, but does not tell what it exports"
    found = compare(wanted, answer)
    parts = [
        *(["does not export " + ", ".join(found["missing"])] if found["missing"] else []),
        *(["still exports " + ", ".join(found["surplus"])] if found["surplus"] else []),
        *(["has other clients for " + ", ".join(found["other_clients"])] if found["other_clients"] else []),
    ]
    return f"Ganesha {' and '.join(parts)}"


def complaints(log: str) -> str:
    """Give the texts of the last lines of a log that complain, one a line."""
    found = [match[1] for line in log.splitlines() if (match := COMPLAINT.search(line))]
    return "\n".join(found[-LAST_COMPLAINTS:])
