"""Runs the module slave_tree in a small folder of its own."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.modules import slave_tree


class ModuleExitError(Exception):
    """Carries what a module gives back."""


def slave(name: str, generation: str = "g1", hostname: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "hostname": hostname or name, "image": "catalogue", "generation": generation, "shared": ["/usr"],
    }  # fmt: skip


def make_srv(tmp_path: pathlib.Path) -> pathlib.Path:
    """Make a folder with two generations of an image."""
    for generation in ("g1", "g2"):
        root = tmp_path / "images/catalogue" / generation / "root"
        (root / "etc").mkdir(parents=True)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/su").write_text(generation)
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (root / "etc/issue").write_text(generation)
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, srv: pathlib.Path, trees: list[dict[str, Any]], **options: bool
) -> dict[str, Any]:
    """Run the module and give its result, its warnings too."""
    warnings: list[str] = []

    class Module:
        def __init__(self, **_: object) -> None:
            self.params = {"directory": str(srv), "trees": trees, "prune": options.get("prune", False)}
            self.check_mode = options.get("check", False)

        def warn(self, text: str) -> None:
            warnings.append(text)

        def exit_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": False})

        def fail_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": True})

    monkeypatch.setattr(slave_tree, "AnsibleModule", Module)
    with pytest.raises(ModuleExitError) as caught:
        slave_tree.main()
    return {**caught.value.args[0], "warnings": warnings}


def everything(path: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Give inode and time of change of all below ``path``."""
    return {str(entry): (entry.lstat().st_ino, entry.lstat().st_ctime_ns) for entry in path.rglob("*")}
