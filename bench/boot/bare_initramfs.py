"""The least that starts the same root: the measure of what a slave's identity, files and checks take at its start."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import typing

from tests.boot.library import Library
from tests.lab.machine import Machine

_PLAYBOOK = "bench/boot/bare/initramfs.yml"
# On the master.
_DIRECTORY = "/srv/bench/bare"


class BareInitramfs:
    """An initramfs of one script, few drivers and nothing else, for a generation that the library has published."""

    def __init__(self, library: Library, root: pathlib.Path) -> None:
        """`root` is the generation's squashfs file, seen from outside. Raises LabError."""
        self._library = library
        directory = library.exported() / _DIRECTORY.lstrip("/")
        directory.mkdir(parents=True)
        shutil.copyfile(root, directory / root.name)
        library.play(_PLAYBOOK, "bare-initramfs", "-e", f"bare_directory={_DIRECTORY}")
        self._made = (directory / "initrd.img").read_bytes()
        generation = root.parent
        self._published = (
            library.exported() / "srv/tftp/images" / generation.parent.name / generation.name / "initrd.img"
        )

    @contextlib.contextmanager
    def booted(self, slave: str, boot: str) -> typing.Iterator[Machine]:
        """A slave of that generation at its login prompt, started with this in place of the collection's initramfs."""
        own = self._published.read_bytes()
        self._published.write_bytes(self._made)
        try:
            with self._library.booted(slave, boot) as machine:
                yield machine
        finally:
            self._published.write_bytes(own)
