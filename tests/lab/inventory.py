"""What the virtual library builds, from the model of an inventory (docs/architecture.md, "The model")."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import typing

from tests.lab import playbook
from tests.lab.errors import LabError
from tests.lab.machine import Hardware
from tests.lab.master import Master

Model = dict[str, typing.Any]


def read(inventory: str, folder: pathlib.Path) -> Model:
    """The model of an inventory, made by the collection's own filter. Raises LabError with all errors of it."""
    target = folder.resolve() / "model.json"
    log = folder / "model.log"
    outcome = playbook.run_playbook("tests/lab/model.yml", [inventory], log, "-e", f"lab_model_file={target}")
    playbook.require_success(outcome, f"reading {inventory}", log)
    model: Model = json.loads(target.read_text(encoding="utf-8"))
    if model["errors"]:
        raise LabError("\n".join([f"{inventory} is not valid:", *model["errors"]]))
    return model


def masters(model: Model) -> list[Master]:
    """All masters of the model, each on the LAN of its network."""
    found = []
    for master in model["masters"].values():
        prefix = ipaddress.ip_network(model["networks"][master["network"]]["cidr"]).prefixlen
        lan = list(model["networks"]).index(master["network"])
        folders = exported_folders(model, master["name"])
        found.append(Master(master["name"], f"{master['ip']}/{prefix}", master["interface"], lan, folders))
    return found


def exported_folders(model: Model, master: str) -> tuple[str, ...]:
    """The folders that hold all that a master exports, and its boot files; none lies in another."""
    slaves = [slave for slave in model["slaves"].values() if slave["master"] == master]
    exports = {mount["export"] for slave in slaves for mount in slave["mounts"] if mount["export"]}
    wanted = [pathlib.PurePosixPath(path) for path in {"/srv", model["directory"], *exports}]
    return tuple(sorted(str(path) for path in wanted if not any(other in path.parents for other in wanted)))


def choose(model: Model, wanted: typing.Sequence[str]) -> list[str]:
    """The slaves to boot: those named, or the inventory's first. Raises LabError for one that it does not have."""
    names = list(model["slaves"])
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise LabError(f"no such slave in the inventory: {', '.join(unknown)}")
    if not names:
        raise LabError("the inventory has no slave to boot")
    return list(wanted) or names[:1]


def hardware(model: Model, name: str, firmware: str, card: str, key: str) -> Hardware:
    """The machine of a slave."""
    slave = model["slaves"][name]
    lan = list(model["networks"]).index(slave["network"])
    return Hardware(name=name, macs=tuple(slave["macs"]), lan=lan, firmware=firmware, card=card, key=key)
