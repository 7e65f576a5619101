"""The text of GRUB's files, and that GRUB itself can read it."""

from __future__ import annotations

import pathlib
import subprocess
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries
from ansible_collections.diskless.netboot.plugins.module_utils import grub_render as render
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER
from boot_examples import DISK, HTTP, MENU, PAGE, PLAIN, machine
from programs import program

TRY = [
    "while true; do",
    '  echo " Booting pc02, a"',
    '  for site in "$base" ""; do',
    "    if linux \"${site}/images/a/1/vmlinuz\" 'root=/dev/nfs' 'dyndbg=file a +p' 'x=a`b$c%d{e}|f&g;h' "
    '"BOOTIF=$bootif"; then',
    "      set loaded=y",
    '      if initrd "${site}/images/a/1/initrd.img"; then',
    "        boot",
    "      fi",
    "    fi",
    "  done",
    '  echo " That did not work."',
]
AGAIN = ['  echo " Trying again in 10 seconds."', "  sleep 10", "done"]
LOCAL = [
    "function local_disk {",
    '  if [ "$grub_platform" = efi ]; then',
    '    if [ "$grub_cpu" = x86_64 ]; then set processor=x64; fi',
    '    if [ "$grub_cpu" = i386 ]; then set processor=ia32; fi',
    '    if [ "$grub_cpu" = arm64 ]; then set processor=aa64; fi',
    '    if [ "$grub_cpu" = arm ]; then set processor=arm; fi',
    '    if [ "$lockdown" != y ]; then',
    "      insmod part_gpt",
    "      insmod part_msdos",
    "      insmod fat",
    "    fi",
    "    for file in /EFI/Microsoft/Boot/bootmgfw.efi /EFI/debian/shim${processor}.efi "
    "/EFI/debian/grub${processor}.efi /EFI/ubuntu/shim${processor}.efi /EFI/fedora/shim${processor}.efi "
    "/EFI/opensuse/shim.efi /EFI/BOOT/BOOT${processor}.EFI; do",
    '      if search --no-floppy --file --set=root "$file"; then',
    '        if chainloader "$file"; then',
    "          boot",
    "        fi",
    "      fi",
    "    done",
    "  fi",
    "  exit 1",
    "}",
]


def test_a_machine_without_menu() -> None:
    assert render.machine(machine(PLAIN)).splitlines() == [MARKER, "set found=y", *TRY, *AGAIN]


def test_a_machine_that_boots_its_disk() -> None:
    assert render.machine(machine(PLAIN, labels=[DISK])).splitlines() == [MARKER, "set found=y", "local_disk"]


def test_a_menu() -> None:
    lines = [*TRY, '  if [ -z "$loaded" ]; then break; fi', *AGAIN]
    body = [f"  {line}".replace("Booting pc02, a", "Booting Reading room") for line in lines]
    assert render.machine(machine(MENU)).splitlines() == [
        MARKER,
        "set found=y",
        "set default=label-disk",
        "set timeout_style=menu",
        "set timeout=5",
        'menuentry "Reading room" --id=label-reading --unrestricted {',
        *body,
        "}",
        'menuentry "Disk" --id=label-disk --unrestricted {',
        "  local_disk",
        "}",
        'menuentry "Help (F1)" --id=help --hotkey=f1 --unrestricted {',
        "  clear",
        '  echo " The reading room"',
        "  echo",
        '  echo " - Reading: for readers."',
        "  echo",
        '  echo " It\'s free."',
        "  echo",
        '  echo " Press Esc to go back to the menu."',
        "  sleep --interruptible 2000000",
        "}",
    ]


def test_a_menu_that_may_be_edited_and_waits_for_ever() -> None:
    text = render.machine(machine(MENU, menu={"edit": True, "help": [], "timeout": 0}))
    assert f"{MARKER}\nset found=y\nunset superusers\nset default=label-disk\n" in text
    assert "set timeout=-1\n" in text
    assert "help" not in text


def test_the_dispatcher() -> None:
    assert render.dispatcher(PAGE).splitlines() == [
        MARKER,
        'if [ "$grub_platform" = pc ]; then',
        "  serial --unit=0 --speed=115200",
        "  terminal_input console serial",
        "  terminal_output console serial",
        "fi",
        'set superusers="nobody"',
        "export superusers",
        'set base=""',
        *LOCAL,
        "regexp --set=1:a --set=2:b --set=3:c --set=4:d --set=5:e --set=6:f "
        "'^(..):(..):(..):(..):(..):(..)$' \"$net_default_mac\"",
        'set bootif="01-${a}-${b}-${c}-${d}-${e}-${f}"',
        "export base bootif",
        'set found=""',
        'for name in "$bootif" "$net_default_ip"; do',
        '  if [ -z "$found" ]; then',
        '    if [ -s "$prefix/machines/$name.cfg" ]; then',
        '      source "$prefix/machines/$name.cfg"',
        "    fi",
        "  fi",
        "done",
        'if [ -z "$found" ]; then',
        '  echo " Not known here."',
        "  echo",
        '  echo " Ask."',
        '  echo " Press Esc to start from the local disk at once."',
        "  sleep --interruptible 30",
        "  local_disk",
        "fi",
    ]


def test_the_dispatcher_with_http_and_without_serial_line() -> None:
    text = render.dispatcher(HTTP)
    assert text.startswith(f'{MARKER}\nset superusers="nobody"\n')
    assert 'if [ "$lockdown" != y ]; then\n  insmod http\n  set base="(http,192.168.1.1)"\nfi\n' in text
    assert "sleep --interruptible 2000000\n" in text


@pytest.mark.parametrize(
    ("serial", "line"),
    [
        ("1", "serial --unit=1 --speed=9600"),
        ("0x3f8 115200 0x303", "serial --port=0x3f8 --speed=115200"),
        ("1016 9600", "serial --port=1016 --speed=9600"),
    ],
)
def test_serial_lines(serial: str, line: str) -> None:
    assert f"  {line}\n" in render.dispatcher(boot_entries.Page(serial, "", 30, ()))


EVERY_CHARACTER = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "'\"\\$")


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        (PLAIN, {}),
        (MENU, {}),
        (PLAIN, {"label": {"cmdline": [f"x={EVERY_CHARACTER}", "$", "$x", "{", "}", "a;b", 'b="{ }"']}}),
        (MENU, {"title": "it's .,:!?()/+=@*'_-", "label": {"title": "it's .,:!?()/+=@*'_-"}}),
        (MENU, {"menu": {"help": ["-n", "--", "'", "*?", "!(a)"], "edit": True, "timeout": 0}}),
    ],
)
def test_grub_reads_it(base: dict[str, Any], changes: dict[str, Any], tmp_path: pathlib.Path) -> None:
    for text in (render.machine(machine(base, **changes)), render.dispatcher(PAGE), render.dispatcher(HTTP)):
        (tmp_path / "grub.cfg").write_text(text)
        checked = subprocess.run(
            [program("grub-script-check", "grub-common"), "--verbose", str(tmp_path / "grub.cfg")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (0, "")
