# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a lean initramfs of what an image's root holds: its kernel's modules, its busybox, and our scripts."""

from __future__ import annotations

import gzip
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils import (
    cpio,
    initramfs_drivers,
    initramfs_modinfo,
    initramfs_programs,
    initramfs_source,
    kernel_modules,
)

BUSYBOX = ("usr/bin/busybox", "bin/busybox", "usr/sbin/busybox", "sbin/busybox")
DIRECTORIES = ("dev", "etc", "proc", "root", "run", "sys", "sysroot", "tmp")
GZIP_LEVEL = 6
"""Level 9 takes nine times as long for 1 % less (measured with the group ``common``)."""

PACKED = ("", ".xz", ".zst")
"""Endings of firmware, which the kernel itself unpacks (CONFIG_FW_LOADER_COMPRESS)."""


@dataclass(frozen=True)
class Parts:
    """What goes into one initramfs.

    ``modules``: name → ELF file; ``loaded_before``: as kernel_modules.closure gives it; ``firmware``: path below the
    firmware directory → content; ``lacking``: firmware that a module names and the image does not have; ``absent``:
    members of a driver group that this kernel does not have; ``programs``: those asked for, with their libraries.
    """

    version: str
    kernel: bytes
    busybox: bytes
    index: kernel_modules.Index
    loaded_before: Mapping[str, tuple[str, ...]]
    modules: Mapping[str, bytes]
    firmware: Mapping[str, bytes]
    lacking: tuple[str, ...]
    absent: tuple[str, ...]
    programs: initramfs_programs.Programs


def first_patterns() -> list[str]:
    """Give the patterns of what must be read before it is known which modules are needed."""
    modules = [f"{library}/modules/*/" for library in initramfs_source.LIBRARIES]
    indexes = [directory + name for directory in modules for name in kernel_modules.INDEX_FILES]
    return ["boot/vmlinuz-*", *(directory + "vmlinuz" for directory in modules), *indexes, *BUSYBOX]


def _read_modules(root: str, directory: str, index: kernel_modules.Index, names: Iterable[str]) -> dict[str, bytes]:
    modules = {}
    for name in names:
        path = posixpath.join(directory, index.paths[name])
        data = initramfs_source.read(root, path)
        if data is None:
            raise ValueError(f"/{path} is missing, although modules.dep names it")
        try:
            modules[name] = initramfs_modinfo.unpacked(data)
        except ValueError as error:
            raise ValueError(f"/{path}: {error}") from error
    return modules


def _read_firmware(
    root: str, fetch: initramfs_source.Fetch, modules: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Give the firmware that the modules name, and the names of what the image lacks."""
    wanted = sorted({name for elf in modules.values() for name in initramfs_modinfo.values(elf, "firmware")})
    places = {
        name: [f"{library}/firmware/{name}{end}" for library in initramfs_source.LIBRARIES for end in PACKED]
        for name in wanted
    }
    paths = [path for paths in places.values() for path in paths]
    # With their folders, for these may be links too; but the firmware's own folder is hundreds of megabytes.
    folders = {posixpath.dirname(path) for path in paths} - {f"{top}/firmware" for top in initramfs_source.LIBRARIES}
    initramfs_source.fetch_followed(root, fetch, paths, folders)
    found: dict[str, bytes] = {}
    for name in wanted:
        hit = initramfs_source.first(root, places[name])
        if hit is not None:
            # As the kernel looks for it: the name keeps its ending.
            found[hit[0].split("/firmware/", 1)[1]] = hit[1]
    lacking = [name for name in wanted if not {name + end for end in PACKED} & set(found)]
    return found, tuple(lacking)


def gather(
    root: str,
    fetch: initramfs_source.Fetch,
    drivers: Iterable[str],
    modules: Iterable[str] = (),
    programs: Iterable[str] = (),
) -> Parts:
    """Read from the image's root at ``root`` all that one initramfs needs.

    ``modules``: what must be there besides the drivers; ``programs``: paths in the image.

    :raises ValueError: when the image has no kernel, no modules, no static busybox, or lacks a module, a program or
        one of its libraries; says which.
    """
    fetch(first_patterns())
    version, directory, vmlinuz = initramfs_source.kernel_of(root)
    busybox = initramfs_source.first(root, BUSYBOX)
    if busybox is None:
        raise ValueError("the image has no busybox; add the package busybox-static to it")
    if b"/ld-linux" in busybox[1] or b"/ld-musl" in busybox[1]:
        raise ValueError(f"the image's /{busybox[0]} is not static; use the package busybox-static in place of busybox")
    texts = {}
    for name in kernel_modules.INDEX_FILES:
        data = initramfs_source.read(root, f"{directory}/{name}")
        texts[name] = (data or b"").decode(errors="surrogateescape")
    try:
        index = kernel_modules.parse_index(texts)
        choice = initramfs_drivers.choose(index, drivers, modules)
        loaded_before = kernel_modules.closure(index, choice.modules)
    except ValueError as error:
        raise ValueError(f"kernel {version}: {error}") from error
    fetch(posixpath.join(directory, index.paths[name]) for name in loaded_before)
    read = _read_modules(root, directory, index, loaded_before)
    firmware, lacking = _read_firmware(root, fetch, read)
    carried = initramfs_programs.gather(root, fetch, programs)
    return Parts(version, vmlinuz, busybox[1], index, loaded_before, read, firmware, lacking, choice.absent, carried)


def entries(parts: Parts, scripts: Mapping[str, str]) -> list[cpio.Entry]:
    """Give the members of the archive; ``scripts``: path in the initramfs → text, all executable."""
    modules = f"lib/modules/{parts.version}"
    result = [cpio.directory(name) for name in DIRECTORIES]
    result += [
        cpio.character_device("dev/console", 5, 1),  # PID 1's own output, before anything is mounted on /dev
        cpio.regular("bin/busybox", parts.busybox, 0o755),
        cpio.symlink("bin/sh", "busybox"),
        cpio.symlink("sbin/modprobe", "../bin/busybox"),  # which the kernel calls by this name (request_module)
    ]
    result += [cpio.regular(f"{modules}/{name}.ko", data) for name, data in parts.modules.items()]
    for name, text in kernel_modules.subset_files(parts.index, parts.loaded_before).items():
        result.append(cpio.regular(f"{modules}/{name}", text.encode(errors="surrogateescape")))
    result += [cpio.regular(f"lib/firmware/{name}", data) for name, data in parts.firmware.items()]
    result += [cpio.regular(path, data, 0o755) for path, data in parts.programs.files.items()]
    result += [cpio.regular(path.lstrip("/"), text.encode(), 0o755) for path, text in scripts.items()]
    return result


def image(parts: Parts, scripts: Mapping[str, str]) -> bytes:
    """Give the initramfs as the loader hands it to the kernel: the same bytes for the same parts.

    gzip, because every kernel that Debian ever shipped unpacks it and the standard library makes it.

    :raises ValueError: for a script whose path leaves the archive or stands twice.
    """
    return gzip.compress(cpio.archive(entries(parts, scripts)), GZIP_LEVEL, mtime=0)
