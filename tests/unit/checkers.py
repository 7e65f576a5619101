"""The programs that will read what is made, as oracles: `fault` tells what one of them says against a file.

Kea and ISC's dhcpd are not installed for that, as their packages start servers on the developer's machine: they are
unpacked into build/cache, with what they need and the machine lacks.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from programs import program

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
_PACKAGES = ("kea-dhcp4-server", "isc-dhcp-server")
_INSTALLED_HOOKS = re.compile(r"/usr/lib/[a-z0-9_]+-linux-gnu[a-z0-9]*/kea/hooks")


def fault(name: str, text: str) -> str:
    """What `kea`, `isc`, `dnsmasq` or `grub` (scripts) says against the text of a file, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "file")
        if name == "kea":
            text = _INSTALLED_HOOKS.sub(str(_unpacked("libdhcp_flex_option.so").parent), text)
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [*_command(name), str(path)],
            env={**os.environ, "LD_LIBRARY_PATH": _libraries(name), "KEA_LOCKFILE_DIR": "none"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return "" if done.returncode == 0 else f"{name}, exit status {done.returncode}: {done.stdout}"


def _command(name: str) -> list[str]:
    if name == "kea":
        return [str(_unpacked("kea-dhcp4")), "-t"]
    if name == "isc":
        return [str(_unpacked("dhcpd")), "-t", "-4", "-cf"]
    if name == "dnsmasq":
        return [program("dnsmasq", "dnsmasq-base"), "--test", "-C"]
    if name == "grub":
        return [program("grub-script-check", "grub-common")]
    raise ValueError(f"there is no checker for {name}")


def _libraries(name: str) -> str:
    """Where the unpacked servers find the libraries that were unpacked with them."""
    if name not in ("kea", "isc"):
        return ""
    return ":".join(str(folder) for folder in _tree().glob("usr/lib/*-linux-gnu*"))


@functools.cache
def _unpacked(name: str) -> pathlib.Path:
    """A file of the servers' packages: unpacked, or installed where the machine has the package."""
    found: pathlib.Path | None = next(_tree().glob(f"usr/**/{name}"), None) or next(
        pathlib.Path("/usr").glob(f"*/**/{name}"), None
    )
    assert found, f"{name} is in none of the packages {', '.join(_PACKAGES)}"
    return found


@functools.cache
def _tree() -> pathlib.Path:
    """The folder with the unpacked packages; the first test of all that run at once makes it."""
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "unknown")
    tree = CHECKOUT / "build" / "cache" / f"dhcp-servers-{release}"
    tree.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{tree}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.is_dir():
            _unpack(tree)
    return tree


def _unpack(tree: pathlib.Path) -> None:
    """Fetches and unpacks what an installation would add to this machine."""
    would = _run(["apt-get", "--simulate", "--no-install-recommends", "install", *_PACKAGES])
    wanted = re.findall(r"^Inst (\S+)", would, re.MULTILINE)
    beside = pathlib.Path(f"{tree}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        if wanted:
            _run(["apt-get", "download", *wanted], folder)
        for archive in pathlib.Path(folder).glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(archive), str(beside)])
    beside.rename(tree)


def _run(command: list[str], folder: str | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}\nIs 'apt-get update' needed?"
    return done.stdout
