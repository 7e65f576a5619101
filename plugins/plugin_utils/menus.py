# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_menu`: what the loader of a slave offers to people in front of it; checked and normalised."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import boot_words
from ansible_collections.diskless.netboot.plugins.plugin_utils import cmdline
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Label, Menu
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    boolean,
    choice,
    given,
    items,
    known_keys,
    mapping,
    matching,
    number,
    required,
)

KEYS = ("title", "timeout", "default", "help", "edit", "labels")
LABEL_KEYS = ("name", "title", "image", "cmdline", "local")
TIMEOUT = 5
# What fits on one screen without scrolling.
MOST_LABELS = 20

EXAMPLE = f"a dictionary with {', '.join(KEYS)}"
LABELS_ALLOWED = f"a list of 1 to {MOST_LABELS} dictionaries with {', '.join(LABEL_KEYS)}"
LABEL_ALLOWED = f"a dictionary with {', '.join(LABEL_KEYS)}"
HELP_ALLOWED = f"a list of at most {boot_words.HELP_LINES} lines of text"
LOCAL_ALLOWED = "local alone, or image and cmdline"


def menu(place: Place, value: Plain, title: str, image_names: Sequence[str], images: Collection[str]) -> Menu | None:
    """The menu with those labels that are good; None where there is none.

    `title` is that of a menu without one; `image_names` are all images, `images` those whose names are good.
    """
    if value is None:
        return None
    table = mapping(place, value, EXAMPLE)
    if not isinstance(value, dict):
        return None
    known_keys(place, table, KEYS)
    if table.get("title") is not None:
        title = _title(place, table["title"]) or title
    timeout = number(place.item(".timeout"), given(table, "timeout", TIMEOUT), 0, boot_words.TIMEOUT_LIMIT)
    lines = _help(place.item(".help"), given(table, "help", []))
    edit = _flag(place.item(".edit"), table.get("edit"))
    labels = _labels(place.item(".labels"), table.get("labels"), image_names, images)
    default = _default(place.item(".default"), table)
    if not labels:
        return None
    return {
        "title": title,
        "default": next((label["name"] for label in labels if label["name"] == default), labels[0]["name"]),
        "timeout": TIMEOUT if timeout is None else timeout,
        "help": lines,
        "edit": edit is True,
        "labels": labels,
    }


def _title(place: Place, value: Plain) -> str | None:
    return matching(place.item(".title"), value, boot_words.title_fault, boot_words.TITLE_ALLOWED)


def _flag(place: Place, value: Plain) -> bool | None:
    return False if value is None else boolean(place, value)


def _help(place: Place, value: Plain) -> list[str]:
    lines = items(place, value, HELP_ALLOWED)
    if len(lines) > boot_words.HELP_LINES:
        place.error(value, f"holds {len(lines)} lines, which is more than a screen shows", HELP_ALLOWED)
    found: list[str] = []
    for index, line in enumerate(lines):
        here = place.item(f"[{index}]")
        good = "" if line == "" else matching(here, line, boot_words.line_fault, boot_words.LINE_ALLOWED)
        if good is not None:
            found.append(good)
    return found


def _default(place: Place, table: dict[str, Plain]) -> str | None:
    """A name that stands in a label; the labels' other faults are none of this."""
    value, labels = table.get("default"), table.get("labels")
    written = [label.get("name") for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []
    known = [name for name in written if isinstance(name, str)]
    return None if value is None or not known else choice(place, value, known)


def _labels(place: Place, value: Plain, image_names: Sequence[str], images: Collection[str]) -> list[Label]:
    if value is None:
        place.missing(LABELS_ALLOWED)
        return []
    labels = items(place, value, LABELS_ALLOWED)
    if isinstance(value, list) and not 1 <= len(labels) <= MOST_LABELS:
        place.error(value, f"holds {len(labels)} labels" if labels else "is empty", LABELS_ALLOWED)
    found: list[Label] = []
    taken: set[str] = set()
    for index, item in enumerate(labels):
        here = place.item(f"[{index}]")
        table = mapping(here, item, LABEL_ALLOWED)
        label = _label(here, table, image_names) if isinstance(item, dict) else None
        if label is None:
            continue
        if label["name"] in taken:
            here.item(".name").error(label["name"], "is there twice", "each name once")
            continue
        taken.add(label["name"])
        if label["image"] is None or label["image"] in images:
            found.append(label)
    return found


def _label(place: Place, table: dict[str, Plain], image_names: Sequence[str]) -> Label | None:
    known_keys(place, table, LABEL_KEYS)
    asked = required(place, table, "name", boot_words.LABEL_ALLOWED)
    name = None
    if asked is not None:
        name = matching(place.item(".name"), asked, boot_words.label_fault, boot_words.LABEL_ALLOWED)
    title = _title(place, table["title"]) if table.get("title") is not None else name
    wanted = table.get("image")
    image = choice(place.item(".image"), wanted, image_names) if wanted is not None and image_names else None
    arguments = cmdline.arguments(place.item(".cmdline"), given(table, "cmdline", []))
    local = _flag(place.item(".local"), table.get("local"))
    for key in ("image", "cmdline") if local else ():
        if table.get(key) not in (None, []):
            place.item(f".{key}").error(table[key], "cannot stand beside local, which starts the disk", LOCAL_ALLOWED)
    if name is None or title is None or local is None or (wanted is not None and image is None):
        return None
    return {"name": name, "title": title, "image": image, "cmdline": arguments, "local": local}
