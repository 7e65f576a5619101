# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs are that make an image, by what they print or have written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import progress, rootfs_command

MIB = 1 << 20
UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
"""As apt prints sizes."""

NEW = re.compile(r"\d+ upgraded, (\d+) newly installed")
NEED = re.compile(r"Need to get ([\d.,]+) ([kMG]?B)(?:/[\d.,]+ [kMG]?B)? of archives")
GOT = re.compile(r"Get:\d+ .* \[([\d.,]+) ([kMG]?B)\]$")
# "Unpacking a (2) over (1) ..." replaces a package that is counted already.
UNPACKING = re.compile(r"Unpacking (\S+) (?!.* over \()")
SETTING_UP = re.compile(r"Setting up (\S+) ")
BAR = re.compile(r"\[.*\] +\d+/\d+ +(\d+)%")

Told = tuple[str, str]
"""A step, and a text that tells where it is."""
Watcher = Callable[[str], "Told | None"]
"""Is given each line that a program prints, and an empty one each second in which it prints none."""


def size(number: str, unit: str) -> int:
    """Give the bytes that apt means."""
    return round(float(number.replace(",", "")) * UNITS[unit])


class Packages:
    """Listens to ``mmdebstrap --verbose``: first the essential packages are fetched and installed, then all others."""

    def __init__(self) -> None:
        self.known = 0
        self.fetched = 0
        self.wanted_bytes = 0
        self.fetched_bytes = 0
        self.wanted = 0
        self.unpacked: set[str] = set()
        self.installed: set[str] = set()

    def __call__(self, line: str) -> Told | None:
        """Read one line."""
        if found := NEW.match(line):
            self.wanted = int(found[1])
            self.known += self.wanted
            self.fetched = self.wanted_bytes = self.fetched_bytes = 0
            return None
        if found := NEED.match(line):
            self.wanted_bytes = size(found[1], found[2])
            return self._fetching() if self.wanted and self.wanted_bytes else None
        if found := GOT.match(line):
            return self._got(size(found[1], found[2]))
        if found := UNPACKING.match(line):
            return self._installing(self.unpacked, found[1])
        if found := SETTING_UP.match(line):
            return self._installing(self.installed, found[1]) if found[1] in self.unpacked else None
        return None

    def _got(self, bytes_: int) -> Told | None:
        if not self.known:
            return "lists", "lists of packages are fetched"
        if not self.wanted:
            return None  # a hook's own
        self.fetched += 1
        self.fetched_bytes += bytes_
        return self._fetching()

    def _fetching(self) -> Told:
        fetched = min(self.fetched, self.wanted)
        return (
            f"fetching {self.known}",
            f"{fetched} of {self.wanted} packages fetched, {mib(self.fetched_bytes)} of {mib(self.wanted_bytes)}",
        )

    def _installing(self, done: set[str], package: str) -> Told | None:
        if not self.known:
            return None  # what a hook installs before
        done.add(package)
        # A package of a hook's own is one too many.
        unpacked, installed = (min(len(names), self.known) for names in (self.unpacked, self.installed))
        return f"installing {self.known}", f"{unpacked} of {self.known} packages unpacked, {installed} set up"


def mib(bytes_: int) -> str:
    """Give a size as people read it."""
    return f"{bytes_ / MIB:.1f} MiB" if bytes_ < 10 * MIB else f"{bytes_ // MIB} MiB"


def unpacking(line: str) -> Told | None:
    """Listen to unsquashfs' bar."""
    found = BAR.match(line)
    return ("unpacking", f"{found[1]} % of its tree unpacked") if found else None


def growth(path: str) -> Watcher:
    """Look each second how large the file is that a program writes; it may be sparse."""
    name = os.path.basename(path)

    def look(line: str) -> Told | None:
        if line:
            return None
        try:
            bytes_ = os.stat(path).st_blocks * 512
        except OSError:
            bytes_ = 0
        return f"writing {name}", f"{mib(bytes_)} of {name} written"

    return look


WRITERS: Mapping[str, int] = {
    # Its own bar shows nothing to a pipe before the end.
    "mksquashfs": len(rootfs_command.LEASH) + 2,
    "mke2fs": -1,
    "mkfs.erofs": -2,
    "mkfs.btrfs": -1,
    # rootfs_disk_command.fill
    "sh": -3,
}
"""Where in its command a program has the path of the file that it writes."""


def silent(_line: str) -> None:
    """Listen to a program that takes no time worth telling."""


def watcher(command: Sequence[str]) -> Watcher:
    """Give what watches the program of a command."""
    program = rootfs_command.program(command)
    if program == "mmdebstrap":
        return Packages()
    if program == "unsquashfs":
        return unpacking
    return growth(command[WRITERS[program]]) if program in WRITERS else silent


def listener(command: Sequence[str]) -> Callable[[str], None]:
    """Give what listens to the program of a command and tells where it is."""
    watch = watcher(command)

    def listen(line: str) -> None:
        told = watch(line)
        if told is None:
            progress.TELLER.remind()
        else:
            progress.TELLER.tell(*told)

    return listen


def without_bar(output: str) -> str:
    """Give what a program printed less the bars it drew."""
    lines = output.replace("\r", "\n").splitlines()
    return "".join(f"{line}\n" for line in lines if line and not BAR.match(line))
