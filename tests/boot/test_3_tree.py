"""Slaves with a root of their own."""

from __future__ import annotations

from tests.boot.library import Library
from tests.lab.machine import Machine

_MARKER = "/var/lib/written-by-a-test"


def _switch_off(library: Library, name: str, machine: Machine) -> None:
    library.on_slave(name, "systemd-run", "--on-active=1", "systemctl", "poweroff")
    machine.wait_until_off(60)


def test_what_a_slave_writes_survives_its_reboot_and_is_its_own(converged: Library) -> None:
    with converged.booted("pc21", "first") as machine:
        assert converged.on_slave("pc21", "hostname") == "pc21"
        assert converged.on_slave("pc21", "findmnt", "--noheadings", "--output", "FSTYPE", "/") == "nfs4"
        usr = converged.on_slave("pc21", "findmnt", "--noheadings", "--output", "FSTYPE,OPTIONS", "/usr").split()
        assert usr[0] == "nfs4"
        assert "ro" in usr[1].split(",")
        assert converged.on_slave("pc21", "stat", "--format=%u:%g %a", "/usr/bin/mount") == "0:0 4755"
        converged.on_slave("pc21", "sh", "-c", f"echo pc21 > {_MARKER}")
        converged.on_slave("pc21", "sh", "-c", "echo shared > /home/from-pc21")
        identity = converged.on_slave("pc21", "cat", "/etc/machine-id")
        _switch_off(converged, "pc21", machine)
    with converged.booted("pc21", "second") as machine:
        assert converged.on_slave("pc21", "cat", _MARKER) == "pc21"
        assert converged.on_slave("pc21", "cat", "/etc/machine-id") == identity
        _switch_off(converged, "pc21", machine)
    with converged.booted("pc22"):
        assert (
            converged.on_slave("pc22", "sh", "-c", f"test -e {_MARKER} && echo there || echo not there") == "not there"
        )
        assert converged.on_slave("pc22", "cat", "/home/from-pc21") == "shared"
        assert converged.on_slave("pc22", "cat", "/etc/machine-id") != identity
