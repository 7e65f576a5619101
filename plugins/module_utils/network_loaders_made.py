# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the loaders below the TFTP root come from: files of Debian's packages, as they are or made into something."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping

from ansible_collections.diskless.netboot.plugins.module_utils import (
    etherboot_image,
    ipxe_render,
    loader_files,
    whole_file,
)

# Published name to the package's file.
COPIES = {
    loader_files.PXELINUX: "/usr/lib/PXELINUX/lpxelinux.0",
    **{name: f"/usr/lib/syslinux/modules/bios/{name}" for name in loader_files.PXELINUX_MODULES},
    loader_files.SHIM: "/usr/lib/shim/shimx64.efi.signed",
    loader_files.SHIM_MOK_MANAGER: "/usr/lib/shim/mmx64.efi.signed",
    loader_files.SHIM_GRUB: "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed",
    loader_files.IPXE_BIOS: "/usr/lib/ipxe/undionly.kpxe",
    loader_files.IPXE_UEFI: "/usr/lib/ipxe/snponly.efi",
}
GRUB_PACKAGES = "/usr/lib/grub"
# Those that Debian's packages for a PC hold; any other is published where its package is there.
GRUB_REQUIRED = ("i386-pc", "i386-efi", "x86_64-efi")
# Built into GRUB's loaders: what boot files use, so that they run with one version even while files are replaced, and
# HTTP, by which firmware that booted by HTTP is left to read anything at all.
GRUB_MODULES = "boot configfile echo http linux minicmd normal regexp sleep test true"
# What Etherboot's images hold.
ETHERBOOT_KERNEL = "/usr/lib/ipxe/ipxe.lkrn"
ETHERBOOT = {loader_files.ETHERBOOT_ELF: etherboot_image.elf, loader_files.ETHERBOOT_NBI: etherboot_image.nbi}
TIMEOUT_SECONDS = 120


def missing(exists: Callable[[str], bool]) -> list[str]:
    """Name the files of packages that must be there and are not."""
    needed = [*COPIES.values(), ETHERBOOT_KERNEL, *(marker(platform) for platform in GRUB_REQUIRED)]
    return sorted(path for path in needed if not exists(path))


def marker(platform: str) -> str:
    """Name the file by which GRUB's tools know the modules of a platform."""
    return f"{GRUB_PACKAGES}/{platform}/modinfo.sh"


def platforms(exists: Callable[[str], bool]) -> list[str]:
    """Name GRUB's platforms whose modules are on this machine, in order."""
    return [platform for platform in loader_files.GRUB_LOADERS if exists(marker(platform))]


def collect(folder: str, address: str, *, http: bool) -> dict[str, bytes]:
    """Give all loaders, published name to content; ``folder`` is an empty one for work.

    The same packages always give the same bytes.

    :raises ValueError: where a program fails, with its words.
    """
    result = {name: _read(source) for name, source in COPIES.items()}
    for platform in platforms(os.path.exists):
        result.update(_grub(folder, platform))
    script = ipxe_render.embedded(address, http=http)
    try:
        parts = etherboot_image.segments(_read(ETHERBOOT_KERNEL), script.encode("ascii"))
    except ValueError as error:
        raise ValueError(f"{ETHERBOOT_KERNEL} {error}") from None
    result.update({name: render(parts) for name, render in ETHERBOOT.items()})
    return result


def _grub(folder: str, platform: str) -> Mapping[str, bytes]:
    """One of GRUB's platforms as grub-mknetdir(1) makes it: the loader, all modules, and the lists of them."""
    _run(
        [
            "grub-mknetdir",
            f"--net-directory={folder}",
            f"--subdir={loader_files.GRUB_DIRECTORY}",
            f"--directory={GRUB_PACKAGES}/{platform}",
            f"--modules={GRUB_MODULES}",
            # Nothing that depends on what else is installed.
            "--fonts=",
            "--locales=",
            "--themes=",
        ]
    )
    place = f"{loader_files.GRUB_DIRECTORY}/{platform}"
    made = os.path.join(folder, place)
    result = {f"{place}/{name}": _read(os.path.join(made, name)) for name in os.listdir(made)}
    # grub-mknetdir names it from where the loader came; that need not be the root of everything.
    result[f"{place}/grub.cfg"] = b'source "$prefix/grub.cfg"\n'
    return result


def _run(command: list[str]) -> None:
    environment = whole_file.environment({})
    program = whole_file.missing_program(command, environment)
    if program:
        raise ValueError(f"{program} is not installed")
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        words = whole_file.shorten(done.stdout.decode("utf-8", "replace"))
        raise ValueError(f"{command[0]}: exit status {done.returncode}: {words}")


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
