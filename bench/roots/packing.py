"""How long the programs ran that packed an image: wrappers before them in a master's PATH write it down."""

from __future__ import annotations

LOG = "/run/packing"

# All that rootfs_disk_command.py and rootfs_command.py pack with. What they start has no wrapper.
PROGRAMS = ("mksquashfs", "unsquashfs", "mkfs.erofs", "mke2fs", "debugfs", "e2fsck", "resize2fs", "mkfs.btrfs")

_WRAPPER = """\
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
begun=$(date +%s.%N)
"{program}" "$@"
status=$?
echo "$begun $(date +%s.%N)" >> {log}
exit $status
"""


def wrappers() -> dict[str, str]:
    """The wrappers by where they go, executable for all; the master's PATH has that folder first."""
    return {f"/usr/local/sbin/{program}": _WRAPPER.format(program=program, log=LOG) for program in PROGRAMS}


def seconds(log: str) -> float:
    """How long they ran, of what they wrote down."""
    spans = [tuple(float(word) for word in line.split()) for line in log.splitlines()]
    return sum(ended - begun for begun, ended in spans)
