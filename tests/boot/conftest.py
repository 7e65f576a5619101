"""The library that the boot tests share: converged once a session, its slaves powered on by each test."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import typing

import pytest

from tests.boot import fetches
from tests.boot.library import Library
from tests.lab import connect, paths

_REPORT = pytest.StashKey[dict[str, typing.Any]]()


@pytest.fixture(scope="session")
def library(request: pytest.FixtureRequest) -> typing.Iterator[Library]:
    """The masters of inventories/library, fresh and not converged yet; see `converged`."""
    lab_id = os.environ.get("DISKLESS_LAB")
    if lab_id is None:
        pytest.fail("boot tests run inside a lab: make boot")
    folder = paths.BUILD / "boot" / lab_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shared = Library(lab_id, folder, "inventories/library")
    request.config.stash[_REPORT] = shared.report
    shared.up()
    yield shared
    shared.down()
    (folder / "report.json").write_text(json.dumps(shared.report, indent=2) + "\n", encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what was measured; no test fails because of it, as others use the machine too."""
    report = config.stash.get(_REPORT, {})
    for boot in report.get("boots", []):
        times = ", ".join(f"{name} {seconds:.1f}" for name, seconds in boot["milestones"].items())
        terminalreporter.write_line(f"boot: {boot['name']} {boot['boot']}, {boot['firmware']}: {times} s")
    if compared := fetches.line(report):
        terminalreporter.write_line(compared)


@pytest.fixture(scope="session")
def shared_root(library: Library) -> Library:
    """The same after site.yml with what the inventory shared_root changes of it."""
    key = json.dumps({"slave_authorized_keys": [connect.public_key()]})
    library.site("shared-root", "--extra-vars", key, more=pathlib.Path(__file__).parent / "shared_root")
    return library


@pytest.fixture(scope="session")
def converged(library: Library) -> Library:
    """The same after site.yml."""
    library.site("converge")
    return library
