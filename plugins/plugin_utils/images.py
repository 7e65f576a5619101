# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`diskless_images`: checked, normalised, and each with the digest of its definition."""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.module_utils import disk_files, inits, mirrors
from ansible_collections.diskless.netboot.plugins.plugin_utils import authorized_keys, names, services
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import digest
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Packed
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.recipe import RECIPE
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    known_keys,
    mapping,
    matching,
    number,
    texts,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import LEAST, size

VARIABLE = "diskless_images"
RELEASES = ("bookworm", "trixie")
EXAMPLE = "a dictionary: name -> release, packages, services, format, kernel, initramfs, ..."
KEYS = (
    "distribution",
    "release",
    "architecture",
    "source",
    "format",
    "init",
    "packages",
    "services",
    "shared",
    "public_files",
    "authorized_keys",
    "mirror",
    "kernel",
    "initramfs",
    "nbd",
    "revision",
    "keep",
)
KEYS_ALLOWED = "lines of an OpenSSH authorized_keys file, without options"
REVISION_ALLOWED = "any one-line string; a new one rebuilds the image"
DRIVER_ALLOWED = "'common', 'all', or names of kernel modules"
SHARED_ALLOWED = "directories that are the same for all slaves, in /usr, /opt or /srv"
PUBLIC_ALLOWED = "absolute paths in the image, of files or of directories with all that is in them"
SHARED_ROOTS = ("/usr", "/opt", "/srv")
# How many generations of an image stay unless it says otherwise, and as many as it can say.
KEEP = 3
MOST_KEPT = 100

_DRIVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}")


def images(report: Report, value: Plain) -> dict[str, Image]:
    """All images with a usable name; what is wrong in one is reported and replaced by its default."""
    place = Place(report, "all", VARIABLE)
    table = mapping(place, value, EXAMPLE)
    if value == {}:
        place.error(value, "is empty", EXAMPLE)
    found = {}
    for name, definition in table.items():
        if matching(place, name, names.name_fault, names.NAME_ALLOWED) is not None:
            here = place.item(f".{name}")
            # a name alone is an image that is all defaults
            found[name] = _image(here, name, {} if definition is None else mapping(here, definition, EXAMPLE))
    return found


def _image(place: Place, name: str, value: dict[str, Plain]) -> Image:
    known_keys(place, value, KEYS)
    init = choice(place.item(".init"), given(value, "init", inits.INITS[0]), inits.INITS) or inits.INITS[0]
    release = choice(place.item(".release"), given(value, "release", RELEASES[0]), RELEASES) or RELEASES[0]
    architecture = choice(
        place.item(".architecture"), given(value, "architecture", "amd64"), ["amd64"], ["i386", "arm64", "armhf"]
    )
    definition: Image = {
        "name": name,
        "digest": "",
        "distribution": choice(
            place.item(".distribution"),
            given(value, "distribution", "debian"),
            ["debian"],
            ["ubuntu", "archlinux", "gentoo", "el"],
        )
        or "debian",
        "release": release,
        "architecture": architecture or "amd64",
        "source": choice(place.item(".source"), given(value, "source", "bootstrap"), ["bootstrap"], ["archive", "copy"])
        or "bootstrap",
        "format": choice(place.item(".format"), given(value, "format", "squashfs"), ["squashfs", "tree"], ["erofs"])
        or "squashfs",
        "init": init,
        "packages": sorted(
            set(
                texts(place.item(".packages"), given(value, "packages", []), names.package_fault, names.PACKAGE_ALLOWED)
            )
        ),
        "services": sorted(set(services.units(place.item(".services"), given(value, "services", [])))),
        "shared": _shared(place.item(".shared"), given(value, "shared", ["/usr", "/opt"])),
        "public_files": sorted(
            set(texts(place.item(".public_files"), given(value, "public_files", []), names.path_fault, PUBLIC_ALLOWED))
        ),
        "authorized_keys": texts(
            place.item(".authorized_keys"),
            given(value, "authorized_keys", []),
            authorized_keys.fault,
            authorized_keys.ALLOWED,
            KEYS_ALLOWED,
        ),
        "mirror": None
        if value.get("mirror") is None
        else matching(place.item(".mirror"), value["mirror"], _mirror_fault, mirrors.ALLOWED),
        "kernel": {"package": _kernel(place.item(".kernel"), given(value, "kernel", {}), architecture or "amd64")},
        "initramfs": {"drivers": _drivers(place.item(".initramfs"), given(value, "initramfs", {}))},
        "nbd": _packed(place.item(".nbd"), given(value, "nbd", {})),
        "keep": number(place.item(".keep"), given(value, "keep", KEEP), 1, MOST_KEPT) or KEEP,
    }
    services.check(place.item(".services"), definition["services"], name, init)
    revision = value.get("revision")
    if revision is not None:
        revision = matching(place.item(".revision"), revision, names.hidden_fault, REVISION_ALLOWED)
    # The file for NBD is made of a generation and put beside it, and how many are kept changes none of them.
    contents = {key: part for key, part in definition.items() if key not in ("digest", "nbd", "keep")}
    definition["digest"] = digest({**contents, "revision": revision}, RECIPE)
    return definition


