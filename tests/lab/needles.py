"""Looks for secrets in what somebody can read, and whom that is told of: names of needles, never what they are.

Alone, too (`python3 -c`, standard library only), as a user of a master who looks around there: reads one line of JSON,
`{"needles": {name: base64}, "folders": [path], "skipped": [path]}`, and prints another,
`{"read": {what: count}, "found": {name: [where]}}`.

    files       every file below the folders, less what is skipped, that the user may read
    watch       until its input ends: all processes' command lines and environments, and the folders' files, again and
                again, so that what is there for a moment is seen too
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import stat
import sys
import typing

# All that is planted begins so, which makes one search of many; what is made by the collection itself does not.
MARK = b"CANARY"
_MARKED = re.compile(MARK + rb"[0-9a-f]{24}")
PIECE_BYTES = 1 << 20
_ZEROS = bytes(PIECE_BYTES)
_PAUSE_SECONDS = 0.05

Needles = typing.Mapping[str, bytes]


def found_in(needles: Needles, pieces: typing.Iterable[bytes]) -> set[str]:
    """The names of the needles that a stream holds, also across two of its pieces."""
    plain = {name: needle for name, needle in needles.items() if not _MARKED.fullmatch(needle)}
    marked = {needle: name for name, needle in needles.items() if name not in plain}
    overlap = max(map(len, needles.values()), default=1) - 1
    found: set[str] = set()
    before = b""
    for piece in pieces:
        # Disks are mostly holes.
        if piece == _ZEROS and before == _ZEROS[:overlap]:
            continue
        text = before + piece
        if MARK in text:
            found.update(marked[mark] for mark in _MARKED.findall(text) if mark in marked)
        found.update(name for name, needle in plain.items() if needle in text)
        before = text[-overlap:] if overlap else b""
    return found


def pieces_of(path: str) -> typing.Iterator[bytes]:
    """A regular file's content. Raises OSError; anything else that can be opened is none."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise FileNotFoundError(path)
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def files_below(folder: str, skipped: typing.Collection[str] = ()) -> typing.Iterator[str]:
    """All files below a folder, as far as it can be looked into; nothing of the folders `skipped`."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if os.path.join(here, name) not in skipped]
        yield from (os.path.join(here, name) for name in names)


def of_processes() -> typing.Iterator[str]:
    """What all processes tell of themselves, as far as the kernel shows it to this user."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        yield f"/proc/{name}/cmdline"
        yield f"/proc/{name}/environ"


class Seen:
    """What was read, by kind, and what was found where."""

    def __init__(self, needles: Needles) -> None:
        self._needles = needles
        self.read: dict[str, int] = {}
        self.found: dict[str, list[str]] = {}

    def look(self, path: str) -> None:
        """Searches a file; one that cannot be read is none."""
        try:
            found = found_in(self._needles, pieces_of(path))
        except OSError:
            return
        kind = path.rpartition("/")[2] if path.startswith("/proc/") else "files"
        self.read[kind] = self.read.get(kind, 0) + 1
        for name in found:
            places = self.found.setdefault(name, [])
            if path not in places:
                places.append(path)


def _watch(seen: Seen, folders: typing.Sequence[str]) -> None:
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        for path in of_processes():
            seen.look(path)
        for folder in folders:
            for path in files_below(folder):
                seen.look(path)


def main(mode: str) -> None:
    """Does what the first line of the input says."""
    asked = json.loads(sys.stdin.readline())
    seen = Seen({name: base64.b64decode(needle) for name, needle in asked["needles"].items()})
    if mode == "watch":
        _watch(seen, asked["folders"])
    else:
        for folder in asked["folders"]:
            for path in files_below(folder, asked["skipped"]):
                seen.look(path)
    print(json.dumps({"read": seen.read, "found": seen.found}))


if __name__ == "__main__":
    main(sys.argv[1])
