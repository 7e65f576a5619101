# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the NBD protocol that asks a server what it exports (doc/proto.md of the nbd project)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection, Iterator
from typing import NamedTuple

PORT = 10809
GREETING = b"NBDMAGICIHAVEOPT"
REPLY_MAGIC = 0x3E889045565A9
FIXED_NEWSTYLE = 1
NO_ZEROES = 2
OPT_ABORT, OPT_INFO = 2, 6
REP_ACK, REP_INFO = 1, 3
REP_ERROR = 1 << 31
REP_ERR_POLICY, REP_ERR_TLS_REQUIRED, REP_ERR_UNKNOWN = REP_ERROR + 2, REP_ERROR + 5, REP_ERROR + 6
INFO_EXPORT = 0
FLAG_READ_ONLY = 2
# A reply to an option is short; who sends more is no NBD server.
LONGEST_REPLY = 1 << 20


class ProtocolError(Exception):
    """The other side is no NBD server, or one that cannot be asked."""


class Answer(NamedTuple):
    """What a server says of one export; ``read_only`` is not known where it says nothing but that it knows it."""

    known: bool
    read_only: bool | None = None


def receive(connection: socket.socket, count: int) -> bytes:
    """Read exactly ``count`` bytes.

    :raises ProtocolError: where the other side ends before.
    """
    found = b""
    while len(found) < count:
        part = connection.recv(count - len(found))
        if not part:
            raise ProtocolError("it ended the connection")
        found += part
    return found


def greet(connection: socket.socket) -> None:
    """Do what comes before the options: fixed newstyle negotiation.

    :raises ProtocolError: for a server that does not speak it.
    """
    greeting, flags = struct.unpack("!16sH", receive(connection, 18))
    if greeting != GREETING or not flags & FIXED_NEWSTYLE:
        raise ProtocolError("it does not speak the NBD protocol's fixed newstyle")
    connection.sendall(struct.pack("!I", flags & (FIXED_NEWSTYLE | NO_ZEROES)))


def option(number: int, data: bytes = b"") -> bytes:
    """Give the message that asks for an option."""
    return GREETING[8:] + struct.pack("!II", number, len(data)) + data


def replies(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Give type and data of each reply to one option; the last is an acknowledgement or an error.

    :raises ProtocolError: for what is no reply.
    """
    kind = REP_INFO
    while kind == REP_INFO:
        magic, _option, kind, length = struct.unpack("!QIII", receive(connection, 20))
        if magic != REPLY_MAGIC or length > LONGEST_REPLY:
            raise ProtocolError("it answers what is no reply of the NBD protocol")
        yield kind, receive(connection, length)


def ask(connection: socket.socket, name: str) -> Answer:
    """Ask for one export, without attaching it; nbd-server answers whoever asks.

    :raises ProtocolError: for an answer that says neither that it knows it nor that it does not.
    """
    encoded = name.encode()
    connection.sendall(option(OPT_INFO, struct.pack("!I", len(encoded)) + encoded + struct.pack("!H", 0)))
    read_only = None
    for kind, data in replies(connection):
        if kind == REP_INFO and data[:2] == struct.pack("!H", INFO_EXPORT):
            read_only = bool(struct.unpack("!HQH", data)[2] & FLAG_READ_ONLY)
        elif kind == REP_ERR_UNKNOWN:
            return Answer(known=False)
        elif kind not in (REP_ACK, REP_INFO, REP_ERR_POLICY, REP_ERR_TLS_REQUIRED):
            raise ProtocolError(f"it answers error {kind & ~REP_ERROR}: {data.decode('utf-8', 'replace')}")
    return Answer(known=True, read_only=read_only)


def ask_all(address: str, names: Collection[str], timeout: float, port: int = PORT) -> dict[str, Answer]:
    """Ask the server at ``address`` for all ``names``, over one connection.

    :raises ProtocolError: see :func:`ask`.
    :raises OSError: where it cannot be reached, or takes longer than ``timeout`` seconds for an answer.
    """
    with socket.create_connection((address, port), timeout) as connection:
        greet(connection)
        found = {name: ask(connection, name) for name in names}
        connection.sendall(option(OPT_ABORT))
        return found
