"""Lets the tests import the collection's Python as Ansible does, from a checkout in a folder of any name."""

from __future__ import annotations

import pathlib

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

_AnsibleCollectionFinder(paths=[str(CHECKOUT / "collections")])._install()
