"""The steps of the initramfs and its retries, where the root comes by NFS."""

from __future__ import annotations

import pathlib
import shutil

import pytest
from initramfs_machine import Machine

SERVER = "192.168.1.1"
MAC = "00:40:63:11:23:4b"
UNIQUE = "sys/module/nfs/parameters/nfs4_unique_id"
IMAGE = "/srv/diskless/images/room/g1"
TREE = "/srv/diskless/trees/pc21"


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("sys/class/net/eth0/address", f"{MAC}\n")
    return machine


def nfs(version: str, access: str, target: str, path: str = IMAGE, more: str = "") -> str:
    options = f"{access},addr={SERVER},proto=tcp,sec=sys,hard,vers={version}{more}"
    return f"mount -t nfs -o {options} {SERVER}:{path} {target}"


def refuse(version: str, reason: str) -> str:
    """What a mount of this version of NFS says, in busybox' words."""
    return f'case "$4" in *vers={version}*) echo "mount: mounting $5 on $6 failed: {reason}" >&2; exit 1 ;; esac'


def refuse_type(kind: str) -> str:
    """What a mount of this type says of what is none."""
    return f'case "$*" in *"-t {kind}"*) echo "mount: mounting $5 on $6 failed: Invalid argument" >&2; exit 1 ;; esac'


def refuse_bind() -> str:
    """What a mount says of a directory that is not there."""
    return 'case "$*" in *bind*) echo "mount: mounting $3 on $4 failed: No such file or directory" >&2; exit 1 ;; esac'


OVERLAY = f"nfsroot={SERVER}:{IMAGE} ro diskless.lower=root.squashfs"
OWN_TREE = f"nfsroot={SERVER}:{TREE} rw"


@pytest.mark.parametrize(
    ("cmdline", "mounted"),
    [
        (OVERLAY, (IMAGE, "ro", "/run/initramfs/nfs")),
        (OWN_TREE, (TREE, "rw", "/sysroot")),
        (OWN_TREE.replace(" rw", " ro"), (TREE, "ro", "/sysroot")),
    ],
)
@pytest.mark.parametrize("reason", ["", "Protocol not supported", "Operation not permitted", "Connection timed out"])
def test_the_root_is_mounted_by_nfs_4_and_otherwise_by_nfs_3(
    machine: Machine, cmdline: str, mounted: tuple[str, str, str], reason: str
) -> None:
    path, access, target = mounted
    calls = [nfs("4.2", access, target, path)]
    if reason:
        machine.program("mount", refuse("4.2", reason))
        calls.append(nfs("3", access, target, path, ",nolock,mountproto=tcp"))
    assert machine.run("steps/50-nfs", cmdline)
    assert machine.calls() == calls
    assert machine.read("tmp/result") == f"{SERVER}:{path} mounted by NFS {'3' if reason else '4.2'} ({access})"


def test_a_server_knows_each_computer_by_its_card(machine: Machine) -> None:
    machine.write(UNIQUE, "\n")
    machine.program("mount", f'cat {machine.root}/{UNIQUE} > "{machine.root}/at-mount"')
    assert machine.run("steps/50-nfs", OWN_TREE)
    assert (machine.root / "at-mount").read_text() == MAC


def test_options_of_the_command_line_go_to_both_versions(machine: Machine) -> None:
    machine.program("mount", refuse("4.2", "Protocol not supported"))
    assert machine.run("steps/50-nfs", f"nfsroot={SERVER}:{TREE},port=2050,timeo=50 rw")
    more = ",port=2050,timeo=50"
    assert machine.calls() == [
        nfs("4.2", "rw", "/sysroot", TREE, more),
        nfs("3", "rw", "/sysroot", TREE, f",nolock,mountproto=tcp{more}"),
    ]


CHECK_EXPORT = (
    f"On {SERVER}: is it there, and exported to this computer's address (exportfs -v, or /etc/ganesha)? "
    "Run site.yml again: it makes both."
)


@pytest.mark.parametrize(
    ("mount", "versions", "words"),
    [
        (
            refuse("4.2", "Protocol not supported") + "\n" + refuse("3", "Permission denied"),
            2,
            "version 4.2: Protocol not supported; version 3: Permission denied",
        ),
        ("exit 137", 1, "version 4.2: no answer in 40 s"),
        (refuse("4.2", "No such file or directory"), 1, "No such file or directory"),
    ],
)
def test_a_server_that_gives_nothing_is_told_of(machine: Machine, mount: str, versions: int, words: str) -> None:
    machine.program("mount", mount)
    assert not machine.run("steps/50-nfs", OVERLAY)
    assert len(machine.calls()) == versions
    assert machine.read("tmp/problem") == f"The NFS server {SERVER} does not give {IMAGE} to this computer: {words}."
    assert machine.read("tmp/check") == CHECK_EXPORT


