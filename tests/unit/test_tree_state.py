"""What is remembered comes back, and names that lead elsewhere are refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import tree_state
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import Entry, Manifest

TREE = {"name": "pc24", "hostname": "pc24", "image": "catalogue", "generation": "g1", "shared": ["/usr", "/opt"]}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "../pc24"}, "name of a tree '../pc24': no plain file name"),
        ({"name": ".pc24"}, "name of a tree '.pc24': no plain file name"),
        ({"image": "a/b"}, "tree 'pc24': image 'a/b': no plain file name"),
        ({"generation": ".."}, "tree 'pc24': generation '..': no plain file name"),
        ({"hostname": "pc24 evil"}, "tree 'pc24': hostname 'pc24 evil': no host name"),
        ({"hostname": "pc24\n1.2.3.4"}, "tree 'pc24': hostname 'pc24\\n1.2.3.4': no host name"),
        ({"hostname": ""}, "tree 'pc24': hostname '': no host name"),
        ({"shared": ["usr"]}, "tree 'pc24': shared directory 'usr': no absolute path"),
        ({"shared": ["/usr/.."]}, "'usr/..' is no path below a directory"),
        ({"shared": ["/"]}, "'' is no path below a directory"),
        (
            {"shared": ["/usr", "/etc"]},
            "tree 'pc24': shared directory '/etc': /etc/hosts is each slave's own and cannot be shared",
        ),
        (
            {"shared": ["/etc/hosts"]},
            "tree 'pc24': shared directory '/etc/hosts': /etc/hosts is each slave's own and cannot be shared",
        ),
    ],
)
def test_what_leads_elsewhere_is_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        tree_state.record_of(TREE | change)


@pytest.mark.parametrize("path", ["/etc/ssl", "/etcetera", "/etc/hosts.d"])
def test_what_holds_nothing_of_the_slaves_own_can_be_shared(path: str) -> None:
    assert tree_state.record_of(TREE | {"shared": [path]}).shared == (path,)


def test_a_record_comes_back() -> None:
    record = tree_state.record_of(TREE)
    assert record == tree_state.Record("pc24", "catalogue", "g1", ("/opt", "/usr"))
    known = tree_state.Known(record)
    assert tree_state.load_known(tree_state.dump_known(known)) == known


def test_what_was_begun_comes_back_and_adds_up() -> None:
    first, second, third = (tree_state.record_of(TREE | {"generation": name}) for name in ("g1", "g2", "g3"))
    known = tree_state.Known(first).begun(second, ["a", "b"]).begun(third, ["b", "c"]).begun(second, [])
    assert known == tree_state.Known(first, (second, third), ("a", "b", "c"))
    assert tree_state.load_known(tree_state.dump_known(known)) == known


def test_the_order_of_shared_directories_does_not_count() -> None:
    assert tree_state.record_of(TREE) == tree_state.record_of(TREE | {"shared": ["/opt", "/usr", "/opt"]})


def test_other_shared_directories_have_another_manifest() -> None:
    other = tree_state.record_of(TREE | {"shared": []})
    assert tree_state.record_of(TREE).manifest != other.manifest
    assert other.manifest.startswith("catalogue.g1.")


def test_a_manifest_comes_back_with_any_name() -> None:
    entry = Entry("f", 0o4755, 0, 1, "digest", "", 3, 12345678901234567)
    manifest = Manifest({"a\udcff\n\u00fc": entry, "b": entry}, {"b": "a\udcff\n\u00fc"})
    assert tree_state.load_manifest(tree_state.dump_manifest(manifest, b"\xff\n")) == (manifest, b"\xff\n")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"format": 99}', b"null"])
def test_what_is_of_another_format_is_not_known(data: bytes) -> None:
    assert tree_state.load_known(data) is None
    assert tree_state.load_manifest(data) is None


@pytest.mark.parametrize(
    ("hostname", "line"),
    [("pc24", b"127.0.1.1  pc24\n"), ("pc24.library.test", b"127.0.1.1  pc24.library.test pc24\n")],
)
def test_a_slave_knows_its_own_name(hostname: str, line: bytes) -> None:
    assert tree_state.hosts_file(b"127.0.0.1 localhost\n\n", hostname) == b"127.0.0.1 localhost\n" + line
