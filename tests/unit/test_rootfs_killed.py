"""A build that is killed at whatever moment: what is served stays, the next run makes up for it, nothing remains."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.unit import build_place
from tests.unit.build_place import NEW, OLD, Place, image

POINTS = 50
ALL = image(tree=True, nbd={"format": "ext4", "size": 16 << 20})
"""Everything that a build can be asked for: a generation, its tree, and a file for network block devices."""


def contents(place: Place) -> dict[str, Any]:
    """Give what a build has made, without what is new each time."""
    generation = place.srv / "images/room" / NEW
    found = {path: (what[1], *what[2:3], *what[4:]) for path, what in build_place.state(generation).items()}
    made = json.loads((generation / "image.json").read_text())
    return found | {"image.json": {name: made[name] for name in made if name != "built"}}


def forget(place: Place) -> None:
    """Remove what was built."""
    shutil.rmtree(place.srv / "images/room" / NEW, ignore_errors=True)


class Undisturbed(NamedTuple):
    """What a build does, as audit events, and what it makes."""

    deeds: list[str]
    made: dict[str, Any]


@pytest.fixture(scope="module", name="place")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place in which a generation is served."""
    place = Place(tmp_path_factory.mktemp("place"))
    place.deeds(image(OLD, tree=True))
    return place


@pytest.fixture(scope="module", name="undisturbed")
def _undisturbed(place: Place) -> Undisturbed:
    deeds = place.deeds(ALL)
    undisturbed = Undisturbed(deeds, contents(place))
    forget(place)
    return undisturbed


@pytest.fixture(autouse=True)
def _nothing_new(place: Place) -> Iterator[None]:
    """A test that fails leaves the next one something to do."""
    yield
    forget(place)
    place.slow("0.01")


def whole_or_absent(place: Place, undisturbed: Undisturbed) -> None:
    """A slave may be sent to what has the name of a generation: whatever is there is as it will stay."""
    generation = place.srv / "images/room" / NEW
    if generation.exists():
        shown = contents(place)
        assert shown == {path: what for path, what in undisturbed.made.items() if path in shown}
        assert {"root.squashfs", "image.json"} <= shown.keys()


def killed(place: Place, undisturbed: Undisturbed, child: int) -> None:
    """See that a run is killed, what it leaves, and what the next run makes of that."""
    served = place.served()
    ended = place.wait(child)
    assert ended.status == -signal.SIGKILL, ended
    whole_or_absent(place, undisturbed)
    assert place.served() == served
    assert build_place.gone(lambda: build_place.processes(str(place.srv))) == []
    ended = place.run(ALL)
    assert ended.status == 0, ended
    assert place.remains() == []
    assert (contents(place), place.served()) == (undisturbed.made, served)
    assert sorted(path.name for path in (place.srv / "images/room").iterdir()) == [OLD, NEW]
    assert not place.run(ALL).result["changed"]
    forget(place)


@pytest.mark.parametrize("point", range(POINTS))
def test_at_points_spread_over_it(place: Place, undisturbed: Undisturbed, point: int) -> None:
    step = point * (len(undisturbed.deeds) - 1) // (POINTS - 1)
    killed(place, undisturbed, place.start(ALL, hook=build_place.killing(step)))


@pytest.mark.parametrize("seconds", [0.0, 0.002, 0.02])
def test_while_a_program_works(place: Place, undisturbed: Undisturbed, seconds: float) -> None:
    for program in range(undisturbed.deeds.count("subprocess.Popen")):
        child = place.start(ALL, hook=build_place.killing_after(program, seconds))
        killed(place, undisturbed, child)


@pytest.mark.parametrize("step", range(12))
def test_no_program_outlives_it(place: Place, step: int) -> None:
    """Not even one that is killed between starting a program and that program's learning of it."""
    place.slow("5")
    child = place.start(ALL, hook=build_place.killing_after(0, step * 0.001))
    ended = place.wait(child)
    assert ended.status == -signal.SIGKILL, ended
    assert build_place.gone(lambda: build_place.processes(str(place.srv))) == []


def test_a_program_that_is_killed_is_told(place: Place) -> None:
    """As by the kernel where memory is short."""
    served = place.served()
    place.slow("5")
    child = place.start(ALL)
    while not (found := [line for line in build_place.processes(str(place.srv)) if ": /bin/sh " in line]):
        assert os.waitpid(child, os.WNOHANG) == (0, 0), (place.programs / "output").read_text()
        time.sleep(0.01)
    os.kill(int(found[0].split(":", maxsplit=1)[0].split()[1]), signal.SIGKILL)
    place.slow("0.01")
    ended = place.wait(child)
    assert ended.result["msg"].startswith(f"image room/{NEW}: mmdebstrap was killed by signal 9:")
    assert (place.remains(), place.served()) == ([], served)
