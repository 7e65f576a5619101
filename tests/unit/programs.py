"""Programs that tests use as oracles. A missing one fails its test: what is skipped proves nothing."""

from __future__ import annotations

import shutil


def program(name: str, package: str) -> str:
    """The path of a program; fails with the Debian package to install where it is missing."""
    found = shutil.which(name)
    assert found, f"{name} is missing; install the Debian package {package}"
    return found
