"""Each fault of slave_mounts and of the folders that a master serves, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, inventory

PATH = (
    "allowed: a mount point: an absolute path without '.' or '..', of letters, digits and '_@+.-'; "
    "not / or /usr, nor in /proc, /sys, /dev, /run, /etc, /bin, /sbin, /lib, /lib64, /boot, /usr/bin, /usr/sbin, "
    "/usr/lib, /usr/lib64"
)
SRC = "allowed: master:/path, or server:/path for NFS"
OPTS = "allowed: mount options joined by commas, as in fstab(5)"
EXPORT = (
    "allowed: a path in /srv/diskless, /home, /srv, /mnt, /media, /data, apart from /srv/diskless/images, "
    "/srv/diskless/trees, /srv/diskless/disks, /srv/diskless/nodes, /srv/diskless/own, /srv/diskless/state, "
    "/srv/diskless/volumes, /srv/tftp"
)

MOUNT: list[tuple[Any, list[str]]] = [
    ({"src": "nas:/x"}, [f".path: missing; {PATH}"]),
    ({"path": "/home"}, [f".src: missing; {SRC}"]),
    ({"path": "home", "src": "nas:/x"}, [f".path: 'home': is not absolute; {PATH}"]),
    ({"path": "/", "src": "nas:/x"}, [f".path: '/': is the root itself; {PATH}"]),
    ({"path": "/a//b", "src": "nas:/x"}, [f".path: '/a//b': is no usable path; {PATH}"]),
    ({"path": "/a/", "src": "nas:/x"}, [f".path: '/a/': is no usable path; {PATH}"]),
    ({"path": "/a/./b", "src": "nas:/x"}, [f".path: '/a/./b': is not in its shortest form; {PATH}"]),
    ({"path": "/a/../b", "src": "nas:/x"}, [f".path: '/a/../b': would leave its folder; {PATH}"]),
    ({"path": "/a,b", "src": "nas:/x"}, [f".path: '/a,b': is no usable path; {PATH}"]),
    ({"path": "/a b", "src": "nas:/x"}, [f".path: '/a b': holds a space; {PATH}"]),
    ({"path": "/run/x", "src": "nas:/x"}, [f".path: '/run/x': would hide /run, which the slave needs; {PATH}"]),
    ({"path": "/usr", "src": "nas:/x"}, [f".path: '/usr': would hide /usr/bin, which the slave needs; {PATH}"]),
    (
        {"path": "/usr/lib/x", "src": "nas:/x"},
        [f".path: '/usr/lib/x': would hide /usr/lib, which the slave needs; {PATH}"],
    ),
    ({"path": "/usr/local", "src": "nas:/x", "fstype": None, "opts": None}, []),
    ({"path": "/a", "src": "/x"}, [f".src: '/x': names no server; {SRC}"]),
    ({"path": "/a", "src": "n as:/x"}, [f".src: 'n as:/x': names no usable server; {SRC}"]),
    ({"path": "/a", "src": "10.0.0.999:/x"}, [f".src: '10.0.0.999:/x': names a server that is no IPv4 address; {SRC}"]),
    ({"path": "/a", "src": "nas:x"}, [f".src: 'nas:x': names a path that is not absolute; {SRC}"]),
    ({"path": "/a", "src": "master:/x'y"}, [f'.src: "master:/x\'y": names a path that holds "\'"; {SRC}']),
    (
        {"path": "/a", "src": "master:/etc"},
        [f".src: 'master:/etc': is no directory that a master may export; {EXPORT}"],
    ),
    (
        {"path": "/a", "src": "master:/srv/diskless"},
        [f".src: 'master:/srv/diskless': would give away /srv/diskless/images; {EXPORT}"],
    ),
    (
        {"path": "/a", "src": "master:/srv/diskless/trees/pc02"},
        [f".src: 'master:/srv/diskless/trees/pc02': would give away /srv/diskless/trees; {EXPORT}"],
    ),
    ({"path": "/a", "src": "master:/srv/tftp/x"}, [f".src: 'master:/srv/tftp/x': would give away /srv/tftp; {EXPORT}"]),
    (
        {"path": "/a", "src": "nas:/x", "fstype": "NFS!"},
        [".fstype: 'NFS!': is no file system type; allowed: nfs, nfs4, tmpfs or another type of the slave's kernel"],
    ),
    (
        {"path": "/a", "src": "nas:/x", "opts": "ro rw"},
        [f".opts: 'ro rw': holds what no mount option may hold; {OPTS}"],
    ),
    ({"path": "/a", "src": "nas:/x", "opts": "ro,rw"}, [f".opts: 'ro,rw': says both ro and rw; {OPTS}"]),
    (
        {"path": "/a", "src": "nas:/x", "optss": "ro"},
        [": unknown key optss; did you mean 'opts'; allowed: path, src, fstype, opts"],
    ),
    ("/a", [": '/a': is text, not a dictionary; allowed: a dictionary with path, src, fstype, opts"]),
    (
        {"path": "/a", "src": "/dev/sda,x", "fstype": "ext4"},
        [f".src: '/dev/sda,x': holds what no source may hold; {SRC}"],
    ),
    (
        {"path": "/a", "src": "nas:/x", "opts": "rw,initrd=x"},
        [f".opts: 'rw,initrd=x': holds 'initrd=', which the loader adds; {OPTS}"],
    ),
    (
        {"path": "/a", "src": "x/initrd=y", "fstype": "ext4"},
        [f".src: 'x/initrd=y': holds 'initrd=', which the loader adds; {SRC}"],
    ),
    ({"path": "/home", "src": "nas:/x"}, []),
    ({"path": "/home", "src": "master:/home", "fstype": "nfs4"}, []),
    ({"path": "/tmp", "fstype": "tmpfs", "opts": "size=50%"}, []),
]


@pytest.mark.parametrize(("mount", "errors"), MOUNT)
def test_a_mount(mount: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_mounts": [mount]}), GROUPS)
    assert model["errors"] == [f"pc01: slave_mounts[0]{error}" for error in errors]


def test_boot_files_are_private_wherever_a_master_has_them() -> None:
    hosts = inventory(
        master01={"tftp_pxelinux_root": "/srv/boot"},
        pc01={"slave_mounts": [{"path": "/a", "src": "master:/srv/boot/x"}]},
    )
    assert fleet(hosts, GROUPS)["errors"] == [
        "pc01: slave_mounts[0].src: 'master:/srv/boot/x': would give away /srv/boot; " + EXPORT + ", /srv/boot"
    ]


ROOTS = (
    "allowed: a path in /srv, /var/lib, /home, /mnt, /media, /data, /opt: "
    "an absolute path without '.' or '..', of letters, digits and '_@+.-'"
)
APART = "diskless_directory, but everybody can read it; allowed: a path outside /srv/diskless"

ROOT: list[tuple[Any, list[str]]] = [
    ("boot", [f"'boot': is not absolute; {ROOTS}"]),
    ("/srv/../etc", [f"'/srv/../etc': would leave its folder; {ROOTS}"]),
    (7, [f"7: is a number, not text (quote it in YAML); {ROOTS}"]),
    (None, [f"None: is nothing (null), not text; {ROOTS}"]),
    ("/etc", [f"'/etc': is no place for what is served; {ROOTS}"]),
    ("/srv", [f"'/srv': is no place for what is served; {ROOTS}"]),
    ("/srv/diskless", [f"'/srv/diskless': lies in {APART}"]),
    ("/srv/diskless/tftp", [f"'/srv/diskless/tftp': lies in {APART}"]),
    ("/srv/diskless-tftp", []),
    ("/var/lib/tftpboot", []),
]


@pytest.mark.parametrize(("root", "errors"), ROOT)
def test_a_folder_of_boot_files(root: Any, errors: list[str]) -> None:
    found = fleet(inventory(master01={"tftp_pxelinux_root": root}), GROUPS)["errors"]
    assert found == [f"master01: tftp_pxelinux_root: {error}" for error in errors]


@pytest.mark.parametrize(("directory", "wrong"), [("/srv/tftp/x", "holds"), ("/srv/tftp", "lies in")])
def test_the_folder_of_boot_files_by_default(directory: str, wrong: str) -> None:
    hosts = inventory(everywhere={"diskless_directory": directory}, pc02={"slave_mounts": []})
    assert fleet(hosts, GROUPS)["errors"] == [
        f"master01: tftp_pxelinux_root: '/srv/tftp': {wrong} diskless_directory, but everybody can read it; "
        f"allowed: a path outside {directory}"
    ]


def test_a_path_that_is_mounted_twice() -> None:
    mounts = [{"path": "/home", "src": "nas:/x"}, {"path": "/home", "src": "nas:/y"}]
    assert fleet(inventory(pc01={"slave_mounts": mounts}), GROUPS)["errors"] == [
        "pc01: slave_mounts[1].path: '/home': is mounted twice; allowed: each path once"
    ]


SHARED: list[tuple[list[str], str, list[str]]] = [
    (["/srv"], "/srv", ["'/srv': is shared by image 'catalogue' already; allowed: another path"]),
    (
        ["/usr", "/srv"],
        "/srv/notices",
        [
            "'/srv/notices': lies in /srv, which image 'catalogue' shares read-only: its mount point cannot be made; "
            "allowed: a path outside /srv, or an image that does not share it"
        ],
    ),
    (
        ["/srv/www"],
        "/srv",
        ["'/srv': would hide /srv/www, which image 'catalogue' shares; allowed: another path"],
    ),
    (["/usr"], "/usr/local", []),
    (["/usr"], "/srv/notices", []),
    (["/srv/www"], "/srv/wwwx", []),
]


@pytest.mark.parametrize(("shared", "path", "errors"), SHARED)
def test_a_mount_where_the_image_shares(shared: list[str], path: str, errors: list[str]) -> None:
    images = {"catalogue": {"shared": shared}, "reading_room": {"shared": shared}}
    mount = {"slave_mounts": [{"path": path, "src": "nas:/x"}]}
    # pc01 has an overlay, where all can be written
    hosts = inventory(everywhere={"diskless_images": images}, pc01=mount, pc02=mount)
    assert fleet(hosts, GROUPS)["errors"] == [f"pc02: slave_mounts: {error}" for error in errors]
