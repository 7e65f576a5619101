# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One slave for people: what it boots, gets and has, and what a run would change. Nothing in it is a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    block_devices,
    preview_boot,
    preview_changes,
    preview_dhcp,
    preview_exports,
    spelling,
    state_dirs,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import tree_directory
from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import shown
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import View, readable, rows, told
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import enumerated, show

ROOTS = {
    "nfs_overlay": "the image by NFS; what it writes is gone at reboot",
    "nfs_tree": "a tree of its own by NFS; what it writes stays",
    "nbd_overlay": "the image as a block device; what it writes is gone at reboot",
    "nbd_cow": "the image as a block device; what it writes is gone at reboot",
    "persist": "the image as a block device; what it writes stays",
}
# How many names are offered for one that is none.
NEAR = 3
NOTHING = "Nothing would change for {}."
REST = (
    "Not looked at: other slaves, and whether packages, settings and services of the servers are as they should be."
    " `site.yml --check --diff` does."
)


def fault(fleet: Fleet, name: object) -> str | None:
    """Why `slave` names no slave of the fleet, with what is allowed; None where it does."""
    known = list(fleet["slaves"])
    allowed = f"allowed: {enumerated(known)}"
    if not isinstance(name, str) or not name:
        return f"Say which slave: -e slave={known[0] if known else 'pc07'}; {allowed}"
    if name in known:
        return None
    if name in fleet["masters"]:
        return f"slave: {show(name)}: is a master; {allowed}"
    near = " or ".join(_near(name, known))
    return f"slave: {show(name)}: is no slave of this inventory{f', did you mean {near}?' if near else ''}; {allowed}"


def _near(name: str, known: Sequence[str]) -> list[str]:
    """`pc7` and `PC07` are pc07; or else up to three names that are similar (difflib's ratio)."""
    same = [one for one in known if _plain(one) == _plain(name)]
    near = difflib.get_close_matches(name[:100], known, n=NEAR, cutoff=spelling.NEAR_WORD)
    return same or [one for one in known if one in near]


def _plain(name: str) -> str:
    return re.sub("0+(?=[0-9])", "", name.lower())


def preview(view: View) -> list[str]:
    """The lines of all sections."""
    name = view.slave["name"]
    changed = preview_changes.changes(view)
    after = [f"What site.yml would change for {name}:", *changed] if changed else [NOTHING.format(name)]
    sections = (_what(view), _address(view), _boot_files(view), _exports(view), _own(view), _files(view), after, [REST])
    lines = [f"{name}, as this inventory makes it. Nothing was touched."]
    for section in sections:
        lines += ["", *section]
    return lines


def _what(view: View) -> list[str]:
    slave, image = view.slave, view.image
    table = [
        ("master", f"{view.master['name']}, {view.master['ip']}"),
        ("image", f"{image['name']} ({image['distribution']} {image['release']}, {image['architecture']})"),
        ("root", f"{slave['root']}: {ROOTS[slave['root']]}"),
        ("boots next", _generation(view, image["name"])),
        *(("or, from its menu", _generation(view, one)) for one in slave["generations"] if one != image["name"]),
        ("recorded", _recorded(view)),
    ]
    if slave["menu"]:
        table += [("menu", ", ".join(label["name"] for label in slave["menu"]["labels"]))]
    return ["What it is", *rows(table)]


def _generation(view: View, image: str) -> str:
    then = view.slave["generations"][image]
    why = ""
    if view.slave["generation"] == then["name"]:
        why = ", pinned by slave_generation"
    elif then["held"]:
        why = ", where a rollback holds it"
    there = any(one["name"] == then["name"] for one in view.state["images"].get(image, []))
    return f"{image}/{then['name']}{why}{'' if there else ', which is not built yet'}"


def _recorded(view: View) -> str:
    of = view.state["boots"].get(view.slave["name"], {}).get(view.image["name"])
    if of is None:
        return "nothing yet"
    before = f"; before that {of['before'][-1]}" if of["before"] else ""
    return f"{view.image['name']}/{of['generation']}{before}"


