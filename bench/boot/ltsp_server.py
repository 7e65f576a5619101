"""An LTSP server in the lab: Debian's package, on a LAN of its own with its own DHCP, serving the root of an image."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
import typing

from tests.lab import connect, master, paths, podman
from tests.lab.machine import Hardware, Machine

# Not in the way of the other master's DHCP server, and the network that LTSP serves where nobody says otherwise.
_SERVER = master.Master("ltsp", "192.168.67.1/24", "eth1", lan=1)
_FILES = pathlib.Path(__file__).parent / "ltsp"
# `ltsp image` packs with gzip, at the lowest priority.
_LIMIT_SECONDS = 3600


class LtspServer:
    """The server while it is up. Use as a context manager: leaving it removes all of it."""

    def __init__(self, lab_id: str, root: pathlib.Path) -> None:
        """`root` is a squashfs file. Raises LabError, as everything here."""
        self._lab_id = lab_id
        self._root = root

    def __enter__(self) -> LtspServer:
        folder = paths.lab_folder(self._lab_id)
        master.up(self._lab_id, _SERVER, empty=True)
        # It is none of Ansible's masters.
        connect.forget(folder, _SERVER.name)
        files = master.exported(self._lab_id, _SERVER.name) / "srv/bench"
        shutil.copytree(_FILES, files)
        shutil.copyfile(self._root, files / "root.squashfs")
        command = ["sh", "/srv/bench/serve.sh", "/srv/bench/root.squashfs"]
        podman.execute(folder, _SERVER.name, command, timeout=_LIMIT_SECONDS)
        return self

    def __exit__(self, *_details: object) -> None:
        master.down(self._lab_id, _SERVER.name)
        shutil.rmtree(master.exported(self._lab_id, _SERVER.name))

    @contextlib.contextmanager
    def booted(self, hardware: Hardware, folder: pathlib.Path) -> typing.Iterator[Machine]:
        """A machine on this server's LAN at its login prompt; its power is cut afterwards."""
        with Machine(dataclasses.replace(hardware, lan=_SERVER.lan), folder) as machine:
            machine.wait_for_login()
            yield machine
