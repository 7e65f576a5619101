# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel command line of a slave: the one place that makes it (docs/architecture.md tells each item)."""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.module_utils import boot_words, inits
from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import PERSIST, SCRATCH, SWAP
from ansible_collections.diskless.netboot.plugins.plugin_utils import log_host, names, services, state_dirs
from ansible_collections.diskless.netboot.plugins.plugin_utils.block_devices import devices, image_export, own_export
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import booted
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Master, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import NBD_ROOTS, STAYING
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, texts

# Linux, arch/x86/include/asm/setup.h: COMMAND_LINE_SIZE is 2048 with its NUL
LONGEST_BYTES = 2047
ALLOWED = f"kernel arguments: {boot_words.ARGUMENT_ALLOWED}"
CONSOLES = ["ttyS0,115200n8", "tty0"]
# where a slave gets what is its own (role slave_nodes): nobody's at IANA, and below those that RPC programs take
NODE_PORT = 585
# seconds: over how long timers of different slaves are spread, unless said otherwise
TIMER_SPREAD = 1800
# who gives a slave its name: systemd(1), or the kernel itself (kernel-parameters.txt), for OpenRC knows no argument
HOSTNAME = {inits.SYSTEMD: "systemd.hostname", inits.OPENRC: "hostname"}
CONSOLE_ALLOWED = "values of console= like 'ttyS0,115200n8' or 'tty0'"

# the kernel's next_arg() (lib/cmdline.c) knows double quotes alone, and no escape
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CONSOLE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:,[A-Za-z0-9]+)*")


def arguments(place: Place, value: Plain) -> list[str]:
    """`slave_cmdline` as items: a list of them, or one string split at unquoted spaces."""
    if isinstance(value, str):
        words = _WORD.findall(value)
        faults = (names.hidden_fault(value), _quote_fault(value), *map(boot_words.argument_fault, words))
        fault = next(filter(None, faults), None)
        if fault:
            place.error(value, fault, ALLOWED)
            return []
        return words
    return texts(place, value, boot_words.argument_fault, ALLOWED)


def _quote_fault(value: str) -> str | None:
    return "holds a quote that is not closed" if value.count('"') % 2 else None


def consoles(place: Place, value: Plain) -> list[str]:
    return texts(place, value, _console_fault, CONSOLE_ALLOWED)


def _console_fault(value: str) -> str | None:
    return None if _CONSOLE.fullmatch(value) else names.hidden_fault(value) or "is no console"


def image_directory(directory: str, image: str, slave: Slave) -> str:
    """Where the generation of an image that a slave boots lies on its master."""
    return f"{directory}/images/{image}/{booted(slave, image)['name']}"


def tree_directory(directory: str, slave: Slave) -> str:
    """Where the own root of an nfs_tree slave lies on its master."""
    return f"{directory}/trees/{slave['name']}"


def published(image: str, slave: Slave, name: str) -> str:
    """The path of a kernel or initramfs that a slave boots, below the TFTP root."""
    return f"images/{image}/{booted(slave, image)['name']}/{name}"


def cmdline(directory: str, image: Image, master: Master, slave: Slave, root: str) -> list[str]:
    """The arguments with which a slave boots an image, its root of the kind `root`, before the loader adds its own."""
    attached = devices(image, slave, root)
    nodes = {device.export: device.node for device in attached}
    if root in NBD_ROOTS:
        place = _nbd_root(image, slave, root, nodes)
    else:
        place = _nfs_root(directory, image, master, slave, root)
    init = booted(slave, image["name"])["init"]
    return [
        *place,
        *(
            f"diskless.mount={mount['path']},{mount['fstype']},{mount['src']},{mount['opts']}"
            for mount in slave["mounts"]
        ),
        *(
            f"diskless.mount={disk['path']},{disk['fstype']},{nodes[own_export(slave, disk['name'])]},{disk['opts']},"
            "x-systemd.growfs"
            for disk in slave["disks"]
        ),
        *(
            f"diskless.nbd={number},{master['ip']},{device.export},{device.access}"
            for number, device in enumerate(attached)
        ),
        *_swap(slave, root, nodes),
        f"diskless.node={master['ip']}:{NODE_PORT}/{slave['name']}",
        *state_dirs.arguments(directory, master["ip"], slave),
        "ip=dhcp",
        # Not by DHCP alone: on a network of mode proxy another server answers, which does not know it.
        f"{HOSTNAME[init]}={slave['hostname']}",
        *services.arguments(slave["services"], init),
        # What the generator and the job of the image take otherwise.
        *([] if slave["timer_spread"] == TIMER_SPREAD else [f"diskless.timers={slave['timer_spread']}"]),
        *log_host.argument(master["ip"], slave, init),
        *(f"console={console}" for console in slave["consoles"]),
        *slave["cmdline"],
    ]


def _nfs_root(directory: str, image: Image, master: Master, slave: Slave, root: str) -> list[str]:
    generation = image_directory(directory, image["name"], slave)
    if root == "nfs_tree":
        place = [f"nfsroot={master['ip']}:{tree_directory(directory, slave)}", "rw"]
        shared = booted(slave, image["name"])["shared"]
        if shared:
            place.append(f"diskless.shared={generation}/root.squashfs:{','.join(shared)}")
    else:
        lower = "root" if image["format"] == "tree" else "root.squashfs"
        place = [f"nfsroot={master['ip']}:{generation}", "ro", f"diskless.lower={lower}"]
    return ["root=/dev/nfs", *place]


def _nbd_root(image: Image, slave: Slave, root: str, nodes: dict[str, str]) -> list[str]:
    """`nodes`: the name of each export's device in the slave."""
    place = [f"root={nodes[image_export(image, slave)]}", f"rootfstype={image['nbd']['format']}"]
    if root == "nbd_cow":
        return [*place, "rw", f"diskless.cow={nodes[own_export(slave, SCRATCH)]}"]
    if root == "persist":
        return [*place, "ro", f"diskless.upper={nodes[own_export(slave, PERSIST)]}"]
    return [*place, "ro"]


def _swap(slave: Slave, root: str, nodes: dict[str, str]) -> list[str]:
    """What is swapped to; a file is left out where a menu starts an image that keeps nothing."""
    swap = slave["swap"]
    if swap is None or (swap["type"] == "file" and root not in STAYING):
        return []
    if swap["type"] == "nbd":
        return [f"diskless.swap={nodes[own_export(slave, SWAP)]}"]
    return [f"diskless.swap={swap['type']}" + ("" if swap["size"] is None else f",{swap['size']}")]
