# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory gives to one slave alone: `slave_files`, `slave_authorized_keys`, `slave_root_password_hash`.

They may hold secrets: no message shows a value, other than paths and modes, and the model of the fleet has none.

What slaves.py calls, for each slave:

    node_files.check(report, name, hostvars, {"/usr": "image 'catalogue' shares it read-only", "/home": "slave_mounts"})
    key_types = node_files.key_types(place("slave_ssh_key_types"), variables.get("slave_ssh_key_types"))

`reading.variables` has to leave the variables of `is_ours` alone, as it shows what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict

from ansible_collections.diskless.netboot.plugins.module_utils import node_paths
from ansible_collections.diskless.netboot.plugins.module_utils.identity_made import KEY_TYPES
from ansible_collections.diskless.netboot.plugins.plugin_utils import authorized_keys, names, node_values
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    items,
    known_keys,
    matching,
    number,
    required,
)

FILES = "slave_files"
KEYS = "slave_authorized_keys"
HASH = "slave_root_password_hash"

FILE_KEYS = ("path", "content", "template", "mode", "owner", "group")
EXAMPLE = "a list of dictionaries with path, content or template, mode, owner, group"
PATH_ALLOWED = f"{names.PATH_ALLOWED}; not in {', '.join(node_paths.NOT_IN)}"
MODE_ALLOWED = "four octal digits in quotes, the first of them 0, such as '0644'"
OWNER_ALLOWED = "root, or a number from 0 to 4294967294 (other names are the image's, which is not at hand here)"
# uid_t and gid_t of Linux; the last one means "leave it" to chown(2)
MOST_ID = 2**32 - 2
HASH_ALLOWED = "what `mkpasswd --method=yescrypt` prints, or another of crypt(5)'s $y$, $gy$, $7$, $2b$, $6$ and $5$"

_MODE = re.compile(r"0[0-7]{3}")
# crypt(5), "AVAILABLE HASHING METHODS", those that it does not call too weak
_HASH = re.compile(
    r"\$g?y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}"
    r"|\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}"
    r"|\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}"
    r"|\$6\$(?:rounds=[1-9][0-9]{0,8}\$)?[^$:\s]{1,16}\$[./A-Za-z0-9]{86}"
    r"|\$5\$(?:rounds=[1-9][0-9]{0,8}\$)?[^$:\s]{1,16}\$[./A-Za-z0-9]{43}"
)


class File(TypedDict):
    """One file of a slave's own; either `content` or `template` (a path on the controller) is not None."""

    path: str
    content: str | None
    template: str | None
    mode: str
    owner: int
    group: int


class Node(TypedDict):
    files: list[File]
    authorized_keys: list[str]
    password_hash: str | None


def is_ours(name: str) -> bool:
    """Whether a variable is one of those that only this file reads."""
    return name in (FILES, KEYS, HASH) or name.startswith(f"{FILES}_")


def key_types(place: Place, value: Plain) -> list[str]:
    """`slave_ssh_key_types`: which SSH host keys a slave has, each once, in the order given."""
    allowed = f"a list of {', '.join(KEY_TYPES)}"
    wanted = [KEY_TYPES[0]] if value is None else items(place, value, allowed)
    if value == []:
        place.error(value, "is empty, nobody could log in", allowed)
    found = (choice(place.item(f"[{index}]"), item, KEY_TYPES) for index, item in enumerate(wanted))
    return list(dict.fromkeys(item for item in found if item is not None)) or [KEY_TYPES[0]]


def check(report: Report, host: str, hostvars: Mapping[str, object], covered: Mapping[str, str] | None = None) -> None:
    """Errors for what is wrong with a slave's files, keys and password; shows none of them.

    `covered`: directories of the slave in which nothing can be put or seen, each with the reason as a message has it:
    what its image shares read-only with its tree, and where something is mounted.
    """
    node(report, host, hostvars, covered or {})


def node(report: Report, host: str, hostvars: Mapping[str, object], covered: Mapping[str, str]) -> Node:
    """What is good of it, read and normalised."""
    values = node_values.read(report, host, hostvars, is_ours)
    files = list(_files(report, host, values, covered))
    _check_together(report, host, files)
    return {
        # Each path once: two groups may have the same item.
        "files": list({file["path"]: file for _variable, file in files}.values()),
        "authorized_keys": _authorized_keys(Place(report, host, KEYS), values.get(KEYS)),
        "password_hash": _password_hash(Place(report, host, HASH), values.get(HASH)),
    }


