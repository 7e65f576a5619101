"""A file system of its own on a master, so that what is measured of it is nobody else's."""

from __future__ import annotations

import shlex
import typing

from tests.boot.library import Library
from tests.lab import paths, podman

KINDS = ("ext4", "xfs")
"""xfs shares blocks between files (reflinks), ext4 cannot."""
PACKAGES = ("rsync", "xfsprogs")

_SIZE = "24G"
# Software emulation beside it, a busy disk: none of the commands here takes a tenth of it.
_LIMIT_SECONDS = 3600


def execute(library: Library, *words: str) -> str:
    """What a long command on the master printed. Raises LabError."""
    return podman.execute(paths.lab_folder(library.lab_id), library.master, words, timeout=_LIMIT_SECONDS)


class Disk:
    """A sparse file of the master's as a file system of one kind. Use as a context manager: leaving it removes it."""

    def __init__(self, library: Library, kind: str) -> None:
        self._library = library
        self.kind = kind
        self.path = f"/srv/bench-{kind}"

    def __enter__(self) -> Disk:
        # With discard, what is removed here is given back by the machine's own disk too.
        self._shell(
            f"truncate --size={_SIZE} {self.path}.img && mkfs.{self.kind} -q {self.path}.img && "
            f"mkdir {self.path} && mount -o loop,discard {self.path}.img {self.path}"
        )
        return self

    def __exit__(self, *_details: object) -> None:
        self._shell(f"umount {self.path} && rmdir {self.path} && rm {self.path}.img")

    def used(self) -> int:
        """Bytes of blocks that are taken; a block that several files share counts once."""
        # Volumes on it too.
        free, blocks, size = self._shell(f"sync && stat --file-system --format='%f %b %S' {self.path}").split()
        return (int(blocks) - int(free)) * int(size)

    def files(self, folder: str) -> int:
        """How many files and directories lie in a folder of it."""
        return int(self._shell(f"find {self.path}/{folder} | wc -l"))

    def timed(self, command: typing.Sequence[str]) -> float:
        """Seconds, by the master's clock, that a command took until all was on the disk."""
        begun, ended = self._shell(f"date +%s.%N && {shlex.join(command)} && sync && date +%s.%N").split()
        return float(ended) - float(begun)

    def remove(self, folder: str) -> None:
        """Removes a folder of it."""
        self._shell(f"rm -rf {self.path}/{folder}")

    def _shell(self, script: str) -> str:
        return execute(self._library, "sh", "-c", script)
