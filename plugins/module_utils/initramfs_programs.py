# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of an image that its initramfs carries, with all the shared libraries that ld.so(8) will look for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils import elf_needs, initramfs_source

PACKAGES = {"perl": "perl-base", "dmsetup": "dmsetup"}
"""Debian's packages of the programs that the steps of the initramfs call."""

_TUPLES = {
    (2, 62): ("x86_64-linux-gnu",),
    (1, 3): ("i386-linux-gnu",),
    (2, 183): ("aarch64-linux-gnu",),
    (1, 40): ("arm-linux-gnueabihf", "arm-linux-gnueabi"),
    (2, 243): ("riscv64-linux-gnu",),
}
"""Names of Debian's directories, by ELF class and machine."""


@dataclass(frozen=True)
class Programs:
    """``files``: path in the image and in the initramfs → content; it is one of ``programs`` or of ``libraries``."""

    files: Mapping[str, bytes]
    programs: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True)
class _Wanted:
    """A library that ``user`` needs, and the places where ld.so looks for it, in that order."""

    name: str
    user: str
    places: tuple[str, ...]
    kind: tuple[int, int]


def directories(kind: tuple[int, int]) -> list[str]:
    """Give where ld.so looks without being told: Debian's multiarch, then what other distributions have."""
    multiarch = [f"{top}/{name}" for name in _TUPLES.get(kind, ()) for top in ("lib", "usr/lib")]
    wide = ["lib64", "usr/lib64"] if kind[0] == 2 else []
    return [*multiarch, *wide, "lib", "usr/lib"]


def _own_directories(path: str, needs: elf_needs.Needs) -> list[str]:
    """Give the directories that the file itself names; one that is not absolute is nobody's to follow."""
    origin = "/" + posixpath.dirname(path)
    found = [text.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for text in needs.search]
    return [posixpath.normpath(text).lstrip("/") for text in found if text.startswith("/")]


def _wanted(path: str, needs: elf_needs.Needs) -> list[_Wanted]:
    places = [*_own_directories(path, needs), *directories(needs.kind)]
    found = [
        _Wanted(name, path, tuple(posixpath.join(place, name) for place in places), needs.kind)
        for name in needs.libraries
    ]
    if needs.interpreter is not None:
        place = posixpath.normpath(needs.interpreter).lstrip("/")
        found.append(_Wanted(posixpath.basename(place), path, (place,), needs.kind))
    return found


def _find(root: str, wanted: _Wanted) -> tuple[str, bytes, elf_needs.Needs]:
    """Give the first file that ld.so would take; one for another machine is passed over, as ld.so does.

    :raises ValueError: where there is none.
    """
    for place in wanted.places:
        data = initramfs_source.read(root, place)
        if data is None or not data.startswith(elf_needs.MAGIC):
            continue
        try:
            needs = elf_needs.needs(data)
        except ValueError as error:
            raise ValueError(f"/{place}: {error}") from error
        if needs.kind == wanted.kind:
            return place, data, needs
    searched = ", ".join("/" + posixpath.dirname(place) for place in wanted.places)
    raise ValueError(f"/{wanted.user} needs {wanted.name}, which the image does not have in {searched}")


def _program(root: str, path: str) -> tuple[bytes, elf_needs.Needs]:
    data = initramfs_source.read(root, path)
    if data is None:
        package = PACKAGES.get(posixpath.basename(path))
        raise ValueError(f"the image has no /{path}; add the package {package or 'that brings it'} to it")
    try:
        return data, elf_needs.needs(data)
    except ValueError as error:
        raise ValueError(f"/{path}: {error}") from error


def gather(root: str, fetch: initramfs_source.Fetch, paths: Iterable[str]) -> Programs:
    """Read the programs at ``paths`` and, in turn, what they need from the image's root at ``root``.

    Each file keeps its path, so that the initramfs' ld.so, which is the image's own, finds it as in the image.

    :raises ValueError: for a program or library that is not there, or is no ELF file; says which.
    """
    programs = sorted({posixpath.normpath(path).lstrip("/") for path in paths})
    initramfs_source.fetch_followed(root, fetch, programs)
    files: dict[str, bytes] = {}
    pending: list[_Wanted] = []
    for path in programs:
        files[path], needs = _program(root, path)
        pending += _wanted(path, needs)
    found: set[tuple[str, tuple[int, int]]] = set()
    while pending:
        places = [place for wanted in pending for place in wanted.places]
        initramfs_source.fetch_followed(root, fetch, places)
        following: list[_Wanted] = []
        # An interpreter comes by its own path, which has but one place; whoever names it as a library has it then.
        for wanted in sorted(pending, key=lambda item: len(item.places)):
            if (wanted.name, wanted.kind) not in found:
                found.add((wanted.name, wanted.kind))
                path, data, needs = _find(root, wanted)
                files[path] = data
                following += _wanted(path, needs)
        pending = [wanted for wanted in following if (wanted.name, wanted.kind) not in found]
    libraries = sorted(set(files) - set(programs))
    return Programs({path: files[path] for path in sorted(files)}, tuple(programs), tuple(libraries))
