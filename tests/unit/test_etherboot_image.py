"""Images for Etherboot: where each part goes, and the code that starts them."""

from __future__ import annotations

import pathlib
import struct
import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import etherboot_image as image
from programs import program

SOURCE = pathlib.Path(__file__).with_name("etherboot_stub.S")
SCRIPT = b"#!ipxe\n"


def _kernel() -> bytes:
    """A bzImage with two sectors of setup code behind the first; all of it can be told from zeros."""
    kernel = bytearray(b"\x11" * 512 * 3 + b"REST")
    kernel[0x1F1] = 2
    kernel[0x202:0x206] = b"HdrS"
    return bytes(kernel)


def test_the_code_is_what_its_source_says(tmp_path: pathlib.Path) -> None:
    binutils = "binutils"
    subprocess.run([program("as", binutils), "--32", "-o", tmp_path / "stub.o", SOURCE], check=True)
    subprocess.run(
        [program("objcopy", binutils), "-O", "binary", "-j", ".text", tmp_path / "stub.o", tmp_path / "stub"],
        check=True,
    )
    assert (tmp_path / "stub").read_bytes() == image.STUB


def test_what_is_put_where() -> None:
    (low, setup), (high, rest), (initrd, script) = image.segments(_kernel(), SCRIPT)
    assert (low, high, initrd) == (0x10000, 0x100000, 0x4000000)
    assert (rest, script) == (b"REST", SCRIPT)
    assert setup[0xE000] == 0
    assert setup[0xF000:] == image.STUB
    # type_of_loader, CAN_USE_HEAP, ramdisk_image, ramdisk_size, heap_end_ptr, cmd_line_ptr
    assert setup[0x210] == 0xFF
    assert setup[0x211] & 0x80
    assert struct.unpack_from("<II4xH", setup, 0x218) == (0x4000000, len(SCRIPT), 0xE000 - 0x1000 - 0x200)
    assert struct.unpack_from("<I", setup, 0x228) == (0x1E000,)


def test_no_kernel() -> None:
    with pytest.raises(ValueError, match=r"^is no bzImage$"):
        image.segments(b"\x7fELF".ljust(1024, b"\0"), SCRIPT)


def test_elf() -> None:
    """The header, and a program header for each part."""
    parts = image.segments(_kernel(), SCRIPT)
    data = image.elf(parts)
    assert struct.unpack_from("<HHIII", data, 16) == (2, 3, 1, 0x1F000, 52)
    for index, (address, content) in enumerate(parts):
        kind, offset, virtual, physical, size, memory = struct.unpack_from("<IIIIII", data, 52 + 32 * index)
        assert (kind, virtual, physical, size, memory) == (1, address, address, len(content), len(content))
        assert data[offset : offset + size] == content


def test_nbi() -> None:
    """As a ROM reads it: the sector, then the parts one behind the other; the last is marked."""
    parts = image.segments(_kernel(), SCRIPT)
    data = image.nbi(parts)
    assert struct.unpack_from("<IIHHHH", data) == (0x1B031336, 4, 0, 0x07C0, 0xF02F, 0x1000)
    assert data[510:512] == b"\x55\xaa"
    position = 512
    for index, (address, content) in enumerate(parts):
        flags, load, size, memory = struct.unpack_from("<IIII", data, 16 + 16 * index)
        assert flags == (0x04000004 if index == 2 else 4)
        assert (load, size, memory) == (address, len(content), len(content))
        assert data[position : position + size] == content
        position += size
    assert position == len(data)
