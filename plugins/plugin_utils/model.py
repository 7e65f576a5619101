# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of the fleet model, as docs/architecture.md promises them."""

from __future__ import annotations

from typing import TypedDict


class Network(TypedDict):
    name: str
    cidr: str
    gateway: str | None
    dns: list[str]
    domain: str | None
    pool: list[str] | None
    ntp: list[str]
    mode: str


class Kernel(TypedDict):
    package: str


class Initramfs(TypedDict):
    drivers: list[str]


class Packed(TypedDict):
    """What an image's root is packed into for NBD; `size`: bytes of its file system, None for what it takes."""

    format: str
    size: int | None


class Image(TypedDict):
    """`digest`: of its definition and of the recipe, twelve digits; `keep`: how many of its generations stay."""

    name: str
    digest: str
    distribution: str
    release: str
    architecture: str
    source: str
    format: str
    init: str
    packages: list[str]
    services: list[str]
    shared: list[str]
    public_files: list[str]
    authorized_keys: list[str]
    mirror: str | None
    kernel: Kernel
    initramfs: Initramfs
    nbd: Packed
    keep: int


class Master(TypedDict):
    """A boot server; `http`: does it serve its boot files by HTTP besides TFTP."""

    name: str
    ip: str
    interface: str
    network: str
    http: bool


class Mount(TypedDict):
    """One more file system of a slave; `export` is the directory of its own master behind it, or None."""

    path: str
    src: str
    fstype: str
    opts: str
    export: str | None


class Label(TypedDict):
    """A line of a menu: the slave's own image, another (`image`), or its disk; `cmdline` is added to the slave's."""

    name: str
    title: str
    image: str | None
    cmdline: list[str]
    local: bool


class Menu(TypedDict):
    """`default`: a label's name; `timeout`: seconds, 0 waits for a key; `help`: the page behind F1, line by line."""

    title: str
    default: str
    timeout: int
    help: list[str]
    edit: bool
    labels: list[Label]


class Disk(TypedDict):
    """A block device of a slave's own with a file system; `size` in bytes."""

    name: str
    size: int
    fstype: str
    path: str
    opts: str


class Swap(TypedDict):
    """`type`: nbd, file or zram; `size` in bytes, None for a share of the slave's memory (zram)."""

    type: str
    size: int | None


class Booted(TypedDict):
    """The generation that a slave boots of an image; `held`: by a rollback.

    It is of an earlier definition where the image's has changed since: `shared`, `init` as they were in that.
    """

    name: str
    held: bool
    shared: list[str]
    init: str


class StateDir(TypedDict):
    """A directory that a slave keeps on its master; what is "" is as the image has it."""

    path: str
    mode: str
    owner: str
    group: str


class Slave(TypedDict):
    """`generation`: the one that the inventory pins; `generations`: by image, empty until the fleet is settled."""

    name: str
    hostname: str
    macs: list[str]
    ip: str
    network: str
    image: str
    root: str
    master: str
    cmdline: list[str]
    consoles: list[str]
    mounts: list[Mount]
    services: list[str]
    state_dirs: list[StateDir]
    timer_spread: int
    log_host: str
    loader: str
    persist_size: int
    volume_size: int
    disks: list[Disk]
    swap: Swap | None
    menu: Menu | None
    key_types: list[str]
    generation: str | None
    generations: dict[str, Booted]


class Fleet(TypedDict):
    """`new`: by master, image and name of each generation that a run builds and no slave boots yet."""

    errors: list[str]
    warnings: list[str]
    directory: str
    share_size: int
    networks: dict[str, Network]
    images: dict[str, Image]
    masters: dict[str, Master]
    slaves: dict[str, Slave]
    new: dict[str, list[list[str]]]
