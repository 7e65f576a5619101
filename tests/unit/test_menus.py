"""`slave_menu`: what it becomes, and each fault with its exact text."""

from __future__ import annotations

import pathlib
import re
import textwrap
from typing import Any

import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.module_utils import boot_words
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.menus import (
    HELP_ALLOWED,
    KEYS,
    LABEL_KEYS,
    LABELS_ALLOWED,
    LOCAL_ALLOWED,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import show
from fleet_inventory import GROUPS, inventory

HERE = "pc01: slave_menu"
NAME = f"allowed: {boot_words.LABEL_ALLOWED}"
TITLE = f"allowed: {boot_words.TITLE_ALLOWED}"
LINE = f"allowed: {boot_words.LINE_ALLOWED}"
ARGUMENTS = f"allowed: kernel arguments: {boot_words.ARGUMENT_ALLOWED}"

LOCAL = f"cannot stand beside local, which starts the disk; allowed: {LOCAL_ALLOWED}"


def label(name: str, **keys: Any) -> dict[str, Any]:
    """A label of the model."""
    return {"name": name, "title": name, "image": None, "cmdline": [], "local": False, **keys}


def menu(*labels: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A menu of the model."""
    usual = {"title": "pc01, reading_room", "default": labels[0]["name"], "timeout": 5, "help": [], "edit": False}
    return {**usual, "labels": list(labels), **keys}


# Seed 001, /tftpboot/pxelinux.cfg/default and BootProfiles: a default profile after five seconds, a page behind F1, a
# second profile with another kernel, the local disk.
SEED: dict[str, Any] = {
    "title": "Press F1 for boot profiles, default is ltsp in 5 seconds",
    "timeout": 5,
    "default": "ltsp",
    "help": [
        "Type ltsp for regular LTSP bootup (default after 5 seconds)",
        "Type gentoo for the AthlonXP environment (GENTOO SSI boot dev env)",
        "Type windows to play worms :)",
    ],
    "edit": True,
    "labels": [
        {"name": "ltsp", "title": "LTSP"},
        {"name": "gentoo", "title": "AthlonXP", "image": "catalogue", "cmdline": "udev softlevel=unionfs"},
        {"name": "windows", "title": "Windows", "local": True},
    ],
}

GOOD: list[tuple[Any, Any]] = [
    (None, None),
    ({"labels": [{"name": "a"}]}, menu(label("a"))),
    (
        SEED,
        {
            **SEED,
            "labels": [
                label("ltsp", title="LTSP"),
                label("gentoo", title="AthlonXP", image="catalogue", cmdline=["udev", "softlevel=unionfs"]),
                label("windows", title="Windows", local=True),
            ],
        },
    ),
    (
        {
            **dict.fromkeys(("title", "timeout", "default", "help", "edit")),
            "labels": [{"name": "a", **dict.fromkeys(("title", "image", "cmdline", "local"))}],
        },
        menu(label("a")),
    ),
    (
        {"timeout": "0", "edit": "yes", "default": "b", "labels": [{"name": "a", "local": "true"}, {"name": "b"}]},
        menu(label("a", local=True), label("b"), timeout=0, edit=True, default="b"),
    ),
    ({"labels": [{"name": "a", "image": "reading_room"}]}, menu(label("a", image="reading_room"))),
    ({"labels": [{"name": "a", "local": True, "cmdline": []}]}, menu(label("a", local=True))),
    ({"help": ["", "page"], "labels": [{"name": "a"}]}, menu(label("a"), help=["", "page"])),
]


def test_the_documented_example_is_good() -> None:
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "inventory.md").read_text()
    found = re.search(r"(?m)^    slave_menu:\n(?:      .*\n)+", text)
    assert found
    example = yaml.safe_load(textwrap.dedent(found[0]))
    model = fleet(inventory(pc01=example), GROUPS)
    assert model["errors"] == []
    made = model["slaves"]["pc01"]["menu"]
    assert made
    assert [label["name"] for label in made["labels"]] == ["library", "catalogue", "rescue", "windows"]


@pytest.mark.parametrize(("value", "expected"), GOOD)
def test_a_good_menu_is_normalised(value: Any, expected: Any) -> None:
    model = fleet(inventory(pc01={"slave_menu": value}), GROUPS)
    assert (model["errors"], model["warnings"]) == ([], [])
    assert model["slaves"]["pc01"]["menu"] == expected


ONE = [{"name": "a"}]
FAULTS: list[tuple[Any, list[str]]] = [
    ([], [f": []: is a list, not a dictionary; allowed: a dictionary with {', '.join(KEYS)}"]),
    ({}, [f".labels: missing; allowed: {LABELS_ALLOWED}"]),
    ({"labels": []}, [f".labels: []: is empty; allowed: {LABELS_ALLOWED}"]),
    ({"labels": "a"}, [f".labels: 'a': is text, not a list; allowed: {LABELS_ALLOWED}"]),
    (
        {"labels": ["a"]},
        [f".labels[0]: 'a': is text, not a dictionary; allowed: a dictionary with {', '.join(LABEL_KEYS)}"],
    ),
    (
        {"labels": [{"name": f"a{number}"} for number in range(21)]},
        [
            f".labels: {show([{'name': f'a{number}'} for number in range(21)])}: holds 21 labels; "
            f"allowed: {LABELS_ALLOWED}"
        ],
    ),
    ({"labels": ONE, "titel": "x"}, [f": unknown key titel; did you mean 'title'; allowed: {', '.join(KEYS)}"]),
    (
        {"labels": [{"name": "a", "imgae": "x"}]},
        [f".labels[0]: unknown key imgae; did you mean 'image'; allowed: {', '.join(LABEL_KEYS)}"],
    ),
    ({"labels": [{"title": "A"}]}, [f".labels[0].name: missing; {NAME}"]),
    ({"labels": [{"name": "a b"}]}, [f".labels[0].name: 'a b': is no name of a label; {NAME}"]),
    ({"labels": [{"name": "a\nb"}]}, [f".labels[0].name: 'a\\nb': holds a line break; {NAME}"]),
    ({"labels": [*ONE, *ONE]}, [".labels[1].name: 'a': is there twice; allowed: each name once"]),
    (
        {"labels": [{"name": "a", "image": "catalog"}]},
        [".labels[0].image: 'catalog': is unknown, did you mean 'catalogue'; allowed: catalogue, reading_room"],
    ),
    (
        {"labels": [{"name": "a", "local": True, "image": "catalogue", "cmdline": ["x"]}]},
        [
            f".labels[0].image: 'catalogue': {LOCAL}",
            f".labels[0].cmdline: ['x']: {LOCAL}",
        ],
    ),
    ({"labels": [{"name": "a", "local": "on"}]}, [".labels[0].local: 'on': is no boolean; allowed: true, false"]),
    (
        {"labels": [{"name": "a", "cmdline": ["a b", "x=${y}"]}]},
        [
            f".labels[0].cmdline[0]: 'a b': holds an unquoted space; {ARGUMENTS}",
            f".labels[0].cmdline[1]: 'x=${{y}}': holds '${{'; {ARGUMENTS}",
        ],
    ),
    ({"labels": ONE, "default": "b"}, [".default: 'b': is unknown; allowed: a"]),
    ({"labels": ONE, "default": 1}, [".default: 1: is a number, not text (quote it in YAML); allowed: a"]),
    # a label's own fault makes its name no less known
    (
        {"labels": [{"name": "a", "image": "x"}], "default": "a"},
        [".labels[0].image: 'x': is unknown; allowed: catalogue, reading_room"],
    ),
    ({"labels": ONE, "timeout": -1}, [".timeout: -1: is out of range; allowed: a whole number from 0 to 3599"]),
    ({"labels": ONE, "timeout": "5s"}, [".timeout: '5s': is no whole number; allowed: a whole number from 0 to 3599"]),
    ({"labels": ONE, "edit": 1}, [".edit: 1: is no boolean; allowed: true, false"]),
    ({"labels": ONE, "help": "F1"}, [f".help: 'F1': is text, not a list; allowed: {HELP_ALLOWED}"]),
    ({"labels": ONE, "help": ["a\tb"]}, [f".help[0]: 'a\\tb': holds a control character; {LINE}"]),
    (
        {"labels": ONE, "help": ["x" * 79]},
        [f".help[0]: '{'x' * 76}...: has 79 characters; {LINE}"],
    ),
    (
        {"labels": ONE, "help": [""] * 21},
        [f".help: {show([''] * 21)}: holds 21 lines, which is more than a screen shows; allowed: {HELP_ALLOWED}"],
    ),
]
# what no loader could show as it is, in both places that are shown
TITLES: list[tuple[str, str]] = [
    ("", "is empty"),
    ("a\nb", "holds a line break"),
    ("a\x1b[2J", "holds a control character"),
    ('a"b', "holds '\"'"),
    ("${mac}", "holds '$'"),
    ("a;b", "holds ';'"),
    ("{a}", "holds '{'"),
    ("a#b", "holds '#'"),
    ("50%", "holds '%'"),
    ("café", "holds 'é', which is not ASCII"),
    ("x" * 131, "has 131 characters"),
]


@pytest.mark.parametrize(("value", "errors"), FAULTS)
def test_a_fault(value: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_menu": value}), GROUPS)
    assert model["errors"] == [f"{HERE}{error}" for error in errors]
    assert model["warnings"] == []


@pytest.mark.parametrize(("title", "fault"), TITLES)
def test_a_title_that_a_loader_cannot_carry(title: str, fault: str) -> None:
    for value, place in (
        ({"title": title, "labels": ONE}, ".title"),
        ({"labels": [{"name": "a", "title": title}]}, ".labels[0].title"),
    ):
        model = fleet(inventory(pc01={"slave_menu": value}), GROUPS)
        assert model["errors"] == [f"{HERE}{place}: {show(title)}: {fault}; {TITLE}"]


def test_all_faults_are_told_at_once_and_those_of_others_are_not_repeated() -> None:
    value = {"title": "a;b", "labels": [{"name": "A"}, {"name": "a", "image": "x"}]}
    model = fleet(inventory(pc01={"slave_menu": value, "slave_image": "y"}), GROUPS)
    assert model["errors"] == [
        "pc01: slave_image: 'y': is unknown; allowed: catalogue, reading_room",
        f"{HERE}.title: 'a;b': holds ';'; {TITLE}",
        f"{HERE}.labels[0].name: 'A': is no name of a label; {NAME}",
        f"{HERE}.labels[1].image: 'x': is unknown; allowed: catalogue, reading_room",
    ]


def test_without_images_none_is_unknown() -> None:
    model = fleet(
        inventory(everywhere={"diskless_images": None}, pc01={"slave_menu": {"labels": [{"name": "a", "image": "x"}]}}),
        GROUPS,
    )
    assert [error for error in model["errors"] if "slave_menu" in error] == []
