"""An NFS client that mounts and reads whatever it is let, by libnfs: `python -m tests.lab.nfs_client SERVER`.

Reads a question from standard input, the fields of `Question` as JSON with needles in base64, and prints
`{path: {"error": libnfs' words} or the fields of `Mounted`}`. It comes from a port below 1024 where it may take one.
"""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import dataclasses
import json
import sys
import typing

from tests.lab import needles
from tests.lab.run import run

_TIMEOUT_MILLISECONDS = 10_000
# nfs_ftype4 (RFC 7530, 2.1), the same as ftype3 (RFC 1813, 2.6).
_FILE, _FOLDER = 1, 2


class _Entry(ctypes.Structure):
    """The beginning of libnfs' struct nfsdirent."""


_Entry._fields_ = [
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("inode", ctypes.c_uint64),
    ("type", ctypes.c_uint32),
]


class RefusedError(Exception):
    """The server, or libnfs, does not do it; the text is libnfs'."""


@dataclasses.dataclass(frozen=True)
class Question:
    """`paths` to mount by NFS `version` 3 or 4 as the user `uid`, and what to look for in all that is below them.

    What lies in a folder of `skipped` is not read.
    """

    version: int
    paths: typing.Sequence[str]
    needles: needles.Needles
    uid: int = 0
    skipped: typing.Sequence[str] = ()


@dataclasses.dataclass
class Mounted:
    """What could be read of a mount; `found`: names of needles, and the files that hold them."""

    files: int = 0
    bytes: int = 0
    found: dict[str, list[str]] = dataclasses.field(default_factory=dict)


def ask(enter: list[str], server: str, question: Question) -> dict[str, Mounted]:
    """What was mounted of the paths asked for, as seen from a place on the LAN. Raises LabError."""
    encoded = {name: base64.b64encode(needle).decode() for name, needle in question.needles.items()}
    asked = json.dumps({**dataclasses.asdict(question), "needles": encoded})
    answers = json.loads(run([*enter, sys.executable, "-m", "tests.lab.nfs_client", server], stdin=asked))
    return {path: Mounted(**answer) for path, answer in answers.items() if "error" not in answer}


class Mount:
    """A path of a server. Raises RefusedError."""

    def __init__(self, nfs: ctypes.CDLL, server: str, path: str, question: Question) -> None:
        self._nfs = nfs
        self._context = ctypes.c_void_p(nfs.nfs_init_context())
        nfs.nfs_set_version(self._context, question.version)
        nfs.nfs_set_timeout(self._context, _TIMEOUT_MILLISECONDS)
        nfs.nfs_set_uid(self._context, question.uid)
        nfs.nfs_set_gid(self._context, question.uid)
        try:
            self._require(nfs.nfs_mount(self._context, server.encode(), path.encode()))
        except RefusedError:
            self.end()
            raise

    def end(self) -> None:
        """Takes leave."""
        self._nfs.nfs_destroy_context(self._context)

    def entries(self, folder: str) -> list[tuple[str, int]]:
        """Names and types of what is in a folder."""
        handle = ctypes.c_void_p()
        self._require(self._nfs.nfs_opendir(self._context, folder.encode(), ctypes.byref(handle)))
        found = []
        while entry := self._nfs.nfs_readdir(self._context, handle):
            found.append((entry.contents.name.decode("utf-8", "surrogateescape"), entry.contents.type))
        self._nfs.nfs_closedir(self._context, handle)
        return [(name, kind) for name, kind in found if name not in (".", "..")]

    def pieces(self, path: str) -> typing.Iterator[bytes]:
        """A file's content."""
        handle, begin = ctypes.c_void_p(), 0
        encoded = path.encode("utf-8", "surrogateescape")
        self._require(self._nfs.nfs_open(self._context, encoded, 0, ctypes.byref(handle)))
        piece = ctypes.create_string_buffer(needles.PIECE_BYTES)
        try:
            while True:
                count = self._nfs.nfs_pread(
                    self._context, handle, ctypes.c_uint64(begin), ctypes.c_uint64(needles.PIECE_BYTES), piece
                )
                self._require(count)
                if count == 0:
                    return
                yield piece.raw[:count]
                begin += count
        finally:
            self._nfs.nfs_close(self._context, handle)

    def _require(self, status: int) -> None:
        if status < 0:
            raise RefusedError((self._nfs.nfs_get_error(self._context) or b"no reason").decode("utf-8", "replace"))


def walk(mount: Mount, path: str, question: Question) -> Mounted:
    """Reads all that is below a mount of `path`; what is refused is none."""
    seen, folders = Mounted(), [] if path in question.skipped else ["/"]
    while folders:
        folder = folders.pop()
        try:
            entries = mount.entries(folder)
        except RefusedError:
            continue
        for name, kind in entries:
            inner = f"{folder.rstrip('/')}/{name}"
            if f"{path.rstrip('/')}{inner}" in question.skipped:
                continue
            if kind == _FOLDER:
                folders.append(inner)
            elif kind == _FILE:
                _search(mount, inner, question, seen)
    return seen


def _search(mount: Mount, path: str, question: Question, seen: Mounted) -> None:
    def counted() -> typing.Iterator[bytes]:
        for piece in mount.pieces(path):
            seen.bytes += len(piece)
            yield piece

    try:
        found = needles.found_in(question.needles, counted())
    except RefusedError:
        return
    seen.files += 1
    for name in found:
        seen.found.setdefault(name, []).append(path)


def _answer(nfs: ctypes.CDLL, server: str, path: str, question: Question) -> dict[str, typing.Any]:
    try:
        mount = Mount(nfs, server, path, question)
    except RefusedError as error:
        return {"error": str(error)}
    try:
        return dataclasses.asdict(walk(mount, path, question))
    finally:
        mount.end()


def main(server: str) -> None:
    """Answers the question of standard input."""
    fields = json.load(sys.stdin)
    fields["needles"] = {name: base64.b64decode(needle) for name, needle in fields["needles"].items()}
    question = Question(**fields)
    nfs = ctypes.CDLL(ctypes.util.find_library("nfs"))
    nfs.nfs_init_context.restype = ctypes.c_void_p
    nfs.nfs_get_error.restype = ctypes.c_char_p
    nfs.nfs_readdir.restype = ctypes.POINTER(_Entry)
    print(json.dumps({path: _answer(nfs, server, path, question) for path in question.paths}))


if __name__ == "__main__":
    main(sys.argv[1])
