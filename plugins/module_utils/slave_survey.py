# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a master has of one slave: read, and nothing of it made, mended or locked. No result holds a secret."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    boot_tree,
    identity_made,
    loader_files,
    nbd_record,
    nbd_rules,
    nfs_record,
    nfs_rules,
    node_plan,
    node_slaves,
    node_tree,
    own_state,
    plain_directory,
    private_file,
    public_files,
    slave_disks_record,
    tree_files,
    tree_state,
)

DHCP_MARK = "# Written by the Ansible role diskless.netboot.dhcp_server;"
"""What the configurations of ISC's dhcpd and dnsmasq begin with."""
KEA_MARK = {"granted", "reserved", "loader-etherboot"}
"""Kea's is JSON without a comment: it is known by client classes that an admin's own will hardly have, all of them."""


def boot_files(root: str, slave: str, ip: str, macs: Iterable[str]) -> dict[str, str]:
    """Give the slave's boot files by their paths below ``root``: those of its address and cards, and those of before.

    ``slave``: its name, by which each of its files asks for what is its own, also one of an address that it had.
    """
    names = {loader_files.ip_name(ip), ip, *map(loader_files.mac_name, macs)}
    # As one word of the kernel's line, which a line's end or the next word follows.
    mark = re.compile(rb"diskless\.node=[0-9.]+:[0-9]+/" + re.escape(slave.encode()) + rb"[ \n\"']")
    found = public_files.observe(os.path.realpath(root), boot_tree.DIRECTORIES).files
    its = {
        path
        for path, one in found.items()
        if _stem(path) in names or (one.content is not None and mark.search(one.content))
    }
    its |= {path for path in found if path.removesuffix(".help") in its}
    return {path: (found[path].content or b"").decode("utf-8", "replace") for path in sorted(its)}


def _stem(path: str) -> str:
    name = os.path.basename(path)
    for ending in (".cfg", ".ipxe", ".help"):
        name = name.removesuffix(ending)
    return name


def text_of(path: str) -> str | None:
    """Give the text of a file; nothing where there is none."""
    held = private_file.read(path)
    return None if held is None else held.decode("utf-8", "replace")


def dhcp_configuration(path: str) -> str | None:
    """Give the configuration of a DHCP server; nothing of one that an admin has written: it may hold secrets."""
    text = text_of(path)
    return text if text is not None and is_of_role(text) else None


def is_of_role(text: str) -> bool:
    """Say whether the role dhcp_server has written a configuration, for whichever server."""
    return text.startswith(DHCP_MARK) or _kea_classes(text) >= KEA_MARK


def _kea_classes(text: str) -> set[str]:
    try:
        return {one["name"] for one in json.loads(text)["Dhcp4"]["client-classes"]}
    except (ValueError, LookupError, TypeError):
        # What Debian's package brings has comments, which are no JSON, and no classes.
        return set()


def nfs_exports(record: str, addresses: Collection[str], own: Collection[str]) -> list[dict[str, Any]]:
    """Give what is exported to one of ``addresses``, and the directories ``own`` to whomever; ``exists``: is it there.

    :raises ValueError: for a record that cannot be read.
    """
    text = text_of(record)
    exports = _parsed(record, text, nfs_record.parse).exports if text else {}
    return _of_slave(nfs_rules.listed(exports), addresses, own, _is_directory)


def nbd_exports(record: str, directory: str, addresses: Collection[str], own: Collection[str]) -> list[dict[str, Any]]:
    """Give the same of network block devices; ``own``: folders.

    :raises ValueError: for a record that cannot be read.
    """
    exports = _parsed(record, text_of(record) or "", nbd_record.parse)
    return _of_slave(nbd_rules.listed(exports, directory), addresses, own, os.path.isfile)


