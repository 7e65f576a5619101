"""Whether known_hosts and ssh_config can be written, as found before a run changes anything."""

from __future__ import annotations

import os
import pathlib

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.filter.ssh_directory_fault import ssh_directory_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils import ssh_directory, ssh_files

END = (
    ", and known_hosts and ssh_config of the fleet belong into {}; "
    'diskless_ssh_directory may name another folder; "" is none'
)


@pytest.mark.parametrize("path", ["", ".ssh", "a/b/.ssh"])
def test_a_folder_that_is_there_or_can_be_made_will_do(tmp_path: pathlib.Path, path: str) -> None:
    assert ssh_directory.fault(str(tmp_path / path)) is None
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_run_made_is_written_anew(tmp_path: pathlib.Path) -> None:
    for name in ssh_files.FILES:
        (tmp_path / name).write_text(f"{ssh_files.HEADER}\n")
    assert ssh_directory.fault(str(tmp_path)) is None


def test_a_file_of_somebody_elses_is_not(tmp_path: pathlib.Path) -> None:
    (tmp_path / "known_hosts").write_bytes(b"mine \xff\n")
    assert ssh_directory.fault(str(tmp_path)) == (
        f"{tmp_path}/known_hosts was not made by a run; move it away, or name another folder in diskless_ssh_directory"
    )


def test_a_folder_with_a_name_that_ssh_cannot_be_told(tmp_path: pathlib.Path) -> None:
    fault = ssh_directory.fault(f"{tmp_path}/100%")
    assert fault is not None
    assert fault.endswith("no absolute path that ssh_config(5) can hold")


@pytest.mark.parametrize("below", ["", "/a/.ssh"])
def test_a_file_is_no_folder(tmp_path: pathlib.Path, below: str) -> None:
    (tmp_path / "file").touch()
    folder = f"{tmp_path}/file{below}"
    assert ssh_directory.fault(folder) == f"{tmp_path}/file is no folder{END.format(folder)}"


def test_a_folder_in_place_of_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "ssh_config").mkdir()
    assert ssh_directory.fault(str(tmp_path)) == f"{tmp_path}/ssh_config cannot be read{END.format(tmp_path)}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as another user")
@pytest.mark.parametrize("below", ["", "/.ssh"])
def test_a_folder_of_another_users(below: str) -> None:
    # access(2) goes by the real user, and root may write everywhere.
    os.setreuid(65534, 0)
    try:
        fault = ssh_directory.fault(f"/etc{below}")
    finally:
        os.setreuid(0, 0)
    assert fault == f"/etc cannot be written{END.format(f'/etc{below}')}"


@pytest.mark.parametrize("directory", ["", ".ssh", None, 5])
def test_the_filter_takes_an_absolute_path(directory: object) -> None:
    with pytest.raises(AnsibleFilterError, match="takes the absolute path of a folder"):
        ssh_directory_fault(directory)
