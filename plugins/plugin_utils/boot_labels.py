# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a slave can boot: its own image as `slave_root` says, what its menu offers besides, each with its arguments."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.module_utils.boot_words import CMDLINE_LENGTH
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import LONGEST_BYTES, cmdline, published
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Label, Master, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place

# Another image than the slave's own is shared: no slave has a tree of it.
OTHER_ROOT = "nfs_overlay"
# The only label of a slave without a menu.
ONLY = "diskless"


def served(slave: Slave) -> list[tuple[str, str]]:
    """The images that a slave can boot, each with the kind of its root; its own always and first."""
    others = [label["image"] for label in _offered(slave)]
    return list(
        dict.fromkeys(
            [(slave["image"], slave["root"]), *((image, OTHER_ROOT) for image in others if image is not None)]
        )
    )


def labels(directory: str, images: Mapping[str, Image], master: Master, slave: Slave) -> list[dict[str, object]]:
    """The `labels` of `tftp_pxelinux_slaves`, in the menu's order."""

    def one(label: Label) -> dict[str, object]:
        if label["local"]:
            return {"name": label["name"], "title": label["title"], "local": True}
        image = label["image"] or slave["image"]
        return {
            "name": label["name"],
            "title": label["title"],
            "kernel": published(image, slave, "vmlinuz"),
            "initrd": published(image, slave, "initrd.img"),
            "cmdline": arguments(directory, images, master, slave, label),
        }

    return [one(label) for label in _offered(slave)]


def title(slave: Slave) -> str:
    """What stands above the menu, or is said while the slave boots."""
    return slave["menu"]["title"] if slave["menu"] else usual_title(slave["hostname"], slave["image"])


def usual_title(hostname: str, image: str) -> str:
    return f"{hostname}, {image}"


def _offered(slave: Slave) -> list[Label]:
    if slave["menu"]:
        return slave["menu"]["labels"]
    return [{"name": ONLY, "title": title(slave), "image": None, "cmdline": [], "local": False}]


def arguments(directory: str, images: Mapping[str, Image], master: Master, slave: Slave, label: Label) -> list[str]:
    """The kernel's arguments when a slave starts by this label, which is not `local`."""
    image = images[label["image"] or slave["image"]]
    root = OTHER_ROOT if label["image"] else slave["root"]
    return [*cmdline(directory, image, master, slave, root), *label["cmdline"]]


def check_lengths(place: Place, directory: str, images: Mapping[str, Image], master: Master, slave: Slave) -> None:
    """An error where a boot file could not hold a line, or the kernel would cut it behind the loader's own words.

    `place` is that of the slave, without a variable.
    """
    for index, label in enumerate(_offered(slave)):
        if label["local"]:
            continue
        image = label["image"] or slave["image"]
        # A loader that fetches by HTTP names the files by their whole address.
        site = f"http://{master['ip']}/"
        added = (
            f"BOOT_IMAGE={site}{published(image, slave, 'vmlinuz')} ",
            f" initrd={site}{published(image, slave, 'initrd.img')}",
            " BOOTIF=01-00-00-00-00-00-00",
        )
        most = min(CMDLINE_LENGTH, LONGEST_BYTES - len("".join(added)))
        line = " ".join(arguments(directory, images, master, slave, label))
        size = len(line.encode("utf-8", "surrogatepass"))
        if size > most:
            wrong = f"makes a kernel command line of {size} bytes"
            if slave["menu"]:
                its = place.item(f"slave_menu.labels[{index}]")
                its.error(label["name"], f"{wrong} with slave_cmdline", f"at most {most} bytes")
            else:
                place.item("slave_cmdline").error(slave["cmdline"], wrong, f"at most {most} bytes")
