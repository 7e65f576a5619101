# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the generations of images: each in a hidden folder of its own, shown by one rename when it is complete."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    disk_files,
    generation_names,
    progress,
    rootfs_command,
    rootfs_configure,
    rootfs_disk_size,
    rootfs_made,
    rootfs_secrets,
    rootfs_times,
    rootfs_workshop,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory

SQUASHFS = "root.squashfs"
TREE = "root"
HIDDEN = re.compile(r"\.(?P<generation>.+)\.(?:building|removing)-[0-9a-f]{8}")
"""A generation that is being built or removed. An administrator's own names differ, and are left alone."""


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


def removing_name(generation: str) -> str:
    """Give a new name for a generation that is being removed: :func:`sweep` goes on with what is left under it."""
    return f".{generation}.removing-{secrets.token_hex(4)}"


def _is_hidden(name: str) -> bool:
    match = HIDDEN.fullmatch(name)
    return match is not None and generation_names.parse(match["generation"]) is not None


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
    """What is below ``images/``, as names ``image/entry``: complete ``generations``, and ``remains`` of runs."""

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
                    if generation_names.parse(entry):
                        found.generations.append(f"{name}/{entry}")
                    elif _is_hidden(entry):
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
        progress.TELLER.lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def sweep(directory: str) -> list[str]:
    """Remove what runs that died have left, and give its names. Only under the lock."""
    remains = survey(directory).remains
    for path in remains:
        image, name = path.split("/")
        with open_directory(f"{directory}/images/{image}") as folder:
            tree_files.remove_tree(name, folder)
    return remains


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
            progress.TELLER.tell("configuring", "configured as a slave")
            kernel = rootfs_configure.configure(root, image, slave, run)
            progress.TELLER.tell("searching", "searched for secrets")
            rootfs_secrets.check(root, rootfs_configure.given(image, slave), image["public_files"])
        contents = rootfs_disk_size.measure(root)
        with rootfs_disk_size.shortage_told(folder, rootfs_disk_size.planned_build(contents)):
            epoch = rootfs_times.package_epoch(root)
            rootfs_times.clamp(root, epoch)
            run(rootfs_command.squash(root, f"{folder}/{SQUASHFS}", epoch))
            found = {
                "kernel": kernel,
                "epoch": epoch,
                "contents": contents._asdict(),
                "packages": rootfs_made.packages(root, run),
            }
            made = rootfs_made.manifest(image, f"{folder}/{SQUASHFS}", found)
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
