"""What each slave boots after a run of site.yml: every rule, by what is pinned, there, and remembered."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections, nodes, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Run, settled
from fleet_inventory import TIME, inventory
from settling_masters import CATALOGUE, DIGEST, NEW, OLD, TWO, Master, booted, everybody, model, name, run

# What is there, who boots what, who is held; and then who boots what after a run of site.yml.
SITE: list[tuple[str, Master, dict[str, str]]] = [
    ("nothing is there", Master([], {}), everybody(NEW)),
    ("nothing has changed", Master([name(1)], everybody(name(1))), everybody(name(1))),
    ("the definition has changed", Master([name(1, digest=OLD)], everybody(name(1, digest=OLD))), everybody(NEW)),
    ("a slave joins", Master([name(1)], {"pc01": name(1), "pc03": name(1), "pc04": name(1)}), everybody(name(1))),
    (
        "a slave joins where most boot an older one",
        Master([name(1), name(2)], {"pc01": name(1), "pc03": name(2), "pc04": name(1)}),
        {**everybody(name(1)), "pc03": name(2)},
    ),
    (
        "a slave joins where as many boot the one as the other",
        Master([name(1), name(2)], {"pc01": name(1), "pc03": name(2)}),
        {**everybody(name(2)), "pc01": name(1)},
    ),
    (
        "a run died after it had built",
        Master([name(1, digest=OLD), name(2)], everybody(name(1, digest=OLD))),
        everybody(name(2)),
    ),
    ("a first run died after it had built", Master([name(2)], {}), everybody(name(2))),
    ("built beforehand and nobody sent there", Master([name(1), name(2)], everybody(name(1))), everybody(name(1))),
    (
        "a canary of the new definition is there",
        Master([name(1, digest=OLD), name(2), name(3)], {**everybody(name(1, digest=OLD)), "pc03": name(2)}),
        everybody(name(2)),
    ),
    (
        "held, of this definition",
        Master([name(1), name(2)], {**everybody(name(2)), "pc03": name(1)}, held=("pc03",)),
        {**everybody(name(2)), "pc03": f"{name(1)}*"},
    ),
    (
        "held, of an earlier definition",
        Master([name(1, digest=OLD), name(2)], {**everybody(name(2)), "pc03": name(1, digest=OLD)}, held=("pc03",)),
        {**everybody(name(2)), "pc03": f"{name(1, digest=OLD)}*"},
    ),
    (
        "held at what is gone",
        Master([name(2)], {**everybody(name(2)), "pc03": name(1)}, held=("pc03",)),
        everybody(name(2)),
    ),
    ("all is gone", Master([], everybody(name(2))), everybody(NEW)),
    (
        "another release, which the definition says",
        Master([name(1, digest=OLD, release="trixie")], everybody(name(1, digest=OLD, release="trixie"))),
        everybody(NEW),
    ),
    (
        "what is no generation of ours",
        Master(["bookworm-3f2a9c0d1e4b", "lost+found", name(3, digest=OLD)], {}),
        everybody(NEW),
    ),
]


@pytest.mark.parametrize(("master", "expected"), [case[1:] for case in SITE], ids=[case[0] for case in SITE])
def test_site(master: Master, expected: dict[str, str]) -> None:
    made = run(model(), master)
    assert made["errors"] == []
    assert booted(made) == expected
    assert made["new"] == {}
    master.converge(made)
    again = run(model(), master, time="20261123T053000Z")
    assert (booted(again), again["new"]) == (expected, {})


def test_a_clock_that_goes_wrong_still_makes_the_newest() -> None:
    there = name(28, digest=OLD)
    made = run(model(), Master([there], everybody(there)))
    assert booted(made) == everybody(f"bookworm-{DIGEST['reading_room']}-20261128T053001Z")


def test_each_generation_has_the_forms_that_its_own_slaves_want() -> None:
    changes: dict[str, Any] = {"pc04": {"slave_root": "nbd_overlay"}, "pc05": {"slave_root": "nfs_tree"}}
    boots = {**everybody(name(2)), "pc05": name(1)}
    made = run(model(**changes), Master([name(1), name(2)], boots))
    items = [item for item in image_projections.images(made, "master01") if item["name"] == "reading_room"]
    assert [(item["generation"], item["tree"], item["nbd"] is None) for item in items] == [
        (name(1), True, True),
        (name(2), False, False),
    ]
    paths = {str(item["path"]): item["clients"] for item in projections.exports(made, "master01")}
    assert paths[f"/srv/diskless/images/reading_room/{name(1)}"] == ["192.168.1.35"]
    assert paths[f"/srv/diskless/images/reading_room/{name(2)}"] == ["192.168.1.21", "192.168.1.33"]
    trees = [(item["name"], item["generation"]) for item in image_projections.trees(made, "master01")]
    assert trees == [("pc02", CATALOGUE), ("pc05", name(1))]


def test_a_pin_wins_over_everything() -> None:
    pinned: dict[str, Any] = {"pc03": {"slave_generation": name(1)}}
    there = [name(1), name(2)]
    for action, chosen in (("site", None), ("images", None), ("upgrade", ["pc01"]), ("rollback", ["pc01"])):
        master = Master(there, everybody(name(2)), held=("pc03",), pc01=[name(1)])
        made = run(model(**pinned), master, action, chosen)
        assert (made["errors"], made["warnings"], booted(made)["pc03"]) == ([], [], name(1))


@pytest.mark.parametrize(
    ("there", "allowed"),
    [
        ([name(2), name(1)], f"{name(1)}, {name(2)}"),
        ([], "master01 has none of 'reading_room' yet"),
    ],
)
def test_a_pin_that_is_not_there_tells_what_is(there: list[str], allowed: str) -> None:
    made = run(model(pc03={"slave_generation": name(3)}), Master(there, {}))
    assert made["errors"] == [f"pc03: slave_generation: {name(3)!r}: is not on master 'master01'; allowed: {allowed}"]


MENU = {"slave_menu": {"labels": [{"name": "own"}, {"name": "other", "image": "catalogue"}]}}


def test_what_a_menu_offers_besides_has_a_generation_too() -> None:
    pinned: dict[str, Any] = {"pc03": {**MENU, "slave_generation": name(1)}}
    master = Master([name(1), name(2)], everybody(name(2)))
    made = run(model(**pinned), master)
    assert {image: one["name"] for image, one in made["slaves"]["pc03"]["generations"].items()} == {
        "reading_room": name(1),
        "catalogue": CATALOGUE,
    }
    entry: Any = next(one for one in projections.boot_entries(made, "master01") if one["name"] == "pc03")
    assert [label["kernel"] for label in entry["labels"]] == [
        f"images/reading_room/{name(1)}/vmlinuz",
        f"images/catalogue/{CATALOGUE}/vmlinuz",
    ]
    upgraded = run(model(**pinned), master, "upgrade", ["pc03"])
    # it had none yet, and comes to the newest that is there
    assert upgraded["slaves"]["pc03"]["generations"]["catalogue"]["name"] == CATALOGUE
    master.converge(made)
    upgraded = run(model(**pinned), master, "upgrade", ["pc03"])
    assert upgraded["slaves"]["pc03"]["generations"]["catalogue"]["name"] == name(22, digest=DIGEST["catalogue"])
    assert upgraded["slaves"]["pc02"]["generations"]["catalogue"]["name"] == CATALOGUE


def test_another_image_is_another_record() -> None:
    master = Master([name(1)], everybody(name(1)))
    made = run(model(pc03={"slave_image": "catalogue"}), master)
    assert {image: one["name"] for image, one in made["slaves"]["pc03"]["generations"].items()} == {
        "catalogue": CATALOGUE
    }
    wanted: Any = image_projections.boots(made, "master01")
    assert wanted["pc03"] == {"catalogue": {"generation": CATALOGUE, "held": False}}


def test_an_older_generation_shares_what_it_has() -> None:
    state = Master([name(1), name(2)], everybody(name(2))).state()
    state["images"]["catalogue"][0]["shared"] = ["/srv"]
    made = settled(model(), {"master01": state}, Run("site", None, TIME, []))
    (tree,) = image_projections.trees(made, "master01")
    assert tree["shared"] == ["/srv"]
    entry: Any = next(one for one in projections.boot_entries(made, "master01") if one["name"] == "pc02")
    assert (
        f"diskless.shared=/srv/diskless/images/catalogue/{CATALOGUE}/root.squashfs:/srv"
        in entry["labels"][0]["cmdline"]
    )


def test_an_older_generation_is_told_in_the_words_of_its_own_init() -> None:
    state = Master([name(1)], everybody(name(1))).state()
    state["images"]["reading_room"][0]["init"] = "openrc"
    made = settled(model(pc01={"slave_services": ["!cron"]}), {"master01": state}, Run("site", None, TIME, []))
    entry: Any = next(one for one in projections.boot_entries(made, "master01") if one["name"] == "pc01")
    assert {"hostname=pc01", "noinit=cron"} <= set(entry["labels"][0]["cmdline"])


def test_nothing_is_mounted_into_what_an_older_generation_shares() -> None:
    state = Master([], {}).state()
    state["images"]["catalogue"][0]["shared"] = ["/srv"]
    changed = model(pc02={"slave_image": "catalogue", "slave_root": "nfs_tree", "slave_state_dirs": ["/srv/kept"]})
    made = settled(changed, {"master01": state}, Run("site", None, TIME, []))
    told = "pc02: slave_state_dirs: '/srv/kept': lies in /srv, which image 'catalogue' shares read-only: "
    assert [error[: len(told)] for error in made["errors"]] == [told]


def test_no_file_is_put_into_what_an_older_generation_shares() -> None:
    own = {"slave_image": "catalogue", "slave_root": "nfs_tree"}
    files = {"pc02": {**own, "slave_files": [{"path": "/srv/file", "content": ""}]}}
    state = Master([], {}).state()
    state["images"]["catalogue"][0]["shared"] = ["/srv"]
    made = settled(model(**files), {"master01": state}, Run("site", None, TIME, []))
    message = "pc02: slave_files[0].path: '/srv/file': lies in /srv: image 'catalogue' shares it read-only; allowed: "
    with pytest.raises(ValueError, match=re.escape(message)):
        nodes.nodes(inventory(**files), made, "master01")


def test_an_older_generation_with_too_long_a_line_is_an_error() -> None:
    state = Master([], {}).state()
    state["images"]["catalogue"][0]["shared"] = [f"/opt/{number:0200d}" for number in range(8)]
    made = settled(model(), {"master01": state}, Run("site", None, TIME, []))
    assert [error[:70] for error in made["errors"]] == [
        "pc02: slave_cmdline: []: makes a kernel command line of 1982 bytes; al"
    ]


def test_each_master_has_its_own() -> None:
    first, second = Master([name(1)], {"pc01": name(1), "pc03": name(1)}), Master([name(2)], {"pc04": name(2)})
    states = {"master01": first.state(), "master02": second.state()}
    made = settled(model(**TWO), states, Run("site", None, TIME, []))
    assert booted(made) == {"pc01": name(1), "pc03": name(1), "pc04": name(2), "pc05": name(2)}
    upgraded = settled(model(**TWO), states, Run("upgrade", ["pc03", "pc05"], TIME, []))
    # pc05 has nothing yet, and comes to what its master has
    assert booted(upgraded) == {"pc01": name(1), "pc03": NEW, "pc04": name(2), "pc05": name(2)}
    built = settled(model(**TWO), states, Run("images", None, TIME, ["reading_room"]))
    assert built["new"] == {"master01": [["reading_room", NEW]], "master02": [["reading_room", NEW]]}


def test_what_is_gone_is_told() -> None:
    made = run(model(), Master([name(2)], {**everybody(name(2)), "pc03": name(1)}))
    assert made["warnings"] == [
        f"pc03: reading_room: {name(1)!r}: was to be booted, and is not on master 'master01' any more"
    ]


def test_the_fleet_that_was_given_stays_as_it_was() -> None:
    made = model()
    before = copy.deepcopy(made)
    run(made, Master([], {}))
    assert made == before


@pytest.mark.parametrize(("action", "message"), [("site.yml", "'site.yml' is no action; allowed: site, images, up")])
def test_what_no_inventory_can_be_blamed_for(action: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(model(), Master([], {}), action)
    with pytest.raises(ValueError, match=r"'bookworm-.*-yesterday' is no name of a generation"):
        run(model(), Master([], {}), time="yesterday")
    with pytest.raises(ValueError, match="'master09' is no master of the fleet; allowed: master01"):
        settled(model(), {"master09": Master([], {}).state()}, Run("site", None, TIME, []))
