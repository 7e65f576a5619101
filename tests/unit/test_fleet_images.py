"""Each fault of images and of slave_mounts, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, image, inventory

HERE = "all: diskless_images.reading_room"
PACKAGES = "allowed: names of Debian packages: lower-case letters, digits and '+-.', at least two (Debian Policy 5.6.1)"
SHARED = "allowed: directories that are the same for all slaves, in /usr, /opt or /srv"
KEY_ALLOWED = "allowed: one line of an OpenSSH authorized_keys file, without options"
KEYS = (
    "allowed: distribution, release, architecture, source, format, packages, services, shared, authorized_keys, "
    "mirror, kernel, initramfs, revision"
)
MIRROR = "allowed: a Debian mirror's address (http, https, file, copy), or a one-line `deb` entry (sources.list(5))"
DRIVERS = "allowed: 'common', 'all', or names of kernel modules"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1 admin@library"

IMAGE: list[tuple[dict[str, Any], list[str]]] = [
    ({"distribution": "ubuntu"}, [f"{HERE}.distribution: 'ubuntu': is not built yet; allowed: debian"]),
    ({"distribution": "beos"}, [f"{HERE}.distribution: 'beos': is unknown; allowed: debian"]),
    (
        {"release": "bookwrm"},
        [f"{HERE}.release: 'bookwrm': is unknown, did you mean 'bookworm'; allowed: bookworm, trixie"],
    ),
    ({"release": 12}, [f"{HERE}.release: 12: is a number, not text (quote it in YAML); allowed: bookworm, trixie"]),
    ({"architecture": "arm64"}, [f"{HERE}.architecture: 'arm64': is not built yet; allowed: amd64"]),
    ({"source": "copy"}, [f"{HERE}.source: 'copy': is not built yet; allowed: bootstrap"]),
    ({"format": "erofs"}, [f"{HERE}.format: 'erofs': is not built yet; allowed: squashfs, tree"]),
    ({"packages": ["--evil"]}, [f"{HERE}.packages[0]: '--evil': is no package name; {PACKAGES}"]),
    ({"packages": "less"}, [f"{HERE}.packages: 'less': is text, not a list; allowed: a list of {PACKAGES[9:]}"]),
    (
        {"packages": ["a,b", "x\n"]},
        [
            f"{HERE}.packages[0]: 'a,b': is no package name; {PACKAGES}",
            f"{HERE}.packages[1]: 'x\\n': holds a line break; {PACKAGES}",
        ],
    ),
    ({"shared": ["/etc"]}, [f"{HERE}.shared[0]: '/etc': is each slave's own; {SHARED}"]),
    ({"shared": ["/usr/../etc"]}, [f"{HERE}.shared[0]: '/usr/../etc': would leave its folder; {SHARED}"]),
    (
        {"shared": ["/usr", "/usr/share"]},
        [f"{HERE}.shared: '/usr/share': lies in /usr, which is shared already; {SHARED}"],
    ),
    (
        {"authorized_keys": ["command=x"]},
        [f"{HERE}.authorized_keys[0]: 'command=x': is no public key; {KEY_ALLOWED}"],
    ),
    ({"mirror": "ftp://x"}, [f"{HERE}.mirror: 'ftp://x': is no mirror's address; {MIRROR}"]),
    ({"mirror": "http://x/ y"}, [f"{HERE}.mirror: 'http://x/ y': is no mirror's address; {MIRROR}"]),
    ({"mirror": "deb [trusted=yes] http://x:3142/debian bookworm main"}, []),
    ({"mirror": "deb http://x/\ny z"}, [f"{HERE}.mirror: 'deb http://x/\\ny z': holds a line break; {MIRROR}"]),
    ({"mirror": "copy:/srv/mirror"}, []),
    ({"kernel": {"pakage": "x"}}, [f"{HERE}.kernel: unknown key pakage; did you mean 'package'; allowed: package"]),
    (
        {"kernel": "linux"},
        [f"{HERE}.kernel: 'linux': is text, not a dictionary; allowed: a dictionary with the key package"],
    ),
    (
        {"initramfs": {"drivers": []}},
        [f"{HERE}.initramfs.drivers: []: is empty, no slave would find its interface; {DRIVERS}"],
    ),
    ({"initramfs": {"drivers": ["../x"]}}, [f"{HERE}.initramfs.drivers[0]: '../x': is no module's name; {DRIVERS}"]),
    (
        {"initramfs": {"drivers": ["all", "e1000"]}},
        [f"{HERE}.initramfs.drivers: ['all', 'e1000']: mixes a set with other names; {DRIVERS}"],
    ),
    (
        {"revision": "a\nb"},
        [f"{HERE}.revision: 'a\\nb': holds a line break; allowed: any one-line string; a new one rebuilds the image"],
    ),
    (
        {"pakages": []},
        [f"{HERE}: unknown key pakages; did you mean 'packages'; {KEYS}"],
    ),
    ({"authorized_keys": [KEY], "mirror": "https://deb.example/debian", "initramfs": {"drivers": "all"}}, []),
]


@pytest.mark.parametrize(("keys", "errors"), IMAGE)
def test_an_image(keys: dict[str, Any], errors: list[str]) -> None:
    assert fleet(inventory(everywhere=image(**keys)), GROUPS)["errors"] == errors


NAME = "allowed: 1 to 63 letters, digits, '_', '-' and '.', beginning with a letter or digit, without '..'"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("../evil", "would leave its folder"),
        ("a\0b", "holds a NUL"),
        ("a\nb", "holds a line break"),
        ("a#b", "holds '#'"),
        ("a'b", 'holds "\'"'),
        ("a b", "holds a space"),
        ("-a", "is no usable name"),
    ],
)
def test_an_image_name(name: str, fault: str) -> None:
    images: dict[str, dict[str, object]] = {name: {}, "catalogue": {}, "reading_room": {}}
    errors = fleet(inventory(everywhere={"diskless_images": images}), GROUPS)["errors"]
    assert errors == [f"all: diskless_images: {name!r}: {fault}; {NAME}"]


PATH = (
    "allowed: a mount point: an absolute path without '.' or '..', of letters, digits and '_@+.-'; not / or in /proc, "
    "/sys, /dev, /run, /etc, /bin, /sbin, /lib, /lib64, /boot"
)
SRC = "allowed: master:/path, or server:/path for NFS"
OPTS = "allowed: mount options joined by commas, as in fstab(5)"
EXPORT = (
    "allowed: a path in /srv/diskless, /home, /srv, /mnt, /media, /data, apart from /srv/diskless/images, "
    "/srv/diskless/trees, /srv/diskless/state, /srv/tftp"
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


@pytest.mark.parametrize(
    ("root", "error"),
    [
        ("boot", "'boot': is not absolute"),
        ("/srv/../etc", "'/srv/../etc': would leave its folder"),
        (7, "7: is a number, not text (quote it in YAML)"),
    ],
)
def test_a_folder_of_boot_files(root: Any, error: str) -> None:
    assert fleet(inventory(master01={"tftp_pxelinux_root": root}), GROUPS)["errors"] == [
        f"master01: tftp_pxelinux_root: {error}; "
        "allowed: an absolute path without '.' or '..', of letters, digits and '_@+.-'"
    ]


def test_a_path_that_is_mounted_twice() -> None:
    mounts = [{"path": "/home", "src": "nas:/x"}, {"path": "/home", "src": "nas:/y"}]
    assert fleet(inventory(pc01={"slave_mounts": mounts}), GROUPS)["errors"] == [
        "pc01: slave_mounts[1].path: '/home': is mounted twice; allowed: each path once"
    ]


def test_a_path_that_the_image_shares() -> None:
    mounts = [{"path": "/usr", "src": "nas:/x"}]
    assert fleet(inventory(pc02={"slave_mounts": mounts}), GROUPS)["errors"] == [
        "pc02: slave_mounts: '/usr': is shared by image 'catalogue' already; allowed: another path"
    ]
