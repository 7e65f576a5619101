"""Generations over real boots: a canary, all, back, and removed when nobody runs them; and who a slave is meanwhile."""

from __future__ import annotations

import json
import pathlib
import re
import time
import typing

import pytest

from tests.boot import nbd_slaves
from tests.boot.library import Library, identity
from tests.lab.machine import Machine

# pc01's kind of root and how many generations of the reading room are kept, by the variables of a run.
_INVENTORY = pathlib.Path(__file__).parent / "generations"
_IMAGE = "reading_room"
_FOLDER = f"/srv/diskless/images/{_IMAGE}"

# Those that run throughout, and what their image comes by.
_PROTOCOLS = {"pc02": "nfs", "pc13": "nbd"}
# How long a server may keep open what a slave had that is off: its lease is 30 s, and it looks now and then.
_LEASE_SECONDS = 120
_FAILED_NFS = re.compile(r"nfs: server .* not responding|NFS: .*(?:error|failed)|[Ss]tale file handle|lost .* locks")

# What pc01 has from the rollback on: what kept it by NFS is not needed any more.
_BY_NBD = {"generations_keep": 1, "generations_root": "nbd_overlay"}

Machines = dict[str, Machine]


@pytest.fixture(scope="module", autouse=True)
def _as_the_library_has_it(converged: Library) -> None:
    """Tests before these have left generations and networks of their own behind."""
    converged.site("generations", more=_INVENTORY)


@pytest.fixture(scope="module")
def running(converged: Library) -> typing.Iterator[Machines]:
    """Two slaves of the image, by NFS and by NBD, which run while the tests do what they do; and pc01, the canary."""
    with converged.booted_together("generations", {"pc01": "bios", "pc02": "bios", "pc13": "bios"}) as machines:
        yield machines


class Story(typing.TypedDict):
    """What the first test has found: the generation that was there, and who pc01 is."""

    first: str
    pc01: tuple[str, str]


@pytest.fixture(scope="module")
def story(converged: Library, running: Machines) -> Story:
    """As it begins: all run one generation, and no two are alike."""
    generations = {_running(converged, name) for name in running}
    assert len(generations) == 1
    who = {name: identity(converged, name) for name in running}
    for each in zip(*who.values(), strict=True):
        assert len(set(each)) == len(running)
    return {"first": generations.pop(), "pc01": who["pc01"]}


def _require_same(library: Library, story: Story) -> None:
    """Checks that pc01 is who it was at the beginning, and has its file."""
    assert identity(library, "pc01") == story["pc01"]
    seat = library.on_slave("pc01", "sh", "-c", "stat --format='%u:%g %a' /etc/library/seat; cat /etc/library/seat")
    assert seat == "1000:0 640\nBy the window"


def _running(library: Library, name: str) -> str:
    """The generation that a slave runs, which its kernel was told as it tells others."""
    image, generation = library.on_slave(name, "cat", "/run/diskless/generation").split("/")
    assert image == _IMAGE
    assert f"images/{image}/{generation}" in library.on_slave(name, "cat", "/proc/cmdline")
    return generation


def _next(library: Library, name: str) -> str:
    """The generation that a slave boots next."""
    generation: str = library.boots(name, _IMAGE)["generation"]
    return generation


def _there(library: Library) -> list[str]:
    """The generations of the image on the master."""
    return sorted(library.on_master("ls", _FOLDER).split())


def _require_undisturbed(library: Library, machines: Machines, generation: str) -> None:
    """Checks that those that ran throughout run what they did, can still fetch all of it, and were refused nothing."""
    for name in [name for name in _PROTOCOLS if name in machines]:
        assert _running(library, name) == generation
        nbd_slaves.require_reads(library, name, machines[name], _PROTOCOLS[name])
        nbd_slaves.require_health(library, name)
        assert not _FAILED_NFS.search(library.on_slave(name, "dmesg"))


def _play(library: Library, playbook: str, name: str, **variables: object) -> None:
    library.play(f"playbooks/{playbook}.yml", name, "-e", json.dumps(variables), more=_INVENTORY)


