"""The numbers that an NFS server runs by, and what of the role stands around them."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.diskless.netboot.plugins.filter.nfs_settings import nfs_settings
from ansible_collections.diskless.netboot.plugins.plugin_utils import nfs_settings as settings

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles" / "nfs_server"


@pytest.mark.parametrize(
    ("clients", "kernel", "ganesha"),
    [(0, 8, 200), (8, 8, 200), (9, 16, 200), (25, 32, 200), (100, 128, 512), (5000, 256, 1024)],
)
def test_threads(clients: int, kernel: int, ganesha: int) -> None:
    assert (settings.kernel_threads(clients), settings.ganesha_threads(clients)) == (kernel, ganesha)


def test_each_client_counts_once_and_a_given_number_holds() -> None:
    exports = [{"clients": [f"10.0.0.{number}" for number in range(9)]}] * 2
    assert nfs_settings(exports, "kernel", 0, 30) == {"threads": 16, "lease_seconds": 30}
    assert nfs_settings(exports, "ganesha", 0, 30) == {"threads": 200, "lease_seconds": 30}
    assert nfs_settings(exports, "kernel", 3, 30) == {"threads": 3, "lease_seconds": 30}


@pytest.mark.parametrize(
    ("threads", "lease_seconds", "message"),
    [
        (0, 9, "nfs_server_lease_seconds: must be a whole number from 10 to 120, not 9"),
        (0, 121, "nfs_server_lease_seconds: must be a whole number from 10 to 120, not 121"),
        (0, "", "nfs_server_lease_seconds: must be a whole number from 10 to 120, not ''"),
        (0, 30.5, "nfs_server_lease_seconds: must be a whole number from 10 to 120, not 30.5"),
        (-1, 30, "nfs_server_threads: must be a whole number from 0 to 8192, not -1"),
        (8193, 30, "nfs_server_threads: must be a whole number from 0 to 8192, not 8193"),
        (True, 30, "nfs_server_threads: must be a whole number from 0 to 8192, not True"),
    ],
)
def test_numbers_out_of_range(threads: object, lease_seconds: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        nfs_settings([], "ganesha", threads, lease_seconds)
    assert str(caught.value) == f"nfs_settings: {message}"


def rendered(template: str, **extra: Any) -> str:
    """One of the role's templates, by its defaults and those variables."""
    variables: dict[str, Any] = {}
    for folder in ("defaults", "vars"):
        variables |= DataLoader().load_from_file(str(ROLE / folder / "main.yml"), trusted_as_template=True)
    source = trust_as_template((ROLE / "templates" / template).read_text())
    return str(Templar(DataLoader(), {**variables, **extra}).template(source))


def test_what_the_command_line_gives_is_text() -> None:
    given = {"nfs_server_threads": "16", "nfs_server_lease_seconds": "20"}
    kernel = rendered("etc/nfs.conf.d/diskless.conf.j2", nfs_server_backend="kernel", **given)
    assert "threads=16" in kernel.splitlines()
    ganesha = rendered("etc/ganesha/ganesha.conf.j2", nfs_server_backend="ganesha", **given)
    assert ganesha.startswith("# Written by")
    assert {"RPC_Ioq_ThrdMax = 16;", "Lease_Lifetime = 20;", "Grace_Period = 20;"} <= {
        line.strip() for line in ganesha.splitlines()
    }


def test_what_a_start_of_the_kernels_server_leaves_out_does_not_go_unnoticed() -> None:
    # Debian's unit has `ExecStartPre=-/usr/sbin/exportfs -r`: it starts whatever that says, and its state says nothing.
    service, last = yaml.safe_load((ROLE / "tasks" / "backend_kernel.yml").read_text())[-2:]
    assert "diskless.netboot.service_configuration" in service
    assert last["ansible.builtin.command"]["argv"] == ["/usr/sbin/exportfs", "-r"]
    assert not {"when", "failed_when", "ignore_errors", "register"} & last.keys()
