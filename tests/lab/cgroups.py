"""Finds out whether the machine's cgroup mounts can carry containers. Pure but for remove_tree."""

from __future__ import annotations

import os
import pathlib

ROOT = "/sys/fs/cgroup"


def mounts_below(mounts: str, folder: str) -> list[tuple[str, str]]:
    """(mount point, file system type) of `folder` and what lies on it, in the order of proc_mounts(5)."""
    found = []
    for line in mounts.splitlines():
        _device, point, kind, *_rest = line.split(" ")
        if point == folder or point.startswith(folder + "/"):
            found.append((point, kind))
    return found


def needs_mending(mounts: str) -> bool:
    """Whether /sys/fs/cgroup is anything but cgroup v2 alone: podman and crun refuse a mixture of v1 and v2."""
    return [kind for point, kind in mounts_below(mounts, ROOT) if point == ROOT][-1:] != ["cgroup2"]


def unified_root(mounts: str) -> str | None:
    """Where the machine mounts its cgroup v2 hierarchy; None when nowhere."""
    return next((point for point, kind in mounts_below(mounts, ROOT) if kind == "cgroup2"), None)


def lab_group(lab_id: str) -> str:
    """The cgroup that holds all containers of a lab."""
    return f"/diskless-lab-{lab_id}"


def remove_tree(group: pathlib.Path) -> None:
    """Removes a cgroup and those below it. They hold no process any more; one that does stays."""
    for folder, _names, _files in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            return
