"""An NFS client that makes up file handles: `python -m tests.lab.nfs_handles SERVER`.

libnfs looks up names; this speaks NFS 3 (RFC 1813) itself. Reads questions from standard input, each the fields of
`Question`, as JSON, and prints for each a list of `[status, content in hex]`. It comes from a port below 1024.
"""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import json
import os
import pathlib
import socket
import struct
import sys
import typing

from tests.lab.run import run

OK, REFUSED = 0, 13
_TIMEOUT_SECONDS, _ALL_SECONDS = 10, 300
_PORTMAPPER, _NFS, _MOUNT = (100000, 2, 111), (100003, 3, 2049), (100005, 3)
_GETPORT, _MNT, _READ = 3, 1, 6
_TCP = 6
_COUNT = 65536
# Of fattr3 (RFC 1813, 2.6).
_ATTRIBUTES_BYTES = 84
_AT_FDCWD, _MOST_HANDLE = -100, 128


@dataclasses.dataclass(frozen=True)
class Question:
    """What to read as `uid`: the handle of `path`, which it may mount, with `those` bytes in place of `its` (hex).

    `beside`: another path that it may mount, whose own bytes are `besides`: then each handle that begins as that of
    `path` and goes on as that of `beside`. So the export is the one, and the file system the other.
    """

    path: str
    its: str
    those: str
    uid: int = 0
    beside: str = ""
    besides: str = ""


Answer = tuple[int, bytes]
"""The status, nfsstat3, and the beginning of the file."""


def ask(enter: list[str], server: str, questions: typing.Iterable[Question]) -> list[list[Answer]]:
    """What each handle of each question gives, as seen from a place on the LAN. Raises LabError."""
    asked = json.dumps([dataclasses.asdict(question) for question in questions])
    command = [*enter, sys.executable, "-m", "tests.lab.nfs_handles", server]
    return [
        [(status, bytes.fromhex(content)) for status, content in answers]
        for answers in json.loads(run(command, stdin=asked, timeout=_ALL_SECONDS))
    ]


def of(path: pathlib.Path) -> str:
    """What names a file within its file system, in hex: what a server puts into its handle (name_to_handle_at(2))."""
    buffer = ctypes.create_string_buffer(struct.pack("Ii", _MOST_HANDLE, 0), 8 + _MOST_HANDLE)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.name_to_handle_at(_AT_FDCWD, os.fsencode(path), buffer, ctypes.byref(ctypes.c_int()), 0) != 0:
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()], str(path))
    [size] = struct.unpack_from("I", buffer)
    return buffer.raw[8 : 8 + size].hex()


def _opaque(data: bytes) -> bytes:
    """Bytes as XDR has them (RFC 4506, 4.10)."""
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


class _Connection:
    """To one program of a server, until the end of the process."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, _TIMEOUT_SECONDS, ("", _privileged()))
        # It leaves the port free at once: there are few.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._answer = self._socket.makefile("rb")

    def call(self, program: tuple[int, int], procedure: int, uid: int, arguments: bytes) -> bytes:
        """The results of one call (RFC 5531), which the server must accept."""
        credentials = struct.pack(">I", 0) + _opaque(b"pc") + struct.pack(">III", uid, uid, 0)
        call = struct.pack(">6I", 1, 0, 2, *program, procedure) + struct.pack(">I", 1) + _opaque(credentials)
        call += struct.pack(">II", 0, 0) + arguments
        self._socket.sendall(struct.pack(">I", 0x80000000 | len(call)) + call)
        reply, last = b"", False
        while not last:
            [mark] = struct.unpack(">I", self._answer.read(4))
            reply += self._answer.read(mark & 0x7FFFFFFF)
            last = bool(mark & 0x80000000)
        _xid, _reply, denied, _flavor, verifier = struct.unpack_from(">5I", reply)
        [refused] = struct.unpack_from(">I", reply, 20 + verifier)
        if denied or refused:
            raise ConnectionError(f"the server does not do it: {denied}, {refused}")
        return reply[24 + verifier :]


def _privileged() -> int:
    """A port that only root has, and that is free."""
    for port in range(1023, 600, -1):
        with socket.socket() as one:
            try:
                one.bind(("", port))
            except OSError:
                continue
            return port
    raise ConnectionError("no port below 1024 is free")


class _Client:
    """What one client of a server asks."""

    def __init__(self, server: str) -> None:
        *portmapper, port = _PORTMAPPER
        wanted = struct.pack(">4I", *_MOUNT, _TCP, 0)
        answer = _Connection((server, port)).call((portmapper[0], portmapper[1]), _GETPORT, 0, wanted)
        self._mount = _Connection((server, struct.unpack(">I", answer)[0]))
        self._nfs = _Connection((server, _NFS[2]))
        self._handles: dict[str, bytes] = {}

    def answer(self, question: Question) -> list[Answer]:
        return [self._read(handle, question.uid) for handle in self._made_up(question)]

    def _mounted(self, path: str) -> bytes:
        """The handle of what may be mounted."""
        if path not in self._handles:
            mounted = self._mount.call(_MOUNT, _MNT, 0, _opaque(path.encode()))
            status, size = struct.unpack_from(">II", mounted)
            if status != OK:
                raise ConnectionError(f"{path} is not mounted: {status}")
            self._handles[path] = mounted[8 : 8 + size]
        return self._handles[path]

    def _around(self, path: str, its: str) -> tuple[bytes, bytes]:
        """What stands in the handle of `path` before and after its own bytes."""
        before, its_own, after = self._mounted(path).rpartition(bytes.fromhex(its))
        if not its_own:
            raise ValueError(f"the handle {self._handles[path].hex()} of {path} is not made of {its}")
        return before, after

    def _made_up(self, question: Question) -> list[bytes]:
        begin, end = self._around(question.path, question.its)
        those = bytes.fromhex(question.those)
        if not question.beside:
            return [begin + those + end]
        other, _end = self._around(question.beside, question.besides)
        return sorted(
            {begin[:place] + other[place:] + those + end for place in range(len(begin))} - {begin + those + end}
        )

    def _read(self, handle: bytes, uid: int) -> Answer:
        answer = self._nfs.call((_NFS[0], _NFS[1]), _READ, uid, _opaque(handle) + struct.pack(">QI", 0, _COUNT))
        status, attributes = struct.unpack_from(">II", answer)
        if status != OK:
            return status, b""
        begin = 8 + (_ATTRIBUTES_BYTES if attributes else 0)
        _count, _end, size = struct.unpack_from(">III", answer, begin)
        return status, answer[begin + 12 : begin + 12 + size]


if __name__ == "__main__":
    client = _Client(sys.argv[1])
    answered = [client.answer(Question(**question)) for question in json.load(sys.stdin)]
    print(json.dumps([[(found, data.hex()) for found, data in answers] for answers in answered]))
