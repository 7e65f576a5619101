"""An NFS client that makes up file handles: `python -m tests.lab.nfs_handles SERVER`.

libnfs looks up names; this speaks NFS 3 (RFC 1813) itself. Reads a question from standard input, the fields of
`Question` as JSON, and prints `[status, content in hex]`. It comes from a port below 1024.
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

from tests.lab.run import run

OK, REFUSED = 0, 13
_TIMEOUT_SECONDS = 10
_PORTMAPPER, _NFS, _MOUNT = (100000, 2, 111), (100003, 3, 2049), (100005, 3)
_GETPORT, _MNT, _READ = 3, 1, 6
_TCP = 6
_COUNT = 65536
# Of fattr3 (RFC 1813, 2.6).
_ATTRIBUTES_BYTES = 84
_AT_FDCWD, _MOST_HANDLE = -100, 128


@dataclasses.dataclass(frozen=True)
class Question:
    """What to read as `uid`: the handle of `path`, which it may mount, with `those` bytes in place of `its` (hex)."""

    path: str
    its: str
    those: str
    uid: int = 0


def ask(enter: list[str], server: str, question: Question) -> tuple[int, bytes]:
    """The status, nfsstat3, and the beginning of the file, as seen from a place on the LAN. Raises LabError."""
    asked = json.dumps(dataclasses.asdict(question))
    status, content = json.loads(run([*enter, sys.executable, "-m", "tests.lab.nfs_handles", server], stdin=asked))
    return status, bytes.fromhex(content)


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


def _call(address: tuple[str, int], program: tuple[int, int], procedure: int, uid: int, arguments: bytes) -> bytes:
    """The results of one call (RFC 5531), which the server must accept."""
    credentials = struct.pack(">I", 0) + _opaque(b"pc") + struct.pack(">III", uid, uid, 0)
    call = struct.pack(">6I", 1, 0, 2, *program, procedure) + struct.pack(">I", 1) + _opaque(credentials)
    call += struct.pack(">II", 0, 0) + arguments
    with (
        socket.create_connection(address, _TIMEOUT_SECONDS, ("", _privileged())) as connection,
        connection.makefile("rb") as answer,
    ):
        # It leaves the port free at once: there are few.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(struct.pack(">I", 0x80000000 | len(call)) + call)
        reply, last = b"", False
        while not last:
            [mark] = struct.unpack(">I", answer.read(4))
            reply += answer.read(mark & 0x7FFFFFFF)
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


def _read(server: str, question: Question) -> tuple[int, bytes]:
    """Status and content."""
    *portmapper, port = _PORTMAPPER
    wanted = struct.pack(">4I", *_MOUNT, _TCP, 0)
    [mount_port] = struct.unpack(">I", _call((server, port), (portmapper[0], portmapper[1]), _GETPORT, 0, wanted))
    mounted = _call((server, mount_port), _MOUNT, _MNT, 0, _opaque(question.path.encode()))
    status, size = struct.unpack_from(">II", mounted)
    if status != OK:
        raise ConnectionError(f"{question.path} is not mounted: {status}")
    handle = mounted[8 : 8 + size]
    its, those = bytes.fromhex(question.its), bytes.fromhex(question.those)
    if its not in handle or len(its) != len(those):
        raise ValueError(f"the handle {handle.hex()} of {question.path} is not made of {question.its}")
    program, version, port = _NFS
    asked = _opaque(handle.replace(its, those)) + struct.pack(">QI", 0, _COUNT)
    answer = _call((server, port), (program, version), _READ, question.uid, asked)
    status, attributes = struct.unpack_from(">II", answer)
    if status != OK:
        return status, b""
    begin = 8 + (_ATTRIBUTES_BYTES if attributes else 0)
    _count, _end, size = struct.unpack_from(">III", answer, begin)
    return status, answer[begin + 12 : begin + 12 + size]


if __name__ == "__main__":
    found, data = _read(sys.argv[1], Question(**json.load(sys.stdin)))
    print(json.dumps([found, data.hex()]))
