# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list ``nfs_server_exports``, checked, as who may do what below which path. All are pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

# The option of the modules that take the list; documented in the fragment exports.py.
ARGUMENT = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "path": {"type": "str", "required": True},
        "clients": {"type": "list", "elements": "str", "required": True},
        "access": {"type": "str", "choices": ["ro", "rw"], "required": True},
        "root_squash": {"type": "bool", "required": True},
        "all_squash": {"type": "bool", "default": False},
        "private": {"type": "bool", "default": False},
    },
}


class Rule(NamedTuple):
    """What is allowed below a path; who is allowed it stands beside.

    ``private``: it holds what nobody but its clients of now may know. ``all_squash``: all users of its clients are
    nobody there, root too.
    """

    path: str
    access: str
    root_squash: bool
    private: bool = False
    all_squash: bool = False


# The clients are single addresses, each in its one canonical form.
Exports = dict[Rule, frozenset[str]]


def grouped(items: Iterable[Mapping[str, Any]]) -> Exports:
    """Check and convert ``[{"path", "clients": [address], "access": "ro"|"rw", "root_squash", "private",
    "all_squash"}]``.

    An item without clients exports nothing.

    :raises ValueError: for a path that is not absolute and plain, an access that is neither, a client that is no
        single address (a network, ``*`` or a name would let strangers in), or one client with two rules for a path.
    :raises KeyError: for an item that lacks a key.
    """
    result: Exports = {}
    taken: set[tuple[str, str]] = set()
    for item in items:
        options = (bool(item.get(option, False)) for option in ("private", "all_squash"))
        rule = Rule(item["path"], item["access"], bool(item["root_squash"]), *options)
        if not is_plain(rule.path):
            raise ValueError(
                f"nfs_server_exports: {rule.path!r} must be an absolute path below '/', without '.', '..', '//',"
                " quotes, backslashes or control characters"
            )
        if rule.access not in ("ro", "rw"):
            raise ValueError(f"nfs_server_exports: {rule.path}: access must be 'ro' or 'rw', not {rule.access!r}")
        clients = frozenset(address(rule.path, one) for one in item["clients"])
        for client in sorted(clients, key=numerically):
            if (rule.path, client) in taken:
                raise ValueError(f"nfs_server_exports: {rule.path}: {client} is there twice")
            taken.add((rule.path, client))
        if clients:
            result[rule] = result.get(rule, frozenset()) | clients
    return result


def is_plain(path: object) -> bool:
    """Say whether it is an absolute path that leads nowhere else and that the files of both servers can hold.

    Ganesha's quoted strings know no escape for a quote or a backslash.
    """
    return (
        isinstance(path, str)
        and path.startswith("/")
        and all(part not in ("", ".", "..") for part in path[1:].split("/"))
        and path.isprintable()
        and not set('"\\') & set(path)
    )


def address(path: str, client: str) -> str:
    """Give one client's address in its one form."""
    try:
        return str(ipaddress.ip_address(client))
    except ValueError:
        raise ValueError(f"nfs_server_exports: {path}: {client!r} is no address of one machine") from None


def listed(exports: Exports) -> list[dict[str, Any]]:
    """Convert back to the list; sorted, addresses by number."""
    return [
        {**rule._asdict(), "clients": sorted(clients, key=numerically)} for rule, clients in sorted(exports.items())
    ]


def numerically(client: str) -> tuple[int, int]:
    """Order addresses."""
    one = ipaddress.ip_address(client)
    return one.version, int(one)


def directories(exports: Exports) -> tuple[list[str], list[str]]:
    """Give the paths that may be created where missing, which are shared with every rule, and those that another makes.

    Without ``root_squash`` it is the root of a machine: an empty one would boot nothing.
    """
    made_elsewhere = {rule.path for rule in exports if not rule.root_squash}
    return sorted({rule.path for rule in exports} - made_elsewhere), sorted(made_elsewhere)
