"""Programs of an image that the initramfs carries, and the libraries that they need."""

from __future__ import annotations

import gzip
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterable

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    elf_needs,
    initramfs_programs,
    initramfs_source,
)
from elf_files import AARCH64, I386, X86_64, dynamic_elf
from programs import program

LOADER = "/lib64/ld-linux-x86-64.so.2"
MULTIARCH = "usr/lib/x86_64-linux-gnu"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (dynamic_elf(), elf_needs.Needs((2, X86_64), None, (), ())),
        (
            dynamic_elf("libm.so.6", "libc.so.6", interpreter=LOADER),
            elf_needs.Needs((2, X86_64), LOADER, ("libm.so.6", "libc.so.6"), ()),
        ),
        (
            dynamic_elf("liba.so", interpreter="/lib/ld-linux.so.2", bits=32, machine=I386),
            elf_needs.Needs((1, I386), "/lib/ld-linux.so.2", ("liba.so",), ()),
        ),
        (
            dynamic_elf("liba.so", runpath="$ORIGIN/../lib:/opt/b", rpath="/opt/a", machine=AARCH64),
            elf_needs.Needs((2, AARCH64), None, ("liba.so",), ("$ORIGIN/../lib", "/opt/b")),
        ),
        (dynamic_elf("liba.so", rpath="/opt/a"), elf_needs.Needs((2, X86_64), None, ("liba.so",), ("/opt/a",))),
    ],
)
def test_what_a_file_needs(data: bytes, expected: elf_needs.Needs) -> None:
    assert elf_needs.needs(data) == expected


@pytest.mark.parametrize("name", ["perl", "busybox", "readelf", "sh"])
def test_readelf_reads_the_same(name: str) -> None:
    path = pathlib.Path(program(name, {"perl": "perl-base", "busybox": "busybox-static"}.get(name, "binutils")))
    told = subprocess.run(
        [program("readelf", "binutils"), "-dlW", str(path)], capture_output=True, text=True, check=True
    ).stdout
    needs = elf_needs.needs(path.read_bytes())
    assert list(needs.libraries) == re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", told)
    assert [needs.interpreter] == (re.findall(r"Requesting program interpreter: (.*)\]", told) or [None])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"#!/bin/sh\n", "it is no ELF file"),
        (b"", "it is no ELF file"),
        (b"\x7fELF\x02\x02\x01" + bytes(60), "it is big-endian, which is not known here"),
        (b"\x7fELF\x07\x01\x01" + bytes(60), "its ELF headers are damaged: KeyError(7)"),
        (b"\x7fELF", "its ELF headers are damaged: IndexError('index out of range')"),
        (dynamic_elf("liba.so").replace(b"\x01\x00\x00\x00\x05", b"\x06\x00\x00\x00\x05"), "no segment holds"),
    ],
)
def test_what_is_no_program(data: bytes, error: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(error)}"):
        elf_needs.needs(data)


def test_no_damage_is_worse_than_an_error() -> None:
    whole = dynamic_elf("libm.so.6", "libc.so.6", interpreter=LOADER, runpath="/opt")
    for at in range(len(whole)):
        for data in (whole[:at], whole[:at] + b"\xff" + whole[at + 1 :]):
            try:
                elf_needs.needs(data)
            except ValueError:
                continue


