# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines that make an image, as pure functions of its definition."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import mirrors


class BuildError(Exception):
    """A program failed, or the disk is full; the text says which one and what it printed last, or what is missing."""


PARENT = "DISKLESS_PARENT"
"""Names the process that started a program, for the program's environment."""
_ALIVE = f'[ -e "/proc/${PARENT}/exe" ] || exit'
"""A process that has died has no program any more, even if nobody has asked yet how it ended (proc(5))."""
LEASH = [
    *("setpriv", "--pdeathsig", "KILL", "sh", "-c", f'{_ALIVE}; exec "$@"', "leash"),
    *("unshare", "--pid", "--mount", "--fork", "--kill-child=KILL", "--"),
    *("sh", "-c", f'{_ALIVE}; "$@"; exit $?', "leash"),
]
"""Ties a build to this process: when it dies, however it dies, so does all that the build started (setpriv(1),
unshare(1)), and the mounts of the build go with its mount namespace.

Whoever asks to be told of a death that was before is not told, so each of the two looks once it has asked. The second
shell stays, as the first process of its namespace, since unshare cannot tell that a program was killed."""

MERGED_USR = "/usr/share/mmdebstrap/hooks/maybe-merged-usr"
"""mmdebstrap's own hooks for releases whose /usr is merged by a package: without them that brings all of Perl into the
image, and takes a quarter of the build's time."""

# What a build needs in its environment. INITRD: the kernel's postinst hooks leave out the initramfs (linux-image's
# /etc/kernel/postinst.d/initramfs-tools), because the slaves' is made by the role slave_kernel.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "INITRD": "No",
}
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
"""What apt and its helpers ask for, in small letters or in capitals."""


def environment(own: Mapping[str, str], parent: int) -> dict[str, str]:
    """Give the environment of a build: always the same, but for how this machine reaches the network (``own``).

    :param parent: number of the process that starts it.
    """
    names = [*PROXIES, *(name.upper() for name in PROXIES)]
    return {**ENVIRONMENT, PARENT: str(parent), **{name: own[name] for name in names if name in own}}


def check_mirror(mirror: str) -> str:
    """Give ``mirror`` back when mmdebstrap(1) takes it for an address or a sources.list line, not for a file.

    :raises ValueError: for anything else.
    """
    fault = mirrors.fault(mirror)
    if fault is not None:
        raise ValueError(f"mirror {mirror!r}: {fault}; allowed: {mirrors.ALLOWED}")
    return mirror


def packages_of(image: Mapping[str, Any], base: Sequence[str]) -> list[str]:
    """Give the packages asked for by name, without repetitions: the base, the kernel's, the image's own.

    :raises ValueError: for a name that mmdebstrap would take for a pattern, a file or an option.
    """
    names = list(dict.fromkeys([*base, image["kernel"]["package"], *image["packages"]]))
    for name in names:
        if not name or not name[0].isalnum() or any(character.isspace() or character == "," for character in name):
            raise ValueError(f"image {image['name']}: package {name!r}: no name of a package")
    return names


def bootstrap(
    image: Mapping[str, Any], base: Sequence[str], root: str, cache: str, hooks: Sequence[str] = ()
) -> list[str]:
    """Give the mmdebstrap command that makes the tree ``root``; downloaded packages stay in ``cache``.

    Without a mirror in the definition none is named: mmdebstrap then takes the release's own, with updates and
    security.
    ``hooks``: directories of further hooks. The cache is mounted in the build's own namespace and taken away again
    before mmdebstrap empties it.
    """
    archives = '"$1/var/cache/apt/archives"'
    command = [
        *LEASH,
        "mmdebstrap",
        "--mode=unshare",
        "--variant=minbase",
        "--format=directory",
        "--verbose",
        f"--architectures={image['architecture']}",
        f"--include={','.join(packages_of(image, base))}",
        "--dpkgopt=force-unsafe-io",
        *(f"--hook-dir={hook}" for hook in hooks),
        "--skip=download/empty,essential/unlink",
        f"--setup-hook=mkdir -p {archives} && mount --bind {shlex.quote(cache)} {archives}",
        f'--customize-hook=chroot "$1" apt-get autoclean && umount {archives}',
        image["release"],
        root,
    ]
    if image["mirror"]:
        command.append(check_mirror(image["mirror"]))
    return command


def squash(root: str, target: str, epoch: int) -> list[str]:
    """Give the mksquashfs command; ``epoch`` (seconds) is the file system's own time: equal trees give equal files.

    zstd at level 3: five times as fast as gzip for 1 % more bytes, and it boots as fast.
    """
    return [
        *LEASH,
        "mksquashfs",
        root,
        target,
        "-noappend",
        "-no-progress",
        "-quiet",
        "-xattrs",
        "-mkfs-time",
        str(epoch),
        "-comp",
        "zstd",
        "-Xcompression-level",
        "3",
    ]


def unsquash(source: str, root: str) -> list[str]:
    """Give the unsquashfs command that makes the tree ``root`` out of an image's file."""
    return [*LEASH, "unsquashfs", "-quiet", "-xattrs", "-dest", root, source]


def enable(root: str, units: Sequence[str]) -> list[str]:
    """Give the systemctl command that has ``units`` started by the system in ``root`` (no unit is started now)."""
    return ["systemctl", "--root", root, "enable", "--", *units]


def program(command: Sequence[str]) -> str:
    """Name the program that a command is about: not what ties it to us, nor what sets its environment."""
    names = command[len(LEASH) :] if command[0] == LEASH[0] else command
    return next(name for name in names if name != "env" and "=" not in name)


def cache_name(image: Mapping[str, Any]) -> str:
    """Name the folder of an image's downloaded packages: what one release no longer offers is removed there."""
    return f"{image['distribution']}-{image['release']}-{image['architecture']}"


def tells_of_full_disk(text: str) -> bool:
    """Say whether a program's words are about a full disk: strerror(3)'s for ENOSPC and EDQUOT, or apt's."""
    return any(words in text.lower() for words in ("no space left on device", "quota exceeded", "enough free space"))


def failure(program: str, code: int, output: str, lines: int = 20) -> str:
    """Tell of a program that failed: its errors (``E:``, ``error``, a full disk), then the last lines of its output."""
    told = [line for line in output.splitlines() if line.strip()]
    last = told[-lines:]
    before = told[:-lines]
    errors = [line for line in before if line.startswith("E: ") or " error" in line.lower()][-5:]
    # It may be the cause of many others.
    full = [line for line in before if tells_of_full_disk(line) and line not in errors][-1:]
    # As shells tell it; the kernel kills (9) where memory is short.
    how = f"was killed by signal {code - 128}" if code > 128 else f"failed with exit code {code}"
    return "\n".join([f"{program} {how}:", *full, *errors, *last])
