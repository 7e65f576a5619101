# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NFS servers tell of their clients: the kernel's in its control files, Ganesha on the bus. All are pure."""

from __future__ import annotations

import re

SUPERBLOCK = re.compile(r'^- 0x[0-9a-f]+: \{ type: [a-z-]+, .*?superblock: "([0-9a-f]+):([0-9a-f]+):(-?[0-9]+)"')
"""A line of /proc/fs/nfsd/clients/*/states (Linux since 5.3, fs/nfsd/nfs4state.c, nfs4_show_superblock): numbers of the
device in hexadecimal, then the inode as a signed number. File name and owner, which clients choose, come after it."""
ADDRESS = re.compile(r'^address: "(.*)"$', re.MULTILINE)
"""In /proc/fs/nfsd/clients/*/info, with the port."""
EXPORT = re.compile(
    r'^ *uint16 (\d+)\n *string "(.*)"\n *struct \{\n *struct \{\n *string "NFSv3"\n *boolean (\w+)$', re.M
)
"""An export in the reply to Ganesha's ShowExports, as dbus-send(1) prints it: the first that it counts is NFSv3."""
INODES = 1 << 64


def opened(states: str) -> set[tuple[str, int]]:
    """Give device (``8:1``, as in mountinfo) and inode of what a client has open, locked or delegated to it.

    A client that has not been heard of for a lease keeps its state as long as nobody else wants it, up to a day
    ("courtesy", since Linux 5.19), so a slave that was switched off counts that long.
    """
    found = set()
    for line in states.splitlines():
        match = SUPERBLOCK.match(line)
        if match:
            found.add((f"{int(match[1], 16)}:{int(match[2], 16)}", int(match[3]) % INODES))
    return found


def address(info: str) -> str:
    """Give a client's address without its port, or an empty text where it has none."""
    match = ADDRESS.search(info)
    return match[1].rpartition(":")[0].strip("[]") if match else ""


def speaks_version_3(versions: str) -> bool:
    """Say whether the kernel's server serves NFS 3, by /proc/fs/nfsd/versions: ``-2 +3 +4 +4.1 +4.2`` (nfsd(7))."""
    return "+3" in versions.split()


def mounted(rmtab: str) -> dict[str, set[str]]:
    """Give the clients that have mounted each path by NFS 3, as rpc.mountd(8) notes it in rmtab.

    A client that was switched off stays there: it has never said that it is done.
    """
    found: dict[str, set[str]] = {}
    for line in rmtab.splitlines():
        # An IPv6 address has colons too; the count, behind the last, has none.
        match = re.fullmatch(r"(.+?):(/.*):0x[0-9a-f]+", line)
        if match:
            found.setdefault(match[2], set()).add(match[1])
    return found


def exported_to_version_3(reply: str) -> set[str]:
    """Give the paths that clients of NFS 3 have used since Ganesha was started, from its reply to ShowExports."""
    return {path for number, path, used in EXPORT.findall(reply) if used == "true" and number != "0"}
