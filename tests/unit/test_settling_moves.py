"""Runs that build, upgrade and roll back: who is moved where, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Run, settled
from fleet_inventory import TIME
from settling_masters import DIGEST, NAMES, NEW, OLD, TWO, Master, booted, everybody, model, name, run


def test_a_canary_then_the_rest_then_all_anew() -> None:
    master = Master([name(1)], everybody(name(1)))
    days = iter(range(22, 31))

    def upgrade(*chosen: str) -> dict[str, str]:
        made = run(model(), master, "upgrade", list(chosen) or None, time=f"202611{next(days)}T053000Z")
        assert (made["errors"], made["warnings"]) == ([], [])
        master.converge(made)
        assert booted(run(model(), master)) == booted(made)
        moved: dict[str, str] = booted(made)
        return moved

    assert upgrade("pc03") == {**everybody(name(1)), "pc03": name(22)}
    # all that are not there yet follow; pc03 is, and nothing is built
    assert upgrade("pc01", "pc03", "pc04") == {**everybody(name(22)), "pc05": name(1)}
    assert upgrade("pc05") == everybody(name(22))
    # all are there: the next one
    assert upgrade("pc03") == {**everybody(name(22)), "pc03": name(25)}
    assert upgrade() == everybody(name(25))
    assert upgrade() == everybody(name(27))
    assert master.boots["pc03"]["reading_room"]["before"] == [name(1), name(22), name(25)]
    # the catalogue's only slave was chosen where nobody was named
    assert len(master.images["catalogue"]) == 3


def test_rolled_back_twice_and_then_on_again() -> None:
    master = Master([name(1)], everybody(name(1)))
    for day in (22, 23):
        master.converge(run(model(), master, "upgrade", ["pc01", *NAMES], time=f"202611{day}T053000Z"))
    first = run(model(), master, "rollback", ["pc03"])
    assert first["warnings"] == []
    assert booted(first) == {**everybody(name(23)), "pc03": f"{name(22)}*"}
    master.converge(first)
    second = run(model(), master, "rollback", ["pc03"])
    assert booted(second)["pc03"] == f"{name(1)}*"
    master.converge(second)
    third = run(model(), master, "rollback", ["pc03", "pc04"])
    assert third["warnings"] == [
        f"pc03: reading_room: {name(1)!r}: stays, as it has booted no older one that is still there"
    ]
    assert booted(third) == {**everybody(name(23)), "pc03": f"{name(1)}*", "pc04": f"{name(22)}*"}
    site = run(model(), master)
    assert site["warnings"] == [
        f"pc03: reading_room: {name(1)!r}: stays, as a rollback holds it; playbooks/upgrade.yml moves it on"
    ]
    on_again = run(model(), master, "upgrade", ["pc03"])
    assert (booted(on_again), on_again["warnings"]) == (everybody(name(23)), [])


def test_a_rollback_does_not_go_where_the_slave_was_rolled_back_from() -> None:
    master = Master([name(1)], everybody(name(1)))
    master.converge(run(model(), master, "upgrade", ["pc03"], time="20261122T053000Z"))
    master.converge(run(model(), master, "rollback", ["pc03"]))
    # the rest would go where pc03 has come from
    rest = run(model(), master, "upgrade", ["pc01"])
    assert rest["warnings"] == [
        f"pc03: reading_room: {name(1)!r}: stays, as a rollback holds it; playbooks/upgrade.yml moves it on",
        f"pc03: reading_room: {name(22)!r}: is where this run sends others, and where it was rolled back from",
    ]
    master.converge(run(model(), master, "images", rebuild=("reading_room",), time="20261123T053000Z"))
    master.converge(run(model(), master, "upgrade", ["pc03"], time="20261124T053000Z"))
    assert master.boots["pc03"]["reading_room"]["before"] == [name(1), name(22), name(1)]
    back = run(model(), master, "rollback", ["pc03"])
    assert booted(back)["pc03"] == f"{name(1)}*"


def test_a_rollback_builds_nothing_for_a_slave_that_is_new() -> None:
    old = [name(number, digest=OLD) for number in (1, 2)]
    boots = dict.fromkeys(("pc01", "pc03", "pc04"), old[1])
    made = run(model(), Master(old, boots, pc03=[old[0]]), "rollback", ["pc03"])
    assert (made["errors"], made["new"]) == ([], {})
    assert booted(made) == {**everybody(old[1]), "pc03": f"{old[0]}*"}


def test_what_slaves_boot_and_is_not_there_as_it_was_left_is_an_error() -> None:
    master = Master([name(1)], everybody(name(1)))
    master.images = {}
    assert run(model(), master)["errors"] == [
        "master01: /srv/diskless/images: has no generation, though /srv/diskless/state/boots.json says that slaves "
        "boot some; is its file system mounted? If they are gone for good, move that file away, and they are built anew"
    ]
    master = Master([name(2)], everybody(name(1)))
    master.damaged = [f"reading_room/{name(1)}", f"reading_room/{name(3)}"]
    assert run(model(), master)["errors"] == [
        f"master01: /srv/diskless/images/reading_room/{name(1)}: is there without root.squashfs, so somebody has "
        "changed it, and slaves are to boot it; move it away, and they are sent elsewhere"
    ]


def test_an_upgrade_that_died_is_finished_by_the_same_or_by_site() -> None:
    master = Master([name(1)], everybody(name(1)))
    died = run(model(), master, "upgrade", ["pc03"])
    master.converge(died, dies=True)
    for action, chosen in (("upgrade", ["pc03"]), ("site", None)):
        again = run(model(), master, action, chosen, time="20261123T053000Z")
        assert booted(again) == booted(died) == {**everybody(name(1)), "pc03": NEW}
    master.converge(again)
    # it came to its end: now it is another upgrade
    onwards = run(model(), master, "upgrade", ["pc03"], time="20261123T053000Z")
    assert booted(onwards)["pc03"] == name(23)


def test_a_rollback_that_died_is_finished_by_the_same() -> None:
    master = Master([name(1), name(2), name(3)], everybody(name(3)), pc03=[name(1), name(2)])
    master.converge(run(model(), master, "rollback", ["pc03"]), dies=True)
    again = run(model(), master, "rollback", ["pc03"])
    assert again["errors"] == []
    assert booted(again) == {**everybody(name(3)), "pc03": f"{name(2)}*"}
    master.converge(again)
    assert booted(run(model(), master, "rollback", ["pc03"]))["pc03"] == f"{name(1)}*"


def test_a_rollback_after_an_upgrade_that_died_stays_where_the_slave_is() -> None:
    master = Master([name(1), name(2)], everybody(name(2)), pc03=[name(1)])
    master.converge(run(model(), master, "upgrade", ["pc03"]), dies=True)
    back = run(model(), master, "rollback", ["pc03"])
    assert back["errors"] == []
    assert booted(back)["pc03"] == f"{name(2)}*"


def test_a_record_that_is_gone_is_told() -> None:
    master = Master([name(1), name(2)], {})
    master.lost = True
    assert run(model(), master)["warnings"] == [
        "master01: /srv/diskless/state/boots.json is gone: what slaves booted is not known, nor who was held by a "
        "rollback, so this run sends them where the inventory says; to keep some elsewhere, put the file back from a "
        "backup, or pin them by slave_generation, before they start"
    ]


def test_a_rollback_goes_back_before_a_change_of_the_definition() -> None:
    old = name(1, digest=OLD)
    master = Master([old], everybody(old))
    master.converge(run(model(), master))
    back = run(model(), master, "rollback", ["pc01", *NAMES])
    assert booted(back) == everybody(f"{old}*")
    master.converge(back)
    assert booted(run(model(), master)) == everybody(f"{old}*")


NOBODY = "all: rollback.yml: none of these slaves has booted an older generation that is still there"
NOT_BACK: list[tuple[str, Master]] = [
    ("fresh", Master([], {})),
    ("never another", Master([name(1), name(2)], everybody(name(2)))),
    ("gone", Master([name(2)], everybody(name(2)), pc03=[name(1)])),
    ("only newer ones", Master([name(1), name(2)], everybody(name(1)), pc03=[name(2)])),
    ("held already", Master([name(1)], everybody(name(1)), held=("pc03",))),
]


@pytest.mark.parametrize("master", [case[1] for case in NOT_BACK], ids=[case[0] for case in NOT_BACK])
def test_a_rollback_that_moves_nobody_is_an_error(master: Master) -> None:
    assert run(model(), master, "rollback", ["pc03"])["errors"] == [NOBODY]


def test_others_stay_where_they_are_though_the_definition_has_changed() -> None:
    old = name(1, digest=OLD)
    for action, chosen in (("upgrade", ["pc03"]), ("images", None)):
        made = run(model(), Master([old], everybody(old)), action, chosen)
        assert made["errors"] == []
        assert booted(made) == {**everybody(old), **({"pc03": NEW} if chosen else {})}
        assert made["new"] == ({} if chosen else {"master01": [["reading_room", NEW]]})


BUILT: list[tuple[str, Master, tuple[str, ...], dict[str, str], list[list[str]]]] = [
    ("fresh", Master([], {}), (), everybody(NEW), []),
    ("fresh, and asked for", Master([], {}), ("reading_room",), everybody(NEW), []),
    ("there", Master([name(1)], everybody(name(1))), (), everybody(name(1)), []),
    (
        "asked for",
        Master([name(1)], everybody(name(1))),
        ("reading_room",),
        everybody(name(1)),
        [["reading_room", NEW]],
    ),
    (
        "both asked for",
        Master([name(1)], everybody(name(1))),
        ("reading_room", "catalogue"),
        everybody(name(1)),
        [["catalogue", name(22, digest=DIGEST["catalogue"])], ["reading_room", NEW]],
    ),
]


@pytest.mark.parametrize(
    ("master", "rebuild", "expected", "new"), [case[1:] for case in BUILT], ids=[case[0] for case in BUILT]
)
def test_images(master: Master, rebuild: tuple[str, ...], expected: dict[str, str], new: list[list[str]]) -> None:
    made = run(model(), master, "images", rebuild=rebuild)
    assert made["errors"] == []
    assert booted(made) == expected
    assert made["new"] == ({"master01": new} if new else {})
    wanted = {(item["name"], item["generation"]) for item in image_projections.images(made, "master01")}
    assert wanted == {(item["name"], item["generation"]) for item in image_projections.kernels(made, "master01")}
    assert wanted >= set(map(tuple, new))


def test_what_is_built_for_later_is_built_whole() -> None:
    changes: dict[str, Any] = {"pc04": {"slave_root": "nbd_overlay"}, "pc05": {"slave_root": "nfs_tree"}}
    made = run(model(**changes), Master([name(1)], everybody(name(1))), "images", rebuild=("reading_room",))
    items = [item for item in image_projections.images(made, "master01") if item["generation"] == NEW]
    assert [(item["tree"], item["nbd"]) for item in items] == [(True, {"format": "squashfs", "size": None})]
    kernels = [item for item in image_projections.kernels(made, "master01") if item["generation"] == NEW]
    assert [item["modules"] for item in kernels] == [["nbd"]]


def test_a_pinned_slave_is_not_moved_and_says_so() -> None:
    pinned: dict[str, Any] = {"pc03": {"slave_generation": name(1)}}
    master = Master([name(1), name(2)], {**everybody(name(2)), "pc03": name(1)}, pc01=[name(1)])
    for action, other in (("upgrade", NEW), ("rollback", f"{name(1)}*")):
        made = run(model(**pinned), master, action, ["pc01", "pc03"])
        assert made["warnings"] == [f"pc03: reading_room: {name(1)!r}: stays, as slave_generation pins it"]
        assert booted(made) == {**everybody(name(2)), "pc01": other, "pc03": name(1)}


def test_a_master_that_is_not_part_of_the_run() -> None:
    states = {"master02": Master([name(2)], {"pc04": name(2), "pc05": name(2)}).state()}
    made = settled(model(**TWO), states, Run("upgrade", ["pc03", "pc05", "master02"], TIME, []))
    assert made["errors"] == []
    assert made["warnings"] == ["all: diskless_slaves: 'pc03': stays as it is, as its master 'master01' is not reached"]
    assert booted(made) == {"pc04": name(2), "pc05": NEW}
    assert made["slaves"]["pc03"]["generations"] == {}
    none = settled(model(**TWO), states, Run("upgrade", ["pc03"], TIME, []))
    assert none["errors"] == [
        "all: diskless_slaves: ['pc03']: none of them is served by a master of this run; "
        "allowed: a pattern that names pc04, pc05"
    ]


ASKED: list[tuple[str, list[str] | None, tuple[str, ...], list[str]]] = [
    ("site", ["pc03"], (), ["all: diskless_slaves: is of no use here; allowed: with upgrade.yml and rollback.yml"]),
    ("images", ["pc03"], (), ["all: diskless_slaves: is of no use here; allowed: with upgrade.yml and rollback.yml"]),
    ("site", None, ("reading_room",), ["all: diskless_rebuild: is of no use here; allowed: with images.yml"]),
    ("upgrade", None, ("reading_room",), ["all: diskless_rebuild: is of no use here; allowed: with images.yml"]),
    (
        "upgrade",
        ["master01"],
        (),
        [
            "all: diskless_slaves: ['master01']: none of them is a slave; "
            "allowed: a pattern that names pc01, pc02, pc03, pc04, pc05"
        ],
    ),
    ("upgrade", ["master01", "pc03"], (), []),
    (
        "images",
        None,
        ("unused",),
        ["all: diskless_rebuild: 'unused': is booted by no slave of this run; allowed: catalogue, reading_room"],
    ),
]


@pytest.mark.parametrize(("action", "chosen", "rebuild", "errors"), ASKED)
def test_what_a_run_can_be_asked_for(
    action: str, chosen: list[str] | None, rebuild: tuple[str, ...], errors: list[str]
) -> None:
    made = run(model(), Master([name(1)], everybody(name(1))), action, chosen, rebuild=rebuild)
    assert made["errors"] == errors
