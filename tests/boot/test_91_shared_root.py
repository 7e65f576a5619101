"""What a shared root breaks: two slaves of one image at once, each with what is its own."""

from __future__ import annotations

import pathlib
import shlex
import time
import typing

import pytest

from tests.boot.library import Library
from tests.lab.machine import Machine

# No test before this has rolled them back, which would hold them at a generation of another definition.
BOTH = ("pc10", "pc11")
STATE = "/var/lib/logrotate"
# Seconds from the word to the end: without the image's own limit, systemd waits 90 s for a service that does not end.
_STUBBORN_SECONDS = 60
_OFF_SECONDS = 90
_MOST_UPTIME = 3600
_LOG_SECONDS = 90
_RENEWAL_SECONDS = 60
_LOCK_SECONDS = 20
# As Firefox locks a profile, by fcntl(2), until it ends. systemd makes one $ of two (systemd.service(5)).
_USE_PROFILE = """
open(GUARD, "+>>", ".parentlock") or die;
$$_ = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
fcntl(GUARD, 6, $$_) or die;
open(MARK, ">", "locked") or die;
sleep;
"""
# What each slave has for itself.
PRIVATE = ("/tmp", "/var/tmp", "/run", "/var/lock", "/media", "/var/spool", "/var/mail")
LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


@pytest.fixture(scope="module")
def both(shared_root: Library) -> typing.Iterator[dict[str, Machine]]:
    """The two slaves; what comes of them is in the order of the tests."""
    with shared_root.booted_together("shared", dict.fromkeys(BOTH, "bios")) as machines:
        yield machines


def _told(library: Library, name: str, *words: str) -> str:
    """What a command says that may fail."""
    return library.on_slave(name, "sh", "-c", f"{' '.join(words)} 2>&1 || true")


def _lower(library: Library, name: str) -> list[str]:
    """The folder below the slave's own writes."""
    options = library.on_slave(name, "findmnt", "--noheadings", "--output", "OPTIONS", "/").split(",")
    return [one.removeprefix("lowerdir=") for one in options if one.startswith("lowerdir=")]


def _unit(library: Library, name: str, unit: str, *properties: str) -> dict[str, str]:
    shown = library.on_slave(name, "systemctl", "show", unit, *(f"--property={one}" for one in properties))
    return dict(line.split("=", 1) for line in shown.splitlines())


def test_one_image_is_the_root_of_both_as_a_tree_and_as_a_block_device(
    library: Library, both: dict[str, Machine]
) -> None:
    [lower] = _lower(library, "pc10")
    generation, name = lower.rsplit("/", 1)
    source, kind, options = library.on_slave(
        "pc10", "findmnt", "--noheadings", "--output", "SOURCE,FSTYPE,OPTIONS", "--target", lower
    ).split()
    assert name == "root"
    assert (generation, kind) == ("/run/initramfs/nfs", "nfs4")
    assert source.startswith("192.168.1.1:/srv/diskless/images/reading_room/")
    assert "ro" in options.split(",")
    [lower] = _lower(library, "pc11")
    assert library.on_slave("pc11", "findmnt", "--noheadings", "--output", "SOURCE", "--target", lower) == "/dev/nbd0"
    running = {library.on_slave(name, "cat", "/run/diskless/generation") for name in BOTH}
    assert running == {f"reading_room/{library.boots('pc10', 'reading_room')['generation']}"}


def test_services_are_each_slaves_own_choice(library: Library, both: dict[str, Machine]) -> None:
    # The image masks it, and one slave asks for it.
    assert _unit(library, "pc10", "cron.service", "ActiveState", "LoadState") == {
        "ActiveState": "active",
        "LoadState": "loaded",
    }
    assert _unit(library, "pc11", "cron.service", "LoadState")["LoadState"] == "masked"
    # The image starts it, and one slave masks it.
    assert _unit(library, "pc10", "diskless-home-cleanup.service", "LoadState")["LoadState"] == "masked"
    assert _unit(library, "pc11", "diskless-home-cleanup.service", "ActiveState")["ActiveState"] == "active"
    for name in BOTH:
        assert library.on_slave(name, "systemctl", "--failed", "--quiet", "--plain", "--no-legend") == ""