SHARED = f"{OWN_TREE} diskless.shared={IMAGE}/root.squashfs:/usr,/opt"


@pytest.mark.parametrize(
    ("version", "asked"), [("4.2", ""), ("3", ",nolock,mountproto=tcp"), ("4.1", "")], ids=["4.2", "3", "4.1"]
)
def test_shared_directories_are_those_of_the_image_that_comes_by_the_version_of_the_root(
    machine: Machine, version: str, asked: str
) -> None:
    kind = "nfs" if version == "3" else "nfs4"
    machine.write("proc/mounts", f"{SERVER}:{TREE} /sysroot {kind} rw,relatime,vers={version},addr={SERVER} 0 0\n")
    machine.write("proc/self/mountinfo", "")
    machine.write("run/initramfs/nfs/root.squashfs", "")
    for name in ("usr", "opt"):
        (machine.root / "sysroot" / name).mkdir()
    assert machine.run("steps/70-shared", SHARED)
    assert machine.calls() == [
        nfs(version, "ro", "/run/initramfs/nfs", IMAGE, asked),
        "mount -t squashfs -o loop,ro /run/initramfs/nfs/root.squashfs /run/initramfs/lower",
        *(f"mount -o bind /run/initramfs/lower/{name} /sysroot/{name}" for name in ("usr", "opt")),
    ]
    assert machine.read("tmp/result") == f"shared from {IMAGE}/root.squashfs: /usr,/opt"


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (
            "exit 137",
            f"The NFS server {SERVER} does not give {IMAGE} to this computer: version 4.2: no answer in 40 s.",
        ),
        ("exit 0", f"The image {SERVER}:{IMAGE}/root.squashfs is not there."),
        (
            f"touch run/initramfs/nfs/root.squashfs; {refuse_type('squashfs')}",
            f"The image {SERVER}:{IMAGE}/root.squashfs (squashfs) cannot be mounted: Invalid argument.",
        ),
        (
            f"touch run/initramfs/nfs/root.squashfs; {refuse_bind()}",
            f"The image {SERVER}:{IMAGE}/root.squashfs has no directory /usr to share: No such file or directory.",
        ),
    ],
    ids=["server", "absent", "damaged", "without it"],
)
def test_a_shared_directory_that_cannot_be_mounted_is_told_of(machine: Machine, refused: str, told: str) -> None:
    machine.program("mount", f"cd {machine.root}; {refused}")
    machine.write("proc/self/mountinfo", "")
    (machine.root / "sysroot/usr").mkdir()
    assert not machine.run("steps/70-shared", SHARED)
    assert machine.read("tmp/problem") == told


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            "nc: can't connect to remote host (192.168.1.1): Connection refused",
            f"The computer {SERVER} answers, but no NFS server runs on it (TCP port 2049: connection refused).",
        ),
        (
            "nc: can't connect to remote host (192.168.1.1): No route to host",
            f"The NFS server {SERVER} cannot be reached from 192.168.1.21/24 (TCP port 2049: No route to host).",
        ),
    ],
)
def test_a_server_that_is_not_there_is_told_of(machine: Machine, answer: str, problem: str) -> None:
    machine.write("run/diskless/lease", "address=192.168.1.21\nprefix=24\nrouter=192.168.1.254\n")
    machine.program("nc", f'echo "{answer}" >&2; exit 1')
    assert not machine.run("steps/40-server", OVERLAY)
    assert machine.read("tmp/problem") == problem
    machine.program("nc", "exit 0")
    assert machine.run("steps/40-server", OVERLAY)


def test_the_image_and_memory_make_the_root(machine: Machine) -> None:
    machine.write("run/initramfs/nfs/root.squashfs", "")
    nfs = f"28 25 0:24 / {machine.root}/run/initramfs/nfs ro - nfs4 {SERVER}:{IMAGE}"
    machine.write("proc/self/mountinfo", f"23 21 0:22 / {machine.root}/run rw - tmpfs run\n{nfs}\n")
    for number in ("0:22", "0:24"):
        machine.write(f"sys/class/bdi/{number}/read_ahead_kb", "128")
    assert machine.run("steps/60-image", OVERLAY)
    assert machine.run("steps/62-disk", OVERLAY)
    assert machine.run("steps/64-root", OVERLAY)
    layers = "/run/initramfs"
    overlay = f"lowerdir={layers}/lower,upperdir={layers}/rw/upper,workdir={layers}/rw/work"
    assert machine.calls() == [
        f"mount -t squashfs -o loop,ro {layers}/nfs/root.squashfs {layers}/lower",
        f"mount -t tmpfs -o mode=0755 overlay {layers}/rw",
        f"mount -t overlay -o {overlay} overlay /sysroot",
    ]
    assert [machine.read(f"sys/class/bdi/{number}/read_ahead_kb") for number in ("0:22", "0:24")] == ["128", "32"]


