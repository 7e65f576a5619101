"""What the tests of network block devices ask of slaves and of nbd-server."""

from __future__ import annotations

import json
import re
import time
import typing

from tests.boot.library import Library
from tests.lab.errors import LabError
from tests.lab.machine import Machine

_POLL_SECONDS = 0.25
_MIB = 1 << 20
# Until tcpdump has written down what a slave was sent.
_WRITTEN_SECONDS = 20
_PORT = 10809

# What a kernel, its file systems and device mapper say of a request that failed.
_FAILED_REQUEST = re.compile(
    r"I/O error|Aborting journal|Remounting filesystem|Invalidating snapshot"
    r"|(?:EXT4-fs|XFS|BTRFS|SQUASHFS) (?:error|warning)|erofs: .*error"
)

# Writes 1 MiB, reads eight of those and programs of the image back from their devices, compares, tells the console.
# Whatever fails ends it, with a word about it.
_WORK = r"""
set -eu
trap 'echo "work failed" > /dev/ttyS0' EXIT
mkdir -p /var/lib/work /run/work
cd /run/work
sha256sum /usr/bin/[a-d]* > image
count=0
while :; do
  count=$((count + 1))
  dd if=/dev/urandom of=/run/work/new bs=64k count=16 2> /dev/null
  dd if=new of=/var/lib/work/$((count % 8)) bs=64k conv=fsync 2> /dev/null
  sha256sum < new | sed "s| .*|  /var/lib/work/$((count % 8))|" > sums.$((count % 8))
  echo 3 > /proc/sys/vm/drop_caches
  cat sums.* image | sha256sum --check --quiet
  echo "work $count" > /dev/ttyS0
done
"""

# Fills 24 MiB, of which half has room in memory, and looks whether all of it is still there.
_FILL = r"""
my $text = '';
vec($text, (24 << 20) - 1, 8) = 0;
for my $page (0 .. 6143) { substr($text, $page << 12, 4) = pack "L", $page }
for my $page (0 .. 6143) { die "page $page\n" if substr($text, $page << 12, 4) ne pack "L", $page }
"""


class Mount(typing.TypedDict):
    """A line of findmnt(8)."""

    target: str
    source: str
    fstype: str
    options: str


def mount(library: Library, name: str, path: str) -> Mount:
    """What a slave has mounted at `path`, as it is seen. Raises LabError when that is nothing."""
    text = library.on_slave(name, "findmnt", "--json", "--mountpoint", path, "--output", "TARGET,SOURCE,FSTYPE,OPTIONS")
    found: Mount = json.loads(text)["filesystems"][-1]
    return found


def layer(library: Library, name: str, which: str) -> Mount:
    """The file system that holds `lowerdir` or `upperdir` of a slave's overlay. Raises LabError."""
    options = mount(library, name, "/")["options"].split(",")
    [path] = [option.partition("=")[2] for option in options if option.startswith(f"{which}=")]
    text = library.on_slave(name, "findmnt", "--json", "--target", path, "--output", "TARGET,SOURCE,FSTYPE,OPTIONS")
    found: Mount = json.loads(text)["filesystems"][-1]
    return found


def script(library: Library, name: str, text: str) -> str:
    """What a shell in a slave printed. Raises LabError when it fails."""
    return library.on_slave(name, "sh", "-euc", text)


def image(library: Library, name: str) -> str:
    """The export of the image that a slave runs, as its kernel was told."""
    [found] = re.findall(r"diskless\.nbd=0,[^,]+,([^,]+),ro", library.on_slave(name, "cat", "/proc/cmdline"))
    return str(found)


def require_health(library: Library, name: str) -> None:
    """Checks that no unit has failed in a slave, and that its kernel was refused nothing."""
    assert library.on_slave(name, "hostname") == name
    assert library.on_slave(name, "systemctl", "--failed", "--quiet", "--plain", "--no-legend") == ""
    require_no_error(library, name)


def require_no_error(library: Library, name: str) -> None:
    """Checks that a slave's kernel tells of no request that failed."""
    assert failed_requests(library.on_slave(name, "dmesg")) == []


def failed_requests(log: str) -> list[str]:
    """The lines of a kernel's log that tell of one."""
    return [line for line in log.splitlines() if _FAILED_REQUEST.search(line)]


