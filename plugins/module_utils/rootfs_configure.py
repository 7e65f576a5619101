# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a bootstrapped tree a slave's: configuration, masked and enabled units, nothing of one machine alone."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import (
    initramfs_source,
    inits,
    rootfs_command,
    rootfs_runlevels,
    tree_files,
    unit_names,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory, read_file, write_file

Run = Callable[[Sequence[str]], str]

# One machine's own, or the trace of this one build: paths below the root, the last component a pattern (fnmatch). Keys
# that packages' scripts make are among them: all slaves would have the same.
LEFTOVERS = (
    "boot/initrd.img*",
    "initrd.img*",
    "vmlinuz*",
    "etc/*-",
    "etc/.pwd.lock",
    "etc/hostname",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/bind/rndc.key",
    "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    "etc/dropbear/dropbear_*_host_key",
    "etc/munge/munge.key",
    "etc/nsd/nsd_*.key",
    "etc/ssh/ssh_host_*",
    "etc/ssl/private/ssl-cert-snakeoil.key",
    "etc/unbound/unbound_*.key",
    "tmp/*",
    "run/*",
    "var/tmp/*",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/cache/ldconfig/aux-cache",
    "var/lib/apt/lists/*",
    "var/lib/dbus/machine-id",
    "var/lib/dkms/mok.*",
    "var/lib/dpkg/*-old",
    "var/lib/initramfs-tools/*",
    "var/lib/systemd/credential.secret",
    "var/lib/systemd/random-seed",
    "var/lib/urandom/random-seed",
    "var/log/*.log",
    "var/log/apt/*",
    "var/log/journal",
    "usr/share/info/*",
    "usr/share/lintian/*",
)


def masks(masked: Iterable[str], services: Iterable[str]) -> list[str]:
    """Give the units to mask: those of the list that the image does not ask for, and those that it does not want."""
    wanted, unwanted = unit_names.split(services)
    return sorted({unit_names.complete(name) for name in masked} - {*wanted} | {*unwanted})


def put_file(root: int, path: str, data: bytes, mode: int) -> None:
    """Write ``path`` below the descriptor ``root``; a link there is replaced, its target untouched.

    :raises OSError: where a directory of the path is a link.
    """
    names = tree_files.components(path)
    if len(names) > 1:
        tree_files.make_directories(root, "/".join(names[:-1]))
    with tree_files.parent_of(root, path) as (directory, name):
        write_file(name, data, mode, directory)


def put_link(root: int, path: str, target: str) -> None:
    """Make ``path`` below ``root`` a symbolic link to ``target`` in the place of what is there."""
    names = tree_files.components(path)
    if len(names) > 1:
        tree_files.make_directories(root, "/".join(names[:-1]))
    with tree_files.parent_of(root, path) as (directory, name):
        tree_files.remove_tree(name, directory)
        os.symlink(target, name, dir_fd=directory)


def remove(root: int, pattern: str) -> None:
    """Remove what matches ``pattern`` below ``root``; only its last component may hold wildcards."""
    try:
        with tree_files.parent_of(root, pattern) as (directory, last):
            for name in fnmatch.filter(os.listdir(directory), last):
                tree_files.remove_tree(name, directory)
    except (FileNotFoundError, NotADirectoryError):
        return  # the package that would own the directory is not installed, or the directory is a link


def trim_documentation(root: int) -> None:
    """Leave nothing in /usr/share/doc but the copyright files, which the licences want kept."""
    try:
        with tree_files.open_below(root, ["usr", "share", "doc"]) as documents:
            for package in os.listdir(documents):
                found = tree_files.status(package, documents)
                if found is None or not stat.S_ISDIR(found.st_mode):
                    continue
                with open_directory(package, documents) as directory:
                    for name in os.listdir(directory):
                        if name != "copyright":
                            tree_files.remove_tree(name, directory)
    except FileNotFoundError:
        return


def undate_shadow(text: str) -> str:
    """Set the day of the last password change (third field, shadow(5)) to 1, so that it does not tell the build's day.

    Not 0, which asks for a new password at the next login.
    """
    lines = []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 2 and fields[2]:
            fields[2] = "1"
        lines.append(":".join(fields))
    return "".join(f"{line}\n" for line in lines)


def authorized_keys(image: Mapping[str, Any]) -> bytes:
    """Give the text of root's ``authorized_keys``."""
    return "".join(f"{key}\n" for key in image["authorized_keys"]).encode()


def given(image: Mapping[str, Any], slave: Mapping[str, Any]) -> list[bytes]:
    """Give the contents of the files that :func:`configure` puts into the tree: the inventory's, or the role's own."""
    return [*(item["content"].encode() for item in slave["files"]), authorized_keys(image)]


def _choose_services(top: int, image: Mapping[str, Any], masked: Sequence[str]) -> None:
    """Have the tree start what its image says, as far as it takes links alone."""
    if image["init"] == inits.SYSTEMD:
        for name in masks(masked, image["services"]):
            put_link(top, f"etc/systemd/system/{name}", "/dev/null")
        return
    choice = rootfs_runlevels.choose(top, masked, image["services"])
    for path in choice.gone:
        remove(top, path)
    for path, target in choice.links.items():
        put_link(top, path, target)


def configure(root: str, image: Mapping[str, Any], slave: Mapping[str, Any], run: Run) -> str:
    """Turn the tree at ``root`` into a slave's and give its kernel's version.

    ``slave``: ``files`` (list of path, mode, content), ``links`` (path, target), ``masked``, ``unwanted``
    (patterns as in :data:`LEFTOVERS`). ``run`` starts a program and raises when it fails.
    """
    with open_directory(root) as top:
        for pattern in (*LEFTOVERS, *slave["unwanted"]):
            remove(top, pattern)
        trim_documentation(top)
        for item in slave["files"]:
            put_file(top, item["path"], item["content"].encode(), int(item["mode"], 8))
        for item in slave["links"]:
            put_link(top, item["path"], item["target"])
        _choose_services(top, image, slave["masked"])
        if image["authorized_keys"]:
            tree_files.make_directories(top, "root/.ssh", 0o700)
            put_file(top, "root/.ssh/authorized_keys", authorized_keys(image), 0o600)
        with tree_files.open_below(top, ["etc"]) as etc:
            shadow = read_file("shadow", etc)
            if shadow is None:
                raise ValueError("the image has no /etc/shadow")
            status = os.lstat("shadow", dir_fd=etc)
            write_file("shadow", undate_shadow(shadow[0].decode()).encode(), shadow[1], etc)
            os.chown("shadow", status.st_uid, status.st_gid, dir_fd=etc, follow_symlinks=False)
    version = initramfs_source.kernel_of(root).version
    wanted, _masked = unit_names.split(image["services"])
    if wanted and image["init"] == inits.SYSTEMD:
        run(rootfs_command.enable(root, sorted(wanted)))
    return version
