"""A small `diskless_directory` with generations, for tests."""

from __future__ import annotations

import json
import pathlib

SECONDS = 500.0
"""How long the servers of a test have run."""


def name(day: int, digest: str = "0") -> str:
    """Name the generation of a day of November."""
    return f"bookworm-{digest * 12}-202611{day:02}T120000Z"


def make(srv: pathlib.Path, image: str, *days: int, tree: bool = True) -> list[str]:
    """Make an image's generations of these days, and give their names."""
    for day in days:
        folder = srv / "images" / image / name(day)
        folder.mkdir(parents=True)
        (folder / "root.squashfs").write_bytes(b"hsqs" * 2048)
        (folder / "image.json").write_text(
            json.dumps(
                {
                    "definition": {"shared": ["/usr"]},
                    "packages": {"bash:amd64": "5.2", "dash:amd64": "0.5"},
                    "contents": {"inodes": 3, "blocks": 4},
                    "built": "2026-11-30T00:00:00Z",
                }
            )
        )
        if tree:
            (folder / "root/usr/bin").mkdir(parents=True)
            (folder / "root/usr/bin/su").write_text(f"{image} {day}")
    return [name(day) for day in days]


def there(srv: pathlib.Path, image: str) -> list[str]:
    """Give all that is in an image's folder, hidden names too."""
    return sorted(one.name for one in (srv / "images" / image).iterdir())


def unit(state: str = "active", enabled: str = "enabled", load: str = "loaded", since: float = 0.0) -> str:
    """Give what `systemctl show` prints of a server."""
    return (
        f"LoadState={load}\nActiveState={state}\nUnitFileState={enabled}\n"
        f"ActiveEnterTimestampMonotonic={int(since * 1e6)}\n"
    )
