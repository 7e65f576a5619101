"""A TFTP client of a few lines (RFC 1350), for tests of TFTP servers: `python -m tests.lab.tftp_client SERVER`.

Reads paths from standard input, a JSON list, and prints a JSON list: each file in base64, or `{"error": the server's
words}`. Ends with status 1 when nobody answers.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import struct
import sys

from tests.lab.errors import LabError
from tests.lab.run import run

_BLOCK_BYTES = 512
_RESEND_SECONDS = 1.0
_TRIES = 60
_READ, _DATA, _ACKNOWLEDGE, _ERROR = 1, 3, 4, 5


class RefusedError(Exception):
    """The server answered with an error; the text is the server's."""


def fetch(server: str, path: str) -> bytes:
    """The content of a file. Raises RefusedError, or OSError when nobody answers."""
    content = b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(_RESEND_SECONDS)
        asked, peer = struct.pack("!H", _READ) + path.encode() + b"\0octet\0", (server, 69)
        while True:
            number = (len(content) // _BLOCK_BYTES + 1) & 0xFFFF
            piece, peer = _block(link, number, asked, peer)
            content += piece
            asked = struct.pack("!HH", _ACKNOWLEDGE, number)
            if len(piece) < _BLOCK_BYTES:
                link.sendto(asked, peer)
                return content


def _block(link: socket.socket, number: int, asked: bytes, peer: tuple[str, int]) -> tuple[bytes, tuple[str, int]]:
    """The content of a block, and where it came from. What asks for it is sent until it comes, as UDP may lose it.

    Not because another one comes: who answers each of two that are alike has all that follow twice.
    """
    for _attempt in range(_TRIES):
        link.sendto(asked, peer)
        with contextlib.suppress(TimeoutError):
            while True:
                packet, sender = link.recvfrom(_BLOCK_BYTES + 4)
                kind, its = struct.unpack_from("!HH", packet)
                if kind == _ERROR:
                    raise RefusedError(packet[4:].rstrip(b"\0").decode("utf-8", "replace"))
                if (kind, its) == (_DATA, number):
                    return packet[4:], sender
    raise TimeoutError(f"{peer[0]} does not answer")


def ask(enter: list[str], server: str, path: str) -> bytes:
    """The content of a file as seen from another network namespace; `enter` is the command that goes there.

    Raises LabError with the server's words when it refuses.
    """
    found = ask_all(enter, server, [path])[path]
    if isinstance(found, str):
        raise LabError(f"{path}: {found}")
    return found


def ask_all(enter: list[str], server: str, paths: list[str]) -> dict[str, bytes | str]:
    """The same for many: path to content, or to the server's words. Raises LabError when nobody answers."""
    answers = json.loads(run([*enter, sys.executable, "-m", "tests.lab.tftp_client", server], stdin=json.dumps(paths)))
    return {
        path: base64.b64decode(answer) if isinstance(answer, str) else str(answer["error"])
        for path, answer in zip(paths, answers, strict=True)
    }


def _answer(server: str, path: str) -> str | dict[str, str]:
    try:
        return base64.b64encode(fetch(server, path)).decode()
    except RefusedError as error:
        return {"error": str(error)}


if __name__ == "__main__":
    try:
        print(json.dumps([_answer(sys.argv[1], path) for path in json.load(sys.stdin)]))
    except OSError as error:
        sys.exit(f"{error}")
