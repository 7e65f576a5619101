"""What the role slave_state leaves on a master, and who can enter it."""

from __future__ import annotations

import pytest
from testinfra.host import Host

TOP = "/srv/diskless"
RIGHTS = {
    f"{TOP}/own": "700 root:root",
    f"{TOP}/own/pc01": "700 root:root",
    f"{TOP}/own/pc02": "700 root:root",
    f"{TOP}/state": "700 root:root",
    f"{TOP}/state/own/pc01": "600 root:root",
}


def test_each_slave_has_an_empty_place_that_root_alone_reaches(host: Host) -> None:
    found = host.check_output(f"stat --format='%n=%a %U:%G' {' '.join(RIGHTS)}").splitlines()
    assert dict(line.split("=") for line in found) == RIGHTS
    assert host.check_output(f"find {TOP}/own -mindepth 2") == ""


@pytest.mark.parametrize("what", ["own/pc01", "state/own"])
def test_another_user_on_the_master_reads_nothing(host: Host, what: str) -> None:
    refused = host.run(f"setpriv --reuid=nobody --clear-groups ls {TOP}/{what}")
    assert refused.rc != 0
    assert refused.stderr.strip().endswith("Permission denied")
