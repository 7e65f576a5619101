"""The scripts that images have for the slave itself, led into a folder that stands for its root."""

from __future__ import annotations

import pathlib

SLAVE = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_rootfs/files/slave"


def below(root: pathlib.Path, script: str) -> str:
    """A script that takes ``root`` for /; ``script``: its path in the slave."""
    text = (SLAVE / script).read_text()
    for path in ("/proc/", "/etc/", "/run/", "/usr/l"):
        for before in (" ", "<", ">", '"', "="):
            text = text.replace(f"{before}{path}", f"{before}{root}{path}")
    # It is for the kernel of this machine, of whoever runs the tests.
    assert text.count("sysrq") == text.count(f"{root}/proc/sysrq") + text.count("sysrq.rst")
    return text


def with_cmdline(root: pathlib.Path, cmdline: str) -> None:
    """Give the slave a kernel's command line, and what reads it."""
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/cmdline").write_text(f"{cmdline}\n")
    library = root / "usr/local/lib/diskless/cmdline.sh"
    library.parent.mkdir(parents=True, exist_ok=True)
    library.write_text(below(root, "usr/local/lib/diskless/cmdline.sh"))