def _parsed(path: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _of_slave(
    exports: Iterable[dict[str, Any]],
    addresses: Collection[str],
    own: Collection[str],
    exists: Callable[[str], bool],
) -> list[dict[str, Any]]:
    """Give the exports that concern the slave, with no other slave's address."""
    listed = list(exports)
    its = [export for export in listed if any(tree_files.lies_in(export["path"], one) for one in own)]
    # Those of an address that it had are its exports too.
    known = {*addresses, *(client for export in its for client in export["clients"])}
    found = ({**export, "clients": [one for one in export["clients"] if one in known]} for export in listed)
    return [{**export, "exists": exists(export["path"])} for export in found if export["clients"]]


def addresses(path: str, slave: str) -> list[str]:
    """Give the addresses at which the slave gets what is its own, by the file of the role slave_nodes."""
    words = [line.split() for line in (text_of(path) or "").splitlines()]
    return [pair[0] for pair in words if len(pair) == 2 and pair[1] == slave]


def _is_directory(path: str) -> bool:
    try:
        return plain_directory.exists(path)
    except ValueError:
        return False


def tree(directory: str, slave: str) -> dict[str, Any]:
    """Give whether the slave's own tree is there, and what is recorded of it: ``recorded``, ``begun`` (an update)."""
    there = False
    with contextlib.suppress(FileNotFoundError), atomic_file.open_directory(f"{directory}/trees") as trees:
        status = tree_files.status(slave, trees)
        there = status is not None and stat.S_ISDIR(status.st_mode)
    known = tree_state.Store(directory).known(slave)
    return {
        "there": there,
        "recorded": None if known is None else {**known.record._asdict(), "shared": list(known.record.shared)},
        "begun": known is not None and bool(known.targets),
    }


def disks(directory: str, slave: str) -> dict[str, int]:
    """Give the size in bytes of each of the slave's own disks, by name."""
    found: dict[str, int] = {}
    with contextlib.suppress(FileNotFoundError), atomic_file.open_directory(f"{directory}/disks/{slave}") as place:
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        for name in names:
            status = tree_files.status(name, place) if tree_files.NAME.fullmatch(name) else None
            if status is not None:
                found[name] = status.st_size
    return found


def recorded_disks(record: str, slave: str) -> list[str]:
    """Give the names of the slave's disks that were made to hold data, there or not.

    :raises ValueError: for a record that cannot be read.
    """
    labels = _parsed(record, text_of(record) or "", slave_disks_record.parse)
    mine = f"{slave}/"
    return sorted(label.removeprefix(mine) for label in labels if label.startswith(mine))


def state_directory(directory: str, slave: str) -> dict[str, bool]:
    """Say of the directory in which the slave keeps what its services must not lose: is it ``there``, was it made."""
    recorded, records = False, f"{directory}/{own_state.RECORDS}"
    with contextlib.suppress(FileNotFoundError), atomic_file.open_directory(records) as place:
        recorded = tree_files.status(slave, place) is not None
    return {"there": _is_directory(f"{directory}/{own_state.OWN}/{slave}"), "recorded": recorded}


def node(directory: str, given: str) -> dict[str, Any]:
    """Give what is the slave's own in an image that is not; ``given``: it as the module slave_nodes takes it, JSON.

    ``files``: those of the inventory, without contents; ``identity``: the parts of it that are there; ``before`` and
    ``after``: lines about what a run would change, as that module's diff has them.

    :raises ValueError: for what is not as documented there.
    """
    slaves = node_slaves.slaves(given)
    with contextlib.ExitStack() as stack:
        root: int | None = None
        with contextlib.suppress(FileNotFoundError):
            root = stack.enter_context(atomic_file.open_directory(directory))
        found = node_plan.survey(root, slaves, {})
        before, after = node_plan.directories(root, slaves, found).lines()
    (slave,) = slaves
    secret = {node_tree.PASSWORD, *_identity_files(slave)}
    return {
        "files": [
            {
                "path": path.removeprefix(node_tree.FILES),
                "mode": f"{entry.mode:04o}",
                "owner": entry.owner,
                "group": entry.group,
                "bytes": len(entry.content or b""),
            }
            for path, entry in sorted(node_tree.wanted(slave, {}).items())
            if path not in secret
        ],
        "has_password": slave.password_hash is not None,
        "identity": [part for part in identity_made.ALL_PARTS if part in found.identities[slave.name]],
        "missing": found.missing.get(slave.name, []),
        "before": _lines(slave.name, before),
        "after": _lines(slave.name, after),
    }


def _identity_files(slave: node_slaves.Slave) -> set[str]:
    """Give the paths that hold the slave's identity: those that it has without a file, a key or a password."""
    bare = slave._replace(files=(), authorized_keys=(), password_hash=None)
    return set(node_tree.wanted(bare, {}))


def _lines(name: str, text: str) -> list[str]:
    return [line.removeprefix(f"{name}: ") for line in text.splitlines()]
