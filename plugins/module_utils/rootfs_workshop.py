# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where generations and their forms are made: a hidden folder beside, until one rename shows it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory

MANAGED_FILE_MODE = 0o644


@contextlib.contextmanager
def workshop(generation: str) -> Iterator[str]:
    """Give a new hidden folder beside the path of a generation; it is gone afterwards unless renamed.

    Others may pass through it but not list it: apt drops its rights for downloading to a user who must reach its files.
    """
    above, last = os.path.split(generation)
    os.makedirs(above, mode=0o755, exist_ok=True)
    name = f".{last}.building-{secrets.token_hex(4)}"
    os.mkdir(f"{above}/{name}", 0o711)
    try:
        yield f"{above}/{name}"
    finally:
        with open_directory(above) as parent:
            tree_files.remove_tree(name, parent)


def publish(folder: str, path: str) -> None:
    """Show the directory that was made under its name, once all of it is on the disk."""
    os.chmod(folder, 0o755)  # noqa: S103 - slaves read it, over NFS
    with open_directory(folder) as opened:
        files = [entry.name for entry in os.scandir(opened) if entry.is_file(follow_symlinks=False)]
        if len(files) < len(os.listdir(opened)):
            os.sync()  # a tree: one call is cheaper than one for each of its files
        else:
            for name in files:
                with open(f"{folder}/{name}", "rb") as file:
                    os.fsync(file.fileno())
    _rename(folder, path)


def publish_file(made: str, path: str) -> None:
    """Show the file that was made under its name, once all of it is on the disk."""
    os.chmod(made, MANAGED_FILE_MODE)
    with open(made, "rb") as file:
        os.fsync(file.fileno())
    _rename(made, path)


def _rename(made: str, path: str) -> None:
    os.rename(made, path)
    with open_directory(os.path.dirname(path)) as above:
        os.fsync(above)
