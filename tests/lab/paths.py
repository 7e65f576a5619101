"""Where the virtual library keeps its things: all below build/ of the checkout, or in private tmpfs of the lab."""

from __future__ import annotations

import pathlib

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build"
CACHE = BUILD / "cache"
LABS = BUILD / "lab"

# A tmpfs that only the lab sees: sockets, keys. Short, because a socket's path has at most 107 bytes (unix(7)).
RUNTIME = pathlib.Path("/run/diskless-lab")


def lab_folder(lab_id: str) -> pathlib.Path:
    """The scratch folder of one lab, removed when the lab ends."""
    return LABS / lab_id


def kept_folder(lab_id: str) -> pathlib.Path:
    """What outlives a lab so that the next one of that id is quick: what its masters export."""
    return CACHE / "masters" / lab_id
