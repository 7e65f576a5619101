"""The archive is what cpio(1) reads, and the same for the same entries."""

from __future__ import annotations

import os
import pathlib
import stat
import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import cpio
from programs import program

ENTRIES = [
    cpio.regular("lib/steps/10-card", b"#!/bin/sh\n", 0o755),
    cpio.regular("etc/odd", b"12345"),
    cpio.regular("etc/empty", b""),
    cpio.symlink("bin/sh", "busybox"),
    cpio.directory("tmp", 0o1777),
]


def test_cpio_lists_and_unpacks_it(tmp_path: pathlib.Path) -> None:
    data = cpio.archive(ENTRIES)
    listing = subprocess.run(
        [program("cpio", "cpio"), "-t", "--quiet"], input=data, stdout=subprocess.PIPE, check=True
    ).stdout
    assert listing.decode().split() == [
        *("bin", "bin/sh", "etc", "etc/empty", "etc/odd", "lib", "lib/steps", "lib/steps/10-card", "tmp"),
    ]
    subprocess.run([program("cpio", "cpio"), "-i", "--quiet"], input=data, cwd=tmp_path, check=True)
    assert (tmp_path / "lib/steps/10-card").read_bytes() == b"#!/bin/sh\n"
    assert (tmp_path / "etc/odd").read_bytes() == b"12345"
    assert (tmp_path / "etc/empty").read_bytes() == b""
    assert os.readlink(tmp_path / "bin/sh") == "busybox"
    assert stat.S_IMODE((tmp_path / "lib/steps/10-card").stat().st_mode) == 0o755


def test_the_order_of_entries_does_not_matter() -> None:
    assert cpio.archive(ENTRIES) == cpio.archive(reversed(ENTRIES))


def test_a_device_node_keeps_its_numbers() -> None:
    data = cpio.archive([cpio.character_device("console", 5, 1)])
    # Fields of 8 hex digits after the magic (cpio(5), newc): the 2nd is the mode, the 10th and 11th the numbers.
    fields = [int(data[6 + 8 * number : 14 + 8 * number], 16) for number in range(13)]
    assert fields[1] == stat.S_IFCHR | 0o600
    assert fields[9:11] == [5, 1]


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["/init"], "'/init' is no plain relative path"),
        (["a/../../b"], "'a/../../b' is no plain relative path"),
        (["../b"], "'../b' leaves the archive"),
        ([""], "'' is no plain relative path"),
        (["a\0b"], "'a\\x00b' leaves the archive"),
        (["a", "a"], "'a' stands twice in the archive"),
    ],
)
def test_wrong_names_are_refused(names: list[str], error: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        cpio.archive(cpio.regular(name, b"") for name in names)
    assert str(caught.value) == error
