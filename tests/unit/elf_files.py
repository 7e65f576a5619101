"""Small ELF files with a dynamic section, as ld.so and `readelf` read them (elf(5))."""

from __future__ import annotations

import struct

X86_64, I386, AARCH64 = 62, 3, 183
BASE = 0x10000


def dynamic_elf(
    *libraries: str,
    interpreter: str | None = None,
    runpath: str | None = None,
    rpath: str | None = None,
    bits: int = 64,
    machine: int = X86_64,
) -> bytes:
    """Give a file that needs these libraries; without any, and without an interpreter, it is static."""
    strings = b"\0"
    entries = []
    for tag, text in [(1, name) for name in libraries] + [(15, rpath), (29, runpath)]:
        if text is not None:
            entries.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    interp = interpreter.encode() + b"\0" if interpreter else b""
    header, segment, entry = (64, 56, "<qQ") if bits == 64 else (52, 32, "<iI")
    at_strings = header + 3 * segment
    at_interp = at_strings + len(strings)
    at_dynamic = at_interp + len(interp)
    # Addresses differ from offsets, as they do in a real file.
    entries += [(5, BASE + at_strings), (10, len(strings)), (0, 0)]
    section = b"".join(struct.pack(entry, *item) for item in entries)
    total = at_dynamic + len(section)
    segments = [(1, 0, total), (3 if interp else 0, at_interp, len(interp))]
    segments.append((2 if libraries or runpath or rpath else 0, at_dynamic, len(section)))
    form = "<HHIQQQIHHHHHH" if bits == 64 else "<HHIIIIIHHHHHH"
    identity = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9)
    head = identity + struct.pack(form, 3, machine, 1, 0, header, 0, 0, header, segment, len(segments), 0, 0, 0)
    table = b"".join(_segment(bits, *item) for item in segments)
    return head + table + strings + interp + section


def _segment(bits: int, kind: int, offset: int, size: int) -> bytes:
    if bits == 64:
        return struct.pack("<IIQQQQQQ", kind, 5, offset, BASE + offset, BASE + offset, size, size, 4096)
    return struct.pack("<IIIIIIII", kind, offset, BASE + offset, BASE + offset, size, size, 5, 4096)
