"""Each fault of images, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import mirrors
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import KEYS as FIELDS
from fleet_inventory import GROUPS, image, inventory

HERE = "all: diskless_images.reading_room"
PACKAGES = "allowed: names of Debian packages: lower-case letters, digits and '+-.', at least two (Debian Policy 5.6.1)"
SHARED = "allowed: directories that are the same for all slaves, in /usr, /opt or /srv"
PUBLIC = "allowed: absolute paths in the image, of files or of directories with all that is in them"
KEY_ALLOWED = "allowed: one line of an OpenSSH authorized_keys file, without options"
KEYS = (
    "allowed: distribution, release, architecture, source, format, init, packages, services, shared, public_files, "
    "authorized_keys, mirror, kernel, initramfs, nbd, revision, keep"
)
MIRROR = f"allowed: {mirrors.ALLOWED}"
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
    ({"init": "runit"}, [f"{HERE}.init: 'runit': is unknown; allowed: systemd, openrc"]),
    (
        {"init": "openrc", "services": ["ssh", "!fstrim.timer", "net.eth0"]},
        [
            f"{HERE}.services: '!fstrim.timer': is unknown to OpenRC, which is the init of image 'reading_room'; "
            "allowed: services, without an ending or with .service"
        ],
    ),
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
        {"public_files": ["etc/ldap", "/"]},
        [
            f"{HERE}.public_files[0]: 'etc/ldap': is not absolute; {PUBLIC}",
            f"{HERE}.public_files[1]: '/': is no usable path; {PUBLIC}",
        ],
    ),
    (
        {"authorized_keys": ["command=x"]},
        [f"{HERE}.authorized_keys[0]: 'command=x': is no public key; {KEY_ALLOWED}"],
    ),
    ({"mirror": "ftp://x"}, [f"{HERE}.mirror: 'ftp://x': is no mirror's address; {MIRROR}"]),
    ({"mirror": "http://x/ y"}, [f"{HERE}.mirror: 'http://x/ y': is no mirror's address; {MIRROR}"]),
    ({"mirror": "deb [trusted=yes] http://x:3142/debian bookworm main"}, []),
    ({"mirror": "deb http://x/\ny z"}, [f"{HERE}.mirror: 'deb http://x/\\ny z': holds a line break; {MIRROR}"]),
    ({"mirror": "copy:///srv/mirror"}, []),
    ({"mirror": "deb copy:/srv/mirror bookworm main"}, []),
    *(
        (
            {"mirror": f"{scheme}:/srv/mirror"},
            [
                f"{HERE}.mirror: '{scheme}:/srv/mirror': cannot be read while an image is built, "
                f"write 'copy:///srv/mirror'; {MIRROR}"
            ],
        )
        for scheme in ("file", "copy")
    ),
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
        {"authorized_keys": KEY},
        [
            f"{HERE}.authorized_keys: '{KEY}': is text, not a list; "
            "allowed: a list of lines of an OpenSSH authorized_keys file, without options"
        ],
    ),
    ({"nbd": {"format": "zip"}}, [f"{HERE}.nbd.format: 'zip': is unknown; allowed: squashfs, erofs, ext4, btrfs"]),
    (
        {"nbd": "ext4"},
        [f"{HERE}.nbd: 'ext4': is text, not a dictionary; allowed: a dictionary with the keys format and size"],
    ),
    ({"nbd": {"sise": 1}}, [f"{HERE}.nbd: unknown key sise; did you mean 'size'; allowed: format, size"]),
    *(
        (
            {"nbd": {"format": packed, "size": "4G"}},
            [
                f"{HERE}.nbd.size: '4G': is of no use to {packed}, which is as large as what it holds; "
                "allowed: it with ext4 or btrfs alone"
            ],
        )
        for packed in ("squashfs", "erofs")
    ),
    (
        {"nbd": {"format": "btrfs", "size": "100M"}},
        [
            f"{HERE}.nbd.size: '100M': is too small; allowed: a size like 512M or 4G (binary units K, M, G, T) or a "
            "number of bytes, from 128M to 15T"
        ],
    ),
    (
        {"revision": "a\nb"},
        [f"{HERE}.revision: 'a\\nb': holds a line break; allowed: any one-line string; a new one rebuilds the image"],
    ),
    ({"keep": 0}, [f"{HERE}.keep: 0: is out of range; allowed: a whole number from 1 to 100"]),
    ({"keep": "all"}, [f"{HERE}.keep: 'all': is no whole number; allowed: a whole number from 1 to 100"]),
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


@pytest.mark.parametrize("keys", [None, *({key: None} for key in FIELDS), {"kernel": {"package": None}}])
def test_null_is_as_good_as_nothing(keys: dict[str, Any] | None) -> None:
    plain, null = ({"diskless_images": {"catalogue": {}, "reading_room": definition}} for definition in ({}, keys))
    model = fleet(inventory(everywhere=null), GROUPS)
    assert model["errors"] == []
    assert model == fleet(inventory(everywhere=plain), GROUPS)


def test_names_of_units_are_completed_once() -> None:
    model = fleet(inventory(everywhere=image(services=["ssh", "x.scope", "ssh.service"])), GROUPS)
    assert model["images"]["reading_room"]["services"] == ["ssh.service", "x.scope"]


def test_what_an_image_is_packed_into_and_how_many_are_kept_makes_no_new_generation() -> None:
    packed = {"format": "ext4", "size": "2G"}
    plain, other = (
        fleet(inventory(everywhere=image(packages=["less"], **keys)), GROUPS)["images"]["reading_room"]
        for keys in ({}, {"nbd": packed, "keep": 5})
    )
    assert plain["nbd"] == {"format": "squashfs", "size": None}
    assert (plain["keep"], other["keep"]) == (3, 5)
    assert other["nbd"] == {"format": "ext4", "size": 2 << 30}
    assert plain["digest"] == other["digest"]
