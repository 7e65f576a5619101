"""The module slave_tree without Ansible around it: its code and what it imports, on a master."""

from __future__ import annotations

import json
import pathlib
import shutil
import typing

import ansible

from tests.boot.library import Library
from tests.lab import paths

_FOLDER = "srv/bench-module"
_PLUGINS = "ansible_collections/diskless/netboot/plugins"
_NAME = f"{_PLUGINS}/modules/slave_tree".replace("/", ".")


def put(library: Library) -> None:
    """Puts it where the master finds it."""
    target = library.exported() / _FOLDER
    ansible_core = pathlib.Path(ansible.__file__).parent
    shutil.copytree(ansible_core / "module_utils", target / "ansible/module_utils")
    # Its own __init__.py wants more of Ansible.
    (target / "ansible/__init__.py").touch()
    shutil.copyfile(ansible_core / "release.py", target / "ansible/release.py")
    for name in ("modules", "module_utils"):
        shutil.copytree(paths.CHECKOUT / "plugins" / name, target / _PLUGINS / name)


def command(library: Library, arguments: typing.Mapping[str, object]) -> list[str]:
    """What runs it on the master with these arguments."""
    file = library.exported() / _FOLDER / "arguments.json"
    file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
    run = f"PYTHONPATH=/{_FOLDER} python3 -m {_NAME} /{_FOLDER}/arguments.json > /{_FOLDER}/result.json"
    # What went wrong stands in the result.
    return ["sh", "-c", f"{run} || {{ cat /{_FOLDER}/result.json >&2; exit 1; }}"]


def result(library: Library) -> typing.Any:
    """What it returned the last time."""
    return json.loads((library.exported() / _FOLDER / "result.json").read_text(encoding="utf-8"))
