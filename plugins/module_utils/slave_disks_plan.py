# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to become of the files behind the slaves' own block devices. All are pure.

What a disk holds may exist nowhere else: whatever is not plainly right is an error, and nothing is made anew over data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import disk_files, tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import MIB

RAW, SWAP = "none", "swap"
CONTENTS = (*disk_files.FILESYSTEMS, SWAP, RAW)
THROW_AWAY = (disk_files.SCRATCH, disk_files.SWAP)
"""Disks by these names hold nothing that outlives a boot, also when no inventory names them any more."""
SMALLEST = {"xfs": 300 * MIB, "btrfs": 109 * MIB}
"""Below, mkfs.xfs and mkfs.btrfs refuse."""

ARGUMENT = {
    "slave": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "size": {"type": "int", "required": True},
    "filesystem": {"type": "str", "choices": list(CONTENTS), "required": True},
    "keep": {"type": "bool", "required": True},
}
"""The option of the module that takes the list ``nbd_server_disks``."""

MAKE, REMAKE, GROW, OWN, LEAVE, WAIT = "made", "remade", "grown", "owned", "left", "in_use"


class Disk(NamedTuple):
    """A disk as it should be; ``size`` in bytes; ``keep``: it holds data."""

    slave: str
    name: str
    size: int
    filesystem: str
    keep: bool

    @property
    def label(self) -> str:
        """Name it in messages, and below ``disks/``."""
        return f"{self.slave}/{self.name}"

    @property
    def throw_away(self) -> bool:
        """Say whether it may be made anew whenever nobody uses it."""
        return not self.keep or self.filesystem == SWAP


class Found(NamedTuple):
    """A file that is there; ``content`` is empty for what is not known. ``private``: the server's user's alone."""

    size: int
    content: str
    identity: tuple[int, int]
    regular: bool = True
    private: bool = True


class Step(NamedTuple):
    """What to do with a disk; ``strange``: its slave has overwritten what was made in it."""

    action: str
    disk: Disk
    found: Found | None
    strange: bool = False


Users = Callable[[Found], list[int]]
"""Gives the processes that have a file open."""


def shown(size: int) -> str:
    """Give a size as people read it."""
    return f"{size // MIB} MiB" if size % MIB == 0 else f"{size} bytes"


def disks_of(items: Iterable[Mapping[str, Any]]) -> list[Disk]:
    """Check and convert ``nbd_server_disks``.

    :raises ValueError: with everything that is wrong, one fault a line.
    """
    result: list[Disk] = []
    wrong: list[str] = []
    for item in items:
        disk = Disk(item["slave"], item["name"], item["size"], item["filesystem"], item["keep"])
        faults = faults_of(disk)
        if any(other.label == disk.label for other in result):
            faults.append("is there twice")
        wrong += [f"nbd_server_disks: {disk.label}: {fault}" for fault in faults]
        result.append(disk)
    if wrong:
        raise ValueError("\n".join(wrong))
    return result


def faults_of(disk: Disk) -> list[str]:
    """Say what is wrong with a disk."""
    found = []
    if not tree_files.NAME.fullmatch(disk.slave) or not tree_files.NAME.fullmatch(disk.name):
        found.append("slave and name must be plain file names")
    if disk.filesystem not in CONTENTS:
        found.append(f"filesystem must be one of {', '.join(CONTENTS)}, not {disk.filesystem!r}")
    least = SMALLEST.get(disk.filesystem, disk_files.UNIT)
    if disk.size < least:
        found.append(f"size must be {shown(least)} at least for {disk.filesystem}, not {shown(disk.size)}")
    elif disk.size % disk_files.UNIT:
        found.append(f"size must be a multiple of {disk_files.UNIT} bytes, not {disk.size}")
    if disk.keep and disk.name in THROW_AWAY:
        found.append("a disk by this name is thrown away, and must not keep")
    return found


