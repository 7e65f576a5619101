# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What slaves are given of their own, as the module slave_nodes is told it. No error shows a content or a hash."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import identity_made, node_paths, tree_files

Parts = Mapping[str, bytes]
"""The parts of one slave's identity: name of the file to its content."""

_MODE = re.compile(r"0[0-7]{3}")
_LINE = re.compile(r"[^\0\n\r]+")
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
# shadow(5): a field ends at a colon
_HASH = re.compile(r"[^\0\n\r:]+")


class File(NamedTuple):
    """A file of the inventory's; ``path`` without a ``/`` in front, ``owner`` and ``group`` as numbers."""

    path: str
    content: bytes
    mode: int
    owner: int
    group: int


class Slave(NamedTuple):
    """One slave; ``password_hash``: root's, or nothing. Who may ask for it is not the module's."""

    name: str
    hostname: str
    key_types: tuple[str, ...]
    files: tuple[File, ...]
    authorized_keys: tuple[str, ...]
    password_hash: str | None


def slaves(text: str) -> list[Slave]:
    """Read the module's ``slaves``, JSON.

    :raises ValueError: for anything that is not as documented.
    """
    found = [_slave(item) for item in _list(_json(text, "slaves"), "slaves")]
    names = [slave.name for slave in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice}: is listed twice")
    return found


def identities(text: str) -> dict[str, Parts]:
    """Read the module's ``identities``, JSON: slave to file name to content in Base64.

    :raises ValueError: for what is no identity.
    """
    found: dict[str, Parts] = {}
    for name, encoded in _dict(_json(text, "identities"), "identities").items():
        what = f"identities: {tree_files.check_name(name, 'slave')}"
        parts = {part: _decoded(content, f"{what}: {part}") for part, content in _dict(encoded, what).items()}
        check_parts(what, parts)
        found[name] = parts
    return found


def check_parts(what: str, parts: Parts) -> None:
    """Refuse parts of an identity that are not what their names say.

    :raises ValueError: beginning with ``what`` and the part.
    """
    for part, content in parts.items():
        known = part in identity_made.ALL_PARTS
        fault = identity_made.fault(part, content) if known else "is no part of an identity"
        if fault:
            raise ValueError(f"{what}: {part} {fault}")


def _slave(item: object) -> Slave:
    table = _dict(item, "slaves")
    name = tree_files.check_name(_text(table.get("name"), "slave: name"), "slave")
    hostname = _text(table.get("hostname"), f"{name}: hostname")
    if not _HOSTNAME.fullmatch(hostname):
        raise ValueError(f"{name}: hostname {hostname!r}: no host name")
    kinds = tuple(dict.fromkeys(_list(table.get("key_types"), f"{name}: key_types")))
    if not kinds or not set(kinds) <= set(identity_made.KEY_TYPES):
        raise ValueError(f"{name}: key_types: some of {', '.join(identity_made.KEY_TYPES)}")
    files = tuple(_file(name, file) for file in _list(table.get("files"), f"{name}: files"))
    keys = tuple(_list(table.get("authorized_keys"), f"{name}: authorized_keys"))
    if not all(isinstance(key, str) and _LINE.fullmatch(key) for key in keys):
        raise ValueError(f"{name}: authorized_keys: one line each")
    password = table.get("password_hash") or None
    if password is not None and not (isinstance(password, str) and _HASH.fullmatch(password)):
        raise ValueError(f"{name}: password_hash: cannot be in shadow(5)")
    _check_together(name, files)
    return Slave(name, hostname, kinds, files, keys, password)


def _file(name: str, item: object) -> File:
    table = _dict(item, f"{name}: files")
    given = _text(table.get("path"), f"{name}: files: path")
    what = f"{name}: {given}"
    if not given.startswith("/"):
        raise ValueError(f"{what}: no absolute path")
    path = "/".join(tree_files.components(given[1:]))
    fault = node_paths.fault(path)
    if fault:
        raise ValueError(f"{what}: {fault}")
    mode = _text(table.get("mode", "0644"), f"{what}: mode")
    if not _MODE.fullmatch(mode):
        raise ValueError(f"{what}: mode {mode!r} is not like '0644'")
    content = table.get("content")
    if content != "":
        content = _text(content, f"{what}: content")
    owner, group = (_number(table.get(key, "root"), f"{what}: {key}") for key in ("owner", "group"))
    return File(path, content.encode("utf-8"), int(mode, 8), owner, group)


def _check_together(name: str, files: tuple[File, ...]) -> None:
    paths: set[str] = set()
    for file in files:
        if file.path in paths:
            raise ValueError(f"{name}: /{file.path}: is listed twice")
        paths.add(file.path)
    for path in paths:
        ways = ("/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1))
        way = next((way for way in ways if way in paths), None)
        if way is not None:
            raise ValueError(f"{name}: /{way}: is a directory on the way to /{path}")


def _number(value: object, what: str) -> int:
    text = str(value)
    if text == "root":
        return 0
    if not (text.isascii() and text.isdigit() and int(text) < 2**32 - 1):
        raise ValueError(f"{what} is neither root nor a number")
    return int(text)


def _decoded(value: object, what: str) -> bytes:
    try:
        return base64.b64decode(_text(value, what), validate=True)
    except binascii.Error:
        raise ValueError(f"{what}: is no Base64") from None


def _json(text: str, what: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{what}: is no JSON") from None


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what}: is no text")
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise ValueError(f"{what}: is no list")


def _dict(value: object, what: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"{what}: is no dictionary")
