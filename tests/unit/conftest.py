"""Lets the tests import the collection's Python as Ansible does, from a checkout in a folder of any name."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

_AnsibleCollectionFinder(paths=[str(CHECKOUT / "collections")])._install()


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """Modules set the umask of their process, which is ours where a test calls one."""
    before = os.umask(0o022)
    yield
    os.umask(before)
