# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list ``nbd_server_exports``, checked, and what nbd-server is told of it. All are pure."""

from __future__ import annotations

import ipaddress
import os.path
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports, Rule, numerically

VARIABLE = "nbd_server_exports"

# The option of the module that takes the list.
ARGUMENT = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "path": {"type": "str", "required": True},
        "clients": {"type": "list", "elements": "str", "required": True},
        "access": {"type": "str", "choices": ["ro", "rw"], "required": True},
    },
}

# The section of nbd-server's own settings in its configuration, nbd-server(5).
OWN_SECTION = "generic"
# An export's clients stand in a file named like the export, in one directory.
SLASH = "+"
LONGEST_NAME = 255

# nbd-server before 3.26 (upstream's commit 90dc1ad), at every reload: for each export, it subtracts one from what lies
# 12 pointers behind the export's place in a list whose room is the next power of two. Where that is behind the list's
# end, it may well crash. With so much of the room left over it hits nothing that is in use.
UNUSED_ROOM = 12


def name_of(path: str, directory: str) -> str | None:
    """Give the name by which a file is exported, its path below ``directory``; nothing where it lies elsewhere.

    All parts are plain names, so that neither nbd-server's file nor another directory can be broken into.
    """
    top = directory.rstrip("/") + "/"
    name = path.removeprefix(top)
    plain = path.startswith(top) and all(tree_files.NAME.fullmatch(part) for part in name.split("/"))
    return name if plain and name != OWN_SECTION and len(name) <= LONGEST_NAME else None


def grouped(items: Iterable[Mapping[str, Any]], directory: str) -> Exports:
    """Check and convert ``[{"name", "path", "clients": [address], "access": "ro"|"rw"}]``; in the form of NFS' exports.

    A read-only item without clients exports nothing.

    :raises ValueError: with everything that is wrong, one fault a line.
    """
    result: Exports = {}
    taken: set[str] = set()
    wrong: list[str] = []
    for item in items:
        faults = faults_of(item, directory, taken)
        taken.add(item["path"])
        if faults:
            wrong += [f"{VARIABLE}: {item['path']}: {fault}" for fault in faults]
        elif item["clients"]:
            clients = frozenset(str(ipaddress.ip_address(client)) for client in item["clients"])
            result[Rule(item["path"], item["access"], root_squash=False)] = clients
    if wrong:
        raise ValueError("\n".join(wrong))
    return result


def faults_of(item: Mapping[str, Any], directory: str, taken: set[str]) -> list[str]:
    """Say what is wrong with an item; ``taken``: the paths of those before it."""
    found = []
    name = name_of(item["path"], directory)
    if name is None:
        found.append(
            f"must be the path of a file below {directory}, of names of letters, digits, '.', '_' and '-', and at most"
            f" {LONGEST_NAME} characters"
        )
    elif name != item["name"]:
        found.append(f"its name must be {name!r}, the path below {directory}, and is {item['name']!r}")
    if item["path"] in taken:
        found.append("is there twice")
    if item["access"] not in ("ro", "rw"):
        found.append(f"access must be 'ro' or 'rw', not {item['access']!r}")
    found += [f"{client!r} is no address of one machine" for client in item["clients"] if not is_address(client)]
    if item["access"] == "rw" and len(set(item["clients"])) != 1:
        told = f"{' and '.join(item['clients'])} would write to one device" if item["clients"] else "it has none"
        found.append(f"what is exported 'rw' has exactly one client, as no file system stands two: {told}")
    return found


def is_address(client: str) -> bool:
    """Say whether it is the address of a single machine."""
    try:
        ipaddress.ip_address(client)
    except ValueError:
        return False
    return True


def listed(exports: Exports, directory: str) -> list[dict[str, Any]]:
    """Convert back to the list; sorted, addresses by number."""
    return [
        {"name": name_of(rule.path, directory), "path": rule.path, "access": rule.access,
         "clients": sorted(clients, key=numerically)}
        for rule, clients in sorted(exports.items())
    ]  # fmt: skip


def access_files(exports: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give the ``authfile`` of each export in the form of :func:`listed`: its name, and its text.

    With the length of the prefix: without, nbd-server compares too much where IPv4 comes to a socket of IPv6.
    """
    return {
        access_file(export["name"]): "".join(
            f"{client}/{ipaddress.ip_address(client).max_prefixlen}\n" for client in export["clients"]
        )
        for export in exports
    }


def access_file(name: str) -> str:
    """Name the file that holds the clients of an export."""
    return name.replace("/", SLASH)


def exported_as(file: str) -> str | None:
    """Give the name of the export that :func:`access_file` made a name of, if it is one."""
    names = file.split(SLASH)
    return "/".join(names) if all(map(tree_files.NAME.fullmatch, names)) else None


def padding(count: int) -> int:
    """Give how many exports without a file must go with ``count`` others, see :data:`UNUSED_ROOM`."""
    padded = count
    while room(padded) - padded < UNUSED_ROOM:
        padded += 1
    return padded - count


def room(count: int) -> int:
    """Give the places of a GArray of pointers that was filled one by one: the next power of two, and two at least."""
    return max(2, 1 << (count - 1).bit_length()) if count else 2


def tls_files(tls: Mapping[str, Any] | None) -> dict[str, str]:
    """Give the files of ``nbd_server_tls`` that are named, by what they are."""
    named = {kind: (tls or {}).get(kind) for kind in ("certificate", "key", "authorities")}
    return {kind: os.path.normpath(path) for kind, path in named.items() if path}
