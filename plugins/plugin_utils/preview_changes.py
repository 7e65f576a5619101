# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would change for one slave, part by part; each gives no line where nothing would change."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    block_devices,
    image_projections,
    preview_boot,
    preview_dhcp,
    preview_exports,
    state_dirs,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import tree_directory
from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import shown
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import View, difference, readable

# A file system may not be mounted: neither a tree, nor a disk that holds data, nor own state is made in its place.
GONE = "was made and is not there: the run says what to do, and makes no other"


def changes(view: View) -> list[str]:
    """All of it, in the order in which a run does it."""
    return [line for part in PARTS for line in part(view)]


def _generations(view: View) -> list[str]:
    there = {(image, one["name"]) for image, known in view.state["images"].items() for one in known}
    recorded = view.state["boots"].get(view.slave["name"], {})
    lines = []
    for image, then in view.slave["generations"].items():
        before = recorded[image]["generation"] if image in recorded else None
        if before != then["name"]:
            instead = "" if before is None else f", in place of {before}"
            lines += [f"  it boots {then['name']} of {image} at its next start{instead}"]
        if (image, then["name"]) not in there:
            lines += [f"  {then['name']} of {image} is built; its name ends with the time at which that run begins"]
    return lines


def _tree(view: View) -> list[str]:
    wanted = image_projections.trees(view.alone, view.master["name"])
    there, path = view.there["tree"], tree_directory(view.fleet["directory"], view.slave)
    recorded = there["recorded"]
    if not wanted:
        left = there["there"] and path in preview_exports.withdrawn(view)
        return [f"  its tree {path} is not exported any more; it stays on the master"] if left else []
    asked = {key: value for key, value in wanted[0].items() if key != "name"}
    if not there["there"]:
        return [
            f"  its tree {path} is made of {asked['image']}, {asked['generation']}"
            if recorded is None
            else f"  its tree {path} {GONE}"
        ]
    if recorded is None:
        return [f"  its tree {path}, which no run has made, is made to follow {asked['generation']}"]
    news = [
        f"    {key}: {_words(recorded[key])} becomes {_words(asked[key])}"
        for key in sorted(asked)
        if _words(recorded[key]) != _words(asked[key])
    ]
    if there["begun"]:
        news += ["    an update that was begun is brought to its end"]
    return [f"  its tree {path} is updated; what the slave has changed stays", *news] if news else []


def _words(value: object) -> str:
    return (" ".join(sorted(map(str, value))) if isinstance(value, (list, tuple)) else str(value)) or "nothing"


def _disks(view: View) -> list[str]:
    there = view.there["disks"]
    wanted = {disk.name: disk.size for disk in block_devices.own_disks(view.image, view.slave, view.slave["root"])}
    lines = []
    for name, size in wanted.items():
        if name not in there:
            gone = name in view.there["disks_recorded"]
            lines += [f"  its disk {name} {GONE if gone else f'is made, {shown(size)}'}"]
        elif size != there[name]:
            lines += [f"  its disk {name} has {shown(there[name])}, and shall have {shown(size)}"]
    directory, withdrawn = view.fleet["directory"], preview_exports.withdrawn(view)
    left = [name for name in there if f"{directory}/{block_devices.own_export(view.slave, name)}" in withdrawn]
    return lines + [f"  its disk {name} is not exported any more; it stays" for name in left]


def _state(view: View) -> list[str]:
    there, recorded = view.there["state"]["there"], view.there["state"]["recorded"]
    path = state_dirs.directory_of(view.fleet["directory"], view.slave)
    its = f"  its directory {path}"
    if not view.slave["state_dirs"]:
        left = there and path in preview_exports.withdrawn(view)
        return [f"{its} is not exported any more; it stays on the master"] if left else []
    if not there:
        return [f"{its} {GONE}" if recorded else f"{its} is made"]
    return [] if recorded else [f"{its}, which no run has made, is taken as it is"]


def _files(view: View) -> list[str]:
    node = view.there["node"]
    lines = []
    if node["missing"]:
        # Another master may have it; only a run that makes changes asks for it.
        unless = ", unless another master has it" if len(view.fleet["masters"]) > 1 else ""
        lines += [f"  its identity is made{unless}: {', '.join(node['missing'])}"]
    if node["identity"] or node["before"]:
        return lines + difference("its files:", node["before"], node["after"])
    return lines + ([f"  its files are written, {len(node['after'])} of them"] if node["after"] else [])


def _exports(view: View) -> list[str]:
    before, (after, _kept) = preview_exports.recorded(view), preview_exports.wanted(view)
    return difference("its exports:", before, after) if before else [f"  its exports are made, {len(after)} of them"]


def _boot_files(view: View) -> list[str]:
    before, after = view.there["boot_files"], preview_boot.wanted(view)
    lines: list[str] = []
    others: list[str] = []
    for old, new in _pairs(before, after):
        if old is None:
            lines += [f"  its boot file {new} is written"]
        elif new is None:
            lines += [f"  its boot file {old} is removed"]
        elif old != new and before[old] == after[new]:
            lines += [f"  its boot file {old} becomes {new}"]
        elif before[old] != after[new] and preview_boot.is_read(view, new):
            title = f"its boot file {old}:" if old == new else f"its boot file {old}, which becomes {new}:"
            lines += difference(title, readable(before[old]), readable(after[new]))
        elif before[old] != after[new]:
            others.append(new)
    return lines + ([f"  the same in the words of other loaders: {', '.join(others)}"] if others else [])


def _pairs(before: Iterable[str], after: Iterable[str]) -> list[tuple[str | None, str | None]]:
    """Each file as it was and will be called: a slave with another address has others, one for one in each folder."""
    gone, new = sorted({*before} - {*after}), sorted({*after} - {*before})
    pairs: list[tuple[str | None, str | None]] = [(path, path) for path in sorted({*before} & {*after})]
    for path in gone:
        follower = next((one for one in new if _kind(one) == _kind(path)), None)
        new = [one for one in new if one != follower]
        pairs.append((path, follower))
    return [*pairs, *((None, path) for path in new)]


def _kind(path: str) -> tuple[str, bool, bool]:
    folder, name = posixpath.split(path)
    return folder, name.startswith("01-"), name.endswith(".help")


def _dhcp(view: View) -> list[str]:
    path, text = view.settings["dhcp_file"], view.there["dhcp"]
    before = preview_dhcp.concerning(view, text) if text is not None else []
    if not before:
        return [f"  its reservation is written, with all else that is in {path}"]
    after = preview_dhcp.concerning(view, preview_dhcp.wanted(view))
    return difference(f"DHCP, {path} without other slaves:", before, after)


PARTS: tuple[Callable[[View], list[str]], ...] = (
    _generations,
    _tree,
    _files,
    _state,
    _disks,
    _exports,
    _boot_files,
    _dhcp,
)
