# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files below a root that everybody on the network may read: what is there, what has to happen, and doing it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, some_names

FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A name that is taken; ``content`` is nothing where it is no regular file.

    ``owned``: by who runs this, which is root; any other owner could still change it.
    """

    content: bytes | None
    mode: int
    owned: bool = True


@dataclass(frozen=True)
class Tree:
    """What is there: path below the root to file; ``closed``: directories that are missing, or not as they must be."""

    files: dict[str, Found]
    closed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """``write``: path to content; ``remove``, ``open``: paths. All in order, so that results read the same each time.

    ``open``: directories that must be made, or made root's and readable to all.
    """

    write: dict[str, bytes]
    remove: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.write or self.remove or self.open)


def observe(root: str, directories: Iterable[str], names: Iterable[str] | None = None) -> Tree:
    """Read directories below ``root``, parents first, without those below them; of ``names`` (paths) only, where given.

    What does not exist, the root included, is missing in the result. The root may be no link.

    :raises ValueError: where a directory is a symbolic link or something else.
    """
    files: dict[str, Found] = {}
    closed = []
    wanted = None if names is None else set(names)
    for path in directories:
        try:
            with atomic_file.open_directory(os.path.join(root, path)) as directory:
                # The root itself is the role's.
                status = os.fstat(directory)
                if path and not (stat.S_IMODE(status.st_mode) == DIRECTORY_MODE and _is_owned(status)):
                    closed.append(path)
                for name in os.listdir(directory):
                    place = os.path.join(path, name)
                    if wanted is None or place in wanted or finished(place) in wanted:
                        files[place] = _read(name, directory)
        except FileNotFoundError:
            closed += [path] if path else []
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            raise ValueError(f"{path or '.'} is a symbolic link or no directory; move it away") from None
    return Tree(files, tuple(closed))


def _read(name: str, directory: int) -> Found:
    held = atomic_file.read_with_status(name, directory)
    return Found(held[0], stat.S_IMODE(held[1].st_mode), _is_owned(held[1])) if held else Found(None, 0)


def _is_owned(status: os.stat_result) -> bool:
    return (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid())


def finished(path: str) -> str | None:
    """Give the path that a temporary file would have got, or nothing for any other file."""
    directory, name = os.path.split(path)
    its = atomic_file.finished(name)
    return None if its is None else os.path.join(directory, its)


def make(wanted: Mapping[str, bytes], found: Tree, is_ours: Callable[[str, Found], bool]) -> Plan:
    """Compare. What is ours and not wanted goes, as does what a killed run left; what is not ours stays as it is.

    :raises ValueError: where a wanted path is taken by something that is not ours.
    """
    foreign = sorted(path for path in wanted if path in found.files and not is_ours(path, found.files[path]))
    if foreign:
        raise ValueError(f"not ours, so not overwritten: {some_names.some(foreign, SHOWN)}; move it away")
    write = {
        path: content for path, content in sorted(wanted.items()) if found.files.get(path) != Found(content, FILE_MODE)
    }
    remove = tuple(
        sorted(
            path
            for path, one in found.files.items()
            if path not in wanted and (is_ours(path, one) or (finished(path) in wanted and one.content is not None))
        )
    )
    return Plan(write, remove, found.closed)


def apply(plan: Plan, root: str) -> None:
    """Write first, then remove: whoever asks meanwhile finds the old file or the new one."""
    for path in plan.open:
        _open_to_all(os.path.join(root, path))
    for path, content in plan.write.items():
        directory, name = os.path.split(os.path.join(root, path))
        with atomic_file.open_directory(directory) as descriptor:
            atomic_file.write_file(name, content, FILE_MODE, descriptor)
    for path in plan.remove:
        directory, name = os.path.split(os.path.join(root, path))
        with atomic_file.open_directory(directory) as descriptor, contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=descriptor)


def _open_to_all(path: str) -> None:
    """See to it that ``path``, whose parent exists, is a directory of our own that everybody can read."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path)
    with atomic_file.open_directory(path) as descriptor:
        os.fchown(descriptor, os.geteuid(), os.getegid())
        os.fchmod(descriptor, DIRECTORY_MODE)
