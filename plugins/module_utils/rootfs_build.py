# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the generations of images: each in a hidden folder of its own, shown by one rename when it is complete."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    disk_files,
    rootfs_command,
    rootfs_configure,
    rootfs_disk_size,
    rootfs_made,
    rootfs_workshop,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory

SQUASHFS = "root.squashfs"
TREE = "root"
FORMS = ("tree", "nbd")
"""What an image is also wanted as is no part of what it is: each form can be added later."""
BUILDING = re.compile(rf"\.{tree_files.NAME.pattern}\.building-[0-9a-f]{{8}}")
"""A generation that is being built. An administrator's own names differ, and are left alone."""


class Work(NamedTuple):
    """What one image lacks: ``build`` its whole generation, or only a form of one that is there.

    ``tree``: as a tree; ``disk``: the file that its ``nbd`` asks for, or nothing.
    """

    image: Mapping[str, Any]
    build: bool
    tree: bool
    disk: str | None


def label(image: Mapping[str, Any]) -> str:
    """Name a generation for people."""
    return f"{image['name']}/{image['generation']}"


def generation_path(directory: str, image: Mapping[str, Any]) -> str:
    """Give the folder of an image's generation."""
    return f"{directory}/images/{label(image)}"


def missing(directory: str, images: Sequence[Mapping[str, Any]]) -> list[Work]:
    """Tell what is to be made. A generation is there or not as a whole, since it appears by one rename.

    :raises ValueError: where one is there in part: slaves may be running from what is left of it.
    """
    work = []
    for image in images:
        path = generation_path(directory, image)
        build = not os.path.lexists(path)
        if not build and not os.path.isfile(f"{path}/{SQUASHFS}"):
            raise ValueError(
                f"image {label(image)}: {path} is there without {SQUASHFS}, so somebody has changed it; move that "
                "folder away to have it built again, or give the image another revision"
            )
        tree = bool(image["tree"]) and not os.path.isdir(f"{path}/{TREE}")
        nbd = image["nbd"]
        disk = None if nbd is None else disk_files.image_file(nbd["format"], nbd["size"])
        if disk == SQUASHFS or os.path.isfile(f"{path}/{disk}"):
            disk = None
        if build or tree or disk:
            work.append(Work(image, build, tree, disk))
    return work


class Found(NamedTuple):
    """What is below ``images/``, as names ``image/entry``: complete ``generations``, and ``remains`` of builds."""

    generations: list[str]
    remains: list[str]


def survey(directory: str) -> Found:
    """Look what is below ``images/``. What has no name of ours is left out, whatever it is."""
    found = Found([], [])
    with contextlib.suppress(FileNotFoundError), open_directory(f"{directory}/images") as images:
        for name in _directories(images):
            if not tree_files.NAME.fullmatch(name):
                continue
            with open_directory(name, images) as image:
                for entry in _directories(image):
                    if tree_files.NAME.fullmatch(entry):
                        found.generations.append(f"{name}/{entry}")
                    elif BUILDING.fullmatch(entry):
                        found.remains.append(f"{name}/{entry}")
    return found


