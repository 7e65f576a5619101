"""The step of the initramfs that puts what is a slave's own over its root."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import shutil
import socket
import stat
import subprocess

import pytest
from initramfs_machine import Machine
from programs import program

from tests.lab import syscalls

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to other users")

SERVER = "192.168.1.1"
NODE = f"diskless.node={SERVER}:585/pc01"
OVERLAY = f"nfsroot={SERVER}:/srv/diskless/images/room/g1 ro diskless.lower=root.squashfs {NODE}"
OWN_TREE = f"nfsroot={SERVER}:/srv/diskless/trees/pc01 rw {NODE}"
DEVICE = f"root=/dev/nbd0 rootfstype=squashfs ro {NODE}"
PERSIST = f"root=/dev/nbd0 rootfstype=squashfs ro diskless.upper=/dev/nbd1 {NODE}"
EXPORT = f"diskless.nbd=0,{SERVER},images/room/g1/root.squashfs,ro"
# What the master has, and how it gives it.
MASTER = "master"
FILES = f"{MASTER}/files"
PORTS = "proc/sys/net/ipv4"
USUAL_PORTS = {"ip_local_port_range": "32768\t60999\n", "ip_unprivileged_port_start": "1024\n"}
GIVE = """\
printf '%s ' "$@" >> {root}/asked
cat >> {root}/asked
tar --create --format=gnu --numeric-owner --directory={root}/master . && echo whole
"""
SHADOW = "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\n"
HASH = "$y$j9T$a/b.c$d&e"


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("run/diskless/lease", "address=192.168.1.21\nprefix=24\nrouter=192.168.1.254\n")
    machine.write("sysroot/etc/shadow", SHADOW)
    for name, text in USUAL_PORTS.items():
        machine.write(f"{PORTS}/{name}", text)
    machine.program("nc", GIVE.format(root=machine.root))
    (machine.root / FILES).mkdir(parents=True)
    return machine


def own(machine: Machine, path: str, text: str, mode: int = 0o644, owner: int = 0) -> None:
    """Make a file of the slave's own, as its master has it."""
    machine.write(f"{FILES}/{path}", text)
    (machine.root / FILES / path).chmod(mode)
    os.chown(machine.root / FILES / path, owner, owner)


def there(machine: Machine, path: str) -> tuple[str, int, int]:
    """Content, mode and owner of a file in the root, which must be no link."""
    place = machine.root / "sysroot" / path
    facts = place.lstat()
    assert stat.S_ISREG(facts.st_mode)
    return place.read_text(), stat.S_IMODE(facts.st_mode), facts.st_uid


def test_without_a_node_nothing_is_done(machine: Machine) -> None:
    assert machine.run("steps/75-node", OVERLAY.replace(NODE, ""))
    assert (machine.read("asked"), machine.read("tmp/result")) == ("", "")


@pytest.mark.parametrize(
    ("cmdline", "told"),
    [
        (OVERLAY, "pc01 room/g1"),
        (OWN_TREE, "pc01"),
        (f"{OWN_TREE} diskless.shared=/srv/diskless/images/room/g1/root.squashfs:/usr", "pc01 room/g1"),
        (f"{DEVICE} {EXPORT}", "pc01 room/g1"),
        (f"{PERSIST} {EXPORT}", "pc01 room/g1"),
    ],
)
def test_files_come_with_owner_and_mode(machine: Machine, cmdline: str, told: str) -> None:
    machine.write("sysroot/etc/machine-id", "")
    (machine.root / "sysroot/etc/ssh").mkdir(mode=0o711)
    own(machine, "etc/machine-id", "0123\n", 0o444)
    own(machine, "etc/ssh/ssh_host_ed25519_key", "secret\n", 0o600)
    own(machine, "home/reader/a b", "reader's\n", 0o640, owner=1000)
    machine.write(f"{FILES}/root/.ssh/authorized_keys", "ssh-ed25519 A\n")
    (machine.root / FILES / "root/.ssh").chmod(0o700)
    assert machine.run("steps/75-node", cmdline), machine.read("tmp/problem")
    assert there(machine, "etc/machine-id") == ("0123\n", 0o444, 0)
    assert there(machine, "etc/ssh/ssh_host_ed25519_key") == ("secret\n", 0o600, 0)
    assert there(machine, "home/reader/a b") == ("reader's\n", 0o640, 1000)
    modes = [
        stat.S_IMODE((machine.root / "sysroot" / path).stat().st_mode) for path in ("etc/ssh", "root", "root/.ssh")
    ]
    assert modes == [0o711, 0o755, 0o700]
    assert machine.read("sysroot/etc/shadow") == SHADOW.strip()
    assert machine.read("asked") == f"-w 5 {SERVER} 585 {told}"
    assert machine.read("tmp/result") == f"this computer's own files: 4 from {SERVER}, as pc01"
    # Nobody finds it in the running system.
    assert not (machine.root / "run/initramfs/node").exists()
    assert not (machine.root / "tmp/node").exists()


