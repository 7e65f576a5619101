"""ISC's dhcpd as a service."""

from __future__ import annotations

import pathlib

from testinfra.host import Host

from tests.lab import dhcp_cases, dhcp_client, scenario

CONFIGURATION = "/etc/dhcp/dhcpd.conf"
UNIT = "isc-dhcp-server.service"


def test_it_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    assert host.service("isc-dhcp-server").is_running
    assert host.service("isc-dhcp-server").is_enabled


def test_only_the_lan_is_answered(host: Host) -> None:
    """dhcpd has a raw socket for each interface that it is told."""
    assert host.check_output("ps -C dhcpd -o args=").split()[-1] == "lan0"


def test_it_restarts_for_a_change(host: Host, tmp_path: pathlib.Path) -> None:
    def run() -> str:
        return host.check_output(f"systemctl show --property=InvocationID --value {UNIT}")

    before = run()
    assert len(scenario.converge(tmp_path, dhcp_server_lease_seconds=1800).changes) == 2
    assert run() != before
    scenario.converge(tmp_path)


def test_a_broken_configuration_never_replaces_a_working_one(host: Host, tmp_path: pathlib.Path) -> None:
    """An address outside its network passes the argument specs; dhcpd itself refuses it."""
    before = (host.file(CONFIGURATION).sha256sum, host.file("/etc/dhcp").listdir())
    network = {"name": "n", "cidr": "192.168.1.0/24", "next_server": "192.168.1.2", "pool": ["10.0.0.1", "10.0.0.2"]}
    outcome = scenario.run(tmp_path, dhcp_server_subnets=[network])
    assert outcome.status != 0
    assert "dhcpd refuses the new content, the old file stays" in " ".join(scenario.log(tmp_path).read_text().split())
    assert (host.file(CONFIGURATION).sha256sum, host.file("/etc/dhcp").listdir()) == before
    assert dhcp_client.ask(dhcp_cases.PC01) is not None
