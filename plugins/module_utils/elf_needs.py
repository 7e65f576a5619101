# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program or shared library needs to be run: its ELF program headers and dynamic section (elf(5), ld.so(8))."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\x7fELF"
LITTLE_ENDIAN = 1

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_RPATH, DT_RUNPATH = 1, 5, 10, 15, 29


@dataclass(frozen=True)
class _Layout:
    """``header``: e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, e_phnum, which begin at byte ``start``."""

    start: int
    header: str
    segment: str
    dynamic: str


# by class (e_ident[4])
_LAYOUTS = {1: _Layout(28, "<IIIHHH", "<IIIIIIII", "<iI"), 2: _Layout(32, "<QQIHHH", "<IIQQQQQQ", "<qQ")}


@dataclass(frozen=True)
class Needs:
    """``kind``: class and machine, which a program shares with its libraries; ``interpreter``: the path of its ld.so.

    ``libraries``: the names it needs, in the file's order; ``search``: directories that it names itself, ``$ORIGIN``
    unresolved.
    """

    kind: tuple[int, int]
    interpreter: str | None
    libraries: tuple[str, ...]
    search: tuple[str, ...]


@dataclass(frozen=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def _segments(data: bytes, layout: _Layout) -> list[_Segment]:
    table, _sections, _flags, _own, size, count = struct.unpack_from(layout.header, data, layout.start)
    found = []
    for number in range(count):
        fields = struct.unpack_from(layout.segment, data, table + size * number)
        # p_flags stands second in the 64-bit form, and last but one in the other
        offset, address, _physical, in_file = fields[2:6] if layout is _LAYOUTS[2] else fields[1:5]
        found.append(_Segment(fields[0], offset, address, in_file))
    return found


def _content(data: bytes, segments: list[_Segment], kind: int) -> bytes | None:
    for segment in segments:
        if segment.kind == kind:
            return data[segment.offset : segment.offset + segment.size]
    return None


def _strings(data: bytes, segments: list[_Segment], address: int, size: int) -> bytes:
    """Give the string table, which the dynamic section names by its address in memory."""
    for segment in segments:
        if segment.kind == PT_LOAD and segment.address <= address < segment.address + segment.size:
            start = segment.offset + address - segment.address
            return data[start : start + size]
    raise ValueError("no segment holds its string table")


def _text(strings: bytes, at: int) -> str:
    return strings[at:].split(b"\0", 1)[0].decode(errors="surrogateescape")


def _directories(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(":") if part)


def needs(data: bytes) -> Needs:
    """Read an ELF file.

    :raises ValueError: for what is none, is damaged, or of a kind that is not known (big-endian).
    """
    if not data.startswith(MAGIC):
        raise ValueError("it is no ELF file")
    try:
        layout = _LAYOUTS[data[4]]
        if data[5] != LITTLE_ENDIAN:
            raise ValueError("it is big-endian, which is not known here")
        (machine,) = struct.unpack_from("<H", data, 18)
        segments = _segments(data, layout)
        interpreter = _content(data, segments, PT_INTERP)
        entries = list(struct.iter_unpack(layout.dynamic, _content(data, segments, PT_DYNAMIC) or b""))
        numbers = dict(entries)
        strings = b""
        if DT_STRTAB in numbers:
            strings = _strings(data, segments, numbers[DT_STRTAB], numbers[DT_STRSZ])
        texts = [(tag, _text(strings, value)) for tag, value in entries if tag in (DT_NEEDED, DT_RPATH, DT_RUNPATH)]
    except (KeyError, IndexError, OverflowError, struct.error) as error:
        raise ValueError(f"its ELF headers are damaged: {error!r}") from error
    found: dict[int, list[str]] = {DT_NEEDED: [], DT_RPATH: [], DT_RUNPATH: []}
    for tag, text in texts:
        found[tag].append(text)
    # DT_RPATH counts only where there is no DT_RUNPATH
    search = _directories(":".join(found[DT_RUNPATH] or found[DT_RPATH]))
    own = _text(interpreter, 0) if interpreter is not None else None
    return Needs((data[4], machine), own, tuple(found[DT_NEEDED]), search)
