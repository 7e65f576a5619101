"""RECIPE is the digest of what makes an image what it is: whoever changes one makes new generations."""

from __future__ import annotations

import hashlib
import os
import pathlib

from ansible_collections.diskless.netboot.plugins.plugin_utils.recipe import RECIPE

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PATTERNS = (
    *(f"roles/slave_rootfs/{folder}/**/*" for folder in ("defaults", "files", "tasks", "templates", "vars")),
    *(f"roles/slave_kernel/{folder}/**/*" for folder in ("files", "vars")),
    "plugins/module_utils/cpio.py",
    "plugins/module_utils/elf_needs.py",
    "plugins/module_utils/initramfs_*.py",
    "plugins/module_utils/kernel_modules.py",
    "plugins/module_utils/rootfs_*.py",
)
DIGITS = 16


def digest(checkout: pathlib.Path) -> str:
    """The first 16 digits of the SHA-256 over names, executable bits and contents; a missing folder is empty."""
    sums = hashlib.sha256()
    for pattern in PATTERNS:
        for path in sorted(checkout.glob(pattern)):
            if not path.is_file() or path.suffix == ".pyc":
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            sums.update(f"{path.relative_to(checkout)}\0{os.access(path, os.X_OK):d}\0{content}\n".encode())
    return sums.hexdigest()[:DIGITS]


def test_recipe_is_up_to_date() -> None:
    current = digest(CHECKOUT)
    assert current == RECIPE, (
        f'set RECIPE = "{current}" in plugins/plugin_utils/recipe.py: what images hold has changed. '
        "Can an initramfs from before not start by the boot files and servers of now? Raise initramfs_store.LANGUAGE"
    )


def test_the_digest_sees_names_contents_and_bits(tmp_path: pathlib.Path) -> None:
    seen = {digest(tmp_path)}
    folder = tmp_path / "roles/slave_kernel/files"
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
