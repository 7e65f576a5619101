"""A serial console for slaves that have none: the lab watches a slave on its serial line.

It is one more inventory after the one that is rehearsed, a folder with host_vars for the reason that connect.py tells.
"""

from __future__ import annotations

import json
import os
import pathlib
import typing

SERIAL = "ttyS0,115200n8"


def silent(slaves: typing.Mapping[str, typing.Any], names: typing.Sequence[str]) -> list[str]:
    """Those of `names` whose slave (of the model) has no console on the first serial line."""
    return [name for name in names if not any(item.split(",")[0] == "ttyS0" for item in slaves[name]["consoles"])]


def inventory(
    folder: pathlib.Path, slaves: typing.Mapping[str, typing.Any], names: typing.Sequence[str]
) -> pathlib.Path:
    """Writes the inventory that gives `names` a serial console before their own ones; returns its folder."""
    target = folder / "consoles"
    os.makedirs(target / "host_vars", exist_ok=True)
    for name in names:
        variables = {"slave_consoles": [SERIAL, *slaves[name]["consoles"]]}
        (target / "host_vars" / f"{name}.yml").write_text(json.dumps(variables) + "\n", encoding="utf-8")
    hosts: dict[str, dict[str, str]] = {name: {} for name in names}
    (target / "hosts.yml").write_text(json.dumps({"slaves": {"hosts": hosts}}) + "\n", encoding="utf-8")
    return target