def test_packages_of_the_image_have_started_nothing_on_the_master(library: Library, both: dict[str, Machine]) -> None:
    started = library.on_master("journalctl", "--boot", "--quiet", "--no-pager", "--output=cat", "_PID=1")
    assert "cron.service" not in started
    assert "timesyncd" not in started
    image = library.exported() / "srv/diskless/images/reading_room"
    assert list(image.glob("*/root.squashfs"))
    for path in ("/usr/sbin/policy-rc.d", "/usr/sbin/start-stop-daemon.REAL"):
        assert _told(library, "pc10", "ls", path).endswith("No such file or directory")


def test_state_is_on_the_master_for_each_slave_alone(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        [mounted] = library.on_slave(name, "findmnt", "--noheadings", "--output", "SOURCE,OPTIONS", STATE).splitlines()
        source, options = mounted.split()
        assert source == f"192.168.1.1:/srv/diskless/own/{name}{STATE}"
        assert {"rw", "nosuid", "nodev"} <= {*options.split(",")}
        library.on_slave(name, "sh", "-c", f"echo {name} > {STATE}/mine")
    assert library.on_slave("pc10", "stat", "--format=%U:%G %a", "/var/lib/diskless-test/a-b") == "nobody:adm 750"
    for name in BOTH:
        assert library.inside(f"/srv/diskless/own/{name}{STATE}/mine").read_text() == f"{name}\n"
        other = BOTH[1 - BOTH.index(name)]
        refused = _told(library, name, "mount", "-t", "nfs4", f"192.168.1.1:/srv/diskless/own/{other}", "/mnt")
        assert refused.endswith("reason given by server: No such file or directory"), refused
    assert oct(library.inside("/srv/diskless/own").stat().st_mode)[-4:] == "0700"


def test_timers_go_off_at_another_time_on_each_slave(library: Library, both: dict[str, Machine]) -> None:
    shown = [
        _unit(library, name, "logrotate.timer", "RandomizedDelayUSec", "FixedRandomDelay", "NextElapseUSecRealtime")
        for name in BOTH
    ]
    assert [one["RandomizedDelayUSec"] for one in shown] == ["30min", "10min"]
    assert {one["FixedRandomDelay"] for one in shown} == {"yes"}
    assert shown[0]["NextElapseUSecRealtime"] != shown[1]["NextElapseUSecRealtime"]
    for name in BOTH:
        timers = library.on_slave(name, "systemctl", "list-timers", "--no-legend", "--plain")
        for unwanted in ("apt-daily", "man-db", "plocate", "fstrim", "e2scrub", "dpkg-db-backup"):
            assert unwanted not in timers
        # These packages are there.
        for timer in ("man-db.timer", "plocate-updatedb.timer"):
            assert _unit(library, name, timer, "LoadState") == {"LoadState": "masked"}
        first, *others = library.on_slave(name, "run-parts", "--test", "/etc/cron.daily").splitlines()
        assert first == "/etc/cron.daily/0000diskless"
        assert not {pathlib.PurePath(job).name for job in others} & {"man-db", "plocate", "apt-compat", "dpkg"}


def test_what_is_temporary_is_private(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        put = "; ".join(
            f"echo {name} > {path}/only-here; findmnt --noheadings --output FSTYPE --target {path}" for path in PRIVATE
        )
        kinds = dict(zip(PRIVATE, library.on_slave(name, "sh", "-c", put).splitlines(), strict=True))
        # pc11's disk keeps what it writes, also what is large and temporary.
        in_root = {"/var/spool", "/var/mail"} | ({"/var/tmp"} if name == "pc11" else set())
        assert kinds == {path: "overlay" if path in in_root else "tmpfs" for path in PRIVATE}
    for name in BOTH:
        kept = [f"{path}/only-here" for path in PRIVATE]
        assert library.on_slave(name, "cat", *kept) == "\n".join([name] * len(kept))
        assert "not supported" in _told(library, name, "systemctl", "suspend")
        assert library.on_slave(name, "busctl", "call", *LOGIND, "CanSuspend") == 's "na"'


def test_a_home_is_mounted_when_needed_and_cleared_of_what_its_own_slave_has_left(
    library: Library, both: dict[str, Machine]
) -> None:
    library.on_master("install", "--directory", "--owner=1000", "--group=1000", "/srv/diskless/home/ann")
    as_ann = ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "env", "HOME=/home/ann", "sh", "-c")
    lock = "/home/ann/.config/chromium/SingletonLock"
    for name in BOTH:
        assert library.on_slave(name, "findmnt", "--noheadings", "--output", "FSTYPE", "/home") == "autofs"
        for whose in BOTH:
            # Nothing runs by that number: it is above what the kernel gives (PID_MAX_LIMIT).
            mark = f"{whose}-4194305"
            left = f"mkdir --parents {lock.rpartition('/')[0]}; ln --symbolic --force --no-dereference {mark} {lock}"
            clear = f"/usr/local/lib/diskless/home-cleanup; readlink {lock} || true"
            assert library.on_slave(name, *as_ann, f"{left}; {clear}") == ("" if whose == name else mark)
        kinds = library.on_slave(name, "findmnt", "--noheadings", "--output", "FSTYPE", "/home")
        assert kinds.split() == ["autofs", "nfs4"]
    _require_profile_kept_while_used(library, as_ann)


def _require_profile_kept_while_used(library: Library, as_ann: tuple[str, ...]) -> None:
    """A profile that one slave uses is left alone by the other, which learns of it from their server."""
    profile = "/home/ann/.mozilla/firefox/one"
    library.on_slave("pc10", *as_ann, f"mkdir --parents {profile}; ln --symbolic 127.0.1.1:+1 {profile}/lock")
    use = f"cd {profile} && exec perl -e {shlex.quote(_USE_PROFILE)}"
    library.on_slave("pc10", "systemd-run", "--unit=firefox", *as_ann, use)
    wait = f"for i in $(seq {_LOCK_SECONDS}); do [ ! -e {profile}/locked ] || exit 0; sleep 1; done; exit 1"
    library.on_slave("pc10", *as_ann, wait)
    clear = f"/usr/local/lib/diskless/home-cleanup; readlink {profile}/lock || true"
    assert library.on_slave("pc11", *as_ann, clear) == "127.0.1.1:+1"
    library.on_slave("pc10", "systemctl", "stop", "firefox")
    assert library.on_slave("pc11", *as_ann, clear) == ""


def test_the_master_has_a_log_of_each(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        library.on_slave(name, "logger", "--tag", "test", f"hello-from-{name}")
    deadline = time.monotonic() + _LOG_SECONDS
    received: dict[str, list[str]] = {}
    while not all(received.get(name) for name in BOTH) and time.monotonic() < deadline:
        # The log is sent in lots, and neither side tells anybody when one has come.
        time.sleep(2)
        received = {name: _received(library, name) for name in BOTH}
    # Each file is named by the address that sent, and holds what came from there alone.
    assert received == {name: [f"hello-from-{name}"] for name in BOTH}
    for name in BOTH:
        # In the slave's own memory besides, and capped.
        assert "journal" not in library.on_slave(name, "ls", "/var/log")
        settings = library.on_slave(name, "systemd-analyze", "cat-config", "systemd/journald.conf").splitlines()
        assert {"Storage=volatile", "RuntimeMaxUse=32M"} <= set(settings)


def _received(library: Library, name: str) -> list[str]:
    """What the test has said on a slave, by the file that the master keeps of it."""
    file = f"/var/log/diskless/remote-{library.model['slaves'][name]['ip']}[.@]*"
    asked = ("journalctl", f"--file={file}", "--quiet", "--output=cat", "--identifier=test")
    return library.on_master("sh", "-c", f"{shlex.join(asked)} || true").splitlines()


def test_the_roots_interface_is_left_alone_and_its_lease_renewed(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        ip = library.model["slaves"][name]["ip"]
        interface = library.on_slave(name, "cat", "/run/diskless/interface")
        running = ["systemd-networkd", "networking"] + ["NetworkManager"] * (name == "pc11")
        assert library.on_slave(name, "systemctl", "is-active", *running).split() == ["active"] * len(running)
        assert _unit(library, name, "dhcpcd", "LoadState") == {"LoadState": "masked"}
        if "NetworkManager" in running:
            managed = library.on_slave(name, "nmcli", "--terse", "--fields", "DEVICE,STATE", "device").splitlines()
            assert f"{interface}:unmanaged" in managed
        assert library.on_slave(name, "networkctl", "list", "--no-legend", interface).split()[-1] == "unmanaged"
        [address] = library.on_slave(name, "ip", "-4", "-oneline", "address", "show", "dev", interface).splitlines()
        assert f"inet {ip}/24 " in address
        assert "valid_lft forever" in address
        deadline = time.monotonic() + _RENEWAL_SECONDS
        told: list[str] = []
        while len(told) < 2 and time.monotonic() < deadline:
            # The renewal's time is the lease's, which nobody here is told.
            time.sleep(1)
            journal = library.on_slave(name, "journalctl", "--unit=diskless-lease", "--output=cat", "--quiet")
            told = [line for line in journal.splitlines() if f"lease of {ip} obtained" in line]
        assert len(told) >= 2, journal


def test_names_are_resolved_by_the_servers_of_the_network(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        assert library.on_slave(name, "cat", "/etc/resolv.conf") == "search library.example\nnameserver 192.168.1.254"
        assert library.on_slave(name, "hostname", "--fqdn") == f"{name}.library.example"


def test_time_servers_are_those_of_the_network(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        assert "NTP=192.168.1.254" in library.on_slave(name, "cat", "/run/systemd/timesyncd.conf.d/50-diskless.conf")


def test_packages_that_expect_a_boot_loader_are_content(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        said = library.on_slave(
            name, "sh", "-c", "{ update-grub; run-parts --arg=6.1.0-99-amd64 /etc/kernel/postinst.d; } 2>&1"
        )
        assert "update-grub: nothing to do" in said
        assert "update-initramfs: nothing to do" in said


def test_a_start_is_given_more_time_and_an_end_less(library: Library, both: dict[str, Machine]) -> None:
    for name in BOTH:
        shown = library.on_slave(name, "systemctl", "show", "-p", "DefaultTimeoutStartUSec,DefaultTimeoutStopUSec")
        assert sorted(shown.splitlines()) == ["DefaultTimeoutStartUSec=5min", "DefaultTimeoutStopUSec=15s"]


def test_they_are_off_soon_and_what_they_keep_is_there_again(library: Library, both: dict[str, Machine]) -> None:
    library.on_slave("pc10", "systemctl", "daemon-reload")
    library.on_slave("pc10", "systemd-run", "--unit=stubborn", "sh", "-c", "trap : TERM; while :; do sleep 1; done")
    # What is kept is unmounted after the services have ended.
    last = f'--property=ExecStop=sh -c "sleep 2; echo last > {STATE}/last"'
    library.on_slave("pc10", "systemd-run", "--unit=last", last, "sleep", "infinity")
    assert library.switch_off("pc10", both["pc10"], _OFF_SECONDS) < _STUBBORN_SECONDS
    # This time its clock has no battery: it begins no earlier than its image.
    with library.booted("pc10", "again", clock="2001-01-01"):
        assert library.on_slave("pc10", "cat", f"{STATE}/mine", f"{STATE}/last") == "pc10\nlast"
        now, built, newest = library.on_slave(
            "pc10", "sh", "-c", "date +%s; stat --format=%Y /usr/lib/clock-epoch /var/lib/dpkg/status"
        ).splitlines()
        assert built == newest
        assert 0 <= int(now) - int(built) < _MOST_UPTIME
