"""dnsmasq as a service of its own, beside whatever else of it runs on the machine."""

from __future__ import annotations

import pathlib

from testinfra.host import Host

from tests.lab import dhcp_cases, dhcp_client, scenario

CONFIGURATION = "/etc/diskless-netboot/dnsmasq.conf"
LEASES = "/var/lib/diskless-dnsmasq/dnsmasq.leases"
UNIT = "diskless-dnsmasq.service"


def test_it_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    assert host.service("diskless-dnsmasq").is_running
    assert host.service("diskless-dnsmasq").is_enabled


def test_only_the_lan_is_answered_and_only_by_dhcp(host: Host) -> None:
    sockets = [line.split()[4] for line in host.check_output("ss -H -l -t -u -n -p").splitlines() if "dnsmasq" in line]
    assert sockets == ["0.0.0.0%lan0:67"]


def test_another_dnsmasq_of_the_machine_is_left_alone(host: Host) -> None:
    """No package is installed that would start one, and nothing is in the folder that one would read."""
    assert not host.package("dnsmasq").is_installed
    assert not host.file("/run/dnsmasq/dnsmasq.pid").exists
    assert not host.file("/etc/dnsmasq.d/diskless.conf").exists


def test_it_restarts_for_a_change(host: Host, tmp_path: pathlib.Path) -> None:
    def run() -> str:
        return host.check_output(f"systemctl show --property=InvocationID --value {UNIT}")

    before = run()
    assert len(scenario.converge(tmp_path, dhcp_server_lease_seconds=1800).changes) == 2
    assert run() != before
    scenario.converge(tmp_path)


def test_there_are_leases_for_more_machines_than_dnsmasq_expects(host: Host) -> None:
    """It would not even start with more than its limit in its books."""
    line = "2000000000 52:54:01:00:%02x:%02x 10.1.%d.%d * *\\n"
    program = f'BEGIN {{ for (i = 0; i < 1001; i++) printf "{line}", i / 256, i % 256, i / 256, i % 256 }}'
    host.check_output(f"systemctl stop {UNIT} && cp -p {LEASES} /root/leases && awk %s >>{LEASES}", program)
    host.run(f"systemctl start {UNIT}")
    try:
        assert dhcp_client.ask(dhcp_cases.PC01) is not None
    finally:
        host.check_output(f"systemctl stop {UNIT} && mv /root/leases {LEASES} && systemctl start {UNIT}")


def test_a_broken_configuration_never_replaces_a_working_one(host: Host, tmp_path: pathlib.Path) -> None:
    """A pool outside its network passes the argument specs; dnsmasq itself refuses it."""
    before = (host.file(CONFIGURATION).sha256sum, host.file("/etc/diskless-netboot").listdir())
    network = {"name": "n", "cidr": "192.168.1.0/24", "next_server": "192.168.1.2", "pool": ["10.0.0.1", "10.9.0.2"]}
    outcome = scenario.run(tmp_path, dhcp_server_subnets=[network])
    assert outcome.status != 0
    assert "dnsmasq refuses the new content, the old file stays" in " ".join(scenario.log(tmp_path).read_text().split())
    assert (host.file(CONFIGURATION).sha256sum, host.file("/etc/diskless-netboot").listdir()) == before
    assert dhcp_client.ask(dhcp_cases.PC01) is not None
