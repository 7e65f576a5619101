"""The masters' base: a plain Debian with systemd and SSH, made once of Debian packages and kept in build/cache.

It holds nothing that a role installs, so that a fresh master is as fresh as an administrator's.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import tarfile

from tests.lab import paths
from tests.lab.run import run

PACKAGES = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "netbase",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd-sysv",
    "udev",
)
RELEASE = "bookworm"

# Files of the base beyond its packages.
_FILES = {
    "etc/apt/apt.conf.d/90lab": 'APT::Keep-Downloaded-Packages "true";\nAcquire::Languages "none";\n',
}
# Units that would fight for what the container or the lab does.
_MASKED = (
    "systemd-networkd.service",
    "systemd-udevd.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "e2scrub_all.timer",
)

_PROXY = re.compile(r'^Acquire::https?::Proxy[^ ]* ".+";$', re.MULTILINE)


def base() -> pathlib.Path:
    """The folder of the base's root, made when it is not there (half a minute). Raises LabError."""
    folder = paths.CACHE / f"master-{_digest()}"
    os.makedirs(paths.CACHE, exist_ok=True)
    with open(paths.CACHE / "master.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _make(folder)
    return folder / "root"


def _make(folder: pathlib.Path) -> None:
    making = folder.with_suffix(".making")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir()
    archive = making / "root.tar"
    run(["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, str(archive)], timeout=1800)
    (making / "root").mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(making / "root", filter="fully_trusted")
    archive.unlink()
    _configure(making / "root")
    os.rename(making, folder)


def _configure(root: pathlib.Path) -> None:
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    proxies = _PROXY.findall(run(["apt-config", "dump"]))
    if proxies:
        (root / "etc/apt/apt.conf.d/91lab-proxy").write_text("\n".join(proxies) + "\n", encoding="utf-8")
    for unit in _MASKED:
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    (root / "etc/hostname").unlink(missing_ok=True)
    # The bootstrap has thrown the package lists away: their age must not say that they are fresh.
    os.utime(root / "var/lib/apt/lists", (0, 0))


def _digest() -> str:
    """Changes when this file does, which says all that the base is made from."""
    return hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]
