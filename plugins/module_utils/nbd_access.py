# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that say who may attach what, which nbd-server reads each time (``authfile``, nbd-server(5))."""

from __future__ import annotations

import os

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, nbd_rules, plain_directory

# No export's file is called so: their names begin with a letter or a digit.
NOBODY = "-nobody"
# For everybody to read, as the server lets everybody in where it cannot read one.
ACCESS_MODE = 0o644


def access_now(path: str) -> dict[str, tuple[str, int]]:
    """Give text and mode of the files with clients that are there, by name; others that lie there are not looked at."""
    found: dict[str, tuple[str, int]] = {}
    try:
        with atomic_file.open_directory(path) as directory:
            for name in os.listdir(directory):
                if name == NOBODY or nbd_rules.exported_as(name) is not None:
                    held = atomic_file.read_file(name, directory)
                    found[name] = (held[0].decode("utf-8", "replace"), held[1]) if held else ("no file", 0)
    except FileNotFoundError:
        pass
    return found


def write_access(path: str, texts: dict[str, str]) -> None:
    """Replace files with clients, each in one step."""
    # With these modes also where there is a umask: the server must be able to read what is in it.
    plain_directory.create(path)
    with atomic_file.open_directory(path) as directory:
        atomic_file.sweep(texts, directory)
        for name, text in texts.items():
            atomic_file.write_file(name, text.encode("utf-8"), ACCESS_MODE, directory)


def shown(texts: dict[str, str]) -> str:
    """Give what a diff shows of files with clients."""
    return "".join(f"{name}: {' '.join(texts[name].split()) or 'nobody'}\n" for name in sorted(texts))