def _directories(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


@contextlib.contextmanager
def locked(directory: str) -> Iterator[int]:
    """Hold the lock of all builds below ``directory`` (flock(2)); another run's build is waited for."""
    os.makedirs(f"{directory}/images", mode=0o755, exist_ok=True)
    descriptor = os.open(f"{directory}/images/.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def runner(lock: int) -> rootfs_configure.Run:
    """Give a function that runs a program and returns what it printed.

    The program holds the lock too: should this process be killed, nobody clears away what a dying build still writes.
    """

    def run(command: Sequence[str]) -> str:
        name = rootfs_command.program(command)
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=rootfs_command.environment(os.environ),
                cwd="/",
                umask=0o022,
                pass_fds=[lock],
                check=False,
            )
        except FileNotFoundError as error:
            raise rootfs_command.BuildError(
                f"{error.filename}: not found; install mmdebstrap, squashfs-tools, util-linux"
            ) from error
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise rootfs_command.BuildError(rootfs_command.failure(name, done.returncode, output))
        return output

    return run


def sweep(directory: str) -> list[str]:
    """Remove what builds that died have left, and give its names. Only under the lock."""
    remains = survey(directory).remains
    for path in remains:
        image, name = path.split("/")
        with open_directory(f"{directory}/images/{image}") as folder:
            tree_files.remove_tree(name, folder)
    return remains


def package_epoch(root: str) -> int:
    """Give the time (seconds) of the newest package in the tree: that of the newest file of its own in dpkg's records.

    ``.list`` files are written by dpkg on installation; all others carry the package's time.
    """
    with os.scandir(f"{root}/var/lib/dpkg/info") as entries:
        times = [int(entry.stat().st_mtime) for entry in entries if entry.name.endswith(".md5sums")]
    return max(times, default=0)


def clamp_times(root: str, epoch: int) -> None:
    """Set what is younger than ``epoch`` to it: what remains are the times that the packages have brought."""
    for path, directories, files in os.walk(root, topdown=False, followlinks=False):
        for name in [*directories, *files]:
            full = f"{path}/{name}"
            if os.lstat(full).st_mtime > epoch:
                os.utime(full, (epoch, epoch), follow_symlinks=False)
    os.utime(root, (epoch, epoch))


def packages(root: str, run: rootfs_configure.Run) -> dict[str, str]:
    """Give the version of each package that is installed in the tree."""
    told = run(
        ["dpkg-query", "--admindir", f"{root}/var/lib/dpkg", "-W", "-f", "${Package}:${Architecture}\t${Version}\n"]
    )
    return dict(line.split("\t", 1) for line in told.splitlines())


def build(directory: str, image: Mapping[str, Any], slave: Mapping[str, Any], run: rootfs_configure.Run) -> None:
    """Make one generation from its definition.

    :raises BuildError: when a program fails or the disk is full; nothing of it stays.
    :raises ValueError: when the definition or what came of it is not fit for a slave.
    """
    path = generation_path(directory, image)
    cache = f"{directory}/cache/apt/{rootfs_command.cache_name(image)}"
    os.makedirs(cache, mode=0o755, exist_ok=True)
    with rootfs_workshop.workshop(path) as folder:
        root = f"{folder}/{TREE}"
        # Not refused beforehand: nobody knows yet what it takes.
        with rootfs_disk_size.shortage_told(
            folder, rootfs_disk_size.planned_build(rootfs_made.expected(os.path.dirname(path)))
        ):
            hooks = [hook for hook in (rootfs_command.MERGED_USR,) if os.path.isdir(hook)]
            run(rootfs_command.bootstrap(image, slave["packages"], root, cache, hooks))
            kernel = rootfs_configure.configure(root, image, slave, run)
        contents = rootfs_disk_size.measure(root)
        with rootfs_disk_size.shortage_told(folder, rootfs_disk_size.planned_build(contents)):
            epoch = package_epoch(root)
            clamp_times(root, epoch)
            run(rootfs_command.squash(root, f"{folder}/{SQUASHFS}", epoch))
            made = {
                "definition": {name: image[name] for name in image if name not in FORMS},
                "kernel": kernel,
                "epoch": epoch,
                "contents": contents._asdict(),
                "packages": packages(root, run),
            }
            with open_directory(folder) as here:
                os.chmod(SQUASHFS, rootfs_workshop.MANAGED_FILE_MODE, dir_fd=here)
                rootfs_made.write(made, here)
                if not image["tree"]:
                    tree_files.remove_tree(TREE, here)
            rootfs_workshop.publish(folder, path)


def add_tree(directory: str, image: Mapping[str, Any], run: rootfs_configure.Run) -> None:
    """Give a generation that has only the file the same as a tree.

    :raises BuildError: when a program fails or the disk is full; nothing of it stays.
    :raises ValueError: where nobody knows what the generation holds.
    """
    path = generation_path(directory, image)
    bytes_ = rootfs_made.read(path).contents.blocks * rootfs_disk_size.BLOCK
    with rootfs_workshop.workshop(path) as folder, rootfs_disk_size.room_for(folder, bytes_):
        run(rootfs_command.unsquash(f"{path}/{SQUASHFS}", f"{folder}/{TREE}"))
        rootfs_workshop.publish(f"{folder}/{TREE}", f"{path}/{TREE}")