@pytest.fixture(name="root")
def _root(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give an image as Debian has it, /usr merged, with a program, three libraries and one for another machine."""
    root = tmp_path / "root"
    (root / MULTIARCH).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    files = {
        "usr/bin/perl": dynamic_elf("libc.so.6", "libcrypt.so.1", interpreter=LOADER),
        f"{MULTIARCH}/libc.so.6": dynamic_elf("ld-linux-x86-64.so.2"),
        f"{MULTIARCH}/ld-linux-x86-64.so.2": dynamic_elf(),
        f"{MULTIARCH}/libcrypt.so.1.1.0": dynamic_elf("libc.so.6", "libb.so"),
        "usr/lib/libb.so": dynamic_elf("libcrypt.so.1"),
        f"{MULTIARCH}/libb.so": dynamic_elf(bits=32, machine=I386),
        "usr/bin/static": dynamic_elf(),
        "usr/bin/script": b"#!/bin/sh\n",
        "opt/tool/bin/tool": dynamic_elf("libtool.so", interpreter=LOADER, runpath="$ORIGIN/../lib"),
        "opt/tool/lib/libtool.so": dynamic_elf(),
    }
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / MULTIARCH / "libcrypt.so.1").symlink_to("libcrypt.so.1.1.0")
    (root / "usr/lib64/ld-linux-x86-64.so.2").symlink_to("/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    return root


def gather(root: pathlib.Path, *paths: str, squashed: bool = False) -> initramfs_programs.Programs:
    if not squashed:
        return initramfs_programs.gather(str(root), lambda _paths: None, paths)
    squashfs = f"{root}.squashfs"
    options = ["-quiet", "-no-progress"]
    subprocess.run([program("mksquashfs", "squashfs-tools"), str(root), squashfs, *options], check=True)
    shutil.rmtree(root)
    initramfs_source.unsquash_top(squashfs, str(root))

    def fetch(patterns: Iterable[str]) -> None:
        initramfs_source.unsquash(squashfs, str(root), patterns)

    return initramfs_programs.gather(str(root), fetch, paths)


@pytest.mark.parametrize("squashed", [False, True])
def test_a_program_comes_with_all_that_it_needs(root: pathlib.Path, squashed: bool) -> None:
    contents = {path: path.read_bytes() for path in (root / MULTIARCH).iterdir()}
    found = gather(root, "usr/bin/perl", "/usr/bin/static", squashed=squashed)
    assert found.programs == ("usr/bin/perl", "usr/bin/static")
    assert found.libraries == (
        "lib/libb.so",
        "lib/x86_64-linux-gnu/libc.so.6",
        "lib/x86_64-linux-gnu/libcrypt.so.1",
        "lib64/ld-linux-x86-64.so.2",
    )
    assert found.files["lib/x86_64-linux-gnu/libcrypt.so.1"] == contents[root / MULTIARCH / "libcrypt.so.1"]
    if squashed:  # what nobody asked for stays packed
        assert not (root / "usr/bin/script").exists()


def test_a_program_may_say_itself_where_its_libraries_are(root: pathlib.Path) -> None:
    assert gather(root, "opt/tool/bin/tool").libraries == ("lib64/ld-linux-x86-64.so.2", "opt/tool/lib/libtool.so")


def test_nothing_is_carried_where_nothing_is_asked_for(root: pathlib.Path) -> None:
    assert gather(root) == initramfs_programs.Programs({}, (), ())


SEARCHED = "/lib/x86_64-linux-gnu, /usr/lib/x86_64-linux-gnu, /lib64, /usr/lib64, /lib, /usr/lib"


@pytest.mark.parametrize(
    ("path", "removed", "error"),
    [
        ("usr/sbin/dmsetup", "", "the image has no /usr/sbin/dmsetup; add the package dmsetup to it"),
        ("usr/bin/perl", "usr/bin/perl", "the image has no /usr/bin/perl; add the package perl-base to it"),
        ("usr/bin/x", "", "the image has no /usr/bin/x; add the package that brings it to it"),
        ("usr/bin/script", "", "/usr/bin/script: it is no ELF file"),
        (
            "usr/bin/perl",
            f"{MULTIARCH}/libc.so.6",
            f"/usr/bin/perl needs libc.so.6, which the image does not have in {SEARCHED}",
        ),
        (
            "usr/bin/perl",
            "usr/lib/libb.so",
            f"/lib/x86_64-linux-gnu/libcrypt.so.1 needs libb.so, which the image does not have in {SEARCHED}",
        ),
        (
            "usr/bin/perl",
            f"{MULTIARCH}/ld-linux-x86-64.so.2",
            "/usr/bin/perl needs ld-linux-x86-64.so.2, which the image does not have in /lib64",
        ),
    ],
)
def test_what_an_image_lacks_is_named(root: pathlib.Path, path: str, removed: str, error: str) -> None:
    if removed:
        (root / removed).unlink()
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        gather(root, path)
    assert str(caught.value) == error


def test_a_library_that_is_damaged_is_named(root: pathlib.Path) -> None:
    (root / MULTIARCH / "libc.so.6").write_bytes(b"\x7fELF" + gzip.compress(b""))
    with pytest.raises(ValueError, match=r"^/lib/x86_64-linux-gnu/libc\.so\.6: its ELF headers are damaged"):
        gather(root, "usr/bin/perl")
