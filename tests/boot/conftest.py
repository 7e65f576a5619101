"""The library that the boot tests share: converged once a session, its slaves powered on by each test."""

from __future__ import annotations

import os
import pathlib
import shutil
import typing

import pytest

from tests.boot.library import Library
from tests.lab import paths


@pytest.fixture(scope="session")
def library() -> typing.Iterator[Library]:
    """The masters of inventories/library, fresh and not converged yet; see `converged`."""
    lab_id = os.environ.get("DISKLESS_LAB")
    if lab_id is None:
        pytest.fail("boot tests run inside a lab: make boot")
    folder = paths.BUILD / "boot"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shared = Library(lab_id, folder, "inventories/library")
    shared.up()
    yield shared
    shared.down()


@pytest.fixture(scope="session")
def converged(library: Library) -> Library:
    """The same after site.yml."""
    library.site("converge")
    return library


@pytest.fixture
def inventory_copy(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of inventories/library that a test may edit."""
    target = tmp_path / "inventory"
    shutil.copytree(paths.CHECKOUT / "inventories/library", target)
    return target
