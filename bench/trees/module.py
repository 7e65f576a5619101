"""The modules volumes and slave_tree without Ansible around them: their code and what it imports, on a master."""

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
_MODULES = f"{_PLUGINS}/modules".replace("/", ".")
# What the role slave_volumes has put there.
_MOUNTER = "/usr/local/lib/diskless-netboot/mount-volumes"
_VOLUME_BYTES = 8 << 30


def put(library: Library) -> None:
    """Puts them where the master finds them."""
    target = library.exported() / _FOLDER
    ansible_core = pathlib.Path(ansible.__file__).parent
    shutil.copytree(ansible_core / "module_utils", target / "ansible/module_utils")
    # Its own __init__.py wants more of Ansible.
    (target / "ansible/__init__.py").touch()
    shutil.copyfile(ansible_core / "release.py", target / "ansible/release.py")
    for name in ("modules", "module_utils"):
        shutil.copytree(paths.CHECKOUT / "plugins" / name, target / _PLUGINS / name)


def command(library: Library, directory: str, trees: typing.Sequence[typing.Mapping[str, str]]) -> list[str]:
    """What makes these trees on the master, each on a volume, and removes all others."""
    volumes = [{"path": f"{directory}/trees/{tree['name']}", "size": _VOLUME_BYTES} for tree in trees]
    steps = [
        _step(library, "volumes", {"directory": directory, "volumes": volumes, "mounter": _MOUNTER}),
        _step(library, "slave_tree", {"directory": directory, "trees": trees, "prune": True}),
    ]
    return ["sh", "-c", " && ".join(steps)]


def _step(library: Library, name: str, arguments: typing.Mapping[str, object]) -> str:
    """What runs one of them."""
    file = library.exported() / _FOLDER / f"{name}.arguments.json"
    file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
    result = f"/{_FOLDER}/{name}.json"
    run = f"PYTHONPATH=/{_FOLDER} python3 -m {_MODULES}.{name} /{_FOLDER}/{file.name} > {result}"
    # What went wrong stands in the result.
    return f"{{ {run} || {{ cat {result} >&2; exit 1; }}; }}"


def result(library: Library) -> typing.Any:
    """What slave_tree returned the last time."""
    return json.loads((library.exported() / _FOLDER / "slave_tree.json").read_text(encoding="utf-8"))
