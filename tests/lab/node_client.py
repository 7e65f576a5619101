"""A slave that asks its master for what is its own, as the initramfs does.

Also on its own, with Python alone (`python3 -c`): answers each line `ask SERVER PORT WORDS` of its standard input, from
that local port and by those words (the slave's name, and what it has started), by one line of JSON:
`{path: [mode, owner, group, content in Base64]}`, or null.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import pathlib
import socket
import subprocess
import sys
import tarfile
import typing

PORT = 585
END = b"whole\n"
FROM = 600
"""A port of root's."""

Answer = dict[str, tuple[str, int, int, bytes]] | None


def ask(place: typing.Sequence[str], server: str, words: str, port: int = FROM) -> Answer:
    """What is given at a `place` (tests/lab/place.py): mode, owner, group and content by path.

    Raises CalledProcessError where it may not have that port.
    """
    command = [*place, sys.executable, "-c", pathlib.Path(__file__).read_text()]
    line = f"ask {server} {port} {words}\n"
    return answer(subprocess.run(command, input=line, capture_output=True, text=True, check=True).stdout)


def answer(line: str) -> Answer:
    """Reads one line of JSON."""
    found = json.loads(line)
    if found is None:
        return None
    return {path: (mode, user, group, base64.b64decode(data)) for path, (mode, user, group, data) in found.items()}


def _given(server: str, port: int, words: str) -> bytes:
    given = b""
    with socket.socket() as connection:
        connection.bind(("", port))
        connection.settimeout(10)
        # Not heard at all, or closed before the words were read.
        with contextlib.suppress(ConnectionError, TimeoutError):
            connection.connect((server, PORT))
            connection.sendall(words.encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                given += piece
    return given


def _files(given: bytes) -> dict[str, list[object]]:
    if not given.endswith(END):
        raise SystemExit(f"it ends with {given[-100:]!r}")
    found: dict[str, list[object]] = {}
    with tarfile.open(fileobj=io.BytesIO(given)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                content = base64.b64encode(file.read()).decode()
                found[member.name.removeprefix("./")] = [f"{member.mode:o}", member.uid, member.gid, content]
    return found


def _main() -> None:
    for line in sys.stdin:
        _ask, server, port, words = line.split(maxsplit=3)
        given = _given(server, int(port), words.rstrip("\n"))
        print(json.dumps(_files(given) if given else None), flush=True)


if __name__ == "__main__":
    _main()