def test_it_asks_from_a_port_of_roots(machine: Machine) -> None:
    machine.program("nc", f'exec {program("busybox", "busybox-static")} nc "$@"')
    shutil.rmtree(machine.root / "proc/sys")
    (machine.root / "proc/sys").symlink_to("/proc/sys")
    own(machine, "etc/a", "its own\n")
    # What its one thread does is done in a network of its own.
    with concurrent.futures.ThreadPoolExecutor(1) as alone:
        alone.submit(syscalls.unshare, syscalls.CLONE_NEWNET).result()
        alone.submit(subprocess.run, ["ip", "link", "set", "lo", "up"], check=True).result()
        usual = alone.submit(ports).result()
        with alone.submit(socket.create_server, ("127.0.0.1", 585)).result() as master:
            ran = alone.submit(machine.run, "steps/75-node", OVERLAY.replace(SERVER, "127.0.0.1"))
            connection, client = master.accept()
            with connection, connection.makefile("rb") as asked:
                said = asked.read()
                tar = ["tar", "--create", f"--directory={machine.root / MASTER}", "."]
                connection.sendall(subprocess.run(tar, stdout=subprocess.PIPE, check=True).stdout + b"whole\n")
        assert ran.result(), machine.read("tmp/problem")
        assert alone.submit(ports).result() == usual == USUAL_PORTS
    assert said == b"pc01 room/g1\n"
    assert 512 <= client[1] < 640
    assert there(machine, "etc/a")[0] == "its own\n"


def ports() -> dict[str, str]:
    """Where the ports of connections begin here, by the kernel's names of them."""
    return {name: pathlib.Path("/", PORTS, name).read_text() for name in USUAL_PORTS}


def test_ports_are_the_usual_ones_afterwards(machine: Machine) -> None:
    machine.program("nc", f"head -n1 {machine.root}/{PORTS}/* >> {machine.root}/during; exit 1")
    assert not machine.run("steps/75-node", OVERLAY)
    assert [line for line in machine.read("during").splitlines() if line[:1].isdigit()] == ["512 639", "512"]
    assert {name: (machine.root / PORTS / name).read_text() for name in USUAL_PORTS} == USUAL_PORTS


@pytest.mark.parametrize("kind", [OWN_TREE, OVERLAY])
def test_what_is_so_already_is_not_written_again(machine: Machine, kind: str) -> None:
    own(machine, "etc/a", "same\n", 0o640, owner=7)
    own(machine, "etc/b", "new\n")
    machine.write(f"{MASTER}/root-password", f"{HASH}\n")
    assert machine.run("steps/75-node", kind)
    paths = [machine.root / "sysroot" / path for path in ("etc/a", "etc/b", "etc/shadow")]
    inodes = [path.stat().st_ino for path in paths]
    assert machine.run("steps/75-node", kind)
    assert [path.stat().st_ino for path in paths] == inodes
    paths[0].chmod(0o600)
    paths[1].write_text("old\n")
    assert machine.run("steps/75-node", kind)
    assert (there(machine, "etc/a"), there(machine, "etc/b")) == (("same\n", 0o640, 7), ("new\n", 0o644, 0))


def test_the_seed_that_the_system_made_anew_stays(machine: Machine) -> None:
    own(machine, "var/lib/systemd/random-seed", "first", 0o600)
    assert machine.run("steps/75-node", OWN_TREE)
    assert there(machine, "var/lib/systemd/random-seed")[0] == "first"
    machine.write("sysroot/var/lib/systemd/random-seed", "second")
    assert machine.run("steps/75-node", OWN_TREE)
    assert there(machine, "var/lib/systemd/random-seed")[0] == "second"


