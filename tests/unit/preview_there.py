"""What a master has of a slave, as slave_facts tells it: nothing, or what a run has made; and what is shown of it."""

from __future__ import annotations

from typing import Any

from ansible_collections.diskless.netboot.plugins.filter import fleet_preview
from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    nbd_projections,
    preview_boot,
    preview_dhcp,
    projections,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils import preview_parts as parts
from ansible_collections.diskless.netboot.plugins.plugin_utils.block_devices import own_disks
from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import trees
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet

DHCP_FILES = {
    "kea": "/etc/kea/kea-dhcp4.conf",
    "isc": "/etc/dhcp/dhcpd.conf",
    "dnsmasq": "/etc/diskless-netboot/dnsmasq.conf",
}
IDENTITY = ["machine-id", "hostid", "random-seed", "ssh_host_ed25519_key"]


def settings(backend: str = "kea", **more: Any) -> parts.Settings:
    """By default those of the roles."""
    given: Any = {
        "boot_root": "/srv/tftp",
        "serial": "0 115200",
        "dhcp_backend": backend,
        "dhcp_file": DHCP_FILES[backend],
        "boot_policy_first": [],
        "lease_seconds": 3600,
        **more,
    }
    found: parts.Settings = given
    return found


def node(**more: Any) -> dict[str, Any]:
    """What is the slave's own, of a slave that was never served."""
    return {
        "files": [],
        "has_password": False,
        "identity": [],
        "missing": IDENTITY,
        "before": [],
        "after": ["/etc/machine-id 0444 0:0"],
        **more,
    }


def nothing(**more: Any) -> parts.There:
    """On a fresh master."""
    given: Any = {
        "boot_files": {},
        "dhcp": None,
        "nfs": [],
        "nbd": [],
        "tree": {"there": False, "recorded": None, "begun": False},
        "disks": {},
        "disks_recorded": [],
        "state": {"there": False, "recorded": False},
        "node": node(),
        **more,
    }
    found: parts.There = given
    return found


def state(fleet: Fleet) -> parts.State:
    """A master's generations and its record, after a run that settled `fleet`."""
    images: dict[str, list[Any]] = {}
    boots: dict[str, dict[str, Any]] = {}
    for slave in fleet["slaves"].values():
        for image, booted in slave["generations"].items():
            told = {"name": booted["name"], "bytes": 1, "packages": 1}
            known = images.setdefault(image, [])
            known += [] if told in known else [told]
            boots.setdefault(slave["name"], {})[image] = {"generation": booted["name"], "held": False, "before": []}
    return {"images": images, "boots": boots}


def made(fleet: Fleet, name: str, its: parts.Settings | None = None, **more: Any) -> parts.There:
    """After a run with that fleet."""
    empty = nothing()
    view = parts.view(fleet, name, {"images": {}, "boots": {}}, empty, its or settings())
    master = view.master["name"]
    exported = [
        [{**export, "exists": True} for export in exports]
        for exports in (projections.exports(view.alone, master), nbd_projections.nbd_exports(view.alone, master))
    ]
    tree = next(iter(trees(view.alone, master)), None)
    disks = own_disks(view.image, view.slave, view.slave["root"])
    return nothing(
        **{
            "boot_files": preview_boot.wanted(view),
            "dhcp": preview_dhcp.wanted(view),
            "nfs": exported[0],
            "nbd": exported[1],
            "tree": {"there": tree is not None, "recorded": tree, "begun": False},
            "disks": {disk.name: disk.size for disk in disks},
            "disks_recorded": [disk.name for disk in disks if disk.keep],
            "state": dict.fromkeys(("there", "recorded"), bool(view.slave["state_dirs"])),
            "node": node(identity=IDENTITY, missing=[], after=[]),
            **more,
        }
    )


NOWHERE: parts.State = {"images": {}, "boots": {}}


def told(fleet: Fleet, name: str, at: parts.State, there: parts.There, its: parts.Settings | None = None) -> list[str]:
    preview = fleet_preview.FilterModule().filters()["fleet_preview"]
    return preview(fleet, name, at, there, its or settings())


def section(lines: list[str], title: str) -> list[str]:
    """The lines below a title, up to the next empty one, without the two spaces that they begin with."""
    start = next(index for index, line in enumerate(lines) if line.startswith(title)) + 1
    return [line[2:] for line in lines[start : lines.index("", start)]]


def changes(before: Fleet, after: Fleet, name: str, its: parts.Settings | None = None, **more: Any) -> list[str]:
    """What is shown to change where `before` was made."""
    lines = told(after, name, state(before), made(before, name, its, **more), its)
    return [] if f"Nothing would change for {name}." in lines else section(lines, "What site.yml would change")
