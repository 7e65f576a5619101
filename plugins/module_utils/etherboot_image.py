# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wraps a bzImage (a Linux kernel, or iPXE as ipxe.lkrn) and an initrd into the formats that Etherboot's ROMs load.

In place of Debian's wraplinux 1.7-10, whose start-up code is miscompiled: no image of it starts. Sources: Linux,
Documentation/arch/x86/boot.rst, for the fields of the header; the ELF specification for 32 bits; "Draft Net Boot Image
Proposal 0.3" (Gero Kuhlmann, 1997) for NBI. A ROM starts an ELF image in protected mode with flat segments and without
paging, and an NBI image in real mode.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

# Where the kernel's setup code goes, a segment of its own (0x1000), and where it is entered (boot.rst).
LOW = 0x10000
# Offsets in that segment: the setup's heap and stack end where the command line begins.
_COMMAND_LINE = 0xE000
_STUB = 0xF000
# Where the rest of the kernel goes (boot.rst).
_HIGH = 0x100000
# iPXE moves itself to just below its initrd, so that this lies well above all else.
_INITRD = 0x4000000
_STACK = 0x1000

# tests/unit/etherboot_stub.S, assembled: back to real mode, all segments to 0x1000, a jump to the setup's entry.
STUB = bytes.fromhex(
    "fafc0f011560f00100ea10f000000800b810008ed88ec08ee08ee88ed00f011e66f00f20c024fe0f22c0ea2ff00010fa"
    "fcb800108ed88ec08ee08ee88ed0bc00e0ea00002010669000000000000000"
    "00ffff0000019b0000ffff000001930000170048f00100ff0300000000"
)
# The part of it for who is in real mode already.
_STUB_REAL = 0x2F

# An address in memory and what goes there.
Segment = tuple[int, bytes]


def segments(kernel: bytes, initrd: bytes) -> list[Segment]:
    """Lay a kernel out in memory, with an empty command line: iPXE would run its words as commands.

    :raises ValueError: for what is no bzImage.
    """
    if kernel[0x202:0x206] != b"HdrS":
        raise ValueError("is no bzImage")
    size = 512 * ((kernel[0x1F1] or 4) + 1)
    setup = bytearray(kernel[:size])
    # type_of_loader: one without a number of its own; loadflags: there is a heap, and where it ends.
    setup[0x210] = 0xFF
    setup[0x211] |= 0x80
    struct.pack_into("<H", setup, 0x224, _COMMAND_LINE - _STACK - 0x200)
    struct.pack_into("<II", setup, 0x218, _INITRD, len(initrd))
    struct.pack_into("<I", setup, 0x228, LOW + _COMMAND_LINE)
    low = bytes(setup).ljust(_STUB, b"\0") + STUB
    return [(LOW, low), (_HIGH, kernel[size:]), (_INITRD, initrd)]


def elf(parts: Sequence[Segment]) -> bytes:
    """Give them as an ELF executable for i386, one program header each."""
    offset = 52 + 32 * len(parts)
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, LOW + _STUB, 52, 0, 0, 52, 32, len(parts), 40, 0, 0)
    for address, data in parts:
        # loadable; readable, writable and executable
        header += struct.pack("<IIIIIIII", 1, offset, address, address, len(data), len(data), 7, 1)
        offset += len(data)
    return header + b"".join(part[1] for part in parts)


def nbi(parts: Sequence[Segment]) -> bytes:
    """Give them as a net boot image: a sector that tells where each goes, and they."""
    # magic; length of this part in words of four bytes; where the sector goes, and where to start (offset, segment)
    header = struct.pack("<IIHHHH", 0x1B031336, 4, 0, 0x07C0, _STUB + _STUB_REAL, LOW >> 4)
    for index, (address, data) in enumerate(parts):
        last = 0x04000000 if index == len(parts) - 1 else 0
        header += struct.pack("<IIII", last | 4, address, len(data), len(data))
    return header.ljust(510, b"\0") + b"\x55\xaa" + b"".join(part[1] for part in parts)
