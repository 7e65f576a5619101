"""The files of a lab: its folder with a lock that says whether it is alive, and the removal of what a dead one left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import typing

from tests.lab import cgroups, paths
from tests.lab.errors import LabError

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@contextlib.contextmanager
def lab_files(lab_id: str) -> typing.Iterator[pathlib.Path]:
    """The fresh scratch folder of the lab `lab_id`, locked while in use and removed afterwards.

    What a killed run left is removed first. Raises LabError when a living lab has that id.
    """
    if not _ID.fullmatch(lab_id):
        raise LabError(f"{lab_id!r} is no name for a lab: small letters, digits, '-' and '_', at most 32")
    os.makedirs(paths.LABS, exist_ok=True)
    folder = paths.lab_folder(lab_id)
    lock = os.open(paths.LABS / f"{lab_id}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError(f"a lab named {lab_id} is running already; give another --id") from error
        _remove(lab_id, folder)
        os.makedirs(folder, mode=0o700)
        yield folder
        _remove(lab_id, folder)
    finally:
        os.close(lock)


def clean() -> None:
    """Removes what labs that were killed left behind. Raises LabError when one is alive."""
    for lock in sorted(paths.LABS.glob("*.lock")):
        with lab_files(lock.stem):
            pass


def _remove(lab_id: str, folder: pathlib.Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
    with open("/proc/self/mounts", encoding="utf-8") as file:
        root = cgroups.unified_root(file.read())
    if root is not None:
        cgroups.remove_tree(pathlib.Path(root + cgroups.lab_group(lab_id)))
