"""What a slave keeps on its master: made ready by the initramfs, bound by units that it leaves for systemd."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from initramfs_machine import Machine

SERVER = "192.168.1.1"
OWN = "/srv/diskless/own/pc01"
STATE = f"diskless.state={SERVER}:{OWN}"
STORE = "run/initramfs/own"
UNITS = "run/systemd/system"
STEP = "steps/78-state"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="owners are given")


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("run/diskless/lease", "address=192.168.1.21\nprefix=24\nrouter=\n")
    machine.write("sys/class/net/eth0/address", "00:40:63:11:23:4b\n")
    machine.write("sysroot/etc/passwd", "root:x:0:0::/:/bin/sh\ncups:x:4711:7::/:/bin/sh\n")
    machine.write("sysroot/etc/group", "root:x:0:\nlp:x:4712:\n")
    machine.write("sysroot/var/lib/a-b/deep/file", "of the image")
    return machine


def test_without_any_nothing_is_done(machine: Machine) -> None:
    assert machine.run(STEP, "quiet diskless.keep=/var/lib/x")
    assert machine.calls() == []
    assert not (machine.root / STORE).exists()


def test_it_begins_as_the_image_has_it_and_stays_as_the_slave_has_it(machine: Machine) -> None:
    cmdline = f"{STATE} diskless.keep=/var/lib/a-b diskless.keep=/var/lib/new"
    assert machine.run(STEP, cmdline)
    assert machine.calls() == [
        f"mount -t nfs -o rw,addr={SERVER},proto=tcp,sec=sys,hard,vers=4.2,nosuid,nodev {SERVER}:{OWN} /{STORE}"
    ]
    assert machine.read(f"{STORE}/var/lib/a-b/deep/file") == "of the image"
    assert list((machine.root / STORE / "var/lib/new").iterdir()) == []
    assert machine.read("tmp/result") == f"this computer's own state: 2 directories from {SERVER}:{OWN}"
    machine.write(f"{STORE}/var/lib/a-b/deep/file", "of the slave")
    machine.write("proc/mounts", f"{SERVER}:{OWN} {machine.root}/{STORE} nfs4 rw 0 0\n")
    assert machine.run(STEP, cmdline)
    assert len(machine.calls()) == 1
    assert machine.read(f"{STORE}/var/lib/a-b/deep/file") == "of the slave"


@pytest.mark.parametrize(
    ("root", "mounted", "version"),
    [
        (f"root=/dev/nfs nfsroot={SERVER}:/images/x/g ro diskless.lower=root", "nfs4 ro,vers=4.2", "4.2"),
        (f"root=/dev/nfs nfsroot={SERVER}:/trees/pc01 rw", "nfs rw,vers=3", "3,nolock,mountproto=tcp"),
        ("root=/dev/nbd0 rootfstype=squashfs ro diskless.nbd=0,192.168.1.1,x,ro", "", "4.2"),
        ("root=/dev/nbd0 rootfstype=ext4 rw diskless.cow=/dev/nbd1", "", "4.2"),
        ("root=/dev/nbd0 rootfstype=squashfs ro diskless.upper=/dev/nbd1", "", "4.2"),
    ],
    ids=["nfs_overlay", "nfs_tree", "nbd_overlay", "nbd_cow", "persist"],
)
def test_it_is_the_same_over_each_kind_of_root(machine: Machine, root: str, mounted: str, version: str) -> None:
    if mounted:
        machine.write("proc/mounts", f"{SERVER}:/images/x/g /run/initramfs/nfs {mounted},addr={SERVER} 0 0\n")
    assert machine.run(STEP, f"{root} {STATE} diskless.keep=/var/lib/a-b")
    options = f"rw,addr={SERVER},proto=tcp,sec=sys,hard,vers={version},nosuid,nodev"
    assert machine.calls() == [f"mount -t nfs -o {options} {SERVER}:{OWN} /{STORE}"]
    assert machine.read(f"{STORE}/var/lib/a-b/deep/file") == "of the image"
    assert (machine.root / UNITS / r"local-fs.target.requires/var-lib-a\x2db.mount").exists()


def test_what_a_lost_power_left_half_filled_is_not_taken_for_whole(machine: Machine) -> None:
    machine.write(f"{STORE}/.filling/half", "")
    assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b")
    assert below(machine) == [".kept", "var", "var/lib", "var/lib/a-b", "var/lib/a-b/deep", "var/lib/a-b/deep/file"]


def below(machine: Machine) -> list[str]:
    """All that is in the store."""
    store = machine.root / STORE
    return sorted(str(path.relative_to(store)) for path in store.rglob("*"))


def test_more_is_kept_than_before(machine: Machine) -> None:
    """What lies around it comes from the image then, and what was kept stays as the slave has it."""
    root = machine.root / "sysroot/var/lib"
    for path in ("app/data/old", "app/data/both", "app/way/kept/old", "app/way/beside", "app/.hidden"):
        machine.write(f"sysroot/var/lib/{path}", "of the image")
    (root / "app/link").symlink_to("data")
    (root / "app").chmod(0o751)
    (root / "app/way").chmod(0o711)
    kept = f"{STATE} diskless.keep=/var/lib/app/data diskless.keep=/var/lib/app/way/kept"
    assert machine.run(STEP, kept)
    machine.write(f"{STORE}/var/lib/app/data/both", "of the slave")
    (machine.root / STORE / "var/lib/app/data/old").unlink()
    (machine.root / STORE / "var/lib/app/way/kept/old").unlink()
    for _start in range(2):
        assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/app"), machine.read("tmp/problem")
        app = "var/lib/app"
        assert below(machine) == [".kept", "var", "var/lib", app, *(
            f"{app}/{path}" for path in (".hidden", "data", "data/both", "link", "way", "way/beside", "way/kept")
        )]  # fmt: skip
        assert machine.read(f"{STORE}/{app}/data/both") == "of the slave"
        modes = [stat.S_IMODE((machine.root / STORE / app / path).stat().st_mode) for path in ("", "way")]
        assert modes == [0o751, 0o711]
        assert sorted(machine.read(f"{STORE}/.kept").split()) == [
            app_ := "/var/lib/app",
            f"{app_}/data",
            f"{app_}/way/kept",
        ]


def test_a_link_that_the_slave_has_put_there_is_not_followed(machine: Machine) -> None:
    assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b")
    (machine.root / STORE / "var/lib/a-b/data").symlink_to("/etc")
    assert not machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b/data,0777,,")
    assert machine.read("tmp/problem").endswith(
        "at /var/lib/a-b/data cannot be made ready: a part of this path is a link."
    )


def test_systemd_is_left_a_unit_that_is_bound_before_services_and_unbound_after_them(machine: Machine) -> None:
    assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b diskless.keep=/srv/.x@y")
    link = machine.root / UNITS / "local-fs.target.requires" / r"var-lib-a\x2db.mount"
    assert link.resolve() == machine.root / UNITS / r"var-lib-a\x2db.mount"
    assert link.read_text().replace(str(machine.root), "").splitlines() == [
        "[Unit]",
        "Description=This computer's own /var/lib/a-b",
        "DefaultDependencies=no",
        "Conflicts=umount.target",
        "Before=local-fs.target umount.target",
        "[Mount]",
        f"What=/{STORE}/var/lib/a-b",
        "Where=/var/lib/a-b",
        "Type=none",
        "Options=bind",
    ]
    assert (machine.root / UNITS / r"srv-.x\x40y.mount").exists()


def test_another_init_finds_it_bound(machine: Machine) -> None:
    machine.init("openrc")
    cmdline = f"{STATE} diskless.keep=/var/lib/a-b diskless.keep=/var/lib/new"
    assert machine.run(STEP, cmdline)
    bound = [call for call in machine.calls() if "bind" in call]
    assert bound == [f"mount -o bind /{STORE}/var/lib/{name} /sysroot/var/lib/{name}" for name in ("a-b", "new")]
    assert (machine.root / "sysroot/var/lib/new").is_dir()
    assert not (machine.root / UNITS).exists()
    machine.write("proc/mounts", f"x {machine.root}/sysroot/var/lib/a-b nfs4 rw 0 0\n")
    machine.write("calls", "")
    assert machine.run(STEP, cmdline)
    assert [call for call in machine.calls() if "bind" in call] == bound[1:]
    machine.write("proc/mounts", "")
    machine.program("mount", "case $* in *bind*) echo 'mount: bind failed: No such device' >&2; exit 1 ;; esac")
    assert not machine.run(STEP, cmdline)
    assert machine.read("tmp/problem").endswith("at /var/lib/a-b cannot be made ready: No such device.")


@AS_ROOT
def test_owner_and_mode_are_those_of_this_image(machine: Machine) -> None:
    kept = machine.root / STORE / "var/lib/a-b"
    assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b,0750,cups,lp")
    found = [(path.stat().st_uid, path.stat().st_gid) for path in (kept, kept / "deep/file")]
    assert found == [(4711, 4712)] * 2
    assert stat.S_IMODE(kept.stat().st_mode) == 0o750
    # Another image counts otherwise; what belongs to others stays theirs.
    machine.write("sysroot/etc/passwd", "cups:x:5000:7::/:/bin/sh\n")
    os.chown(kept / "deep", 1000, 1000)
    assert machine.run(STEP, f"{STATE} diskless.keep=/var/lib/a-b,0750,cups,")
    assert [path.stat().st_uid for path in (kept, kept / "deep", kept / "deep/file")] == [5000, 1000, 5000]


@pytest.mark.parametrize(
    ("cmdline", "problem"),
    [
        (
            "diskless.state=nowhere:/x",
            "diskless.state=nowhere:/x on the kernel's command line is no <address of the master>:<path>.",
        ),
        (
            f"{STATE} diskless.keep=var",
            "diskless.keep=var on the kernel's command line is no <path>[,<mode>,<owner>,<group>].",
        ),
        (
            f"{STATE} diskless.keep=/var/../etc",
            "diskless.keep=/var/../etc on the kernel's command line is no <path>[,<mode>,<owner>,<group>].",
        ),
        (
            f"{STATE} diskless.keep=/var/x,0750",
            "diskless.keep=/var/x,0750 on the kernel's command line is no <path>[,<mode>,<owner>,<group>].",
        ),
        (
            f"{STATE} diskless.keep=/var/x,0750,nobody,",
            "What this computer keeps of its own at /var/x cannot be made ready: the image has no user nobody.",
        ),
        (
            f"{STATE} diskless.keep=/var/x,,,nogroup",
            "What this computer keeps of its own at /var/x cannot be made ready: the image has no group nogroup.",
        ),
        (
            f"{STATE} diskless.keep=/var/link/x",
            "What this computer keeps of its own at /var/link/x cannot be made ready: a part of this path is a link.",
        ),
    ],
)
def test_a_fault_is_told_of(machine: Machine, cmdline: str, problem: str) -> None:
    (machine.root / "sysroot/var/link").symlink_to("/etc")
    assert not machine.run(STEP, cmdline)
    assert machine.read("tmp/problem") == problem


def test_a_server_that_gives_nothing_is_told_of(machine: Machine) -> None:
    machine.program("mount", 'echo "mount: mounting $5 on $6 failed: No such file or directory" >&2; exit 1')
    assert not machine.run(STEP, f"{STATE} diskless.keep=/var/x")
    assert machine.read("tmp/problem") == (
        f"The NFS server {SERVER} does not give {OWN} to this computer: No such file or directory."
    )


def test_time_servers_of_the_network_are_handed_on(machine: Machine) -> None:
    machine.write(
        "run/diskless/lease", "address=192.168.1.21\nntp=192.168.1.2,192.168.1.3\ndns=\ndomain=\nhostname=pc01\n"
    )
    assert machine.run("steps/80-handover", f"nfsroot={SERVER}:/x ro diskless.lower=root.squashfs")
    assert machine.read("run/systemd/timesyncd.conf.d/50-diskless.conf") == "[Time]\nNTP=192.168.1.2 192.168.1.3"
    assert machine.read("run/chrony-dhcp/diskless.sources").splitlines() == [
        "server 192.168.1.2 iburst",
        "server 192.168.1.3 iburst",
    ]
