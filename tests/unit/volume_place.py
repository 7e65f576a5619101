"""A master's folder with volumes: real ones, mounted by the program that a master's start runs."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.modules import volumes as module

from tests.unit.tree_module import make_srv

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_volumes"
MOUNTER = ROLE / "files/usr/local/lib/diskless-netboot/mount-volumes"
SIZE = 64 << 20
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def srv(tmp_path: pathlib.Path) -> pathlib.Path:
    """The folder that the inventory's `diskless_directory` names, with generations of an image."""
    folder = tmp_path / "srv"
    folder.mkdir()
    return make_srv(folder)


@pytest.fixture(autouse=True)
def unmounted(tmp_path: pathlib.Path) -> Iterator[None]:
    """No mount outlives a test."""
    yield
    for place in sorted(tree_files.mounts_below(str(tmp_path), tree_files.mountinfo()), reverse=True):
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module and give what it prints, with its warnings."""
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: warned.append(text))

    def call(main: Callable[[], None], *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        warned.clear()
        with patch_module_args({**arguments, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**result, "warned": [*warned]}

    return call


@pytest.fixture
def converge(srv: pathlib.Path, run: Run) -> Run:
    """Run the module volumes for paths with their sizes."""

    def call(wanted: dict[str, int], *, check: bool = False, mounter: pathlib.Path = MOUNTER) -> dict[str, Any]:
        listed = [{"path": str(srv / path), "size": size} for path, size in wanted.items()]
        return run(module.main, check=check, directory=str(srv), volumes=listed, mounter=str(mounter))

    return call


def mounted(srv: pathlib.Path) -> list[str]:
    """Paths below the folder where something is mounted."""
    points = tree_files.mounts_below(str(srv), tree_files.mountinfo())
    return sorted(point.removeprefix(f"{srv}/") for point in points)


def files(srv: pathlib.Path) -> list[str]:
    """Names of the files that hold volumes."""
    folder = srv / "volumes"
    return sorted(os.listdir(folder)) if folder.exists() else []
