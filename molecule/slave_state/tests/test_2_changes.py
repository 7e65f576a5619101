"""What becomes of what slaves keep while they come and go.

Each test goes on where the one before has ended.
"""

from __future__ import annotations

import pathlib

from testinfra.host import Host

from tests.lab import scenario

TOP = "/srv/diskless"
OWN = f"{TOP}/own"
STAYS = [{"name": "pc01"}]


def kept(host: Host) -> list[str]:
    """The slaves that have a place."""
    return str(host.check_output(f"ls {OWN}")).split()


def test_who_leaves_keeps_what_it_has_and_that_is_told(host: Host, tmp_path: pathlib.Path) -> None:
    host.check_output(f"echo precious > {OWN}/pc02/database; ln -s /etc {OWN}/pc02/link")
    assert scenario.converge(tmp_path, slave_state_slaves=STAYS).changes == []
    assert "kept what slaves have kept that are not listed any more: pc02" in scenario.log(tmp_path).read_text()
    assert kept(host) == ["pc01", "pc02"]
    assert host.file(f"{OWN}/pc02/database").content_string == "precious\n"


def test_what_was_made_and_is_gone_is_an_error_and_nothing_is_made(host: Host, tmp_path: pathlib.Path) -> None:
    host.check_output(f"mv {OWN}/pc01 /srv/unmounted")
    outcome = scenario.run(tmp_path, slave_state_slaves=[*STAYS, {"name": "pc03"}])
    assert outcome.status != 0
    said = " ".join(scenario.log(tmp_path).read_text().split())
    assert f"{OWN}: what was made is gone: pc01. Is a file system not mounted?" in said
    assert kept(host) == ["pc02"]
    host.check_output(f"mv /srv/unmounted {OWN}/pc01")


def test_it_goes_when_that_is_asked_for_and_what_it_leads_to_stays(host: Host, tmp_path: pathlib.Path) -> None:
    scenario.converge(tmp_path, slave_state_slaves=STAYS, slave_state_prune=True)
    assert kept(host) == ["pc01"]
    assert host.file("/etc/passwd").exists
