"""Slaves with a root of their own."""

from __future__ import annotations

import re

from tests.boot.library import Library, identity

_MARKER = "/var/lib/written-by-a-test"


# The master makes /srv/diskless/home; what is in it belongs to people, and root of a slave is nobody there.
_HOME = "/home/reader"
_AS_READER = ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups")


def test_what_a_slave_writes_survives_its_reboot_and_is_its_own(converged: Library) -> None:
    converged.on_master("install", "-d", "-o", "1000", "-g", "1000", "-m", "0700", f"/srv/diskless{_HOME}")
    with converged.booted_together("first", {"pc21": "bios", "pc22": "bios"}) as machines:
        assert converged.on_slave("pc21", "hostname") == "pc21"
        assert converged.on_slave("pc21", "findmnt", "--noheadings", "--output", "FSTYPE", "/") == "nfs4"
        usr = converged.on_slave("pc21", "findmnt", "--noheadings", "--output", "FSTYPE,OPTIONS,SOURCE", "/usr").split()
        assert usr[0] == "squashfs"
        assert "ro" in usr[1].split(",")
        assert re.fullmatch(r"/dev/loop\d+\[/usr\]", usr[2])
        below = "/run/initramfs/nfs"
        image = converged.on_slave("pc21", "findmnt", "--noheadings", "--output", "SOURCE,OPTIONS", below)
        assert image.startswith("192.168.1.1:/srv/diskless/images/catalogue/")
        assert "ro" in image.split()[1].split(",")
        assert converged.on_slave("pc21", "stat", "--format=%u:%g %a", "/usr/bin/mount") == "0:0 4755"
        converged.on_slave("pc21", "sh", "-c", f"echo pc21 > {_MARKER}")
        converged.on_slave("pc21", *_AS_READER, "sh", "-c", f"echo shared > {_HOME}/from-pc21")
        refused = converged.on_slave("pc21", "sh", "-c", f"cat {_HOME}/from-pc21 2>&1 || true")
        assert refused.endswith("Permission denied")
        who = identity(converged, "pc21")
        converged.switch_off("pc21", machines["pc21"])

        seen = converged.on_slave("pc22", "sh", "-c", f"test -e {_MARKER} && echo there || echo not there")
        assert seen == "not there"
        assert converged.on_slave("pc22", *_AS_READER, "cat", f"{_HOME}/from-pc21") == "shared"
        assert not set(identity(converged, "pc22")) & set(who)
    with converged.booted("pc21", "second") as machine:
        assert converged.on_slave("pc21", "cat", _MARKER) == "pc21"
        assert identity(converged, "pc21") == who
        converged.switch_off("pc21", machine)
