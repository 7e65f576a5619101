"""The exports of both NFS servers."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.filter import nfs_exports as filter_nfs_exports
from ansible_collections.diskless.netboot.plugins.module_utils import plain_directory
from ansible_collections.diskless.netboot.plugins.plugin_utils import nfs_exports


def test_nothing_to_export() -> None:
    assert nfs_exports.kernel_exports({}).count("\n") == 1
    assert "EXPORT" not in nfs_exports.ganesha_exports({}, {})


def export(path: str, *clients: str, access: str = "rw", root_squash: bool = True) -> dict[str, Any]:
    """Give one item of ``nfs_server_exports``."""
    return {"path": path, "clients": list(clients), "access": access, "root_squash": root_squash}


def test_kernel_exports() -> None:
    rules = nfs_exports.by_path(
        [
            export("/srv/a b#", "10.0.0.10", "10.0.0.9"),
            export("/srv/a b#", "10.0.0.3", access="ro", root_squash=False),
            export("/srv/empty"),
        ]
    )
    assert nfs_exports.kernel_exports(rules).splitlines()[1:] == [
        r"/srv/a\040b\043 10.0.0.3(ro,sync,no_subtree_check,no_root_squash)"
        " 10.0.0.9(rw,sync,no_subtree_check,root_squash) 10.0.0.10(rw,sync,no_subtree_check,root_squash)"
    ]


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
                f"{path!r} must be an absolute path below '/', without '.', '..', '//' or control characters",
            )
            for path in ("/", "a", "/a/../b", "/a//b", "/a/", "/a\nb")
        ),
    ],
)
def test_bad_exports(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        nfs_exports.by_path([item])
    assert str(caught.value) == f"nfs_server_exports: {message}"


def test_one_client_with_two_rules() -> None:
    with pytest.raises(ValueError, match=r"^nfs_server_exports: /a: 10\.0\.0\.1 is there twice$"):
        nfs_exports.by_path([export("/a", "10.0.0.1"), export("/a", "10.0.0.1", access="ro")])


@pytest.mark.parametrize("path", ['/a"b', "/a\\b"])
def test_what_ganesha_cannot_export(path: str) -> None:
    with pytest.raises(ValueError, match=r"Ganesha cannot export a path with a quote or a backslash$"):
        nfs_exports.ganesha_exports(nfs_exports.by_path([export(path, "10.0.0.1")]), {})


def test_ganesha_exports() -> None:
    rules = nfs_exports.by_path(
        [
            export("/srv/a b", "10.0.0.2", access="ro", root_squash=False),
            export("/srv/a b", "10.0.0.10", "10.0.0.9"),
        ]
    )
    assert nfs_exports.ganesha_exports(rules, {"/srv/a b": 7, "/gone": 8}) == (
        "# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost.\n"
        "\n"
        "EXPORT {\n"
        "    Export_Id = 7;\n"
        '    Path = "/srv/a b";\n'
        '    Pseudo = "/srv/a b";\n'
        "    Access_Type = NONE;\n"
        "    Protocols = 3, 4;\n"
        "    Transports = TCP, UDP;\n"
        "    SecType = sys;\n"
        "    CLIENT {\n"
        "        Clients = 10.0.0.2;\n"
        "        Access_Type = RO;\n"
        "        Squash = No_Root_Squash;\n"
        "    }\n"
        "    CLIENT {\n"
        "        Clients = 10.0.0.9, 10.0.0.10;\n"
        "        Access_Type = RW;\n"
        "        Squash = Root_Squash;\n"
        "    }\n"
        "    FSAL { Name = VFS; }\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("access", "root_squash", "created"),
    [("rw", True, True), ("ro", True, True), ("ro", False, False), ("rw", False, False)],
)
def test_what_is_shared_is_created_and_roots_are_required(access: str, root_squash: bool, created: bool) -> None:
    one = export("/a", "10.0.0.1", access=access, root_squash=root_squash)
    result = filter_nfs_exports.nfs_exports([one], "kernel")
    assert (result["create"], result["require"]) == ((["/a"], []) if created else ([], ["/a"]))


def test_a_directory_with_a_root_among_its_rules_is_required() -> None:
    both = [export("/a", "10.0.0.1"), export("/a", "10.0.0.2", access="ro", root_squash=False)]
    assert filter_nfs_exports.nfs_exports(both, "kernel")["require"] == ["/a"]


@pytest.mark.parametrize(
    ("clients", "kernel", "ganesha"),
    [(0, 8, 200), (8, 8, 200), (9, 16, 200), (25, 32, 200), (100, 128, 512), (5000, 256, 1024)],
)
def test_threads(clients: int, kernel: int, ganesha: int) -> None:
    assert (nfs_exports.threads(clients), nfs_exports.ganesha_threads(clients)) == (kernel, ganesha)


def test_no_link_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert plain_directory.exists(f"{tmp_path}/real")
    assert not plain_directory.exists(f"{tmp_path}/none/deeper")
    with pytest.raises(ValueError, match=r"'link' is a symbolic link or no directory; give the real path$"):
        plain_directory.exists(f"{tmp_path}/link/deeper")