def _address(view: View) -> list[str]:
    slave, network = view.slave, view.fleet["networks"][view.slave["network"]]
    gives = "another server gives it its address" if network["mode"] == "proxy" else view.settings["dhcp_backend"]
    table = [
        ("address", f"{slave['ip']}, as {slave['hostname']}"),
        *(("for", mac) for mac in slave["macs"]),
        ("network", f"{network['name']}, {network['cidr']}"),
        *([("told", told(preview_dhcp.options(network)))] if network["mode"] != "proxy" else []),
        ("loader", slave["loader"]),
        *(("boot file", f"{file} ({firmware})") for firmware, file in preview_boot.sent(view)),
    ]
    return [f"Its reservation (DHCP, {gives})", *rows([row for row in table if row[1]])]


def _boot_files(view: View) -> list[str]:
    files = preview_boot.wanted(view)
    lines = [f"Its boot files in {view.settings['boot_root']}"]
    for path in sorted(filter(lambda one: preview_boot.is_read(view, one), files)):
        lines += [f"  {path}", *(f"    {line}".rstrip() for line in readable(files[path]))]
    others = sorted(path for path in files if not preview_boot.is_read(view, path))
    return [*lines, *([f"  the same for other loaders: {', '.join(others)}"] if others else [])]


def _exports(view: View) -> list[str]:
    lines, kept = preview_exports.wanted(view)
    return [
        "What it may mount and attach",
        *(f"  {line}{' (it may still run from it)' if line in kept else ''}" for line in lines),
    ]


def _own(view: View) -> list[str]:
    directory, there = view.fleet["directory"], view.there
    table = []
    if view.slave["root"] == "nfs_tree" or there["tree"]["there"]:
        recorded = there["tree"]["recorded"]
        since = f", of {recorded['image']}/{recorded['generation']}" if recorded else ""
        state = _presence(there["tree"]["there"], recorded=recorded is not None)
        table += [("tree", f"{tree_directory(directory, view.slave)}: {state}{since}")]
    disks = {disk.name: disk.size for disk in block_devices.own_disks(view.image, view.slave, view.slave["root"])}
    for disk in dict.fromkeys([*disks, *there["disks"]]):
        state = _presence(disk in there["disks"], recorded=disk in there["disks_recorded"])
        size = f", {shown(there['disks'][disk])}" if disk in there["disks"] else ""
        table += [("disk", f"{directory}/{block_devices.own_export(view.slave, disk)}: {state}{size}")]
    state = _presence(there["state"]["there"], recorded=there["state"]["recorded"])
    own = state_dirs.directory_of(directory, view.slave)
    table += [("state", f"{one['path']} in {own}: {state}") for one in view.slave["state_dirs"]]
    return ["Its own on the master", *(rows(table) or ["  nothing but its files"])]


def _presence(there: bool, *, recorded: bool) -> str:
    if there:
        return "there"
    return "made, and not there" if recorded else "not there yet"


def _files(view: View) -> list[str]:
    node = view.there["node"]
    keys = ", ".join(view.slave["key_types"])
    known = "not made yet" if node["missing"] else "there"
    table = [
        ("identity", f"{known}: machine-id, hostid, random seed, SSH host keys ({keys})"),
        ("password", "root has one" if node["has_password"] else "root has none"),
        *(("files", line) for line in _listed(node["files"])),
    ]
    return [
        f"Its files, over those of its image, from {view.fleet['directory']}/nodes/{view.slave['name']}",
        *rows(table),
    ]


def _listed(files: Sequence[dict[str, object]]) -> list[str]:
    cells = [
        (str(one["mode"]), f"{_owner(one['owner'])}:{_owner(one['group'])}", f"{one['bytes']} B", str(one["path"]))
        for one in files
    ]
    widths = [max((len(row[column]) for row in cells), default=0) for column in range(3)]
    return [f"{mode}  {owner.ljust(widths[1])}  {size.rjust(widths[2])}  {path}" for mode, owner, size, path in cells]


def _owner(number: object) -> str:
    return "root" if number == 0 else str(number)
