"""The command lines that make an image say what its definition says, and nothing that a definition could smuggle in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import mirrors, rootfs_command

IMAGE: dict[str, Any] = {
    "name": "reading_room",
    "generation": "g1",
    "distribution": "debian",
    "release": "bookworm",
    "architecture": "amd64",
    "packages": ["less", "udev"],
    "kernel": {"package": "linux-image-amd64"},
    "mirror": None,
}


def test_without_a_mirror_none_is_named() -> None:
    command = rootfs_command.bootstrap(IMAGE, ["udev", "dbus"], "/srv/root", "/srv/cache")
    assert command[-2:] == ["bookworm", "/srv/root"]
    assert not [item for item in command if "://" in item]
    assert "--include=udev,dbus,linux-image-amd64,less" in command
    assert "--architectures=amd64" in command


@pytest.mark.parametrize(
    "mirror",
    [
        "http://mirror.test/debian",
        "https://[2001:db8::1]:8443/debian",
        "copy:///srv/debian",
        "deb http://mirror.test/debian bookworm main",
        "deb [trusted=yes] copy:/srv/debian bookworm main contrib",
    ],
)
def test_a_mirror_is_the_last_argument(mirror: str) -> None:
    assert rootfs_command.bootstrap(IMAGE | {"mirror": mirror}, [], "/srv/root", "/srv/cache")[-1] == mirror


@pytest.mark.parametrize(
    ("mirror", "fault"),
    [
        ("-", "is no mirror's address"),
        ("/etc/passwd", "is no mirror's address"),
        ("sources.list", "is no mirror's address"),
        ("ftp://mirror.test/debian", "is no mirror's address"),
        ("http://mirror.test/ debian", "is no mirror's address"),
        ("http://mirror.test/\ndeb http://other.test/ x y", "is no mirror's address"),
        ("deb http://mirror.test/debian", "is no mirror's address"),
        ("deb-src http://mirror.test/debian bookworm main", "is no mirror's address"),
        ("copy:/srv/debian", "cannot be read while an image is built, write 'copy:///srv/debian'"),
        ("copy://srv/debian", "cannot be read while an image is built, write 'copy:///srv/debian'"),
        ("file:/srv/debian", "cannot be read while an image is built, write 'copy:///srv/debian'"),
        ("file:///srv/debian", "cannot be read while an image is built, write 'copy:///srv/debian'"),
        (
            "deb [trusted=yes] file:/srv/debian bookworm main",
            "cannot be read while an image is built, write 'deb [trusted=yes] copy:///srv/debian bookworm main'",
        ),
    ],
)
def test_what_mmdebstrap_does_not_take_is_no_mirror(mirror: str, fault: str) -> None:
    text = f"mirror {mirror!r}: {fault}; allowed: {mirrors.ALLOWED}"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        rootfs_command.bootstrap(IMAGE | {"mirror": mirror}, [], "/srv/root", "/srv/cache")


@pytest.mark.parametrize("package", ["", "?all", "~n.", "/tmp/x.deb", "-y", "a,b", "a b", "a\nb", "!a"])
def test_what_is_no_package_is_refused(package: str) -> None:
    with pytest.raises(
        ValueError, match=f"^{re.escape(f'image reading_room: package {package!r}: no name of a package')}$"
    ):
        rootfs_command.packages_of(IMAGE | {"packages": [package]}, [])


def test_the_cache_is_quoted_for_the_shell_of_the_hooks() -> None:
    command = rootfs_command.bootstrap(IMAGE, [], "/srv/root", "/srv/a b; reboot")
    assert any("'/srv/a b; reboot'" in item for item in command)


@pytest.mark.parametrize(
    "command",
    [
        rootfs_command.bootstrap(IMAGE, [], "/r", "/c"),
        rootfs_command.squash("/r", "/f", 7),
        rootfs_command.unsquash("/f", "/r"),
    ],
)
def test_what_takes_long_dies_with_its_parent(command: list[str]) -> None:
    assert command[: len(rootfs_command.LEASH)] == rootfs_command.LEASH


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"])
def test_a_build_goes_by_the_proxies_of_the_master(name: str) -> None:
    own = {name: "http://proxy.test:3128", "PATH": "/tmp", "APT_CONFIG": "/tmp/x", "LC_ALL": "de_DE.UTF-8"}
    expected = rootfs_command.ENVIRONMENT | {name: "http://proxy.test:3128", rootfs_command.PARENT: "42"}
    assert rootfs_command.environment(own, 42) == expected


@pytest.mark.parametrize(
    "command",
    [["sh", "-c", "a=b"], [*rootfs_command.LEASH, "sh"], [*rootfs_command.LEASH, "env", "A=b", "C=d", "sh", "e=f"]],
)
def test_a_command_is_named_by_its_program(command: list[str]) -> None:
    assert rootfs_command.program(command) == "sh"


def test_a_squashfs_has_the_time_of_its_packages() -> None:
    command = rootfs_command.squash("/r", "/f", 7)
    assert command[command.index("-mkfs-time") + 1] == "7"
    assert "-e" not in command


def test_a_failure_tells_the_errors_and_the_end() -> None:
    output = "\n".join(["start", "E: Unable to locate package nonsense", *(f"line {n}" for n in range(100)), ""])
    assert rootfs_command.failure("mmdebstrap", 25, output, 2) == (
        "mmdebstrap failed with exit code 25:\nE: Unable to locate package nonsense\nline 98\nline 99"
    )


def test_a_failure_tells_of_a_full_disk_first() -> None:
    """It may be the cause of all that follows, however much that is."""
    output = "\n".join(
        ["failed to write (No space left on device)", *(f"E: {n}" for n in range(100)), "line 1", "line 2"]
    )
    assert rootfs_command.failure("mmdebstrap", 25, output, 2).splitlines() == [
        "mmdebstrap failed with exit code 25:",
        "failed to write (No space left on device)",
        *(f"E: {n}" for n in range(95, 100)),
        "line 1",
        "line 2",
    ]
