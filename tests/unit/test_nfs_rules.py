"""The list of exports: what is refused, and who may do what."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules, plain_directory


def export(path: str, *clients: str, access: str = "rw", root_squash: bool = True) -> dict[str, Any]:
    """Give one item of ``nfs_server_exports``."""
    usual = {"private": False, "all_squash": False}
    return {"path": path, "clients": [*clients], "access": access, "root_squash": root_squash, **usual}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (export("/a", "*"), "/a: '*' is no address of one machine"),
        (export("/a", "10.0.0.0/24"), "/a: '10.0.0.0/24' is no address of one machine"),
        (export("/a", "pc01"), "/a: 'pc01' is no address of one machine"),
        (export("/a", "10.0.0.1", access="RW"), "/a: access must be 'ro' or 'rw', not 'RW'"),
        *(
            (
                export(path, "10.0.0.1"),
                f"{path!r} must be an absolute path below '/', without '.', '..', '//', quotes, backslashes or"
                " control characters",
            )
            for path in ("", "/", "a", "/a/../b", "/a//b", "/a/", "/a\nb", '/a"b', "/a\\b")
        ),
    ],
)
def test_bad_exports(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        nfs_rules.grouped([item])
    assert str(caught.value) == f"nfs_server_exports: {message}"


@pytest.mark.parametrize("access", ["ro", "rw"])
def test_a_client_that_is_there_twice(access: str) -> None:
    with pytest.raises(ValueError, match=r"^nfs_server_exports: /a: fe80::1 is there twice$"):
        nfs_rules.grouped([export("/a", "fe80::1"), export("/a", "fe80::0:1", access=access)])


def test_addresses_have_one_form_and_the_order_of_numbers() -> None:
    exports = nfs_rules.grouped([export("/a", "10.0.0.10", "fe80::0:1"), export("/a", "10.0.0.9"), export("/b")])
    assert nfs_rules.listed(exports) == [export("/a", "10.0.0.9", "10.0.0.10", "fe80::1")]


@pytest.mark.parametrize(
    ("access", "root_squash", "created"),
    [("rw", True, True), ("ro", True, True), ("ro", False, False), ("rw", False, False)],
)
def test_what_is_shared_is_created_and_roots_are_required(access: str, root_squash: bool, created: bool) -> None:
    exports = nfs_rules.grouped([export("/a", "10.0.0.1", access=access, root_squash=root_squash)])
    assert nfs_rules.directories(exports) == ((["/a"], []) if created else ([], ["/a"]))


def test_a_directory_with_a_root_among_its_rules_is_required() -> None:
    both = [export("/a", "10.0.0.1"), export("/a", "10.0.0.2", access="ro", root_squash=False), export("/b")]
    assert nfs_rules.directories(nfs_rules.grouped(both)) == ([], ["/a"])


def test_no_link_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert plain_directory.exists(f"{tmp_path}/real")
    assert not plain_directory.exists(f"{tmp_path}/none/deeper")
    with pytest.raises(ValueError, match=r"'link' is a symbolic link or no directory; give the real path$"):
        plain_directory.exists(f"{tmp_path}/link/deeper")
