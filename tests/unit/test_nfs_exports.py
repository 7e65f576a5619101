"""The exports in the files of both NFS servers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.filter.nfs_exports import nfs_exports

MANAGED = "# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost.\n"
EXPORTS: list[dict[str, Any]] = [
    {"path": "/srv/a b#", "clients": ["10.0.0.10", "10.0.0.9"], "access": "rw", "root_squash": True},
    {"path": "/srv/a b#", "clients": ["10.0.0.2"], "access": "ro", "root_squash": False},
    {"path": "/srv/a b#", "clients": ["10.0.0.3"], "access": "ro", "root_squash": False, "all_squash": True},
    {"path": "/srv/empty", "clients": [], "access": "ro", "root_squash": False},
]
PRIVATE = {"path": "/srv/pc07", "clients": ["10.0.0.7"], "access": "ro", "root_squash": False, "private": True}
IDS = {"/srv/a b#": 7}


@pytest.mark.parametrize("backend", ["kernel", "ganesha"])
def test_nothing_to_export(backend: str) -> None:
    assert nfs_exports([], backend, {}) == MANAGED


def test_kernel_exports() -> None:
    own = {**PRIVATE, "path": "/srv/z", "access": "rw"}
    assert nfs_exports([*EXPORTS, PRIVATE, own], "kernel", IDS) == (
        MANAGED + r"/srv/a\040b\043 10.0.0.2(ro,sync,no_subtree_check,no_root_squash)"
        " 10.0.0.3(ro,sync,no_subtree_check,all_squash)"
        " 10.0.0.9(rw,sync,no_subtree_check,root_squash) 10.0.0.10(rw,sync,no_subtree_check,root_squash)\n"
        "/srv/pc07 10.0.0.7(ro,sync,no_subtree_check,no_root_squash)\n"
        "/srv/z 10.0.0.7(rw,sync,no_subtree_check,no_root_squash)\n"
    )


def test_ganesha_exports() -> None:
    assert nfs_exports(EXPORTS, "ganesha", IDS) == (
        f"{MANAGED}\n"
        "EXPORT {\n"
        "    Export_Id = 7;\n"
        '    Path = "/srv/a b#";\n'
        '    Pseudo = "/srv/a b#";\n'
        "    Access_Type = NONE;\n"
        "    Protocols = 3, 4;\n"
        "    Transports = TCP, UDP;\n"
        "    SecType = sys;\n"
        "    PrivilegedPort = true;\n"
        "    CLIENT {\n"
        "        Clients = 10.0.0.2;\n"
        "        Access_Type = RO;\n"
        "        Squash = No_Root_Squash;\n"
        "    }\n"
        "    CLIENT {\n"
        "        Clients = 10.0.0.3;\n"
        "        Access_Type = RO;\n"
        "        Squash = All_Squash;\n"
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
    ("exports", "backend", "ids", "message"),
    [
        ("/a", "kernel", {}, "nfs_exports: a list of exports is needed, not str"),
        ([], "both", {}, "nfs_exports: backend must be 'kernel' or 'ganesha', not 'both'"),
        ([{"path": "/a"}], "kernel", {}, "nfs_exports: 'access' is missing"),
        (EXPORTS, "ganesha", {}, "nfs_exports: '/srv/a b#' is missing"),
    ],
)
def test_bad_input(exports: Any, backend: str, ids: dict[str, int], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        nfs_exports(exports, backend, ids)
    assert str(caught.value) == message