def _shared(place: Place, value: Plain) -> list[str]:
    found = texts(place, value, _shared_fault, SHARED_ALLOWED)
    for path in found:
        outer = next((other for other in found if other != path and names.lies_in(path, other)), None)
        if outer is not None:
            place.error(path, f"lies in {outer}, which is shared already", SHARED_ALLOWED)
    return list(dict.fromkeys(found))


def _shared_fault(value: str) -> str | None:
    fault = names.path_fault(value)
    if fault is None and not any(names.lies_in(value, root) for root in SHARED_ROOTS):
        return "is each slave's own"
    return fault


def _mirror_fault(value: str) -> str | None:
    return names.hidden_fault(value) or mirrors.fault(value)


def _packed(place: Place, value: Plain) -> Packed:
    table = mapping(place, value, "a dictionary with the keys format and size")
    known_keys(place, table, ["format", "size"])
    formats = disk_files.FORMATS
    format_ = choice(place.item(".format"), given(table, "format", formats[0]), formats) or formats[0]
    here, wanted = place.item(".size"), table.get("size")
    if wanted is None:
        return {"format": format_, "size": None}
    if format_ not in disk_files.WRITABLE:
        writable = " or ".join(disk_files.WRITABLE)
        here.error(
            wanted, f"is of no use to {format_}, which is as large as what it holds", f"it with {writable} alone"
        )
        return {"format": format_, "size": None}
    return {"format": format_, "size": size(here, wanted, LEAST[format_])}


def _kernel(place: Place, value: Plain, architecture: str) -> str:
    default = f"linux-image-{architecture}"
    table = mapping(place, value, "a dictionary with the key package")
    known_keys(place, table, ["package"])
    package = given(table, "package", default)
    return matching(place.item(".package"), package, names.package_fault, names.PACKAGE_ALLOWED) or default


def _drivers(place: Place, value: Plain) -> list[str]:
    """`["common"]`, `["all"]` or modules' names; one word stands for a list of one."""
    table = mapping(place, value, "a dictionary with the key drivers")
    known_keys(place, table, ["drivers"])
    here = place.item(".drivers")
    drivers = given(table, "drivers", ["common"])
    found = texts(here, [drivers] if isinstance(drivers, str) else drivers, _driver_fault, DRIVER_ALLOWED)
    if drivers == []:
        here.error(drivers, "is empty, no slave would find its interface", DRIVER_ALLOWED)
    if len(found) > 1 and {"common", "all"} & set(found):
        here.error(drivers, "mixes a set with other names", DRIVER_ALLOWED)
    return list(dict.fromkeys(found)) or ["common"]


def _driver_fault(value: str) -> str | None:
    return names.hidden_fault(value) or (None if _DRIVER.fullmatch(value) else "is no module's name")
