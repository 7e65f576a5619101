"""What the role master_packages does to a master, and what it says that it would do."""

from __future__ import annotations

import pathlib

import pytest
from testinfra.host import Host

from tests.lab import scenario


@pytest.mark.parametrize("name", ["cpio", "iproute2"])
def test_what_was_asked_for_is_installed(host: Host, name: str) -> None:
    assert host.package(name).is_installed


def test_check_mode_without_package_lists_and_python_tells_what_is_missing(host: Host, tmp_path: pathlib.Path) -> None:
    host.check_output("apt-get purge --yes python3-apt cpio")
    host.check_output("find /var/lib/apt/lists -type f -delete")
    outcome = scenario.converge(tmp_path, "--check")
    assert len(outcome.changes) == 1
    assert "Would install cpio" in scenario.log(tmp_path).read_text()
    assert not host.package("cpio").is_installed


def test_a_run_installs_what_is_missing_also_without_package_lists(host: Host, tmp_path: pathlib.Path) -> None:
    assert len(scenario.converge(tmp_path).changes) == 1
    assert host.package("cpio").is_installed
    assert scenario.converge(tmp_path).changes == []
