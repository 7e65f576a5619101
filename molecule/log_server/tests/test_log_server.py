"""What the role log_server makes of a master: it receives logs, from those alone that it was told of, and ends.

Each test goes on where the one before has ended.
"""

from __future__ import annotations

import pathlib

from testinfra.host import Host

from tests.lab import scenario

UNIT = "diskless-log-server.service"
LOGS = "/var/log/diskless"
SEND = "/usr/lib/systemd/systemd-journal-upload --follow=no --save-state=/tmp/sent --url=http://192.168.1.1:19532"


def test_a_log_that_is_sent_is_in_a_file_of_its_sender(host: Host) -> None:
    host.check_output("logger --tag test hello && journalctl --sync")
    host.check_output(f"timeout 60 {SEND}")
    found = host.check_output(f"journalctl --directory={LOGS} --quiet --output=cat --identifier=test")
    assert found.splitlines() == ["hello"]
    [file] = host.check_output(f"ls {LOGS}").split()
    assert file.startswith("remote-")


def test_other_users_cannot_read_it(host: Host) -> None:
    refused = host.run(f"setpriv --reuid=nobody --clear-groups ls {LOGS}")
    assert refused.stderr.strip().endswith("Permission denied")


def test_it_listens_where_it_is_told_and_not_as_root(host: Host) -> None:
    assert host.check_output("ss --no-header --listening --tcp --numeric 'sport = 19532'").split()[3] == (
        "192.168.1.1:19532"
    )
    pid = host.check_output(f"systemctl show --property=MainPID --value {UNIT}")
    assert host.check_output(f"ps --no-headers --format user:32 {pid}") == "systemd-journal-remote"


def test_who_is_no_client_sends_nothing(host: Host, tmp_path: pathlib.Path) -> None:
    scenario.converge(tmp_path, log_server_clients=[{"name": "pc01", "ip": "192.168.1.21"}])
    host.check_output("logger --tag test unheard && journalctl --sync")
    # It heeds no SIGTERM while it connects.
    assert host.run(f"timeout --signal=KILL 5 {SEND} || exit 1").rc == 1
    assert "unheard" not in host.check_output(f"journalctl --directory={LOGS} --quiet --output=cat --identifier=test")


def test_without_clients_it_ends_and_the_logs_stay(host: Host, tmp_path: pathlib.Path) -> None:
    scenario.converge(tmp_path, log_server_clients=[])
    assert not host.service(UNIT).exists
    assert host.check_output("ss --no-header --listening --tcp --numeric 'sport = 19532'") == ""
    assert host.check_output(f"ls {LOGS}") != ""
    assert scenario.converge(tmp_path, log_server_clients=[]).changes == []
