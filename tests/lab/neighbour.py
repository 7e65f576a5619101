"""A machine on the LAN of a master, with an address of its own; its programs are those of the master."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import typing

from tests.lab import paths, place

_LIMIT_SECONDS = 60


class Neighbour:
    """A network namespace, and in it a client that lives as long and keeps what it has opened, as a slave does."""

    def __init__(self, there: list[str], client: pathlib.Path) -> None:
        """`there`: see place.on_the_lan(); `client`: a Python program that answers each line with one."""
        programs = str(paths.lab_folder(os.environ["DISKLESS_LAB"]) / "master01/root")
        self._inside = [*there, "chroot", programs]
        self._client = subprocess.Popen(
            [*self._inside, "python3", "-c", client.read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What a program said, whether it failed or not."""
        return subprocess.run(
            [*self._inside, *command], capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False
        )

    def ask(self, *command: str) -> str:
        """The client's answer."""
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write(" ".join(command) + "\n")
        self._client.stdin.flush()
        return self._client.stdout.readline().strip()

    def end(self) -> None:
        """Ends the client."""
        self._client.terminate()
        self._client.wait()


@contextlib.contextmanager
def on_the_lan(address: str, client: pathlib.Path) -> typing.Iterator[Neighbour]:
    """A machine with this address on the first bridge, for as long as it is needed."""
    with place.on_the_lan(f"{address}/24") as there:
        machine = Neighbour(there, client)
        try:
            yield machine
        finally:
            machine.end()
