"""What a change of the configuration does to the running server, and what does nothing to it."""

from __future__ import annotations

import functools
import pathlib
import typing

import pytest
from testinfra.host import Host

from tests.lab import dhcp_client, playbook, scenario

CONFIGURATION = "/etc/kea/kea-dhcp4.conf"
IN_EFFECT = "The chosen server runs by its configuration, also after the next start of the machine"
IN_PLACE = "Kea's configuration is in place"
PC01 = "52:54:00:00:00:21"


class Converge(typing.Protocol):
    """Runs the role once more, with other values of its variables."""

    def __call__(self, *arguments: str, **variables: object) -> playbook.Outcome: ...


@pytest.fixture
def converge(tmp_path: pathlib.Path) -> Converge:
    """Runs the role; nothing that it changed may remain."""
    return functools.partial(scenario.run, tmp_path)


@pytest.fixture
def converge_and_back(converge: Converge, tmp_path: pathlib.Path) -> typing.Iterator[Converge]:
    """Runs the role; afterwards the scenario's own values are back."""
    yield converge
    scenario.converge(tmp_path)


def _tasks(names: typing.Iterable[str]) -> list[str]:
    """Names of tasks without the host and the role before them."""
    return [name.rpartition(" : ")[2].rpartition("master01: ")[2] for name in names]


def _server(host: Host) -> tuple[str, int]:
    """The present run of Kea, and how often it has read its configuration again."""
    run = host.check_output("systemctl show --property=InvocationID --value kea-dhcp4-server.service")
    words = host.check_output("journalctl --unit=kea-dhcp4-server.service --output=cat --no-pager")
    return run, words.count("DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS")


def _lease_seconds() -> int:
    offer = dhcp_client.ask(PC01)
    assert offer is not None
    seconds: int = offer["options"]["lease_time"][0]
    return seconds


def test_kea_reads_its_file_again_when_that_changed(host: Host, converge_and_back: Converge) -> None:
    run, reloads = _server(host)
    assert _tasks(converge_and_back(dhcp_server_lease_seconds=1800).changes) == [IN_PLACE, IN_EFFECT]
    assert _server(host) == (run, reloads + 1)
    assert _lease_seconds() == 1800


def test_check_mode_says_that_kea_would_read_its_file_again(host: Host, converge: Converge) -> None:
    before = _server(host)
    assert _tasks(converge("--check", dhcp_server_lease_seconds=1800).changes) == [IN_PLACE, IN_EFFECT]
    assert _server(host) == before


def test_the_next_run_mends_one_that_ended_before_the_file_was_in_effect(host: Host, converge: Converge) -> None:
    run, reloads = _server(host)
    # What reserved machines are told.
    host.check_output(f"sed -i s/0x00000e10/0x00000708/ {CONFIGURATION} && systemctl reload kea-dhcp4-server.service")
    assert _lease_seconds() == 1800
    host.check_output(f"sed -i s/0x00000708/0x00000e10/ {CONFIGURATION}")
    assert _tasks(converge().changes) == [IN_EFFECT]
    assert _lease_seconds() == 3600
    assert _server(host) == (run, reloads + 2)


def test_a_service_that_started_after_its_files_changed_is_left_alone(host: Host, converge: Converge) -> None:
    """As after a start of the machine."""
    host.check_output("rm -r /run/diskless-netboot")
    host.check_output("systemctl restart kea-dhcp4-server.service")
    before = _server(host)
    assert converge().changes == []
    assert _server(host) == before


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_broken_configuration_never_replaces_a_working_one(
    host: Host, converge: Converge, tmp_path: pathlib.Path, arguments: list[str]
) -> None:
    """Kea's own check refuses an interface that does not exist; the role's argument specs cannot know."""
    before = (host.file(CONFIGURATION).sha256sum, host.file("/etc/kea").listdir(), _server(host))
    outcome = converge(*arguments, dhcp_server_interfaces=["lan9"])
    assert outcome.status != 0
    assert _tasks(outcome.failures) == [IN_PLACE]
    assert "kea-dhcp4 refuses the new content, the old file stays" in " ".join(
        scenario.log(tmp_path).read_text().split()
    )
    assert (host.file(CONFIGURATION).sha256sum, host.file("/etc/kea").listdir(), _server(host)) == before
    assert _lease_seconds() == 3600
