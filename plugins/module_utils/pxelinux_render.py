# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of PXELINUX's configuration files (syslinux.txt, menu.txt, pxelinux.txt of SYSLINUX 6)."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.boot_entries import Label, Machine, Menu, Page
from ansible_collections.diskless.netboot.plugins.module_utils.loader_files import PXELINUX_MENU

# What tells a file of ours from others', in every kind of them; a comment to each loader.
MARKER = "# Written by the Ansible module diskless.netboot.boot_files; changes here are lost."
# A display file ends here (syslinux.txt, "DISPLAY FILE FORMAT"), so that nobody is shown the marker behind it.
END_OF_PAGE = "\x1a"
NEW_SCREEN = "\x0c"
# No name that a label may have.
MENU_LABEL = ".menu"
# How a label that boots nothing from here says it: the firmware goes on with its next boot device.
LOCAL = "LOCALBOOT -1"


def machine(entry: Machine, page: Page, help_file: str) -> str:
    """Render the file of one machine; `help_file` is where its page behind F1 is, below the TFTP root."""
    edit = entry.menu is not None and entry.menu.edit
    lines = [
        *_preamble(page),
        f"DEFAULT {MENU_LABEL if entry.menu else entry.labels[0].name}",
        "PROMPT 0",
        *_rights(edit=edit),
        *(_menu(entry, entry.menu, help_file) if entry.menu else [f"SAY Booting {entry.title}"]),
    ]
    for label in entry.labels if entry.menu else entry.labels[:1]:
        lines += _label(label, page, default=entry.menu is not None and label.name == entry.menu.default)
    return "\n".join(lines) + "\n"


def help_page(entry: Machine, menu: Menu) -> str:
    """Render the page behind F1."""
    lines = [f"{NEW_SCREEN} {entry.title}", "", *(f" {line}".rstrip() for line in menu.help)]
    return "\n".join([*lines, "", " Press any key to go back to the menu.", f"{END_OF_PAGE}{MARKER}"]) + "\n"


def default(page: Page) -> str:
    """Render the page for machines that are not in the inventory: it says so, waits, and boots the local disk."""
    lines = [
        *_preamble(page),
        "DEFAULT local",
        "PROMPT 1",
        # Not NOESCAPE 1: with it SYSLINUX 6.04 starts DEFAULT without its prompt, so without TIMEOUT (ldlinux.c).
        "NOESCAPE 0",
        "ALLOWOPTIONS 0",
        "IMPLICIT 0",
        f"TIMEOUT {page.timeout * 10}",
        *(f"SAY {line}".rstrip() for line in page.message),
        "SAY Press Enter to start from the local disk at once.",
        "LABEL local",
        f"    {LOCAL}",
    ]
    return "\n".join(lines) + "\n"


def _preamble(page: Page) -> list[str]:
    # SERIAL must be the first directive (syslinux.txt); a comment may stand before it.
    return [MARKER, *([f"SERIAL {page.serial}"] if page.serial else [])]


def _rights(*, edit: bool) -> list[str]:
    """What people at the keyboard may do; IMPLICIT 0: a prompt takes labels only, no file's name."""
    return [f"NOESCAPE {int(not edit)}", f"ALLOWOPTIONS {int(edit)}", "IMPLICIT 0"]


def _menu(entry: Machine, menu: Menu, help_file: str) -> list[str]:
    """The menu is a label too, as IMPLICIT 0 keeps UI from starting it; it does not show itself."""
    lines = [
        f"LABEL {MENU_LABEL}",
        f"    COM32 {PXELINUX_MENU}",
        "    MENU HIDE",
        f"MENU TITLE {entry.title}",
        f"TIMEOUT {menu.timeout * 10}",
    ]
    if menu.help:
        hint = "Press F1 for help"
        lines += [f"F1 {help_file}", f"MENU NOTABMSG {hint}", f"MENU TABMSG {hint}, Tab to edit the arguments"]
    return lines


def _label(label: Label, page: Page, *, default: bool) -> list[str]:
    """`SYSAPPEND 2` adds ``BOOTIF=01-<mac>``: the initramfs then knows which interface booted."""
    lines = [f"LABEL {label.name}", f"    MENU LABEL {label.title}", *(["    MENU DEFAULT"] if default else [])]
    if not label.kernel:
        return [*lines, f"    {LOCAL}"]
    site = f"{page.url}/" if page.url else ""
    return [
        *lines,
        f"    LINUX {site}{label.kernel}",
        f"    INITRD {site}{label.initrd}",
        *([f"    APPEND {' '.join(label.arguments)}"] if label.arguments else []),
        "    SYSAPPEND 2",
    ]
