"""What concerns generations in the inventory and on the command line: pins, host patterns, images to rebuild."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.host_patterns import ALLOWED
from ansible_collections.diskless.netboot.plugins.plugin_utils.pins import ALLOWED as PIN_ALLOWED
from fleet_inventory import GROUPS, inventory

PINS: list[tuple[Any, list[str]]] = [
    (None, []),
    ("trixie-3f2a9c0d1e4b-20261122T053000Z", []),
    (
        "bookworm-3f2a9c0d1e4b",
        [f"pc01: slave_generation: 'bookworm-3f2a9c0d1e4b': is no name of a generation; allowed: {PIN_ALLOWED}"],
    ),
    (
        "bookworm-3f2a9c0d1e4b-20261322T053000Z",
        [
            "pc01: slave_generation: 'bookworm-3f2a9c0d1e4b-20261322T053000Z': is no name of a generation; "
            f"allowed: {PIN_ALLOWED}"
        ],
    ),
    (["x"], [f"pc01: slave_generation: ['x']: is a list, not text; allowed: {PIN_ALLOWED}"]),
]


@pytest.mark.parametrize(("value", "errors"), PINS)
def test_a_pin(value: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_generation": value}), GROUPS)
    assert model["errors"] == errors
    assert model["slaves"]["pc01"]["generation"] == (None if errors else value)


ROOMS = {**GROUPS, "reading_room": ["pc01"], "catalogue": ["pc02"]}


def wrong(part: str, fault: str) -> str:
    return f"all: diskless_slaves: {part!r}: {fault}; allowed: {ALLOWED}"


PATTERNS: list[tuple[Any, list[str]]] = [
    (None, []),
    *(
        (pattern, [])
        for pattern in (
            *("pc01", "all", "reading_room:!pc01", "pc*", "~pc0[12]", "slaves[0]", "slaves[0:1]", "pc01,pc02", "!pc01"),
            *("slaves:&reading_room", "reading_*:catalogue"),
        )
    ),
    ("reading_rom", [wrong("reading_rom", "matches no host or group, did you mean reading_room?")]),
    ("slaves:!pc9", [wrong("!pc9", "matches no host or group")]),
    ("x*:slaves:z", [wrong("x*", "matches no host or group"), wrong("z", "matches no host or group")]),
    ("~pc(", [wrong("~pc(", "is no regular expression")]),
    ("", [f"all: diskless_slaves: '': is empty; allowed: {ALLOWED}"]),
    (["pc01"], [f"all: diskless_slaves: ['pc01']: is a list, not text; allowed: {ALLOWED}"]),
]


@pytest.mark.parametrize(("value", "errors"), PATTERNS)
def test_a_pattern(value: Any, errors: list[str]) -> None:
    assert fleet(inventory(everywhere={"diskless_slaves": value}), ROOMS)["errors"] == errors


REBUILD: list[tuple[Any, list[str]]] = [
    ([], []),
    (["reading_room"], []),
    (
        ["reading_rom"],
        [
            "all: diskless_rebuild[0]: 'reading_rom': is unknown, did you mean 'reading_room'; "
            "allowed: catalogue, reading_room"
        ],
    ),
    (
        "reading_room",
        [
            "all: diskless_rebuild: 'reading_room': is text, not a list; "
            "allowed: a list of names of images: catalogue, reading_room"
        ],
    ),
]


@pytest.mark.parametrize(("value", "errors"), REBUILD)
def test_what_is_built_anew(value: Any, errors: list[str]) -> None:
    assert fleet(inventory(everywhere={"diskless_rebuild": value}), GROUPS)["errors"] == errors


FOLDER = "allowed: a folder where Ansible runs, or nothing ('') for no files there"


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ("", []),
        ("/home/a b/ssh", []),
        ("a\nb", [f"'a\\nb': holds a line break; {FOLDER}"]),
        (1, [f"1: is a number, not text (quote it in YAML); {FOLDER}"]),
    ],
)
def test_the_folder_for_ssh(value: Any, errors: list[str]) -> None:
    found = fleet(inventory(everywhere={"diskless_ssh_directory": value}), GROUPS)["errors"]
    assert found == [f"all: diskless_ssh_directory: {error}" for error in errors]


def test_keys_and_files_are_checked_and_no_part_of_the_model() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1 admin@library"
    secret = {"path": "/etc/secret", "content": "very{{secret"}
    variables = {
        "slave_files": [secret],
        "slave_files_more": [{**secret, "path": "/etc/other"}],
        "slave_authorized_keys": [key],
    }
    model = fleet(inventory(pc01=variables), GROUPS)
    assert (model["errors"], model["warnings"]) == ([], [])
    assert "very" not in str(model)
    assert "AAAAC3" not in str(model)
    bad = fleet(
        inventory(pc01={"slave_files": [{**secret, "path": "etc"}], "slave_root_password_hash": "hunter2"}), GROUPS
    )
    assert len(bad["errors"]) == 2
    assert "hunter2" not in str(bad["errors"])


def test_a_file_where_something_else_is_mounted() -> None:
    files = [{"path": "/home/a", "content": ""}, {"path": "/usr/share/b", "content": ""}]
    model = fleet(inventory(pc02={"slave_files": files}), GROUPS)
    assert model["errors"] == [
        "pc02: slave_files[0].path: '/home/a': lies in /home: slave_mounts has it; allowed: a path outside /home",
        "pc02: slave_files[1].path: '/usr/share/b': lies in /usr: image 'catalogue' shares it read-only; "
        "allowed: a path outside /usr",
    ]


@pytest.mark.parametrize(
    ("value", "errors", "types"),
    [
        (None, [], ["ed25519"]),
        (["rsa", "ed25519", "rsa"], [], ["rsa", "ed25519"]),
        (["dsa"], ["pc01: slave_ssh_key_types[0]: 'dsa': is unknown, did you mean 'ecdsa'; "], ["ed25519"]),
    ],
)
def test_types_of_keys(value: Any, errors: list[str], types: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_ssh_key_types": value}), GROUPS)
    assert [error.partition("allowed")[0] for error in model["errors"]] == errors
    assert model["slaves"]["pc01"]["key_types"] == types
