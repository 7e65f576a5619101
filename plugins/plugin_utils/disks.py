# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_disks`: block devices of a slave's own, each with a file system that is mounted somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import FILESYSTEMS, RESERVED
from ansible_collections.diskless.netboot.plugins.plugin_utils import mounts, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Disk
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    items,
    known_keys,
    mapping,
    matching,
    required,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import LEAST, size

KEYS = ("name", "size", "fstype", "path", "opts")
EXAMPLE = "a list of dictionaries with name, size, fstype, path, opts"
NAME_ALLOWED = f"1 to 32 lower-case letters, digits and hyphens; not {', '.join(RESERVED)}"
OPTS_ALLOWED = f"{mounts.OPTS_ALLOWED}, without ro"
# nbd of Linux has 16 devices unless told otherwise (nbds_max), and a slave may have three besides
MOST = 8

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def disks(place: Place, value: Plain, mounted: Iterable[str]) -> list[Disk]:
    """The good ones of a slave's disks; `mounted` holds the paths that its slave_mounts take."""
    found: list[Disk] = []
    paths = list(mounted)
    listed = items(place, value, EXAMPLE)
    if len(listed) > MOST:
        place.error(value, f"holds {len(listed)} disks", f"at most {MOST}")
    for index, item in enumerate(listed):
        here = place.item(f"[{index}]")
        table = mapping(here, item, "a dictionary with name, size, fstype, path, opts")
        disk = _disk(here, table) if isinstance(item, dict) else None
        if disk is None:
            continue
        if any(other["name"] == disk["name"] for other in found):
            here.item(".name").error(disk["name"], "is given twice", "each name once")
        if disk["path"] in paths:
            here.item(".path").error(disk["path"], "is mounted twice", "each path once, in slave_mounts or slave_disks")
        found.append(disk)
        paths.append(disk["path"])
    return found


def _disk(place: Place, value: dict[str, Plain]) -> Disk | None:
    known_keys(place, value, KEYS)
    wanted = {
        "name": required(place, value, "name", NAME_ALLOWED),
        "path": required(place, value, "path", mounts.PATH_ALLOWED),
        "size": required(place, value, "size", "a size like 512M or 4G"),
    }
    fstype = choice(place.item(".fstype"), given(value, "fstype", FILESYSTEMS[0]), FILESYSTEMS)
    opts = matching(place.item(".opts"), given(value, "opts", mounts.OPTS), _opts_fault, OPTS_ALLOWED)
    name, path = (
        None if wanted[key] is None else matching(place.item(f".{key}"), wanted[key], test, allowed)
        for key, test, allowed in (
            ("name", _name_fault, NAME_ALLOWED),
            ("path", mounts.target_fault, mounts.PATH_ALLOWED),
        )
    )
    least = LEAST[fstype or FILESYSTEMS[0]]
    bytes_ = None if wanted["size"] is None else size(place.item(".size"), wanted["size"], least)
    if not name or not path or not bytes_ or not fstype or not opts:
        return None
    return {"name": name, "size": bytes_, "fstype": fstype, "path": path, "opts": opts}


def _name_fault(value: str) -> str | None:
    if value in RESERVED:
        return "is the name of a device that a slave has by its root or its swap"
    return None if _NAME.fullmatch(value) else names.name_fault(value) or "is no name of a disk"


def _opts_fault(value: str) -> str | None:
    fault = mounts.opts_fault(value)
    if fault is None and "ro" in value.split(","):
        return "says ro, and nobody but the slave can fill its disk"
    return fault