def test_links_are_replaced_and_lead_nowhere_outside(machine: Machine) -> None:
    outside = machine.root / "outside"
    outside.mkdir()
    (outside / "file").write_text("untouched")
    root = machine.root / "sysroot"
    for name, target in (
        ("etc/file", outside / "file"), ("etc/directory", outside), ("absolute", "/usr/share"), ("up", "../../../.."),
        ("etc/file.diskless", outside / "file"), ("circle", "circle"),
    ):  # fmt: skip
        (root / name).symlink_to(target)
    (root / "users").symlink_to(outside)
    os.lchown(root / "users", 1000, 1000)
    for path in ("etc/file", "etc/directory", "absolute/a", "up/b", "circle/c", "users/d"):
        own(machine, path, path)
    assert machine.run("steps/75-node", OVERLAY), machine.read("tmp/problem")
    for path in ("etc/file", "etc/directory", "circle/c", "users/d"):
        assert there(machine, path)[0] == path
    assert (there(machine, "usr/share/a")[0], there(machine, "b")[0]) == ("absolute/a", "up/b")
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("file", "untouched")]
    assert not (root / "users").is_symlink()


@pytest.mark.parametrize("kind", [OWN_TREE, PERSIST])
def test_what_is_no_more_delivered_goes_from_a_root_that_stays(machine: Machine, kind: str) -> None:
    machine.write("sysroot/etc/motd", "the image's\n")
    own(machine, "etc/motd", "its own\n")
    own(machine, "opt/here/note", "its own\n")
    own(machine, "etc/stays", "its own\n")
    own(machine, "etc/theirs", "its own\n")
    machine.write(f"{MASTER}/root-password", HASH)
    assert machine.run("steps/75-node", kind)
    assert there(machine, "etc/motd")[0] == "its own\n"
    assert f"root:{HASH}:" in machine.read("sysroot/etc/shadow")
    assert stat.S_IMODE((machine.root / "sysroot/var/lib/diskless").stat().st_mode) == 0o700
    for name in ("files/etc/motd", "files/opt/here/note", "files/etc/theirs", "root-password"):
        (machine.root / MASTER / name).unlink()
    (machine.root / "sysroot/etc/theirs").unlink()
    machine.write("sysroot/etc/theirs/file", "somebody's\n")
    for _start in range(2):
        assert machine.run("steps/75-node", kind)
        assert there(machine, "etc/motd")[0] == "the image's\n"
        assert there(machine, "etc/stays")[0] == "its own\n"
        assert there(machine, "etc/theirs/file")[0] == "somebody's\n"
        assert not (machine.root / "sysroot/opt/here/note").exists()
        assert machine.read("sysroot/etc/shadow") == SHADOW.strip()
        assert machine.read("sysroot/var/lib/diskless/files") == "/etc/stays"
        assert sorted(path.name for path in (machine.root / "sysroot/var/lib/diskless").iterdir()) == [
            "before",
            "files",
        ]


@pytest.mark.parametrize("stopped", ["files.new", "motd.diskless"])
def test_who_is_stopped_while_files_are_withdrawn_loses_nothing(machine: Machine, stopped: str) -> None:
    for name in ("motd", "issue"):
        machine.write(f"sysroot/etc/{name}", f"the image's {name}\n")
        own(machine, f"etc/{name}", "its own\n")
    assert machine.run("steps/75-node", PERSIST)
    for name in ("motd", "issue"):
        (machine.root / FILES / "etc" / name).unlink()
    # No room for it the first time.
    machine.program("cp", f'case $* in *{stopped}) echo "cp: No space left on device" >&2; exit 1 ;; esac')
    assert not machine.run("steps/75-node", PERSIST)
    assert "No space left on device" in machine.read("tmp/problem")
    (machine.root / "cp").unlink()
    for _start in range(2):
        assert machine.run("steps/75-node", PERSIST), machine.read("tmp/problem")
        for name in ("motd", "issue"):
            assert there(machine, f"etc/{name}")[0] == f"the image's {name}\n"
        assert machine.read("sysroot/var/lib/diskless/files") == ""


def test_what_is_shared_by_now_is_not_withdrawn(machine: Machine) -> None:
    machine.write("sysroot/usr/share/a", "the image's\n")
    own(machine, "usr/share/a", "its own\n")
    assert machine.run("steps/75-node", OWN_TREE)
    (machine.root / FILES / "usr/share/a").unlink()
    machine.write("sysroot/usr/share/a", "what others see too\n")
    assert machine.run(
        "steps/75-node", f"{OWN_TREE} diskless.shared=/srv/diskless/images/room/g1/root.squashfs:/opt,/usr"
    )
    assert there(machine, "usr/share/a")[0] == "what others see too\n"
    assert machine.read("sysroot/var/lib/diskless/files") == ""
    assert not (machine.root / "sysroot/var/lib/diskless/before/usr/share/a").exists()


