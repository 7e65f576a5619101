"""The text of PXELINUX's files."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries
from ansible_collections.diskless.netboot.plugins.module_utils import pxelinux_render as render
from boot_examples import DISK, HTTP, MENU, PAGE, PLAIN, machine


def test_a_machine_without_menu() -> None:
    assert render.machine(machine(PLAIN), PAGE, "x").splitlines() == [
        render.MARKER,
        "SERIAL 0 115200",
        "DEFAULT reading",
        "PROMPT 0",
        "NOESCAPE 1",
        "ALLOWOPTIONS 0",
        "IMPLICIT 0",
        "SAY Booting pc02, a",
        "LABEL reading",
        "    MENU LABEL Reading room",
        "    LINUX images/a/1/vmlinuz",
        "    INITRD images/a/1/initrd.img",
        '    APPEND root=/dev/nfs dyndbg="file a +p" x=a`b$c%d{e}|f&g;h',
        "    SYSAPPEND 2",
    ]


def test_a_menu() -> None:
    assert render.machine(machine(MENU), HTTP, "pxelinux.cfg/C0A80115.help").splitlines() == [
        render.MARKER,
        "DEFAULT .menu",
        "PROMPT 0",
        "NOESCAPE 1",
        "ALLOWOPTIONS 0",
        "IMPLICIT 0",
        "LABEL .menu",
        "    COM32 menu.c32",
        "    MENU HIDE",
        "MENU TITLE The reading room",
        "TIMEOUT 50",
        "F1 pxelinux.cfg/C0A80115.help",
        "MENU NOTABMSG Press F1 for help",
        "MENU TABMSG Press F1 for help, Tab to edit the arguments",
        "LABEL reading",
        "    MENU LABEL Reading room",
        "    LINUX http://192.168.1.1/images/a/1/vmlinuz",
        "    INITRD http://192.168.1.1/images/a/1/initrd.img",
        '    APPEND root=/dev/nfs dyndbg="file a +p" x=a`b$c%d{e}|f&g;h',
        "    SYSAPPEND 2",
        "LABEL disk",
        "    MENU LABEL Disk",
        "    MENU DEFAULT",
        "    LOCALBOOT -1",
    ]


def test_a_menu_that_may_be_edited_and_has_no_help() -> None:
    text = render.machine(machine(MENU, menu={"edit": True, "help": [], "timeout": 0}), PAGE, "x")
    assert "NOESCAPE 0\nALLOWOPTIONS 1\nIMPLICIT 0\n" in text
    assert "TIMEOUT 0\nLABEL reading\n" in text


def test_the_page_behind_f1() -> None:
    entry = machine(MENU)
    assert entry.menu is not None
    assert render.help_page(entry, entry.menu) == (
        "\x0c The reading room\n\n - Reading: for readers.\n\n It's free.\n\n"
        f" Press any key to go back to the menu.\n\x1a{render.MARKER}\n"
    )


@pytest.mark.parametrize("page", [PAGE, HTTP])
def test_a_machine_that_boots_its_disk(page: boot_entries.Page) -> None:
    text = render.machine(machine(PLAIN, labels=[DISK]), page, "x")
    assert text.endswith(
        "DEFAULT disk\nPROMPT 0\nNOESCAPE 1\nALLOWOPTIONS 0\nIMPLICIT 0\n"
        "SAY Booting pc02, a\nLABEL disk\n    MENU LABEL Disk\n    LOCALBOOT -1\n"
    )


def test_unknown_machines() -> None:
    assert render.default(PAGE).splitlines() == [
        render.MARKER,
        "SERIAL 0 115200",
        "DEFAULT local",
        "PROMPT 1",
        "NOESCAPE 0",
        "ALLOWOPTIONS 0",
        "IMPLICIT 0",
        "TIMEOUT 300",
        "SAY Not known here.",
        "SAY",
        "SAY Ask.",
        "SAY Press Enter to start from the local disk at once.",
        "LABEL local",
        "    LOCALBOOT -1",
    ]


def test_no_arguments() -> None:
    assert " APPEND" not in render.machine(machine(PLAIN, label={"cmdline": []}), PAGE, "x")
