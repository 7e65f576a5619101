"""Check mode on a fresh master and on a converged one. Runs first: only then is the master fresh."""

from __future__ import annotations

import os
import pathlib

from tests.boot.library import Library

# What Ansible itself and programs that only read leave behind on a master that it logs in to.
_OWN_TRACES = (
    "root/.ansible",
    "tmp",
    "var/tmp",
    "var/log",
    "var/lib/systemd",
    "run",
    "var/cache/ldconfig",
    "etc/machine-id",
)


def _is_trace(path: pathlib.Path) -> bool:
    return "__pycache__" in path.parts or any(path.is_relative_to(trace) for trace in _OWN_TRACES)


def _entries(root: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of change of all that is below `root`, without traces and times of directories."""
    found = {}
    for folder, names, files in os.walk(root):
        for name in [*names, *files]:
            path = pathlib.Path(folder, name)
            if not _is_trace(path.relative_to(root)):
                status = path.lstat()
                found[str(path.relative_to(root))] = (
                    (status.st_mode, 0, 0) if path.is_dir() else (status.st_mode, status.st_size, status.st_mtime_ns)
                )
    return found


def test_on_a_fresh_master_it_ends_well_and_writes_nothing(library: Library) -> None:
    before = (_entries(library.changed_files()), _entries(library.exported()))
    library.site("check-fresh", "--check", "--diff")
    assert (_entries(library.changed_files()), _entries(library.exported())) == before


def test_on_a_converged_master_it_changes_nothing(converged: Library) -> None:
    assert converged.site("reconverge").changes == []
    assert converged.site("check-converged", "--check", "--diff").changes == []
