"""A fleet over several runs, with masters that remember, for the tests of what each slave boots."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Run, settled
from fleet_inventory import GROUPS, TIME, inventory

NAMES = ["pc03", "pc04", "pc05"]
MORE: dict[str, dict[str, Any]] = {
    name: {
        "slave_mac": f"02:00:00:00:00:0{name[-1]}",
        "slave_ip": f"192.168.1.3{name[-1]}",
        "slave_image": "reading_room",
    }
    for name in NAMES
}
SLAVES = ["pc01", "pc02", *NAMES]


def model(*, without: tuple[str, ...] = (), **changes: dict[str, Any]) -> Fleet:
    """A fleet with pc01, pc03, pc04 and pc05 in the reading room, and pc02 with a tree of the catalogue."""
    more = {name: {**variables, **changes.pop(name, {})} for name, variables in MORE.items() if name not in without}
    masters = ["master01", *(["master02"] if "master02" in changes else [])]
    slaves = [name for name in SLAVES if name not in without]
    made = fleet(inventory(**more, **changes), {**GROUPS, "masters": masters, "slaves": slaves})
    assert made["errors"] == []
    return made


DIGEST = {name: image["digest"] for name, image in model()["images"].items()}


def name(number: int, *, digest: str = DIGEST["reading_room"], release: str = "bookworm") -> str:
    """The generation of the reading room's image that was built on that day; 22 is when the run of a test begins."""
    return f"{release}-{digest}-202611{number:02d}T053000Z"


NEW = name(22)
OLD = "0" * 12
CATALOGUE = name(1, digest=DIGEST["catalogue"])


def _record(generation: str, before: list[str], *, held: bool) -> dict[str, Any]:
    return {"generation": generation, "held": held, "before": before, "served": generation}


class Master:
    """What a master has and remembers; it goes on from run to run as the real ones do."""

    def __init__(
        self, there: list[str], boots: dict[str, str], held: tuple[str, ...] = (), **before: list[str]
    ) -> None:
        self.lost = False
        self.damaged: list[str] = []
        self.images = {"reading_room": sorted(there, key=lambda one: one[-16:]), "catalogue": [CATALOGUE]}
        self.boots: dict[str, Any] = {
            slave: {"reading_room": _record(one, before.get(slave, []), held=slave in held)}
            for slave, one in boots.items()
        }
        self.boots["pc02"] = {"catalogue": _record(CATALOGUE, [], held=False)}

    def state(self) -> Any:
        images = {
            image: [
                {"name": one, "shared": ["/usr", "/opt"], "init": "systemd", "bytes": 1, "packages": 2, "built": ""}
                for one in names
            ]
            for image, names in self.images.items()
        }
        return copy.deepcopy({"images": images, "boots": self.boots, "lost": self.lost, "damaged": self.damaged})

    def converge(self, made: Fleet, *, dies: bool = False) -> None:
        """What the roles do: build what is missing, write down what is booted, and what was booted before.

        Where the run dies, that is all; else slaves are served so.
        """
        for item in image_projections.images(made, "master01"):
            names = self.images.setdefault(str(item["name"]), [])
            if item["generation"] not in names:
                names.append(str(item["generation"]))
        wanted: Any = image_projections.boots(made, "master01")
        for slave, of in wanted.items():
            for image, one in of.items():
                new = {"generation": one["generation"], "before": [], "served": None}
                record = self.boots.get(slave, {}).get(image, new)
                if record["generation"] != one["generation"]:
                    record["before"] = [*record["before"], record["generation"]]
                served = record["served"] if dies else one["generation"]
                self.boots.setdefault(slave, {})[image] = {**one, "before": record["before"], "served": served}


def run(
    made: Fleet,
    master: Master,
    action: str = "site",
    chosen: list[str] | None = None,
    *,
    time: str = TIME,
    rebuild: tuple[str, ...] = (),
) -> Fleet:
    return settled(made, {"master01": master.state()}, Run(action, chosen, time, rebuild))


def booted(made: Fleet) -> dict[str, str]:
    """What each slave of the reading room boots, with a star where it is held."""
    found = {slave: its["generations"].get("reading_room") for slave, its in made["slaves"].items()}
    return {slave: one["name"] + "*" * one["held"] for slave, one in found.items() if one}


def everybody(generation: str) -> dict[str, str]:
    return dict.fromkeys(["pc01", *NAMES], generation)


TWO: dict[str, Any] = {
    "master02": {"master_ip": "192.168.1.2", "master_interface": "eth1"},
    **{slave: {"slave_master": "master01"} for slave in ("pc01", "pc02", "pc03")},
    **{slave: {"slave_master": "master02"} for slave in ("pc04", "pc05")},
}
"""What makes a second master of it, which has the last two slaves."""
