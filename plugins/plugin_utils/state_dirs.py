# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_state_dirs`: what a slave keeps on its master and not in its root, such as a database of its own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import node_paths
from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave, StateDir
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import PATH_ALLOWED, check_shared, target_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.node_files import MOST_ID
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    given,
    items,
    known_keys,
    mapping,
    matching,
    required,
)

KEYS = ("path", "mode", "owner", "group")
EXAMPLE = "a list of paths, or of dictionaries with path, mode, owner, group"
MODE_ALLOWED = 'permissions as quoted octal digits, like "0750"'
OWNER_ALLOWED = f"the name of a user or group of the image, or its number, up to {MOST_ID}"
# What belongs to the image as a whole, or is in memory: kept, it would no longer fit the image's next generation.
WHOLE = ("/var", "/var/lib", "/var/cache", "/usr", "/opt", "/home", "/root", "/srv")
BELOW = (
    "/usr",
    "/var/lib/dpkg",
    "/var/lib/apt",
    "/var/lib/diskless",
    "/tmp",  # noqa: S108 - named to be refused
    "/var/tmp",  # noqa: S108 - as above
    "/var/run",
    "/var/lock",
    "/media",
)

# Who may log in comes new at each start (`slave_authorized_keys`); what is kept would lie over it.
IDENTITY = f"/{posixpath.dirname(node_paths.AUTHORIZED_KEYS)}"

_MODE = re.compile(r"0?[0-7]{3}|[0-7]{4}")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,31}")


def state_dirs(place: Place, value: Plain, mounted: Iterable[str]) -> list[StateDir]:
    """The good ones of a slave's directories; `mounted`: the paths of its mounts and disks."""
    found: list[StateDir] = []
    taken = list(mounted)
    for index, item in enumerate(items(place, value, EXAMPLE)):
        here = place.item(f"[{index}]")
        table: dict[str, Plain] = {"path": item} if isinstance(item, str) else mapping(here, item, EXAMPLE)
        known_keys(here, table, KEYS)
        one = _one(here, table)
        if one is None:
            continue
        other = next((path for path in taken if names.nested(path, one["path"])), None)
        if other is not None:
            here.error(one["path"], f"and {other} lie in one another", "paths apart from all others, mounts and disks")
        taken.append(one["path"])
        found.append(one)
    return found


def _one(place: Place, table: dict[str, Plain]) -> StateDir | None:
    target = required(place, table, "path", PATH_ALLOWED) if table else None
    path = None if target is None else matching(place.item(".path"), target, _path_fault, PATH_ALLOWED)
    mode, owner, group = (given(table, key, "") for key in ("mode", "owner", "group"))
    if mode != "":
        mode = matching(place.item(".mode"), mode, _mode_fault, MODE_ALLOWED)
    if owner != "":
        owner = matching(place.item(".owner"), _number(owner), _owner_fault, OWNER_ALLOWED)
    if group != "":
        group = matching(place.item(".group"), _number(group), _owner_fault, OWNER_ALLOWED)
    if path is None:
        return None
    return {"path": path, "mode": str(mode or ""), "owner": str(owner or ""), "group": str(group or "")}


def _number(value: Plain) -> Plain:
    """A user's number is a number in YAML."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _path_fault(value: str) -> str | None:
    fault = target_fault(value)
    if fault is None and value in WHOLE:
        return "holds more than the state of one service"
    if fault is None and any(names.lies_in(value, folder) for folder in BELOW):
        return "belongs to the image, or is in memory"
    if fault is None and names.lies_in(value, IDENTITY):
        return "is the slave's identity: its master has that already"
    return fault


def _mode_fault(value: str) -> str | None:
    return None if _MODE.fullmatch(value) else names.hidden_fault(value) or "is no mode"


def _owner_fault(value: str) -> str | None:
    if not _OWNER.fullmatch(value):
        return names.hidden_fault(value) or "is no name of a user or group"
    return "is out of range" if value.isdigit() and int(value) > MOST_ID else None


def check(place: Place, slave: Slave, image: Image) -> None:
    """Errors for what a tree of the slave's own cannot have a mount on."""
    if slave["root"] == "nfs_tree":
        check_shared(place, (one["path"] for one in slave["state_dirs"]), image)


def directory_of(directory: str, slave: Slave) -> str:
    """Where a slave's state lies on its master."""
    return f"{directory}/own/{slave['name']}"


def arguments(directory: str, master_ip: str, slave: Slave) -> list[str]:
    """The kernel's arguments that tell a slave of its state."""
    if not slave["state_dirs"]:
        return []
    kept = (
        f"diskless.keep={one['path']}"
        + (f",{one['mode']},{one['owner']},{one['group']}" if one["mode"] or one["owner"] or one["group"] else "")
        for one in slave["state_dirs"]
    )
    return [f"diskless.state={master_ip}:{directory_of(directory, slave)}", *kept]
