# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of iPXE's scripts (https://ipxe.org/cmd), for the version of 2019 that Debian 12 has and later.

A command that fails ends the script unless ``||`` stands behind it, and with the script the booting. These end only by
``boot``, or by ``exit 1``, after which the firmware tries its next boot device (UEFI 2.10, 3.1.1, and ROMs of BIOS).
"""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.boot_entries import Label, Machine, Menu, Page
from ansible_collections.diskless.netboot.plugins.module_utils.loader_files import IPXE_SCRIPT
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER

FIRST_LINE = "#!ipxe"
# PXELINUX's SYSAPPEND 2 in iPXE's words; netX is the card that was used last, which is the one that booted.
BOOTIF = "01-${netX/mac:hexhyp}"
_RETRY = ["echo That did not work. Trying again in 10 seconds.", "sleep 10 ||"]


def dispatcher(page: Page) -> str:
    """Render boot.ipxe: it goes on with the script of the card, of the address, or says that the machine is unknown.

    Names are relative to the script: they are fetched by whatever fetched it.
    """
    wait = f" --timeout {page.timeout * 1000}" if page.timeout else ""
    known = f"chain --replace machines/{BOOTIF}.ipxe || chain --replace machines/${{netX/ip}}.ipxe"
    lines = [
        FIRST_LINE,
        MARKER,
        f"{known} ||",
        # Once more, as the server may be starting, and iPXE does not tell that from a file that is not there.
        "sleep 5 ||",
        f"{known} || goto unknown",
        ":unknown",
        *(_say(line) for line in page.message),
        f"prompt{wait} Press any key to start from the local disk at once. ||",
        "exit 1",
    ]
    return "\n".join(lines) + "\n"


def embedded(address: str, *, http: bool) -> str:
    """Render the script inside of an image for Etherboot: it needs no further word from DHCP than an address."""
    site = f"{'http' if http else 'tftp'}://{address or '${next-server}'}"
    lines = [
        FIRST_LINE,
        MARKER,
        ":again",
        f"dhcp && chain --replace {site}/{IPXE_SCRIPT} ||",
        *_RETRY,
        "goto again",
    ]
    return "\n".join(lines) + "\n"


def machine(entry: Machine, page: Page) -> str:
    """Render the script of one machine."""
    lines = [FIRST_LINE, MARKER, *(_menu(entry, entry.menu, page) if entry.menu else _at_once(entry, page))]
    return "\n".join(lines) + "\n"


def _at_once(entry: Machine, page: Page) -> list[str]:
    """The first label without a menu. One that cannot be fetched is tried again: the master may be starting."""
    first = entry.labels[0]
    if not first.kernel:
        return ["exit 1"]
    return [":again", f"echo Booting {entry.title}", *_kernel(first, page), ":failed", *_RETRY, "goto again"]


def _menu(entry: Machine, menu: Menu, page: Page) -> list[str]:
    """A key stops the countdown; after the first choice there is none."""
    lines = [f"set wait {menu.timeout * 1000}", ":menu", f"menu -- {entry.title}"]
    lines += [f"item label-{label.name} {label.title}" for label in entry.labels]
    if menu.help:
        lines.append("item --key h help Help (h)")
    lines += [
        f"choose --default label-{menu.default} --timeout ${{wait}} chosen || goto menu",
        "set wait 0",
        "goto ${chosen}",
    ]
    for label in entry.labels:
        lines += [f":label-{label.name}"]
        lines += [f"echo Booting {label.title}", *_kernel(label, page)] if label.kernel else ["exit 1"]
    if menu.help:
        lines += [":help", _say(entry.title), _say(), *map(_say, menu.help), _say()]
        lines += ["prompt Press any key to go back to the menu. ||", "goto menu"]
    return [*lines, ":failed", "echo That did not work.", "sleep 5 ||", "goto menu"]


def _kernel(label: Label, page: Page) -> list[str]:
    """`initrd=` is for the kernel's EFI stub, which finds there the file of that name; BIOS needs none."""
    command = " ".join([f"{page.url}/{label.kernel}", "initrd=initrd.img", *label.arguments, f"BOOTIF={BOOTIF}"])
    return [
        "imgfree",
        f"kernel {command} || goto failed",
        f"initrd --name initrd.img {page.url}/{label.initrd} || goto failed",
        "boot || goto failed",
    ]


def _say(line: str = "") -> str:
    return f"echo -- {line}" if line else "echo"