def pages_out(library: Library, name: str) -> int:
    """How many pages a slave put into its swap while a program needed more memory than it was given."""
    before = _pages_out(library, name)
    # Not MemoryMax=: where the swap is slow, as on a busy machine, that has the program killed.
    limits = ("--property=MemoryHigh=12M", "--property=MemorySwapMax=infinity")
    library.on_slave(name, "systemd-run", "--quiet", "--wait", "--pipe", *limits, "perl", "-e", _FILL)
    return _pages_out(library, name) - before


def _pages_out(library: Library, name: str) -> int:
    return int(script(library, name, "sed -n 's/^pswpout //p' /proc/vmstat"))


def connections(library: Library, name: str) -> int:
    """How many devices of a slave are attached, as the master sees it."""
    peer = library.model["slaves"][name]["ip"]
    return len(
        library.on_master("ss", "-Hnt", "state", "established", f"( sport = :{_PORT} and dst {peer} )").splitlines()
    )


def restart_server(library: Library, *, by_killing: bool) -> None:
    """Ends nbd-server and all that serve for it, in order or at once, and starts it again. Raises LabError."""
    if by_killing:
        library.on_master("systemctl", "kill", "--kill-whom=all", "--signal=KILL", "nbd-server")
    # So many in so short a time are more than systemd allows by itself.
    library.on_master("systemctl", "reset-failed", "nbd-server")
    library.on_master("systemctl", "restart", "nbd-server")


def wait_until_attached(library: Library, name: str, devices: int, limit_seconds: float = 60) -> None:
    """Waits until a slave has so many devices attached. Raises LabError."""
    deadline = time.monotonic() + limit_seconds
    while (found := connections(library, name)) != devices:
        if time.monotonic() > deadline:
            raise LabError(f"{name}: {found} of {devices} devices are attached after {limit_seconds:.0f} s")
        # Neither side tells anybody else.
        time.sleep(_POLL_SECONDS)


def start_work(library: Library, name: str) -> None:
    """Starts a program in a slave that writes, reads and compares until it is stopped or something fails."""
    library.on_slave(name, "systemd-run", "--quiet", "--unit=work", "sh", "-c", _WORK)


def work_done(machine: Machine) -> int:
    """How many rounds that program has told of. Raises LabError when it has failed."""
    text = machine.serial.text
    if "work failed" in text:
        raise LabError(
            f"{machine.hardware.name}: what it wrote or read was not what it should be\n{machine.last_words()}"
        )
    return max((int(count) for count in re.findall(r"work (\d+)", text)), default=0)


def wait_for_work(machine: Machine, rounds: int, limit_seconds: float = 120) -> float:
    """Waits for so many rounds more; returns the seconds that took. Raises LabError."""
    begun = time.monotonic()
    wanted = work_done(machine) + rounds
    while work_done(machine) < wanted:
        if time.monotonic() - begun > limit_seconds:
            raise LabError(
                f"{machine.hardware.name}: no round of work after {limit_seconds:.0f} s\n{machine.last_words()}"
            )
        # A serial line wakes nobody here.
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - begun


def stop_work(library: Library, name: str) -> None:
    """Ends it. Raises LabError when it has ended already."""
    library.on_slave(name, "systemctl", "is-active", "work")
    library.on_slave(name, "systemctl", "kill", "--signal=KILL", "work")
    library.on_slave(name, "systemctl", "reset-failed", "work")


def require_reads(library: Library, name: str, machine: Machine, protocol: str = "nbd") -> None:
    """Checks that a slave can fetch again what its memory has forgotten of its image."""
    fetched = machine.capture.update().received[protocol]
    script(library, name, "echo 3 > /proc/sys/vm/drop_caches; cat /usr/bin/[a-d]* > /dev/null")
    deadline = time.monotonic() + _WRITTEN_SECONDS
    while machine.capture.update().received[protocol] <= fetched + _MIB:
        assert time.monotonic() < deadline, f"{name} read it from its memory"
        # tcpdump is given what has come up to a second later, and tells nobody.
        time.sleep(_POLL_SECONDS)


def size(library: Library, name: str, path: str) -> int:
    """The bytes of the file system that a slave has at `path`."""
    return int(script(library, name, f"df --block-size=1 --output=size {path} | tail -n 1"))