def test_a_canary_runs_the_new_generation_and_the_others_the_old_one(
    converged: Library, running: Machines, story: Story
) -> None:
    _play(converged, "upgrade", "upgrade-canary", diskless_slaves="pc01")
    assert (_next(converged, "pc02"), _running(converged, "pc01")) == (story["first"], story["first"])
    assert _next(converged, "pc01") != story["first"]
    converged.switch_off("pc01", running["pc01"])
    with converged.booted("pc01", "canary") as machine:
        assert _running(converged, "pc01") == _next(converged, "pc01")
        _require_same(converged, story)
        _require_undisturbed(converged, running, story["first"])
        converged.switch_off("pc01", machine)


def test_all_move_on_and_one_goes_back_to_another_kind_of_root(
    converged: Library, running: Machines, story: Story
) -> None:
    second = _next(converged, "pc01")
    _play(converged, "upgrade", "upgrade-rest", diskless_slaves=f"{_IMAGE}:!pc01")
    assert [_next(converged, name) for name in ("pc01", "pc02", "pc13")] == [second] * 3
    _require_undisturbed(converged, running, story["first"])

    # All of them go past the first one by two: nothing keeps it but who runs it.
    third = converged.rebuilt(_IMAGE)
    _play(converged, "upgrade", "upgrade-again", diskless_slaves=_IMAGE, generations_keep=1)
    assert [_next(converged, name) for name in ("pc01", "pc02", "pc13")] == [third] * 3
    assert _named(converged) == [second, third]
    assert _there(converged) == [story["first"], second, third]
    _require_undisturbed(converged, running, story["first"])
    # Of the two that run it each server has seen its own.
    _play(converged, "images", "list", diskless_list=True)
    listed = (converged.folder / "list.log").read_text()
    assert re.search(rf"{story['first']} .*  pc02, pc13 +nbd, nfs\b", listed), listed
    # pc01 has been off since it had the second.
    assert re.search(rf"{second} .*  pc01 +-", listed), listed
    assert "To be started again, as they boot another next: pc01, pc02, pc13" in listed

    _play(converged, "rollback", "rollback", diskless_slaves="pc01", **_BY_NBD)
    assert converged.boots("pc01", _IMAGE)["held"] is True
    assert (_next(converged, "pc01"), _next(converged, "pc02")) == (second, third)


def test_what_a_slave_runs_is_removed_only_when_it_is_off(converged: Library, running: Machines, story: Story) -> None:
    # Its server takes it for one that may come back until its lease has ended: while pc01 starts.
    converged.switch_off("pc02", running["pc02"])
    with converged.booted("pc01", "rolled-back"):
        assert nbd_slaves.layer(converged, "pc01", "lowerdir")["source"] == "/dev/nbd0"
        assert _running(converged, "pc01") == _next(converged, "pc01")
        _require_same(converged, story)
        assert converged.on_slave_by_name("pc01", "hostname") == "pc01"

        now = ("-e", json.dumps(_BY_NBD))
        converged.site("one-runs-it", *now, more=_INVENTORY)
        assert story["first"] in _there(converged)
        _require_undisturbed(converged, {"pc13": running["pc13"]}, story["first"])
        converged.switch_off("pc13", running["pc13"])
        _wait_until_let_go(converged, story["first"])

        converged.site("nobody-runs-it", *now, more=_INVENTORY)
        assert _there(converged) == _named(converged)
        assert sorted(converged.on_master("ls", f"/srv/tftp/images/{_IMAGE}").split()) == _named(converged)
        nbd_slaves.require_health(converged, "pc01")


def _wait_until_let_go(library: Library, generation: str) -> None:
    """Waits until no server has anything of a generation open: with NFS until the lease of who is off has ended."""
    deadline = time.monotonic() + _LEASE_SECONDS
    opened = f"find /proc/[0-9]*/fd -lname '{_FOLDER}/{generation}/*' 2> /dev/null || true"
    while found := library.on_master("sh", "-c", opened):
        assert time.monotonic() < deadline, found
        # A lease that ends tells nobody.
        time.sleep(1)


def _named(library: Library) -> list[str]:
    """The generations that the master's record names: what slaves boot next, and what each had last before."""
    recorded = json.loads(library.on_master("cat", "/srv/diskless/state/boots.json"))
    images = [slave[_IMAGE] for slave in recorded.values() if _IMAGE in slave]
    return sorted({name for image in images for name in (image["generation"], *image["before"][-1:])})
