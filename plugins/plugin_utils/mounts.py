# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_mounts`: further file systems of a slave, from its master or from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils.boot_words import argument_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils import mount_options, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Mount
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

KEYS = ("path", "src", "fstype", "opts")
EXAMPLE = "a list of dictionaries with path, src, fstype, opts"
OPTS = "rw,nosuid,nodev"
MASTER = "master:"
NFS = ("nfs", "nfs4")
# what the slave's own start needs, with those places in /usr that /bin, /sbin and /lib are links to
KEPT = (
    *("/proc", "/sys", "/dev", "/run", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/boot"),
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64"),
)
# what a master may export read-write without giving away its own system
EXPORTABLE = ("/home", "/srv", "/mnt", "/media", "/data")
# in /usr, and there in every image (package base-files)
MOUNT_POINTS = ("/usr/local",)

PATH_ALLOWED = f"a mount point: {names.PATH_ALLOWED}; not / or /usr, nor in {', '.join(KEPT)}"
SRC_ALLOWED = "master:/path, or server:/path for NFS"
FSTYPE_ALLOWED = "nfs, nfs4, tmpfs or another type of the slave's kernel"
OPTS_ALLOWED = "mount options joined by commas, as in fstab(5)"

_FSTYPE = re.compile(r"[a-z0-9][a-z0-9._-]{0,30}")
_OPTS = re.compile(r"[A-Za-z0-9_.:=/+@%-]+(?:,[A-Za-z0-9_.:=/+@%-]+)*")
_SOURCE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_.:=/@+-]*")


def mounts(place: Place, value: Plain, directory: str, private: list[str], master_ip: str | None) -> list[Mount]:
    """The good ones of a slave's mounts; `master_ip` is its master's address, None where that is not known."""
    found: list[Mount] = []
    for index, item in enumerate(items(place, value, EXAMPLE)):
        here = place.item(f"[{index}]")
        table = mapping(here, item, "a dictionary with path, src, fstype, opts")
        mount = _mount(here, table, directory, private, master_ip) if isinstance(item, dict) else None
        if mount is None:
            continue
        if any(other["path"] == mount["path"] for other in found):
            here.item(".path").error(mount["path"], "is mounted twice", "each path once")
        found.append(mount)
    return found


def _mount(
    place: Place, value: dict[str, Plain], directory: str, private: list[str], master_ip: str | None
) -> Mount | None:
    known_keys(place, value, KEYS)
    target = required(place, value, "path", PATH_ALLOWED)
    path = None if target is None else matching(place.item(".path"), target, target_fault, PATH_ALLOWED)
    fstype = matching(place.item(".fstype"), given(value, "fstype", "nfs"), _fstype_fault, FSTYPE_ALLOWED)
    opts = matching(place.item(".opts"), given(value, "opts", OPTS), opts_fault, OPTS_ALLOWED)
    source = given(value, "src", "tmpfs") if fstype == "tmpfs" else required(place, value, "src", SRC_ALLOWED)
    if source is None or not fstype:
        return None
    test = _nfs_fault if fstype in NFS else _source_fault
    src = matching(place.item(".src"), source, test, SRC_ALLOWED)
    export = src.removeprefix(MASTER) if src and fstype in NFS and src.startswith(MASTER) else None
    if export and not _exportable(place.item(".src"), export, directory, private):
        return None
    if not path or not src or not opts:
        return None
    if export:
        src = f"{master_ip}:{export}"
    return {"path": path, "src": src, "fstype": fstype, "opts": opts, "export": export}


def check_shared(place: Place, paths: Iterable[str], image: Image) -> None:
    """Errors for paths that a slave's tree cannot have a mount on.

    What a tree shares with its image is mounted already, and read-only: nobody can make a mount point in it.
    """
    name = image["name"]
    for path in (path for path in paths if path not in MOUNT_POINTS):
        shared = next((one for one in image["shared"] if names.nested(path, one)), None)
        if shared == path:
            place.error(path, f"is shared by image {name!r} already", "another path")
        elif shared is not None and names.lies_in(path, shared):
            wrong = f"lies in {shared}, which image {name!r} shares read-only: its mount point cannot be made"
            place.error(path, wrong, f"a path outside {shared}, or an image that does not share it")
        elif shared is not None:
            place.error(path, f"would hide {shared}, which image {name!r} shares", "another path")


def target_fault(value: str) -> str | None:
    """Why a path is no mount point of a slave."""
    if value == "/":
        return "is the root itself"
    fault = names.path_fault(value)
    if fault:
        return fault
    kept = next((folder for folder in KEPT if names.nested(value, folder)), None)
    return f"would hide {kept}, which the slave needs" if kept else None


def _fstype_fault(value: str) -> str | None:
    return None if _FSTYPE.fullmatch(value) else names.hidden_fault(value) or "is no file system type"


def opts_fault(value: str) -> str | None:
    """Why a text is no list of mount options."""
    if not _OPTS.fullmatch(value):
        return names.hidden_fault(value) or "holds what no mount option may hold"
    if {"ro", "rw"} <= set(value.split(",")):
        return "says both ro and rw"
    # they travel in the kernel's command line
    return mount_options.fault(value.split(",")) or argument_fault(value)


def _nfs_fault(value: str) -> str | None:
    server, colon, path = value.partition(":")
    if not colon:
        return names.hidden_fault(value) or "names no server"
    if server != MASTER.removesuffix(":") and names.domain_fault(server):
        return names.hidden_fault(value) or "names no usable server"
    if re.fullmatch(r"[\d.]+", server) and address_fault(server):
        return f"names a server that {address_fault(server)}"
    fault = names.path_fault(path)
    return f"names a path that {fault}" if fault else None


def _source_fault(value: str) -> str | None:
    if not _SOURCE.fullmatch(value):
        return names.hidden_fault(value) or "holds what no source may hold"
    return argument_fault(value)


def _exportable(place: Place, path: str, directory: str, private: list[str]) -> bool:
    """Whether a master may export a directory read-write; an error where it may not."""
    allowed = f"a path in {', '.join((directory, *EXPORTABLE))}, apart from {', '.join(private)}"
    inner = next((folder for folder in private if names.nested(path, folder)), None)
    if inner:
        place.error(f"{MASTER}{path}", f"would give away {inner}", allowed)
        return False
    if not any(names.lies_in(path, folder) for folder in (directory, *EXPORTABLE)):
        place.error(f"{MASTER}{path}", "is no directory that a master may export", allowed)
        return False
    return True
