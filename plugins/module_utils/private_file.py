# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module remembers from run to run: a small file for root alone, in a directory for root alone."""

from __future__ import annotations

import os

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


def read(path: str) -> bytes | None:
    """Give the bytes of the regular file ``path``, or nothing where there is none."""
    try:
        with atomic_file.open_directory(os.path.dirname(path)) as directory:
            found = atomic_file.read_file(os.path.basename(path), directory)
    except FileNotFoundError:
        return None
    return found[0] if found else None


def write(path: str, data: bytes) -> None:
    """Replace ``path`` in one step; makes its directory where there is none."""
    folder, name = os.path.split(path)
    os.makedirs(folder, mode=DIRECTORY_MODE, exist_ok=True)
    with atomic_file.open_directory(folder) as directory:
        atomic_file.sweep((name,), directory)
        atomic_file.write_file(name, data, FILE_MODE, directory)
