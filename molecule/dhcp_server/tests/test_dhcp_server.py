"""Kea as a service, and the change from one DHCP server to another."""

from __future__ import annotations

import pathlib

import pytest
from testinfra.host import Host

from tests.lab import dhcp_cases, dhcp_client, scenario

CONFIGURATION = "/etc/kea/kea-dhcp4.conf"
UNITS = {"kea": "kea-dhcp4-server", "isc": "isc-dhcp-server", "dnsmasq": "diskless-dnsmasq"}


def _running(host: Host) -> set[str]:
    """The servers that run, each of which starts with the machine as well, as no other does."""
    running = {backend for backend, unit in UNITS.items() if host.service(unit).is_running}
    enabled = {
        backend
        for backend, unit in UNITS.items()
        if host.run("systemctl is-enabled %s", f"{unit}.service").stdout.strip() == "enabled"
    }
    assert running == enabled
    return running


def test_kea_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    assert _running(host) == {"kea"}


def test_configuration_is_no_business_of_others(host: Host) -> None:
    assert host.file(CONFIGURATION).user == "root"
    assert not host.file(CONFIGURATION).mode & 0o022


def test_only_the_lan_is_answered(host: Host) -> None:
    sockets = host.run("ss -H -l -u -n -p sport = :67").stdout
    assert "192.168.1.1" in sockets
    assert "198.18." not in sockets


def test_nothing_is_stopped_for_a_server_that_may_not_start(host: Host, tmp_path: pathlib.Path) -> None:
    before = host.check_output("systemctl show --property=InvocationID kea-dhcp4-server.service")
    host.check_output("systemctl mask isc-dhcp-server.service")
    outcome = scenario.run(tmp_path, dhcp_server_backend="isc")
    host.check_output("systemctl unmask isc-dhcp-server.service")
    assert outcome.status != 0
    assert "isc-dhcp-server.service: it is masked" in scenario.log(tmp_path).read_text()
    assert host.check_output("systemctl show --property=InvocationID kea-dhcp4-server.service") == before
    assert dhcp_client.ask(dhcp_cases.PC01) is not None


def test_the_old_server_answers_again_where_the_new_one_does_not_start(host: Host, tmp_path: pathlib.Path) -> None:
    """`dhcpd -t` asks for no interface."""
    outcome = scenario.run(tmp_path, dhcp_server_backend="isc", dhcp_server_interfaces=["lan9"])
    assert outcome.status != 0
    assert outcome.failures[-1].endswith("The chosen server does not start")
    assert "isc-dhcp-server.service: 'systemctl start' failed" in " ".join(scenario.log(tmp_path).read_text().split())
    assert _running(host) == {"kea"}
    assert dhcp_client.ask(dhcp_cases.PC01) is not None


@pytest.mark.parametrize("backend", ["isc", "dnsmasq", "kea"])
def test_another_server_takes_over_and_the_old_one_is_stopped_and_disabled(
    host: Host, tmp_path: pathlib.Path, backend: str
) -> None:
    """In this order, so that the next tests meet Kea again."""
    scenario.converge(tmp_path, dhcp_server_backend=backend)
    assert _running(host) == {backend}
    offer = dhcp_client.ask(dhcp_cases.PC01)
    assert offer is not None
    assert (offer["address"], offer["file"]) == ("192.168.1.21", "lpxelinux.0")
