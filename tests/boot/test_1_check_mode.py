"""Check mode on a fresh master and on a converged one. Runs first: only then is the master fresh."""

from __future__ import annotations

import os
import pathlib
import re
import time

import pytest

from tests.boot.library import Library
from tests.lab.errors import LabError

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
# As the run tells while it works.
_BUILDING = re.compile(r"reading_room: \d+ of \d+ packages unpacked")
_BUILD_SECONDS = 600


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


def _everything(library: Library) -> tuple[dict[str, tuple[int, int, int]], ...]:
    return _entries(library.changed_files()), _entries(library.exported())


def _preview(library: Library, log: str, slave: str, more: pathlib.Path | str = "") -> list[str]:
    """What `playbooks/preview.yml` shows of a slave, line by line; it must not touch anything."""
    before = _everything(library)
    assert library.play("playbooks/preview.yml", log, "-e", f"slave={slave}", more=more).changes == []
    assert _everything(library) == before
    return [line.strip() for line in (library.folder / f"{log}.log").read_text().splitlines()]


def test_on_a_fresh_master_it_ends_well_and_writes_nothing(library: Library) -> None:
    before = _everything(library)
    library.site("check-fresh", "--check", "--diff")
    assert _everything(library) == before


def test_a_preview_on_a_fresh_master_has_all_as_new(library: Library) -> None:
    shown = _preview(library, "preview-fresh", "pc21")
    assert "What site.yml would change for pc21:" in shown
    assert "its boot file pxelinux.cfg/C0A80129 is written" in shown


def test_a_run_works_alone_and_when_it_is_killed_the_next_one_goes_on(
    library: Library, request: pytest.FixtureRequest
) -> None:
    with library.killed_site("killed") as log:
        _wait_for(log, _BUILDING)
        with pytest.raises(LabError, match="another run works on this master"):
            library.site("beside")
        assert not _BUILDING.search((library.folder / "beside.log").read_text())
    # The next run would wait for the end of what works on the master: that dies too, in the midst of its work.
    library.on_master("pkill", "--signal", "KILL", "--full", "async_wrapper|AnsiballZ|mmdebstrap")
    request.getfixturevalue("converged")
    assert "an earlier run has died before its end" in (library.folder / "converge.log").read_text()
    for image in ("reading_room", "catalogue"):
        assert len(library.on_master("ls", "--almost-all", f"/srv/diskless/images/{image}").split()) == 1
    assert "mmdebstrap" not in library.on_master("cat", "/proc/mounts")


def _wait_for(log: pathlib.Path, line: re.Pattern[str]) -> None:
    deadline = time.monotonic() + _BUILD_SECONDS
    while not line.search(log.read_text()):
        assert "PLAY RECAP" not in log.read_text(), f"{log} has ended without a line like {line.pattern}"
        assert time.monotonic() < deadline, f"{log} has no line like {line.pattern}"
        # A log wakes nobody who reads it.
        time.sleep(1)


def test_on_a_converged_master_it_changes_nothing(converged: Library) -> None:
    assert converged.site("reconverge").changes == []
    assert converged.site("check-converged", "--check", "--diff").changes == []


def test_images_alone_has_nothing_to_build_and_lists_what_is_there(converged: Library) -> None:
    assert converged.play("playbooks/images.yml", "images").changes == []
    assert converged.play("playbooks/images.yml", "images-listed", "-e", "diskless_list=true").changes == []
    listed = (converged.folder / "images-listed.log").read_text()
    for image in ("reading_room", "catalogue"):
        [generation] = converged.on_master("ls", f"/srv/diskless/images/{image}").split()
        assert generation in listed


# The one with most of its own: disks, swap, a root that stays.
def test_a_preview_on_a_converged_master_shows_what_a_changed_line_would_do(
    converged: Library, tmp_path: pathlib.Path
) -> None:
    assert "Nothing would change for pc07." in _preview(converged, "preview-converged", "pc07")

    (tmp_path / "hosts").write_text("[desk]\npc07\n")
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "pc07.yml").write_text("slave_cmdline: [quiet, panic=11]\n")
    shown = _preview(converged, "preview-changed", "pc07", more=tmp_path)
    changes = shown[shown.index("What site.yml would change for pc07:") + 1 :]
    assert [line for line in changes if line[:1] in {"+", "-"} and line[1:2] == " "] == [
        "-        'loglevel=4'",
        "+        'panic=11'",
        "-        loglevel=4",
        "+        panic=11",
    ]
    assert not any(line.startswith(("its exports", "its disk", "its files", "DHCP")) for line in changes)
