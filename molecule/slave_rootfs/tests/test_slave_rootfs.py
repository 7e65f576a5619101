"""What the role slave_rootfs builds: an image that many machines can share, and trees of slaves' own."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

GENERATION = "bookworm-000000000001-20260101T000000Z"
IMAGE = f"/srv/diskless/images/reading_room/{GENERATION}"
TREES = "/srv/diskless/trees"


@pytest.fixture(scope="module")
def packages(host: Host) -> set[str]:
    """The names of the packages in the image."""
    made = json.loads(host.file(f"{IMAGE}/image.json").content_string)
    return {name.partition(":")[0] for name in made["packages"]}


@pytest.fixture(scope="module")
def squashed(host: Host) -> dict[str, str]:
    """The members of the file that slaves mount: path → type, permissions and owner, as `drwxr-xr-x root/root`."""
    lines = host.check_output(f"unsquashfs -lls {IMAGE}/root.squashfs").splitlines()
    members = {}
    for line in lines:
        what, owner, _rest = line.split(maxsplit=2)
        path = line.partition(" squashfs-root/")[2]
        members[path.partition(" -> ")[0]] = f"{what} {owner}"
    return members


def test_the_generation_is_complete(host: Host, squashed: dict[str, str]) -> None:
    made = json.loads(host.file(f"{IMAGE}/image.json").content_string)
    assert (made["definition"]["name"], made["definition"]["generation"]) == (
        "reading_room",
        GENERATION,
    )
    assert host.file(f"{IMAGE}/root/boot/vmlinuz-{made['kernel']}").is_file
    assert host.file(f"{IMAGE}/root/usr/lib/systemd/systemd").is_file
    assert squashed["usr/lib/systemd/systemd"] == "-rwxr-xr-x root/root"
    assert "Compression zstd" in host.check_output(f"unsquashfs -stat {IMAGE}/root.squashfs")


def test_nothing_half_made_is_left(host: Host) -> None:
    assert host.check_output("ls -A /srv/diskless/images/reading_room") == GENERATION
    assert host.check_output(f"ls -A {TREES}").split() == ["pc21", "pc22"]


@pytest.mark.parametrize(
    "path",
    ["etc/hostname", "var/lib/systemd/random-seed", "var/lib/dbus/machine-id", "etc/ssh/ssh_host_ed25519_key"],
)
def test_what_must_be_a_slaves_own_is_not_in_the_image(host: Host, squashed: dict[str, str], path: str) -> None:
    folder = path.rpartition("/")[0]
    assert host.file(f"{IMAGE}/root/{folder}").is_directory
    assert squashed[folder].startswith("d")
    own = [member for member in squashed if member == path and not squashed[member].startswith("l")]
    assert own == []
    tree = host.file(f"{IMAGE}/root/{path}")
    assert tree.is_symlink or not tree.exists


def test_no_tree_holds_a_host_key(host: Host, squashed: dict[str, str]) -> None:
    """openssh-server is in the image, so its installation has made keys there."""
    assert "usr/sbin/sshd" in squashed
    for root in (f"{IMAGE}/root", f"{TREES}/pc21", f"{TREES}/pc22"):
        assert "sshd_config" in host.check_output(f"ls {root}/etc/ssh").split()
        assert "ssh_host" not in host.check_output(f"ls {root}/etc/ssh")


def test_the_machine_id_is_empty(host: Host, squashed: dict[str, str]) -> None:
    assert squashed["etc/machine-id"] == "-r--r--r-- root/root"
    for root in (f"{IMAGE}/root", f"{TREES}/pc21"):
        machine_id = host.file(f"{root}/etc/machine-id")
        assert (machine_id.is_file, machine_id.size) == (True, 0)


@pytest.mark.parametrize("name", ["bin", "sbin", "lib"])
def test_usr_is_merged(host: Host, squashed: dict[str, str], name: str) -> None:
    assert host.file(f"{IMAGE}/root/{name}").linked_to == f"{IMAGE}/root/usr/{name}"
    assert squashed[name].startswith("l")


def test_what_merges_usr_is_not_left_behind(packages: set[str]) -> None:
    assert {"init-system-helpers", "usr-is-merged", "perl-base"} <= packages
    assert packages & {"usrmerge", "perl", "perl-modules-5.36", "libfile-find-rule-perl"} == set()


def test_swap_and_roots_that_forget_have_what_they_need(host: Host) -> None:
    root = f"{IMAGE}/root"
    assert host.check_output(f"systemctl --root={root} is-enabled diskless-swap.service") == "enabled"
    for path in ("usr/local/lib/diskless/swap", "usr/sbin/dmsetup", "usr/bin/perl"):
        assert host.file(f"{root}/{path}").mode == 0o755


def test_owners_and_permissions_are_the_packages_own(host: Host, squashed: dict[str, str]) -> None:
    for root in (f"{IMAGE}/root", f"{TREES}/pc21"):
        assert host.file(f"{root}/etc/shadow").mode == 0o640
        assert host.file(f"{root}/etc/shadow").group == "shadow"
    assert host.file(f"{IMAGE}/root/usr/bin/mount").mode == 0o4755
    assert squashed["etc/shadow"] == "-rw-r----- root/shadow"
    assert squashed["usr/bin/mount"] == "-rwsr-xr-x root/root"


@pytest.mark.parametrize("name", ["pc21", "pc22"])
def test_a_tree_holds_what_is_not_shared(host: Host, name: str) -> None:
    assert host.file(f"{TREES}/{name}/etc/fstab").is_file
    assert host.check_output(f"ls -A {TREES}/{name}/usr") == ""
    assert name in host.file(f"{TREES}/{name}/etc/hosts").content_string


def test_trees_share_no_file_that_can_be_written(host: Host) -> None:
    inodes = {host.check_output(f"stat --format=%i {TREES}/{name}/etc/passwd") for name in ("pc21", "pc22")}
    assert len(inodes) == 2


def test_trees_are_closed_to_others(host: Host) -> None:
    trees = host.file(TREES)
    assert (trees.mode, trees.user) == (0o700, "root")
