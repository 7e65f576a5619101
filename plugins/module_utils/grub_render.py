# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of GRUB's configuration files, for version 2.06 and later (GRUB's manual).

They use only what Debian's signed image has built in: under Secure Boot it loads no module. It has no `http` either, so
that kernels come by TFTP there. `test -e` is never true for a file on the network, `test -s` is, but by HTTP also for
what a server says in place of a missing file: so a machine's file says itself that it was found. A regular expression's
groups are what takes a MAC apart, as there is no other command for it.
"""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.boot_entries import Label, Machine, Menu, Page
from ansible_collections.diskless.netboot.plugins.module_utils.boot_words import plain_argument
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER

# As long as `sleep` can (it counts milliseconds in 31 bits), where a page waits for ever.
LONGEST_SECONDS = 2_000_000
# How a label that boots nothing from here says it: a function of grub.cfg.
LOCAL = "local_disk"
# UEFI's name of a processor, in the names of loaders (UEFI 2.10, 3.5.1.1), by GRUB's.
_PROCESSORS = {"x86_64": "x64", "i386": "ia32", "arm64": "aa64", "arm": "arm"}
# Loaders on a disk's EFI system partition. The last is for disks that firmware does not know; others' copies of it may
# only write boot entries and restart the machine.
_DISK_LOADERS = (
    "/EFI/Microsoft/Boot/bootmgfw.efi",
    "/EFI/debian/shim${processor}.efi",
    "/EFI/debian/grub${processor}.efi",
    "/EFI/ubuntu/shim${processor}.efi",
    "/EFI/fedora/shim${processor}.efi",
    "/EFI/opensuse/shim.efi",
    "/EFI/BOOT/BOOT${processor}.EFI",
)
_OCTETS = ("a", "b", "c", "d", "e", "f")


def dispatcher(page: Page) -> str:
    """Render grub.cfg: it goes on with the file of the card, of the address, or says that the machine is unknown.

    For the files of machines it sets `bootif` (what PXELINUX's SYSAPPEND 2 gives) and `base` (before a path from the
    TFTP root). Without a password for its superuser nobody gets to the prompt or into an entry.
    """
    lines = [
        MARKER,
        *_serial(page.serial),
        'set superusers="nobody"',
        "export superusers",
        'set base=""',
        *(_http(page.url) if page.url else []),
        *_local(),
        "regexp "
        + " ".join(f"--set={n}:{octet}" for n, octet in enumerate(_OCTETS, 1))
        + f" '^{':'.join(['(..)'] * 6)}$' \"$net_default_mac\"",
        f'set bootif="01-{"-".join("${" + octet + "}" for octet in _OCTETS)}"',
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
        *(f"  {line}" for line in _unknown(page)),
        "fi",
    ]
    return "\n".join(lines) + "\n"


def machine(entry: Machine) -> str:
    """Render the file of one machine."""
    lines = [MARKER, "set found=y"]
    if entry.menu:
        lines += _menu(entry, entry.menu)
    else:
        lines += _at_once(entry)
    return "\n".join(lines) + "\n"


def _serial(serial: str) -> list[str]:
    """UEFI has consoles of its own, and copies them to the serial line where it is told to."""
    if not serial:
        return []
    port, baud = [*serial.split(), "9600"][:2]
    unit = f"--port={port}" if port.startswith("0x") or int(port) > 3 else f"--unit={port}"
    return [
        'if [ "$grub_platform" = pc ]; then',
        f"  serial {unit} --speed={baud}",
        "  terminal_input console serial",
        "  terminal_output console serial",
        "fi",
    ]


def _http(url: str) -> list[str]:
    return [
        'if [ "$lockdown" != y ]; then',
        "  insmod http",
        f'  set base="(http,{url[len("http://") :]})"',
        "fi",
    ]


def _local() -> list[str]:
    """The function that starts the local disk.

    Leaving GRUB does so on a BIOS. UEFI is told of a success then, at which it may stop and show its setup in place of
    the next boot device (UEFI 2.10, 3.1.1), and GRUB's `exit` has no other word for it: so it starts the disk itself.
    """
    return [
        "function local_disk {",
        '  if [ "$grub_platform" = efi ]; then',
        *(f'    if [ "$grub_cpu" = {ours} ]; then set processor={theirs}; fi' for ours, theirs in _PROCESSORS.items()),
        # All built in where modules are refused.
        '    if [ "$lockdown" != y ]; then',
        *(f"      insmod {module}" for module in ("part_gpt", "part_msdos", "fat")),
        "    fi",
        # As `root`, so that what is started looks for the rest of it on that disk.
        f"    for file in {' '.join(_DISK_LOADERS)}; do",
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


def _unknown(page: Page) -> list[str]:
    return [
        *(_say(line) for line in page.message),
        _say("Press Esc to start from the local disk at once."),
        f"sleep --interruptible {page.timeout or LONGEST_SECONDS}",
        LOCAL,
    ]


def _at_once(entry: Machine) -> list[str]:
    """The first label without a menu. One that cannot be fetched is tried again: the master may be starting."""
    return _start(entry.labels[0], entry.title)


def _menu(entry: Machine, menu: Menu) -> list[str]:
    lines = [
        *(["unset superusers"] if menu.edit else []),
        f"set default=label-{menu.default}",
        "set timeout_style=menu",
        f"set timeout={menu.timeout or -1}",
    ]
    for label in entry.labels:
        lines += _entry(label.title, f"--id=label-{label.name}", _chosen(label))
    if menu.help:
        page = ["clear", _say(entry.title), _say(), *map(_say, menu.help), _say()]
        page += [_say("Press Esc to go back to the menu."), f"sleep --interruptible {LONGEST_SECONDS}"]
        lines += _entry("Help (F1)", "--id=help --hotkey=f1", page)
    return lines


def _entry(title: str, options: str, body: list[str]) -> list[str]:
    return [f'menuentry "{title}" {options} --unrestricted {{', *(f"  {line}" for line in body), "}"]


def _chosen(label: Label) -> list[str]:
    """A label of a menu; one whose kernel cannot be fetched leads back there, and GRUB waits for a key before.

    Not so one whose initramfs alone is missing: GRUB starts what is loaded when an entry ends.
    """
    return _start(label, label.title, 'if [ -z "$loaded" ]; then break; fi')


def _start(label: Label, title: str, *failed: str) -> list[str]:
    """Start a kernel, by HTTP where that may work, and else by what GRUB itself came by; `failed` is what follows.

    A kernel that is not there by HTTP is an error to GRUB, but for an initramfs it takes what comes with a 404. Within
    single quotes it takes everything literally; its `linux` puts arguments with spaces into double ones.
    """
    if not label.kernel:
        return [LOCAL]
    arguments = "".join(f" '{plain_argument(one)}'" for one in label.arguments)
    return [
        "while true; do",
        f"  {_say(f'Booting {title}')}",
        '  for site in "$base" ""; do',
        f'    if linux "${{site}}/{label.kernel}"{arguments} "BOOTIF=$bootif"; then',
        "      set loaded=y",
        f'      if initrd "${{site}}/{label.initrd}"; then',
        "        boot",
        "      fi",
        "    fi",
        "  done",
        f"  {_say('That did not work.')}",
        *(f"  {line}" for line in failed),
        f"  {_say('Trying again in 10 seconds.')}",
        "  sleep 10",
        "done",
    ]


def _say(line: str = "") -> str:
    """A line of text; the space keeps one that begins with a hyphen from being an option."""
    return f'echo " {line}"' if line else "echo"
