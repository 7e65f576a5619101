"""RECIPE is the digest of the role files that end up in an image: whoever changes one makes new generations."""

from __future__ import annotations

import hashlib
import os
import pathlib

from ansible_collections.diskless.netboot.plugins.plugin_utils.recipe import RECIPE

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"
FOLDERS = (
    *(f"slave_rootfs/{folder}" for folder in ("defaults", "files", "tasks", "templates", "vars")),
    *(f"slave_kernel/{folder}" for folder in ("files", "vars")),
)
DIGITS = 16


def digest(roles: pathlib.Path) -> str:
    """The first 16 digits of the SHA-256 over names, executable bits and contents; a missing folder is empty."""
    sums = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((roles / folder).rglob("*")):
            if not path.is_file() or path.suffix == ".pyc":
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            sums.update(f"{path.relative_to(roles)}\0{os.access(path, os.X_OK):d}\0{content}\n".encode())
    return sums.hexdigest()[:DIGITS]


def test_recipe_is_up_to_date() -> None:
    current = digest(ROLES)
    assert current == RECIPE, (
        f'set RECIPE = "{current}" in plugins/plugin_utils/recipe.py: what images hold has changed'
    )


def test_the_digest_sees_names_contents_and_bits(tmp_path: pathlib.Path) -> None:
    seen = {digest(tmp_path)}
    folder = tmp_path / "slave_kernel" / "files"
    folder.mkdir(parents=True)
    seen.add(digest(tmp_path) + " empty")
    file = folder / "init"
    file.write_text("one")
    seen.add(digest(tmp_path))
    file.write_text("two")
    seen.add(digest(tmp_path))
    file.chmod(0o755)
    seen.add(digest(tmp_path))
    file.rename(folder / "start")
    seen.add(digest(tmp_path))
    assert len(seen) == 6
    (folder / "start.pyc").write_text("cache")
    assert digest(tmp_path) in seen