def test_a_directory_of_the_server_lies_below_the_overlay(machine: Machine) -> None:
    (machine.root / "run/initramfs/nfs/root").mkdir(parents=True)
    for step in ("60-image", "64-root"):
        assert machine.run(f"steps/{step}", OVERLAY.replace("root.squashfs", "root"))
    layers = "lowerdir=/run/initramfs/nfs/root,upperdir=/run/initramfs/rw/upper,workdir=/run/initramfs/rw/work"
    assert machine.calls()[-1] == f"mount -t overlay -o {layers} overlay /sysroot"


def test_a_tree_of_its_own_needs_nothing_more(machine: Machine) -> None:
    for step in ("55-nbd", "60-image", "62-disk", "64-root"):
        assert machine.run(f"steps/{step}", OWN_TREE)
    assert machine.calls() == []
    assert machine.read("tmp/result") == f"root: this computer's own tree, {SERVER}:{TREE}"


def test_an_image_that_is_not_there_is_told_of(machine: Machine) -> None:
    (machine.root / "run/initramfs/nfs").mkdir(parents=True)
    assert not machine.run("steps/60-image", OVERLAY)
    assert machine.read("tmp/problem") == f"The image {SERVER}:{IMAGE}/root.squashfs is not there."
    assert machine.read("tmp/check") == (
        f"On {SERVER}: ls -l {IMAGE}; run site.yml again: it adds a tree that is missing, and says what to do about a "
        "folder without its root.squashfs."
    )


def start(machine: Machine, failures: int, words: str) -> None:
    """Run /init over three steps of which the last fails so many times; ``words``: how it ends then."""
    shutil.rmtree(machine.root / "steps")
    machine.program("bin/busybox", "exit 0")
    machine.write("sys/class/tty/console/active", "tty0 ttyS0\n")
    for name in ("10-card", "20-link"):
        machine.program(f"steps/{name}", f"# Step: look\necho {name} >> {machine.root}/calls")
    tries = f"{machine.root}/tries"
    machine.program(
        "steps/50-nfs",
        f"# Step: mount the directory\necho 50-nfs >> {machine.root}/calls\necho >> {tries}\n"
        f"if [ $(wc -l < {tries}) -gt {failures} ]; then echo mounted > {machine.root}/tmp/result; exit 0; fi\n{words}",
    )
    assert machine.run("init", "ro init=/bin/system")


def words(problem: str, check: str, root: pathlib.Path) -> str:
    return f"echo '{problem}' > {root}/tmp/problem; echo '{check}' > {root}/tmp/check; exit 1"


def test_a_step_that_fails_is_explained_and_tried_again(machine: Machine) -> None:
    start(machine, 2, words("The server is silent.", "The server.", machine.root))
    calls = [call for call in machine.calls() if not call.startswith("mount")]
    again = ["20-link", "50-nfs"]
    assert calls == [
        "10-card", *again, "sleep 2", *again, "sleep 4", *again, "switch_root /sysroot /bin/system",
    ]  # fmt: skip
    for console in ("tty0", "ttyS0"):
        lines = [line.rstrip() for line in (machine.root / "dev" / console).read_text().splitlines()]
        line = "-" * 78
        assert [text for text in lines if text] == [
            line,
            "THIS COMPUTER CANNOT START YET. Step 3 of 3: mount the directory.",
            "What happened:  The server is silent.",
            "What to check:  The server.",
            "It tries again in 2 s, and goes on by itself as soon as this is mended.",
            "Ctrl-Alt-Del restarts it. If you only want to use it, please tell the staff.",
            line,
            "Still waiting at step 3 of 3: mount the directory. Next try in 4 s.",
        ]
    assert machine.read("dev/kmsg") == "<6>diskless: 3/3 mounted"


def test_the_words_come_back_while_it_waits(machine: Machine) -> None:
    start(machine, 11, words("The server is silent.", "The server.", machine.root))
    sleeps = [call for call in machine.calls() if call.startswith("sleep")]
    assert sleeps == [f"sleep {seconds}" for seconds in (2, 4, 8, 16, *[30] * 7)]
    screen = machine.read("dev/tty0")
    assert (screen.count("What happened:"), screen.count("Still waiting at step 3 of 3")) == (2, 9)


def test_a_step_that_dies_without_its_words_is_told_of(machine: Machine) -> None:
    start(machine, 1, "echo 'sh: bad number' >&2; exit 2")
    screen = machine.read("dev/tty0")
    assert "What happened:  sh: bad number" in screen
    assert "This is an error in the" in screen


def test_the_kernels_file_systems_move_into_the_root(machine: Machine) -> None:
    start(machine, 0, "exit 1")
    moves = [call for call in machine.calls() if "move" in call]
    assert moves == [f"mount -o move /{name} /sysroot/{name}" for name in ("run", "dev", "proc", "sys")]
    assert machine.read("dev/tty0") == ""
