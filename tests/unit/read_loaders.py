"""What a machine shows and starts, and how the kernel reads its command line; the tests' own readers make it.

Nothing in read_*.py is taken from the code that writes those files. What a reader does not understand is an error, so
that a line which was smuggled in is one too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Stands for what a loader puts in the place of a variable; no text that is checked holds it.
VARIABLE = "\ue000"
BOOTING = "Booting "

# Name and value; None without an equals sign.
Argument = tuple[str, str | None]
# Blanks within quotes are none.
_WORD = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')


class Choice(NamedTuple):
    """What one label starts: no kernel where it is the local disk."""

    name: str
    title: str
    kernel: str
    initrd: str
    arguments: tuple[Argument, ...]


class Screen(NamedTuple):
    """All that a machine shows and starts. Without a menu `default` and `timeout` are None, `shown` is what it says.

    `timeout` in seconds, 0 waits; `shown`: the menu's title, then the lines of the page for help.
    """

    default: str | None
    timeout: int | None
    shown: tuple[str, ...]
    choices: tuple[Choice, ...]


def kernel_arguments(line: str) -> list[Argument]:
    """Take a command line apart as Linux does (lib/cmdline.c, next_arg())."""
    found: list[Argument] = []
    for whole in _WORD.findall(line):
        word = whole[1:].removesuffix('"') if whole.startswith('"') else whole
        name, equals, value = word.partition("=")
        if value.startswith('"'):
            value = value[1:].removesuffix('"')
        found.append((name, value if equals else None))
    return found


def without_loaders_own(arguments: list[Argument]) -> tuple[Argument, ...]:
    """The arguments before the card's, which must be last, and without iPXE's name of the initramfs."""
    if not arguments or arguments[-1] not in (("BOOTIF", VARIABLE), ("BOOTIF", f"01-{VARIABLE}")):
        raise ValueError(f"no card at the end of {arguments}")
    return tuple(one for one in arguments[:-1] if one != ("initrd", "initrd.img"))
