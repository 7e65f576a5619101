"""The step of the initramfs that puts what is a slave's own over its root."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from initramfs_machine import Machine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to other users")

SERVER = "192.168.1.1"
PATH = "/srv/diskless/nodes/pc01"
NODE = f"diskless.node={SERVER}:{PATH}"
OVERLAY = f"nfsroot={SERVER}:/srv/diskless/images/room/g1 ro diskless.lower=root.squashfs {NODE}"
OWN_TREE = f"nfsroot={SERVER}:/srv/diskless/trees/pc01 rw {NODE}"
DEVICE = f"root=/dev/nbd0 rootfstype=squashfs ro {NODE}"
PERSIST = f"root=/dev/nbd0 rootfstype=squashfs ro diskless.upper=/dev/nbd1 {NODE}"
FILES = "run/initramfs/node/files"
UNIQUE = "sys/module/nfs/parameters/nfs4_unique_id"
SHADOW = "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\n"
HASH = "$y$j9T$a/b.c$d&e"


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("run/diskless/lease", "address=192.168.1.21\nprefix=24\nrouter=192.168.1.254\n")
    machine.write("sys/class/net/eth0/address", "00:40:63:11:23:4b\n")
    machine.write("sysroot/etc/shadow", SHADOW)
    machine.program("umount", "exit 0")
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


def mount(version: str, path: str = PATH) -> str:
    return f"mount -t nfs -o ro,addr={SERVER},proto=tcp,sec=sys,hard,vers={version} {SERVER}:{path} /run/initramfs/node"


def test_without_a_node_nothing_is_done(machine: Machine) -> None:
    assert machine.run("steps/75-node", OVERLAY.replace(NODE, ""))
    assert (machine.calls(), machine.read("tmp/result")) == ([], "")


@pytest.mark.parametrize("cmdline", [OVERLAY, OWN_TREE, DEVICE, PERSIST])
def test_files_come_with_owner_and_mode(machine: Machine, cmdline: str) -> None:
    machine.write("sysroot/etc/machine-id", "")
    (machine.root / "sysroot/etc/ssh").mkdir(mode=0o711)
    own(machine, "etc/machine-id", "0123\n", 0o444)
    own(machine, "etc/ssh/ssh_host_ed25519_key", "secret\n", 0o600)
    own(machine, "home/reader/a b", "reader's\n", 0o640, owner=1000)
    machine.write(f"{FILES}/root/.ssh/authorized_keys", "ssh-ed25519 A\n")
    (machine.root / FILES / "root/.ssh").chmod(0o700)
    machine.write(UNIQUE, "\n")
    assert machine.run("steps/75-node", cmdline), machine.read("tmp/problem")
    assert there(machine, "etc/machine-id") == ("0123\n", 0o444, 0)
    assert there(machine, "etc/ssh/ssh_host_ed25519_key") == ("secret\n", 0o600, 0)
    assert there(machine, "home/reader/a b") == ("reader's\n", 0o640, 1000)
    modes = [
        stat.S_IMODE((machine.root / "sysroot" / path).stat().st_mode) for path in ("etc/ssh", "root", "root/.ssh")
    ]
    assert modes == [0o711, 0o755, 0o700]
    assert machine.read("sysroot/etc/shadow") == SHADOW.strip()
    assert machine.calls() == [mount("4.2"), "umount /run/initramfs/node"]
    assert machine.read(UNIQUE) == "00:40:63:11:23:4b"
    assert machine.read("tmp/result") == f"this computer's own files: 4 from {SERVER}:{PATH}"


@pytest.mark.parametrize("version", ["3", "4.2"])
def test_the_version_of_the_root_serves_it(machine: Machine, version: str) -> None:
    options = f"ro,relatime,vers={version},addr={SERVER}"
    machine.write("proc/mounts", f"{SERVER}:/srv/diskless/images/room/g1 /run/initramfs/nfs nfs {options} 0 0\n")
    assert machine.run("steps/75-node", OVERLAY)
    assert machine.calls()[0] == mount("3,nolock,mountproto=tcp" if version == "3" else version)


def test_with_a_root_that_is_a_device_nfs_3_follows_nfs_4(machine: Machine) -> None:
    machine.program(
        "mount", 'case "$4" in *4.2*) echo "mount: mounting a on b failed: Protocol not supported"; exit 1; esac'
    )
    assert machine.run("steps/75-node", DEVICE)
    assert machine.calls()[:2] == [mount("4.2"), mount("3,nolock,mountproto=tcp")]


@pytest.mark.parametrize("kind", [OWN_TREE, OVERLAY])
def test_what_is_so_already_is_not_written_again(machine: Machine, kind: str) -> None:
    own(machine, "etc/a", "same\n", 0o640, owner=7)
    own(machine, "etc/b", "new\n")
    machine.write("run/initramfs/node/root-password", f"{HASH}\n")
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
    machine.write("run/initramfs/node/root-password", HASH)
    assert machine.run("steps/75-node", kind)
    assert there(machine, "etc/motd")[0] == "its own\n"
    assert f"root:{HASH}:" in machine.read("sysroot/etc/shadow")
    assert stat.S_IMODE((machine.root / "sysroot/var/lib/diskless").stat().st_mode) == 0o700
    for name in ("files/etc/motd", "files/opt/here/note", "files/etc/theirs", "root-password"):
        (machine.root / "run/initramfs/node" / name).unlink()
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


def test_a_root_that_forgets_holds_no_list(machine: Machine) -> None:
    own(machine, "etc/motd", "its own\n")
    assert machine.run("steps/75-node", OVERLAY)
    assert not (machine.root / "sysroot/var/lib/diskless").exists()


def test_root_gets_its_password_and_the_file_keeps_owner_and_mode(machine: Machine) -> None:
    shadow = machine.root / "sysroot/etc/shadow"
    shadow.chmod(0o640)
    os.chown(shadow, 0, 42)
    machine.write("run/initramfs/node/root-password", f"{HASH}\n")
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
    assert machine.calls()[-1] == "umount /run/initramfs/node"
    (machine.root / "sysroot/etc/shadow.d").rmdir()
    machine.write("sysroot/etc/shadow", "daemon:*:1::::::\n")
    machine.write("run/initramfs/node/root-password", HASH)
    assert not machine.run("steps/75-node", OVERLAY)
    told = "This computer's own password of root cannot be put into its root: No such user."
    assert machine.read("tmp/problem") == told


@pytest.mark.parametrize(
    ("node", "said", "problem"),
    [
        (
            "nonsense",
            "",
            "diskless.node=nonsense on the kernel's command line is no <address of the master>:<path>.",
        ),
        (
            f"{SERVER}:/srv/../etc",
            "",
            f"diskless.node={SERVER}:/srv/../etc on the kernel's command line is no <address of the master>:<path>.",
        ),
        (
            f"{SERVER}:{PATH}",
            "mount: mounting a on b failed: Permission denied",
            f"The NFS server {SERVER} does not give {PATH}, what is this computer's own, to it: "
            "version 4.2: Permission denied; version 3: Permission denied.",
        ),
        (
            f"{SERVER}:{PATH}",
            "mount: mounting a on b failed: No such file or directory",
            f"The NFS server {SERVER} does not give {PATH}, what is this computer's own, to it: "
            "No such file or directory.",
        ),
    ],
)
def test_a_node_that_cannot_be_had_is_told_of(machine: Machine, node: str, said: str, problem: str) -> None:
    machine.program("mount", f'echo "{said}" >&2; exit 1')
    assert not machine.run("steps/75-node", DEVICE.replace(NODE, f"diskless.node={node}"))
    assert machine.read("tmp/problem") == problem
    assert "umount" not in " ".join(machine.calls())


def test_a_node_without_files_and_a_server_that_is_off_are_told_of(machine: Machine) -> None:
    (machine.root / FILES).rmdir()
    assert not machine.run("steps/75-node", DEVICE)
    assert (
        machine.read("tmp/problem")
        == f"{SERVER}:{PATH} holds no files: this computer would start without a name of its own."
    )
    machine.program("nc", 'echo "nc: can\'t connect to remote host (192.168.1.1): Connection refused" >&2; exit 1')
    assert not machine.run("steps/75-node", DEVICE)
    told = f"The computer {SERVER} answers, but no NFS server runs on it (TCP port 2049: connection refused)."
    assert machine.read("tmp/problem") == told
