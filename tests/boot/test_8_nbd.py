"""Roots, swap and disks on network block devices: what is a slave's own, what stays, what a server may do to it."""

from __future__ import annotations

import pathlib
import typing

import pytest

from tests.boot import nbd_slaves
from tests.boot.library import Library
from tests.lab.machine import Machine

# The reading room's image in another format, and a larger disk for pc07.
_LATER = pathlib.Path(__file__).parent / "nbd"
_DISKS = "/srv/diskless/disks"
_RESTARTS = 20
# Requests that were under way wait for the slave's own limit, so that it is let work only after some. The last of
# these is no restart in order.
_TOGETHER = 5

_MARKER = "/var/lib/written-by-a-test"
_LIST = "/srv/visitors/list"

Machines = dict[str, Machine]


@pytest.fixture(scope="module", autouse=True)
def _as_the_library_has_it(converged: Library) -> None:
    """Tests before these have left servers and networks of their own behind."""
    converged.site("nbd")


@pytest.fixture(scope="module")
def running(converged: Library) -> typing.Iterator[Machines]:
    """Two slaves of one image, which run while the tests do something to their server: pc07 keeps what it writes."""
    with converged.booted_together("nbd", {"pc07": "uefi", "pc13": "bios"}) as machines:
        yield machines


def test_two_slaves_write_to_one_image_and_see_their_own(converged: Library) -> None:
    with converged.booted_together("cow", {"pc19": "bios", "pc20": "bios"}) as machines:
        assert nbd_slaves.image(converged, "pc19") == nbd_slaves.image(converged, "pc20")
        for name in machines:
            root = nbd_slaves.mount(converged, name, "/")
            assert root["fstype"] == "ext4"
            assert root["source"].startswith("/dev/mapper/")
            nbd_slaves.script(converged, name, f"echo {name} > {_MARKER}; echo {name} >> /etc/issue; sync")
        for name in machines:
            nbd_slaves.script(converged, name, "echo 3 > /proc/sys/vm/drop_caches")
            assert converged.on_slave(name, "cat", _MARKER) == name
            assert converged.on_slave(name, "tail", "--lines=1", "/etc/issue") == name
            nbd_slaves.require_health(converged, name)
        converged.switch_off("pc19", machines["pc19"])


def test_an_overlay_forgets_or_keeps_by_where_its_upper_layer_is(converged: Library, running: Machines) -> None:
    uppers = {"pc07": ("/dev/nbd1", "ext4"), "pc13": ("overlay", "tmpfs")}
    for name in running:
        assert nbd_slaves.mount(converged, name, "/")["fstype"] == "overlay"
        lower, upper = (nbd_slaves.layer(converged, name, which) for which in ("lowerdir", "upperdir"))
        assert (lower["source"], lower["fstype"]) == ("/dev/nbd0", "squashfs")
        assert (upper["source"], upper["fstype"]) == uppers[name]
        nbd_slaves.script(converged, name, f"echo {name} > {_MARKER}")
        nbd_slaves.require_health(converged, name)


@pytest.mark.parametrize(("name", "device"), [("pc07", "/dev/nbd2"), ("pc13", "/dev/zram0")])
def test_swap_takes_pages(converged: Library, running: Machines, name: str, device: str) -> None:
    assert converged.on_slave(name, "swapon", "--show=NAME", "--noheadings") == device
    assert nbd_slaves.pages_out(converged, name) > 0
    nbd_slaves.require_no_error(converged, name)


def test_a_disk_is_where_the_inventory_mounts_it(converged: Library, running: Machines) -> None:
    mounted = nbd_slaves.mount(converged, "pc07", "/srv/visitors")
    assert (mounted["source"], mounted["fstype"]) == ("/dev/nbd3", "ext4")
    nbd_slaves.script(converged, "pc07", f"echo visitors > {_LIST}")


def test_twenty_restarts_of_the_server_cost_a_slave_nothing(converged: Library, running: Machines) -> None:
    devices = {name: nbd_slaves.connections(converged, name) for name in running}
    assert devices == {"pc07": 4, "pc13": 1}
    nbd_slaves.start_work(converged, "pc07")
    nbd_slaves.wait_for_work(running["pc07"], 1)
    waited = []
    for number in range(1, _RESTARTS + 1):
        last_of_some = number % _TOGETHER == 0
        nbd_slaves.restart_server(converged, by_killing=last_of_some)
        for name, count in devices.items():
            nbd_slaves.wait_until_attached(converged, name, count)
        if last_of_some:
            # Of two rounds the second began after the restart.
            waited.append(nbd_slaves.wait_for_work(running["pc07"], 2))
    converged.report["restarts"] = {"count": _RESTARTS, "longest_wait": round(max(waited), 1)}
    nbd_slaves.stop_work(converged, "pc07")
    for name in running:
        nbd_slaves.require_health(converged, name)


def test_a_new_generation_and_a_larger_disk_are_for_the_next_boot(converged: Library, running: Machines) -> None:
    old = {name: nbd_slaves.image(converged, name) for name in running}
    sizes = {path: nbd_slaves.size(converged, "pc07", path) for path in ("/srv/visitors", "/")}
    converged.rebuilt("reading_room")
    converged.play("playbooks/upgrade.yml", "nbd-later", "-e", "diskless_slaves=pc07,pc13", more=_LATER)

    for name, machine in running.items():
        assert nbd_slaves.image(converged, name) == old[name]
        nbd_slaves.require_reads(converged, name, machine)
        nbd_slaves.require_health(converged, name)
        converged.switch_off(name, machine)
        # It said goodbye: what nobody uses may be removed or made anew.
        assert nbd_slaves.connections(converged, name) == 0
    # What ended in order has left nothing for a journal to mend.
    for disk in ("persist", "visitors"):
        converged.on_master("e2fsck", "-fn", f"{_DISKS}/pc07/{disk}")
        assert "needs_recovery" not in converged.on_master("dumpe2fs", "-h", f"{_DISKS}/pc07/{disk}")

    with converged.booted_together("later", {"pc07": "bios", "pc19": "bios"}) as machines:
        assert nbd_slaves.image(converged, "pc07") != old["pc07"]
        assert nbd_slaves.layer(converged, "pc07", "lowerdir")["fstype"] == "erofs"
        converged.on_slave("pc07", "modprobe", "dummy")
        seen = {name: nbd_slaves.script(converged, name, f"cat {_MARKER} 2> /dev/null || true") for name in machines}
        assert seen == {"pc07": "pc07", "pc19": ""}
        assert converged.on_slave("pc07", "cat", _LIST) == "visitors"
        for path, size in sizes.items():
            assert nbd_slaves.size(converged, "pc07", path) > size * 1.4
        for name in machines:
            nbd_slaves.require_health(converged, name)
