"""A small inventory that is right, for tests that put one thing wrong."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Run, settled

TIME = "20261122T053000Z"
NETWORKS: dict[str, Any] = {
    "reading": {
        "cidr": "192.168.1.0/24",
        "gateway": "192.168.1.254",
        "dns": ["192.168.1.254"],
        "domain": "library.example",
        "pool": ["192.168.1.100", "192.168.1.150"],
    }
}
IMAGES: dict[str, Any] = {"catalogue": {"packages": ["tmux"]}, "reading_room": {"packages": ["less"]}}
EVERYWHERE: dict[str, Any] = {"diskless_networks": NETWORKS, "diskless_images": IMAGES}
HOSTS: dict[str, dict[str, Any]] = {
    "master01": {"master_ip": "192.168.1.1", "master_interface": "eth1"},
    "pc01": {"slave_mac": "00:40:63:c2:ca:c9", "slave_ip": "192.168.1.21", "slave_image": "reading_room"},
    "pc02": {
        "slave_mac": ["0040.63c2.cad0", "00-40-63-C2-CA-D1"],
        "slave_ip": "192.168.1.22",
        "slave_image": "catalogue",
        "slave_root": "nfs_tree",
        "slave_mounts": [{"path": "/home", "src": "master:/srv/diskless/home"}],
    },
}
GROUPS: dict[str, Any] = {"all": ["master01", "pc01", "pc02"], "masters": ["master01"], "slaves": ["pc01", "pc02"]}


def inventory(**hosts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The host variables, with those of some hosts replaced; `everywhere` replaces them on all hosts."""
    everywhere = {**EVERYWHERE, **hosts.pop("everywhere", {})}
    merged = {name: {**everywhere, **variables} for name, variables in HOSTS.items()}
    for name, variables in hosts.items():
        merged.setdefault(name, dict(everywhere)).update(variables)
    return copy.deepcopy(merged)


def network(**keys: Any) -> dict[str, Any]:
    """`everywhere` with some keys of the network replaced."""
    return {"diskless_networks": {"reading": {**NETWORKS["reading"], **keys}}}


def image(**keys: Any) -> dict[str, Any]:
    """`everywhere` with some keys of the image reading_room replaced."""
    return {"diskless_images": {**IMAGES, "reading_room": keys}}


def fresh(hosts: Any, groups: Any) -> Fleet:
    """The model with all that the first run on fresh masters builds at TIME."""
    model = fleet(hosts, groups)
    nothing: Any = {"images": {}, "boots": {}, "lost": False, "damaged": []}
    then = settled(model, dict.fromkeys(model["masters"], nothing), Run("site", None, TIME, []))
    # A playbook ends at the first ones, before it asks what slaves boot.
    return {**then, "errors": model["errors"] or then["errors"]}


def generation(model: Fleet, image: str) -> str:
    """The generation of an image that a fresh fleet boots."""
    (found,) = {
        slave["generations"][image]["name"] for slave in model["slaves"].values() if image in slave["generations"]
    }
    return found
