# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PXELINUX, GRUB and iPXE can all carry literally: kernel arguments, names of labels, lines of text.

Each `..._fault` tells what is wrong with a string, or None when nothing is. Why something is refused: GRUB puts
backslashes before ``\\``, ``'`` and ``"`` (grub_create_loader_cmdline, lib/cmdline.c); iPXE expands ``${``, ends a
command at ``||``, ``&&``, ``;`` and ``#``, and makes one space of several (core/exec.c); PXELINUX loads what stands
behind the first ``initrd=``, wherever that is (com32/elflink/ldlinux/kernel.c of SYSLINUX). The kernel knows double
quotes around a whole argument or its value (next_arg(), lib/cmdline.c).
"""

from __future__ import annotations

import re

# PXELINUX's SERIAL: port, baud rate, flow control (syslinux.txt).
SERIAL = re.compile(r"(0x[0-9a-fA-F]+|[0-9]+)( [0-9]+( (0x[0-9a-fA-F]+|[0-9]+))?)?")
# Seconds, within the 35996 tenths that PXELINUX's TIMEOUT takes.
TIMEOUT_LIMIT = 3599
# The kernel takes 2047 characters (COMMAND_LINE_SIZE of x86); loaders add BOOT_IMAGE=, initrd= and BOOTIF= to these.
CMDLINE_LENGTH = 1800

ARGUMENT_ALLOWED = (
    "printable ASCII without '\\', ''' and '${'; spaces one at a time and only in name=\"value\" or \"argument\"; "
    "no '-', '||', '&&', ';' or '#...' as a word; no initrd= anywhere, no BOOT_IMAGE= or BOOTIF="
)
LABEL_ALLOWED = "1 to 32 lower-case letters, digits and '-', beginning with a letter or digit"
# Two names of 63 characters and what joins them; a screen's line and page, less what stands around them.
TITLE_LENGTH = 130
LINE_LENGTH = 78
HELP_LINES = 20
TITLE_ALLOWED = f"1 to {TITLE_LENGTH} letters, digits, single spaces and .,:!?()/+=@*'_-"
LINE_ALLOWED = f"at most {LINE_LENGTH} letters, digits, single spaces and .,:!?()/+=@*'_-"

LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LINE = re.compile(r"[A-Za-z0-9.,:!?()/+=@*'_-]+(?: [A-Za-z0-9.,:!?()/+=@*'_-]+)*")
_ARGUMENT = re.compile(r'[^\s"]+|[^\s"=]+="[^"]*"|"[^"]*"')
_IPXE_TOKENS = ("||", "&&", ";")
_LOADERS_OWN = ("BOOT_IMAGE=", "BOOTIF=")


def argument_fault(text: str) -> str | None:
    """One kernel argument."""
    return _character_fault(text) or _shape_fault(text) or _word_fault(text)


def _shape_fault(text: str) -> str | None:
    refused = next((one for one in ("\\", "'", "${") if one in text), None)
    if refused:
        return f"holds {refused!r}"
    if text in ("", '""', "-"):
        return "is no argument"
    if text.count('"') % 2:
        return "holds a quote that is not closed"
    if not _ARGUMENT.fullmatch(text):
        return "holds an unquoted space" if " " in re.sub(r'"[^"]*"', "", text) else "holds a quote inside of a word"
    return "holds two spaces in a row" if "  " in text else None


def _word_fault(text: str) -> str | None:
    # iPXE splits at every space, also within quotes
    word = next((one for one in text.split(" ") if one in _IPXE_TOKENS or one.startswith("#")), None)
    if word:
        return f"holds the word {word!r}"
    if "initrd=" in text:
        return "holds 'initrd=', which the loader adds"
    own = next((one for one in _LOADERS_OWN if text.lstrip('"').startswith(one)), None)
    return f"begins with {own!r}, which the loader adds" if own else None


def title_fault(text: str) -> str | None:
    """A menu's title, or that of a label."""
    if not text:
        return "is empty"
    return _line_fault(text, TITLE_LENGTH)


def line_fault(text: str) -> str | None:
    """A line of a page; it may be empty."""
    return _line_fault(text, LINE_LENGTH) if text else None


def label_fault(text: str) -> str | None:
    """A label's name."""
    return None if LABEL.fullmatch(text) else _character_fault(text) or "is no name of a label"


def plain_argument(text: str) -> str:
    """A good argument without its quotes: what the kernel makes of it, and what GRUB must be given."""
    return text.replace('"', "")


def _line_fault(text: str, limit: int) -> str | None:
    fault = _character_fault(text)
    if fault:
        return fault
    if len(text) > limit:
        return f"has {len(text)} characters"
    if _LINE.fullmatch(text):
        return None
    if text != text.strip() or "  " in text:
        return "holds a space at an end, or two in a row"
    wrong = next(one for one in text if one != " " and not _LINE.fullmatch(one))
    return f"holds {wrong!r}"


def _character_fault(text: str) -> str | None:
    if any(one in text for one in "\n\r\x0b\x0c\x85\u2028\u2029"):
        return "holds a line break"
    if not text.isprintable():
        return "holds a control character"
    wrong = next((one for one in text if not one.isascii()), None)
    return f"holds {wrong!r}, which is not ASCII" if wrong else None