def test_a_root_that_forgets_holds_no_list(machine: Machine) -> None:
    own(machine, "etc/motd", "its own\n")
    assert machine.run("steps/75-node", OVERLAY)
    assert not (machine.root / "sysroot/var/lib/diskless").exists()


def test_root_gets_its_password_and_the_file_keeps_owner_and_mode(machine: Machine) -> None:
    shadow = machine.root / "sysroot/etc/shadow"
    shadow.chmod(0o640)
    os.chown(shadow, 0, 42)
    machine.write(f"{MASTER}/root-password", f"{HASH}\n")
    assert machine.run("steps/75-node", OVERLAY)
    assert there(machine, "etc/shadow")[:2] == (SHADOW.replace("root:*", f"root:{HASH}"), 0o640)
    assert shadow.stat().st_gid == 42
    assert sorted(path.name for path in shadow.parent.iterdir()) == ["shadow"]


CHECK_FILES = "On the master: slave_files of this computer; whether its root has room, and can be written there."


def test_what_cannot_be_written_is_told_of(machine: Machine) -> None:
    own(machine, "etc/shadow.d", "x")
    (machine.root / "sysroot/etc/shadow.d").mkdir()
    assert not machine.run("steps/75-node", OVERLAY)
    told = "This computer's own file /etc/shadow.d cannot be put into its root: Is a directory."
    assert (machine.read("tmp/problem"), machine.read("tmp/check")) == (told, CHECK_FILES)
    (machine.root / "sysroot/etc/shadow.d").rmdir()
    machine.write("sysroot/etc/shadow", "daemon:*:1::::::\n")
    machine.write(f"{MASTER}/root-password", HASH)
    assert not machine.run("steps/75-node", OVERLAY)
    told = "This computer's own password of root cannot be put into its root: No such user."
    assert machine.read("tmp/problem") == told


@pytest.mark.parametrize(
    "node", ["nonsense", f"{SERVER}:/srv/diskless/nodes/pc01", f"{SERVER}:585", f"{SERVER}:0/pc01", f"{SERVER}:585/a/b"]
)
def test_an_argument_that_is_none_is_told_of(machine: Machine, node: str) -> None:
    assert not machine.run("steps/75-node", DEVICE.replace(NODE, f"diskless.node={node}"))
    told = f"diskless.node={node} on the kernel's command line is no <address of the master>:<port>/<name>."
    assert (machine.read("tmp/problem"), machine.read("asked")) == (told, "")


@pytest.mark.parametrize(
    ("master", "problem"),
    [
        (
            'echo "nc: can\'t connect to remote host (192.168.1.1): Connection refused" >&2; exit 1',
            f"The computer {SERVER} answers, but does not give machines what is their own "
            "(TCP port 585: connection refused).",
        ),
        (
            'echo "nc: can\'t connect to remote host (192.168.1.1): No route to host" >&2; exit 1',
            f"{SERVER}, which has what is this computer's own, cannot be reached from 192.168.1.21/24 "
            "(TCP port 585: No route to host).",
        ),
        (
            "exit 137",
            f"{SERVER}, which has what is this computer's own, cannot be reached from 192.168.1.21/24 "
            "(TCP port 585: no answer in 120 s).",
        ),
        ("exit 0", f"{SERVER} does not give this computer, 192.168.1.21/24, what is the own of pc01."),
        ("echo begun", f"{SERVER} began to give what is this computer's own, and did not end."),
        (
            "tar -c -T /dev/null; echo whole",
            f"{SERVER} has no files for pc01: this computer would start without a name of its own.",
        ),
    ],
)
def test_a_node_that_cannot_be_had_is_told_of(machine: Machine, master: str, problem: str) -> None:
    machine.program("nc", master)
    assert not machine.run("steps/75-node", DEVICE)
    assert machine.read("tmp/problem") == problem
    assert not (machine.root / "tmp/node").exists()
    # The next try finds nothing of this one.
    machine.program("nc", GIVE.format(root=machine.root))
    own(machine, "etc/a", "its own\n")
    assert machine.run("steps/75-node", DEVICE)
    assert there(machine, "etc/a")[0] == "its own\n"