def resets_of(slaves: Collection[str], disks: Collection[Disk]) -> set[str]:
    """Give the labels of the disks that are to be made anew.

    :raises ValueError: for slaves that have none.
    """
    having = {disk.slave: disk for disk in disks if disk.name == disk_files.PERSIST}
    unknown = sorted(set(slaves) - having.keys())
    if unknown:
        those = ", ".join(sorted(having)) or "none"
        raise ValueError(
            f"nbd_server_reset_slaves: no disk '{disk_files.PERSIST}' here for {', '.join(unknown)}; with one: {those}"
        )
    return {having[slave].label for slave in slaves}


def decide(
    disk: Disk, found: Found | None, *, reset: bool, made: str | None, record: str, users: Users, unsure: str
) -> Step:
    """Choose what to do with one disk.

    ``made``: with which file system the file ``record`` says that it was made, to hold data; ``unsure``: why nobody
    knows whether a slave uses it, empty where ``users`` tell.

    :raises ValueError: where it would cost data, or a slave its ground.
    """
    if found is None:
        if made is not None:
            raise ValueError(
                f"was made once and is gone: is its file system mounted? Take it out of {record} to have it made anew"
            )
        return Step(MAKE, disk, None)
    if not found.regular:
        raise ValueError("is no regular file")
    if reset:
        check_reset(disk, users(found), unsure)
        return Step(REMAKE, disk, found)
    fits = disk.filesystem in (RAW, found.content)
    grows = disk.filesystem == RAW and disk.size > found.size
    if disk.throw_away and not grows and not (fits and disk.size == found.size):
        return Step(WAIT if unsure or users(found) else REMAKE, disk, found)
    # What was made as it is asked for is its slave's to overwrite: one of them must not stop the run for all.
    strange = not fits and made == disk.filesystem
    if not fits and not strange:
        raise ValueError(
            f"holds {found.content or 'nothing that blkid knows'} and not {disk.filesystem}; it is never formatted"
            " again"
        )
    if disk.size < found.size:
        raise ValueError(f"cannot shrink from {shown(found.size)} to {shown(disk.size)}, as it holds data")
    if disk.size > found.size:
        return Step(GROW, disk, found, strange)
    return Step(LEAVE if found.private else OWN, disk, found, strange)


def check_reset(disk: Disk, processes: list[int], unsure: str) -> None:
    """Say why a disk cannot be reset. The server keeps the connection of a machine that lost its power for hours.

    :raises ValueError: where it cannot.
    """
    if processes:
        kill = " ".join(["kill", *map(str, processes)])
        raise ValueError(
            f"cannot be reset while {disk.slave} runs on it: shut it down first; if it is off, '{kill}' on the master"
            " ends the connection that it left"
        )
    if unsure:
        raise ValueError(f"cannot be reset yet: {unsure}; try again in a minute")


def plan(
    wanted: Mapping[str, Disk],
    found: Mapping[str, Found],
    *,
    resets: Collection[str],
    known: Mapping[str, str],
    record: str,
    users: Users,
    unsure: str,
) -> list[Step]:
    """Decide for all disks, by label; ``known``: with what those were made that hold data, by the file ``record``.

    :raises ValueError: with everything that is in the way, one fault a line.
    """
    steps: list[Step] = []
    wrong: list[str] = []
    for label, disk in wanted.items():
        try:
            steps.append(
                decide(
                    disk,
                    found.get(label),
                    reset=label in resets,
                    made=known.get(label),
                    record=record,
                    users=users,
                    unsure=unsure,
                )
            )
        except ValueError as error:
            wrong.append(f"disk {label}: {error}")
    if wrong:
        raise ValueError("\n".join(wrong))
    return steps


def withdrawn(
    wanted: Collection[str], found: Mapping[str, Found], *, prune: bool, users: Users, unsure: str
) -> dict[str, list[str]]:
    """Sort the disks that nobody wants any more: ``removed``, ``kept`` as they hold data, and ``in_use``, as may be."""
    result: dict[str, list[str]] = {"removed": [], "kept": [], "in_use": []}
    for label in sorted(found.keys() - set(wanted)):
        if not found[label].regular:
            continue
        if not prune and label.rpartition("/")[2] not in THROW_AWAY:
            result["kept"].append(label)
        else:
            result["in_use" if unsure or users(found[label]) else "removed"].append(label)
    return result
