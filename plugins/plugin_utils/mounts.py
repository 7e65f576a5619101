# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_mounts`: further file systems of a slave, from its master or from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Mount
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, items, known_keys, mapping, matching

KEYS = ("path", "src", "fstype", "opts")
EXAMPLE = "a list of dictionaries with path, src, fstype, opts"
OPTS = "rw,nosuid,nodev"
MASTER = "master:"
NFS = ("nfs", "nfs4")
# where a mount would hide what the slave's own start needs
KEPT = ("/proc", "/sys", "/dev", "/run", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/boot")
# what a master may export read-write without giving away its own system
EXPORTABLE = ("/home", "/srv", "/mnt", "/media", "/data")
# who writes there chooses what every slave boots; the variable is the role's, the value its default
BOOT_FILES_VARIABLE = "tftp_pxelinux_root"
BOOT_FILES = "/srv/tftp"
PRIVATE = ("images", "trees", "state")

PATH_ALLOWED = f"a mount point: {names.PATH_ALLOWED}; not / or in {', '.join(KEPT)}"
SRC_ALLOWED = "master:/path, or server:/path for NFS"
FSTYPE_ALLOWED = "nfs, nfs4, tmpfs or another type of the slave's kernel"
OPTS_ALLOWED = "mount options joined by commas, as in fstab(5)"

_FSTYPE = re.compile(r"[a-z0-9][a-z0-9._-]{0,30}")
_OPTS = re.compile(r"[A-Za-z0-9_.:=/+@%-]+(?:,[A-Za-z0-9_.:=/+@%-]+)*")
_SOURCE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_.:=/@+-]*")


def private_folders(report: Report, directory: str, masters: Mapping[str, Mapping[str, Plain]]) -> list[str]:
    """What no master may export: parts of `diskless_directory`, and the boot files wherever a master has them."""
    found = [*(f"{directory}/{name}" for name in PRIVATE), BOOT_FILES]
    for name, variables in masters.items():
        value = variables.get(BOOT_FILES_VARIABLE)
        place = Place(report, name, BOOT_FILES_VARIABLE)
        path = None if value is None else matching(place, value, names.path_fault, names.PATH_ALLOWED)
        if path is not None and path not in found:
            found.append(path)
    return found


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
    given = _required(place, value, "path", PATH_ALLOWED)
    path = None if given is None else matching(place.item(".path"), given, _target_fault, PATH_ALLOWED)
    fstype = matching(place.item(".fstype"), value.get("fstype", "nfs"), _fstype_fault, FSTYPE_ALLOWED)
    opts = matching(place.item(".opts"), value.get("opts", OPTS), _opts_fault, OPTS_ALLOWED)
    source = value.get("src", "tmpfs") if fstype == "tmpfs" else _required(place, value, "src", SRC_ALLOWED)
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


def _required(place: Place, value: dict[str, Plain], key: str, allowed: str) -> Plain:
    if value.get(key) is None:
        place.item(f".{key}").missing(allowed)
        return None
    return value[key]


def _target_fault(value: str) -> str | None:
    if value == "/":
        return "is the root itself"
    fault = names.path_fault(value)
    if fault:
        return fault
    kept = next((folder for folder in KEPT if names.lies_in(value, folder)), None)
    return f"would hide {kept}, which the slave needs" if kept else None


def _fstype_fault(value: str) -> str | None:
    return None if _FSTYPE.fullmatch(value) else names.hidden_fault(value) or "is no file system type"


def _opts_fault(value: str) -> str | None:
    if not _OPTS.fullmatch(value):
        return names.hidden_fault(value) or "holds what no mount option may hold"
    return "says both ro and rw" if {"ro", "rw"} <= set(value.split(",")) else None


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
    return None if _SOURCE.fullmatch(value) else names.hidden_fault(value) or "holds what no source may hold"


def _exportable(place: Place, path: str, directory: str, private: list[str]) -> bool:
    """Whether a master may export a directory read-write; an error where it may not."""
    allowed = f"a path in {', '.join((directory, *EXPORTABLE))}, apart from {', '.join(private)}"
    inner = next((folder for folder in private if _nested(path, folder)), None)
    if inner:
        place.error(f"{MASTER}{path}", f"would give away {inner}", allowed)
        return False
    if not any(names.lies_in(path, folder) for folder in (directory, *EXPORTABLE)):
        place.error(f"{MASTER}{path}", "is no directory that a master may export", allowed)
        return False
    return True


def _nested(one: str, other: str) -> bool:
    """Whether one of two paths lies in the other, or is the other."""
    return names.lies_in(one, other) or names.lies_in(other, one)
