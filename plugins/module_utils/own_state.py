# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories in which slaves keep what is theirs alone: made here, filled by the slaves, never looked into."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files, tree_survey, volume_work, volumes
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory, write_file

OWN = "own"
RECORDS = "state/own"
"""One empty file for each directory that was made: without its directory, a file system may not be mounted."""
CLOSED = 0o700
"""Of ``own/``: slaves may keep set-user-ID programs in what is theirs, which users of the master must not reach. And of
each new directory in it: users of the slave reach what is kept where it is bound, and not past what is closed above it.
"""


class Survey(NamedTuple):
    """``create``: wanted and never made; ``missing``: made and gone; ``withdrawn``: made, there and not wanted.

    ``foreign``: looks like a slave's directory, and no run knows it: made by somebody else, or the run that was to
    remove it died. ``remains``: names in ``own/`` that runs which died while they removed have left. ``open``: others
    than root may enter ``own/``, or it is not there.
    """

    create: list[str]
    missing: list[str]
    withdrawn: list[str]
    foreign: list[str]
    remains: list[str]
    open: bool


class Outcome(NamedTuple):
    """``removed``: remains, and ``pruned``: slaves' directories that are gone; ``failures``: why others are not."""

    removed: list[str]
    pruned: list[str]
    failures: dict[str, str]


def survey(directory: str, slaves: Iterable[str]) -> Survey:
    """Look what is there; nothing below a slave's directory is read.

    :raises ValueError: for a name that would lead elsewhere, and where something else has a slave's name.
    """
    wanted = {tree_files.check_name(name, "slave") for name in slaves}
    there: dict[str, bool] = {}
    is_open = True
    with contextlib.suppress(FileNotFoundError), open_directory(f"{directory}/{OWN}") as own:
        status = os.fstat(own)
        is_open = stat.S_IMODE(status.st_mode) != CLOSED or status.st_uid != os.geteuid()
        with os.scandir(own) as entries:
            there = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    for name in sorted(wanted):
        if not there.get(name, True):
            raise ValueError(f"{directory}/{OWN}/{name}: no directory; nothing can be kept there")
    directories = {name for name, is_directory in there.items() if is_directory}
    made: set[str] = set()
    with contextlib.suppress(FileNotFoundError), open_directory(f"{directory}/{RECORDS}") as records:
        made = {name for name in os.listdir(records) if tree_files.NAME.fullmatch(name)}
    # A run that removed one may have died behind its record.
    known = (made & there.keys()) | volumes.names_in(directory, OWN)
    return Survey(
        create=sorted(wanted - made),
        missing=sorted((wanted & made) - there.keys()),
        withdrawn=sorted(known - wanted),
        foreign=sorted(name for name in directories - known - wanted if tree_files.NAME.fullmatch(name)),
        remains=sorted(name for name in there if tree_survey.TEMPORARY.fullmatch(name)),
        open=is_open and bool(wanted),
    )


def make(directory: str, found: Survey) -> None:
    """Make what is to be created, root's and empty, each with its record after it."""
    if found.create or found.open:
        os.makedirs(f"{directory}/{OWN}", mode=CLOSED, exist_ok=True)
        with open_directory(f"{directory}/{OWN}") as own:
            os.fchown(own, os.geteuid(), os.getegid())
            os.fchmod(own, CLOSED)
            for name in found.create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, CLOSED, dir_fd=own)
            # Before the records, which may lie on another file system: a lost power would leave them without it.
            os.fsync(own)
    if found.create:
        # Not for others to read: state/ holds what the master knows of its slaves.
        for path in (f"{directory}/{os.path.dirname(RECORDS)}", f"{directory}/{RECORDS}"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700)
        with open_directory(f"{directory}/{RECORDS}") as records:
            for name in found.create:
                write_file(name, b"", 0o600, records)


def clear(directory: str, found: Survey, *, prune: bool, dry: bool) -> Outcome:
    """Remove what runs that died have left and, with ``prune``, what slaves kept that are not listed any more.

    What fails for one slave holds up no other. ``dry``: nothing is removed, what is refused is told all the same.
    """
    done = Outcome([], [], {})
    for names, gone in ((found.remains, done.removed), (found.withdrawn if prune else [], done.pruned)):
        for name in names:
            try:
                _require_unmounted(directory, name)
                if not dry:
                    _remove(directory, name)
            except (OSError, ValueError) as error:
                done.failures[name] = str(error)
            else:
                gone.append(name)
    return done


def _require_unmounted(directory: str, name: str) -> None:
    if mounts := volumes.other_mounts(directory, f"{OWN}/{name}"):
        raise ValueError(f"is not removed, because something is mounted there; unmount it first: {', '.join(mounts)}")


def _remove(directory: str, name: str) -> None:
    """Remove what a slave kept, or what is left of it."""
    if volumes.is_volume(directory, f"{OWN}/{name}"):
        _forget(directory, name)
        volume_work.remove(directory, f"{OWN}/{name}")
        return
    with open_directory(f"{directory}/{OWN}") as own:
        if not tree_survey.TEMPORARY.fullmatch(name):
            # First: a directory without a record is kept, a record without a directory stops the slave's return.
            _forget(directory, name)
            temporary = tree_survey.temporary_name(name)
            os.rename(name, temporary, src_dir_fd=own, dst_dir_fd=own)
            name = temporary
        tree_files.remove_tree(name, own)


def _forget(directory: str, slave: str) -> None:
    with open_directory(f"{directory}/{RECORDS}") as records:
        tree_files.remove_tree(slave, records)
        os.fsync(records)  # own/ may lie on another file system, which a lost power can leave newer than this one
