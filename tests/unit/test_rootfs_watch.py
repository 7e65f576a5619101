"""Where the programs are that make an image."""

from __future__ import annotations

import os
import pathlib

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    progress,
    rootfs_command,
    rootfs_disk_command,
    rootfs_watch,
    watched_command,
)

# As mmdebstrap 1.3.5 and 1.5.7 print it, in few packages.
BOOTSTRAP = """\
I: running --setup-hook directly: /usr/share/mmdebstrap/hooks/maybe-merged-usr/setup00.sh /srv/root
Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]
Get:5 http://deb.debian.org/debian bookworm/main amd64 Packages [8790 kB]
Fetched 9415 kB in 2s (6022 kB/s)
Unpacking usr-is-merged (1) ...
Setting up usr-is-merged (1) ...
I: downloading packages with apt...
0 upgraded, 2 newly installed, 0 to remove and 1 not upgraded.
Need to get 20.5 MB/22.2 MB of archives.
Get:1 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36-9+deb12u14 [20.0 MB]
Get:2 http://deb.debian.org/debian bookworm/main amd64 gcc-12-base amd64 12.2.0-14+deb12u1 [500 kB]
I: installing essential packages...
Unpacking libc6:amd64 (2.36-9+deb12u14) ...
Unpacking gcc-12-base:amd64 (12.2.0-14+deb12u1) ...
Setting up libc6:amd64 (2.36-9+deb12u14) ...
Setting up gcc-12-base:amd64 (12.2.0-14+deb12u1) ...
I: running --essential-hook directly: /usr/share/mmdebstrap/hooks/maybe-merged-usr/essential00.sh /srv/root
1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
Need to get 5616 B of archives.
Get:1 http://deb.debian.org/debian bookworm/main amd64 usr-is-merged all 37~deb12u1 [5616 B]
Unpacking usr-is-merged (37~deb12u1) over (1) ...
Setting up usr-is-merged (37~deb12u1) ...
I: installing remaining packages inside the chroot...
0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
Need to get 0 B/103 MB of archives.
Unpacking udev (252.39-1~deb12u2) ...
Setting up udev (252.39-1~deb12u2) ...
I: success in 47.5307 seconds
"""


def test_packages() -> None:
    watch = rootfs_watch.Packages()
    heard = [told for line in BOOTSTRAP.splitlines() if (told := watch(line)) is not None]
    assert heard == [
        ("lists", "lists of packages are fetched"),
        ("lists", "lists of packages are fetched"),
        ("fetching 2", "0 of 2 packages fetched, 0.0 MiB of 19 MiB"),
        ("fetching 2", "1 of 2 packages fetched, 19 MiB of 19 MiB"),
        ("fetching 2", "2 of 2 packages fetched, 19 MiB of 19 MiB"),
        ("installing 2", "1 of 2 packages unpacked, 0 set up"),
        ("installing 2", "2 of 2 packages unpacked, 0 set up"),
        ("installing 2", "2 of 2 packages unpacked, 1 set up"),
        ("installing 2", "2 of 2 packages unpacked, 2 set up"),
        ("installing 3", "3 of 3 packages unpacked, 2 set up"),
        ("installing 3", "3 of 3 packages unpacked, 3 set up"),
    ]


BAR = "[=====-                                                      ]  2843/28622   9%"


def test_a_bar() -> None:
    assert rootfs_watch.unpacking(BAR) == ("unpacking", "9 % of its tree unpacked")
    assert rootfs_watch.unpacking("FATAL ERROR: no room [1/2]") is None
    assert rootfs_watch.without_bar(f"\r{BAR}\r{BAR}\nFATAL ERROR: no room\n") == "FATAL ERROR: no room\n"


@pytest.mark.parametrize(
    "command",
    [
        rootfs_command.squash("/tree", "{}", 0),
        rootfs_disk_command.ext4("/tree", "{}", 100, 0, "room"),
        rootfs_disk_command.erofs("/tree", "{}", 0, "room"),
        rootfs_disk_command.btrfs("{}"),
        rootfs_disk_command.btrfs("{}", "/tree"),
        rootfs_disk_command.fill("{}", "/mounted", "/root.squashfs"),
    ],
)
def test_files_that_grow(tmp_path: pathlib.Path, command: list[str]) -> None:
    path = tmp_path / "root.file"
    watch = rootfs_watch.watcher([word.replace("{}", str(path)) for word in command])
    assert watch("") == ("writing root.file", "0.0 MiB of root.file written")
    path.write_bytes(b"x" * (12 << 20))
    assert watch("a line") is None
    assert watch("") == ("writing root.file", "12 MiB of root.file written")


def test_other_programs() -> None:
    watch = rootfs_watch.watcher(rootfs_command.enable("/tree", ["ssh.service"]))
    assert (watch("Created symlink"), watch("")) == (None, None)
    assert isinstance(
        rootfs_watch.watcher([*rootfs_command.LEASH, "mmdebstrap", "bookworm", "/tree"]), rootfs_watch.Packages
    )
    assert rootfs_watch.watcher(rootfs_command.unsquash("/root.squashfs", "/tree")) is rootfs_watch.unpacking


def test_a_program_is_heard_while_it_runs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_command, "SECONDS", 0.05)
    heard: list[str] = []
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def listen(line: str) -> None:
        heard.append(line)
        if line == "" and "b" in heard:
            heard.append("quiet")
            fifo.write_text("go")

    script = f"echo a; printf 'b\\rc\\n' >&2; read x <{fifo}; printf '\\377 no end'; echo \"$PWD $A\" ; exit 3"
    done = watched_command.run(["sh", "-c", script], {"PATH": os.environ["PATH"], "A": "1"}, listen, [])
    assert done == watched_command.Done(3, "a\nb\rc\n\ufffd no end/ 1\n")
    assert [line for line in heard if line] == ["a", "b", "c", "quiet", "\ufffd no end/ 1"]


def test_a_program_does_not_outlive_who_listens() -> None:
    def listen(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="a"):
        watched_command.run(["sh", "-c", "echo a; exec sleep 60"], os.environ, listen, [])


def test_a_listener_tells(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teller = progress.Teller({progress.VARIABLE: "rootfs_image-00"}, str(tmp_path))
    monkeypatch.setattr(progress, "TELLER", teller)
    teller.about("room")
    listen = rootfs_watch.listener(rootfs_command.unsquash("/root.squashfs", "/tree"))
    for line in ("", BAR, ""):
        listen(line)
    assert teller.written == ("room unpacking", "room: 9 % of its tree unpacked")
