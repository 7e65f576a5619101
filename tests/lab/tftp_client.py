"""A TFTP client of a few lines (RFC 1350), for tests of TFTP servers: `python -m tests.lab.tftp_client SERVER PATH`.

Prints the file in base64. Ends with status 1 and the server's words when it refuses.
"""

from __future__ import annotations

import base64
import socket
import struct
import sys

from tests.lab.run import run

_BLOCK_BYTES = 512
_TIMEOUT_SECONDS = 5.0
_READ, _DATA, _ACKNOWLEDGE, _ERROR = 1, 3, 4, 5


class RefusedError(Exception):
    """The server answered with an error; the text is the server's."""


def fetch(server: str, path: str) -> bytes:
    """The content of a file. Raises RefusedError, or OSError when nobody answers."""
    content = b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(_TIMEOUT_SECONDS)
        link.sendto(struct.pack("!H", _READ) + path.encode() + b"\0octet\0", (server, 69))
        while True:
            packet, peer = link.recvfrom(_BLOCK_BYTES + 4)
            kind, number = struct.unpack_from("!HH", packet)
            if kind == _ERROR:
                raise RefusedError(packet[4:].rstrip(b"\0").decode("utf-8", "replace"))
            if kind != _DATA or number != (len(content) // _BLOCK_BYTES + 1) & 0xFFFF:
                continue
            content += packet[4:]
            link.sendto(struct.pack("!HH", _ACKNOWLEDGE, number), peer)
            if len(packet) - 4 < _BLOCK_BYTES:
                return content


def ask(enter: list[str], server: str, path: str) -> bytes:
    """The content of a file as seen from another network namespace; `enter` is the command that goes there.

    Raises LabError with the server's words when it refuses.
    """
    return base64.b64decode(run([*enter, sys.executable, "-m", "tests.lab.tftp_client", server, path]))


if __name__ == "__main__":
    try:
        print(base64.b64encode(fetch(*sys.argv[1:])).decode())
    except (RefusedError, OSError) as error:
        sys.exit(f"{error}")