def _files(
    report: Report, host: str, values: Mapping[str, object], covered: Mapping[str, str]
) -> Iterator[tuple[str, File]]:
    """Each good file, with the item that it is of; `slave_files` first, then the others by name."""
    for variable in sorted(name for name in values if name == FILES or name.startswith(f"{FILES}_")):
        place = Place(report, host, variable)
        value = values[variable]
        if value is not None and not isinstance(value, list):
            _unseen(place, "is not a list", EXAMPLE)
            continue
        for index, item in enumerate(value or []):
            here = place.item(f"[{index}]")
            if not isinstance(item, dict):
                _unseen(here, "is not a dictionary", "a dictionary with path, content or template, mode, owner, group")
                continue
            found = _file(here, item, covered)
            if found is not None:
                yield here.variable, found


def _file(place: Place, value: dict[str, Plain], covered: Mapping[str, str]) -> File | None:
    known_keys(place, value, FILE_KEYS)
    wanted = required(place, value, "path", PATH_ALLOWED)
    path = None if wanted is None else matching(place.item(".path"), wanted, _path_fault, PATH_ALLOWED)
    mode = matching(place.item(".mode"), given(value, "mode", "0644"), _mode_fault, MODE_ALLOWED)
    owner, group = (_id(place.item(f".{key}"), given(value, key, "root")) for key in ("owner", "group"))
    content, template = value.get("content"), value.get("template")
    if (content is None) == (template is None):
        _unseen(place, "has " + ("neither" if content is None else "both"), "either content or template")
        return None
    if content is not None and not isinstance(content, str):
        _unseen(place.item(".content"), "is not text (quote it in YAML)", "text")
        return None
    if content is not None and "\0" in content:
        _unseen(place.item(".content"), "holds a NUL", "text")
    if template is not None:
        template = matching(
            place.item(".template"), template, names.hidden_fault, "the path of a template on the controller"
        )
        if template is None:
            return None
    if path is None or mode is None or owner is None or group is None:
        return None
    cover = next((folder for folder in covered if names.lies_in(path, folder)), None)
    if cover is not None:
        place.item(".path").error(path, f"lies in {cover}: {covered[cover]}", f"a path outside {cover}")
    return {"path": path, "content": content, "template": template, "mode": mode, "owner": owner, "group": group}


def _check_together(report: Report, host: str, files: Iterable[tuple[str, File]]) -> None:
    """Errors for a path that two items have, unless they are alike, and for one that lies below another."""
    seen: dict[str, tuple[str, File]] = {}
    for variable, file in files:
        place, path = Place(report, host, f"{variable}.path"), file["path"]
        before = seen.setdefault(path, (variable, file))
        if before[1] != file:
            place.error(path, f"is another file in {before[0]}", "each path once, in all variables together")
        outer = next((one for one in seen if names.nested(path, one) and path != one), None)
        if outer is not None:
            place.error(path, f"and {outer}, of {seen[outer][0]}, cannot both be files", "paths of files")


def _path_fault(value: str) -> str | None:
    return names.path_fault(value) or node_paths.fault(value.removeprefix("/"))


def _mode_fault(value: str) -> str | None:
    return None if _MODE.fullmatch(value) else names.hidden_fault(value) or "is no mode of a file"


def _id(place: Place, value: Plain) -> int | None:
    if value == "root":
        return 0
    if isinstance(value, str) and not value.isdigit():
        place.error(value, "is no number", OWNER_ALLOWED)
        return None
    return number(place, value, 0, MOST_ID)


def _authorized_keys(place: Place, value: object) -> list[str]:
    if value is not None and not isinstance(value, list):
        _unseen(place, "is not a list", f"a list: {authorized_keys.ALLOWED}")
        return []
    found = []
    for index, item in enumerate(value or []):
        fault = authorized_keys.fault(item) if isinstance(item, str) else "is not text"
        if fault:
            _unseen(place.item(f"[{index}]"), fault, authorized_keys.ALLOWED)
        else:
            found.append(str(item))
    return list(dict.fromkeys(found))


def _password_hash(place: Place, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _HASH.fullmatch(value):
        return value
    _unseen(place, "is no hash of a password, or one that is too weak", HASH_ALLOWED)
    return None


def _unseen(place: Place, wrong: str, allowed: str) -> None:
    """An error that does not show the value."""
    place.report.error(place.where, f"{place.variable}: (not shown) {wrong}; allowed: {allowed}")
