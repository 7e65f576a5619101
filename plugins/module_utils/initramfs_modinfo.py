# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kernel module's file says of itself (``modinfo -F``), read from its ELF section ``.modinfo``."""

from __future__ import annotations

import gzip
import lzma
import struct
import subprocess
import zlib
from collections.abc import Callable, Mapping

ELF_MAGIC = b"\x7fELF"
SECTION = b".modinfo"

# class (e_ident[4]) → where e_shoff starts, its form; where e_shentsize starts; a section header's form (elf(5))
_LAYOUTS = {
    1: (32, "I", 46, "IIIIIIIIII"),
    2: (40, "Q", 58, "IIQQQQIIQQ"),
}


def _unzstd(data: bytes) -> bytes:
    # The standard library of Python 3.9 to 3.13 has no zstd.
    try:
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError(
            f"the program zstd is needed for this kernel's modules and did not do its work: {error}"
        ) from error


_UNPACK: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
    b"\x28\xb5\x2f\xfd": _unzstd,
}


def unpacked(data: bytes) -> bytes:
    """Give a module's file as ELF, whichever way the distribution packed it (gzip, xz, zstd or not at all).

    :raises ValueError: when it is damaged or no ELF file.
    """
    for magic, unpack in _UNPACK.items():
        if data.startswith(magic):
            try:
                data = unpack(data)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise ValueError(f"it cannot be unpacked: {error}") from error
            break
    if not data.startswith(ELF_MAGIC):
        raise ValueError("it is no ELF file")
    return data


def _modinfo(elf: bytes) -> bytes:
    """Give the bytes of the section ``.modinfo``, none where the file has no such section.

    :raises ValueError: for a damaged file.
    """
    try:
        offset_at, offset_form, sizes_at, header_form = _LAYOUTS[elf[4]]
        order = "<" if elf[5] == 1 else ">"
        (table,) = struct.unpack_from(order + offset_form, elf, offset_at)
        size, count, names_index = struct.unpack_from(order + "HHH", elf, sizes_at)
        headers = [struct.unpack_from(order + header_form, elf, table + size * number) for number in range(count)]
        names = headers[names_index][4]
        for name, _kind, _flags, _address, start, length, *_rest in headers:
            if elf.startswith(SECTION + b"\0", names + name):
                return elf[start : start + length]
    except (KeyError, IndexError, struct.error) as error:
        raise ValueError(f"its ELF headers are damaged: {error!r}") from error
    return b""


def values(elf: bytes, key: str) -> list[str]:
    """Give the values of ``key`` (``firmware``, ``alias``, ...) in the file's order.

    :raises ValueError: for a damaged file.
    """
    prefix = key.encode() + b"="
    return [item[len(prefix) :].decode() for item in _modinfo(elf).split(b"\0") if item.startswith(prefix)]
