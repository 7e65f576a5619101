# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's folder for known_hosts and ssh_config: whether a run will be able to write them there."""

from __future__ import annotations

import os
import pathlib

from ansible_collections.diskless.netboot.plugins.plugin_utils import ssh_files

_ALLOWED = 'diskless_ssh_directory may name another folder; "" is none'


def fault(directory: str) -> str | None:
    """Why they cannot be written at `directory`, an absolute path; None where they can. Changes nothing."""
    folder = pathlib.Path(directory)
    # What is not there yet is made.
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    files = [folder / name for name in ssh_files.FILES if os.path.lexists(folder / name)]
    problems = [
        *([f"{there} is no folder"] if not there.is_dir() else []),
        *([f"{there} cannot be written"] if not os.access(there, os.W_OK | os.X_OK) else []),
        *(f"{path} cannot be read" for path in files if not (path.is_file() and os.access(path, os.R_OK))),
    ]
    if problems:
        return f"{problems[0]}, and known_hosts and ssh_config of the fleet belong into {folder}; {_ALLOWED}"
    return ssh_files.fault(directory, {path.name: path.read_text(errors="replace") for path in files})
