# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports as the kernel's server (exports(5)) and nfs-ganesha (ganesha-export-config(8)) want them, from one list."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import nfs_record

# What stands in exports(5) as it is; every other byte is written as three octal digits.
PLAIN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@%~=")
FEWEST_THREADS, MOST_THREADS = 8, 256
GANESHA_LEAST_THREADS = 200


class Rule(NamedTuple):
    """Who may do what below a path; ``clients`` are addresses in numerical order."""

    access: str
    root_squash: bool
    clients: tuple[str, ...]


def by_path(exports: Iterable[Mapping[str, Any]]) -> dict[str, list[Rule]]:
    """Check and sort ``[{"path", "clients": [address], "access": "ro"|"rw", "root_squash"}]``: path to its rules.

    An item without clients exports nothing.

    :raises ValueError: for a path that is not absolute and plain, an access that is neither, a client that is no
        single address (a network, ``*`` or a name would let strangers in), or one client with two rules for a path.
    """
    result: dict[str, list[Rule]] = {}
    for item in exports:
        path, access = item["path"], item["access"]
        if not isinstance(path, str) or not path.startswith("/") or path == "/" or not is_plain(path):
            raise ValueError(
                f"nfs_server_exports: {path!r} must be an absolute path below '/',"
                " without '.', '..', '//' or control characters"
            )
        if access not in ("ro", "rw"):
            raise ValueError(f"nfs_server_exports: {path}: access must be 'ro' or 'rw', not {access!r}")
        clients = tuple(
            str(one)
            for one in sorted({address(path, one) for one in item["clients"]}, key=lambda one: (one.version, int(one)))
        )
        taken = {one for rule in result.get(path, []) for one in rule.clients}
        for client in clients:
            if client in taken:
                raise ValueError(f"nfs_server_exports: {path}: {client} is there twice")
        if clients:
            result.setdefault(path, []).append(Rule(access, bool(item["root_squash"]), clients))
    return {path: sorted(rules) for path, rules in sorted(result.items())}


def is_plain(path: str) -> bool:
    """Say whether no part of an absolute path leads elsewhere and no character breaks a line."""
    parts = path[1:].split("/")
    return all(part not in ("", ".", "..") for part in parts) and path.isprintable()


def address(path: str, client: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read one client's address."""
    try:
        return ipaddress.ip_address(client)
    except ValueError:
        raise ValueError(f"nfs_server_exports: {path}: {client!r} is no address of one machine") from None


def threads(clients: int) -> int:
    """Give the kernel server's threads: the next power of two, so that one slave more seldom changes it; 8 to 256."""
    return max(FEWEST_THREADS, min(MOST_THREADS, 1 << max(clients - 1, 0).bit_length()))


def ganesha_threads(clients: int) -> int:
    """Give the upper limit of Ganesha's pool: four a thread of the kernel's, never less than its own default of 200."""
    return max(GANESHA_LEAST_THREADS, 4 * threads(clients))


def count_clients(exports: Mapping[str, Sequence[Rule]]) -> int:
    """Count the machines that may mount something."""
    return len({client for rules in exports.values() for rule in rules for client in rule.clients})


def kernel_exports(exports: Mapping[str, Sequence[Rule]]) -> str:
    """Render a whole file of ``/etc/exports.d``."""
    lines = ["# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost."]
    for path, rules in exports.items():
        clients = [f"{client}({kernel_options(rule)})" for rule in rules for client in rule.clients]
        lines.append(" ".join([escape(path), *clients]))
    return "\n".join(lines) + "\n"


def kernel_options(rule: Rule) -> str:
    """Give one rule's options; ``no_subtree_check`` because renamed files would lose their handles (exports(5))."""
    return f"{rule.access},sync,no_subtree_check,{'root_squash' if rule.root_squash else 'no_root_squash'}"


def escape(path: str) -> str:
    r"""Write a path as exports(5) reads it: ``\040`` for a blank, and so for every byte that might mean something."""
    return "".join(chr(byte) if byte in PLAIN_BYTES else f"\\{byte:03o}" for byte in path.encode())


def ganesha_exports(exports: Mapping[str, Sequence[Rule]], known_ids: Mapping[str, int]) -> str:
    """Render the file of exports; a path in ``known_ids`` has that id.

    :raises ValueError: for a path with ``"`` or a backslash, which Ganesha's quoted strings cannot hold, or for too
        many paths.
    """
    for path in exports:
        if '"' in path or "\\" in path:
            raise ValueError(f"nfs_server_exports: {path!r}: Ganesha cannot export a path with a quote or a backslash")
    ids = nfs_record.export_ids(exports, known_ids)
    blocks = ["# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost.\n"]
    for path, rules in exports.items():
        clients = "".join(ganesha_client(rule) for rule in rules)
        blocks.append(
            "EXPORT {\n"
            f"    Export_Id = {ids[path]};\n"
            f'    Path = "{path}";\n'
            f'    Pseudo = "{path}";\n'
            "    Access_Type = NONE;\n"
            "    Protocols = 3, 4;\n"
            "    Transports = TCP, UDP;\n"
            "    SecType = sys;\n"
            f"{clients}"
            "    FSAL { Name = VFS; }\n"
            "}\n"
        )
    return "\n".join(blocks)


def ganesha_client(rule: Rule) -> str:
    """Render one CLIENT block."""
    return (
        "    CLIENT {\n"
        f"        Clients = {', '.join(rule.clients)};\n"
        f"        Access_Type = {rule.access.upper()};\n"
        f"        Squash = {'Root_Squash' if rule.root_squash else 'No_Root_Squash'};\n"
        "    }\n"
    )
