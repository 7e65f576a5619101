"""The script that makes a slave's swap, with programs that only say how they were called."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

SLAVE = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_rootfs/files/slave/usr/local"
MIB = 1 << 20


class Machine:
    """A slave below a folder: what the script names as absolute stands there."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        for path in ("run/diskless", "run/initramfs/rw", "sys/block/zram0", "var", "bin", "proc"):
            (folder / path).mkdir(parents=True)
        (folder / "proc/meminfo").write_text("MemTotal:        2000 kB\nMemFree: 1 kB\n")
        self.stub("modprobe")
        self.stub("mkswap")
        self.stub("swapon")
        self.stub("mountpoint", "exit 1")
        self.stub("losetup", "echo /dev/loop7")
        # The real one, but for the root's file system.
        self.stub("stat", '[ "$1" != --file-system ] || { echo nfs; exit; }; exec /usr/bin/stat "$@"', silent=True)
        script = (SLAVE / "lib/diskless/swap").read_text()
        for path in ("/run/", "/sys/", "/var/", "/proc/", "/dev/zram"):
            script = script.replace(path, f"{folder}{path}")
        self.script = script.replace("if=" + f"{folder}/dev/zero", "if=/dev/zero")

    def stub(self, name: str, body: str = "", *, silent: bool = False) -> None:
        """Put a program in the place of a real one; it says how it was called, unless it is to be silent."""
        said = "" if silent else f'echo "{name} $*" >>{self.folder}/calls\n'
        (self.folder / "bin" / name).write_text(f"#!/bin/sh\n{said}{body}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def run(self, asked: str) -> subprocess.CompletedProcess[str]:
        """Start the script as the unit does."""
        (self.folder / "run/diskless/swap").write_text(asked)
        (self.folder / "calls").write_text("")
        return subprocess.run(
            ["/bin/sh", "-c", self.script],
            env={"PATH": f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """What was called, with paths as a slave would have them."""
        return (self.folder / "calls").read_text().replace(str(self.folder), "").splitlines()


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(("asked", "size"), [("zram\n", "1024000"), ("zram 5000000\n", "5000000"), ("zram", "1024000")])
def test_memory_is_compressed_for_swap(machine: Machine, asked: str, size: str) -> None:
    done = machine.run(asked)
    assert (done.returncode, done.stderr) == (0, "")
    zram = machine.folder / "sys/block/zram0"
    assert (zram / "disksize").read_text() == f"{size}\n"
    assert (zram / "comp_algorithm").read_text() == "zstd\n"
    assert machine.calls() == [
        "modprobe zram",
        "mkswap -q /dev/zram0",
        "swapon --discard --priority 100 /dev/zram0",
    ]


@pytest.mark.parametrize(("mounted", "file"), [(False, "/var/swap"), (True, "/run/initramfs/rw/swap")])
def test_a_file_lies_where_the_slaves_own_data_lies(machine: Machine, mounted: bool, file: str) -> None:
    """In its own root, or beside the upper layer, for a file on an overlay cannot be swap."""
    if mounted:
        machine.stub("mountpoint")
    done = machine.run(f"file {3 * MIB}\n")
    assert (done.returncode, done.stderr) == (0, "")
    made = machine.folder / file[1:]
    found = made.stat()
    assert (found.st_size, found.st_mode & 0o777) == (3 * MIB, 0o600)
    assert found.st_blocks * 512 >= 3 * MIB
    assert machine.calls()[1:] == [f"mkswap -q {file}", f"swapon {file}"]


def test_a_file_is_made_anew_only_when_its_size_differs(machine: Machine) -> None:
    file = machine.folder / "var/swap"
    machine.run(f"file {MIB}\n")
    first = file.stat()
    machine.run(f"file {MIB}\n")
    assert file.stat().st_ino == first.st_ino
    (machine.folder / "var/swap.new").touch()
    machine.run(f"file {2 * MIB}\n")
    assert file.stat().st_size == 2 * MIB
    assert [entry.name for entry in (machine.folder / "var").iterdir()] == ["swap"]


def test_a_file_system_that_cannot_reserve_blocks_gets_them_written(machine: Machine) -> None:
    machine.stub("fallocate", "exit 1")
    done = machine.run(f"file {MIB + 4096}\n")
    assert done.returncode == 0
    found = (machine.folder / "var/swap").stat()
    assert (found.st_size, found.st_blocks * 512 >= MIB) == (MIB + 4096, True)


def test_a_file_that_the_kernel_refuses_is_used_through_a_loop_device(machine: Machine) -> None:
    machine.stub("swapon", f'[ "$1" != {machine.folder}/var/swap ]')
    assert machine.run(f"file {MIB}\n").returncode == 0
    assert machine.calls()[2:] == [
        "swapon /var/swap",
        "modprobe loop",
        "losetup --find --show --nooverlap /var/swap",
        "swapon /dev/loop7",
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("", "/run/diskless/swap is empty"),
        ("disk 5\n", "/run/diskless/swap: 'disk' is not known"),
    ],
)
def test_what_is_not_known_is_refused(machine: Machine, asked: str, message: str) -> None:
    done = machine.run(asked)
    assert (done.returncode, done.stderr) == (1, f"diskless-swap: {machine.folder}{message}\n")


def test_a_root_in_memory_gets_no_file(machine: Machine) -> None:
    machine.stub("stat", "echo overlayfs", silent=True)
    done = machine.run(f"file {MIB}\n")
    told = "diskless-swap: this slave's root is in its memory, where a swap file is of no use\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_no_room_is_told_and_nothing_half_made_stays(machine: Machine) -> None:
    machine.stub("fallocate", "exit 1")
    machine.stub("dd", f"echo part >{machine.folder}/var/swap.new; exit 1")
    done = machine.run(f"file {MIB}\n")
    told = f"diskless-swap: there is no room for a swap file of {MIB} bytes in {machine.folder}/var\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert list((machine.folder / "var").iterdir()) == []


def test_the_unit_waits_for_nothing_that_waits_for_swap() -> None:
    """systemd orders what is mounted in memory after swap.target, and local-fs.target after that."""
    unit = (SLAVE / "lib/systemd/system/diskless-swap.service").read_text().splitlines()
    assert "DefaultDependencies=no" in unit
    assert [line for line in unit if line.startswith(("After=", "Requires="))] == []
