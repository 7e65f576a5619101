"""What an image's generators make of the kernel's command line and of its units, before systemd starts any."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
from slave_scripts import below, with_cmdline

UNITS = "usr/lib/systemd/system"
FIXED = "[Timer]\nRandomizedDelaySec=1800s\nFixedRandomDelay=yes\n"


def run(root: pathlib.Path, script: str, cmdline: str = "quiet ro", sleep: str = "sleep") -> str:
    """Run a script in a slave below ``root``, with another program for sleep(1); what it says."""
    for path in ("proc", "etc/systemd/system", "run/systemd/system", f"{UNITS}", "usr/local/lib/systemd/system"):
        (root / path).mkdir(parents=True, exist_ok=True)
    for path in ("normal", "early", "late"):
        (root / path).mkdir(exist_ok=True)
    with_cmdline(root, cmdline)
    text = below(root, f"usr/local/lib/{script}").replace("\nsleep ", f"\n{sleep} ")
    done = subprocess.run(
        ["/bin/sh", "-c", text, "sh", *(str(root / name) for name in ("normal", "early", "late"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("timer", "spread"),
    [
        ("OnCalendar=daily", True),
        ("OnCalendar=hourly\nPersistent=true", True),
        ("OnCalendar=*-*-* 07..23:30", True),
        ("OnCalendar=*-*-* 6,18:00 Europe/Berlin", True),
        ("OnCalendar=Sun *-*-* 03:10:00", True),
        ("OnCalendar=*:09", True),
        ("OnCalendar=minutely", False),
        ("OnCalendar=*:00/10", False),
        ("OnCalendar=*-*-* *:09,39:00", False),
        ("OnCalendar=*:*:00", False),
        ("OnCalendar=daily\nOnCalendar=*:0/5", False),
        ("OnCalendar=daily\nRandomizedDelaySec=12h", False),
        ("OnBootSec=15min\nOnUnitActiveSec=1d", False),
        ("#OnCalendar=daily", False),
    ],
)
def test_timers_of_the_day_are_spread_and_frequent_ones_left(tmp_path: pathlib.Path, timer: str, spread: bool) -> None:
    (tmp_path / UNITS).mkdir(parents=True)
    (tmp_path / UNITS / "some.timer").write_text(f"[Timer]\n{timer}\n")
    run(tmp_path, "systemd/system-generators/diskless-timers")
    made = tmp_path / "normal/some.timer.d/50-diskless.conf"
    assert (made.read_text() if made.exists() else "") == (FIXED if spread else "")


def test_of_timers_of_one_name_the_first_counts(tmp_path: pathlib.Path) -> None:
    for path, timer in (("etc/systemd/system", "OnCalendar=minutely"), (UNITS, "OnCalendar=daily")):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "some.timer").write_text(f"[Timer]\n{timer}\n")
    (tmp_path / "etc/systemd/system/masked.timer").symlink_to("/dev/null")
    (tmp_path / UNITS / "masked.timer").write_text("[Timer]\nOnCalendar=daily\n")
    run(tmp_path, "systemd/system-generators/diskless-timers")
    assert list((tmp_path / "normal").iterdir()) == []


@pytest.mark.parametrize(
    ("cmdline", "seconds"),
    [
        ("quiet", "1800s"),
        ("diskless.timers=600 quiet", "600s"),
        ("diskless.timers=600 diskless.timers=90", "90s"),
        ("diskless.timers=0", ""),
        ("diskless.timers=$(x)", "1800s"),
        ("diskless.timers=100000 * quiet", "1800s"),
    ],
)
def test_the_command_line_says_how_far(tmp_path: pathlib.Path, cmdline: str, seconds: str) -> None:
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/own.timer").write_text("[Timer]\nOnCalendar=weekly\n")
    run(tmp_path, "systemd/system-generators/diskless-timers", cmdline)
    made = tmp_path / "normal/own.timer.d/50-diskless.conf"
    assert (made.read_text().splitlines()[1:2] if made.exists() else []) == (
        [f"RandomizedDelaySec={seconds}"] if seconds else []
    )


@pytest.mark.parametrize(
    ("cmdline", "early"),
    [
        ("quiet", {}),
        ("systemd.wants=cups.service", {"cups.service": f"{UNITS}/cups.service"}),
        ("systemd.wants=getty@tty2.service", {"getty@tty2.service": f"{UNITS}/getty@.service"}),
        ("systemd.wants=own.timer", {"own.timer": "usr/local/lib/systemd/system/own.timer"}),
        ("systemd.wants=ssh.service", {}),
        ("systemd.wants=gone.service", {}),
        ("systemd.wants=../cups.service", {}),
        ("systemd.mask=cups.service", {}),
    ],
)
def test_who_asks_for_a_unit_gets_it_though_the_image_masks_it(
    tmp_path: pathlib.Path, cmdline: str, early: dict[str, str]
) -> None:
    for path in ("cups.service", "getty@.service", "ssh.service", "own.timer"):
        (tmp_path / UNITS).mkdir(parents=True, exist_ok=True)
        (tmp_path / UNITS / path).write_text(f"{UNITS}/{path}")
    (tmp_path / "usr/local/lib/systemd/system").mkdir(parents=True)
    (tmp_path / "usr/local/lib/systemd/system/own.timer").write_text("usr/local/lib/systemd/system/own.timer")
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    for name in ("cups.service", "getty@tty2.service", "own.timer", "gone.service"):
        (tmp_path / "etc/systemd/system" / name).symlink_to("/dev/null")
    run(tmp_path, "systemd/system-generators/diskless-services", cmdline)
    made = {path.name: path.read_text() for path in (tmp_path / "early").iterdir()}
    assert made == early


@pytest.mark.parametrize(
    ("identity", "cmdline", "seconds"),
    [
        ("000070aaaaaa", "quiet", "2"),
        ("000070aaaaaa", "diskless.timers=5", "2"),
        ("fffffffaaaaa", "quiet", "1455"),
        ("fffffffaaaaa", "diskless.timers=0", ""),
    ],
)
def test_jobs_of_cron_wait_for_a_time_of_their_own(
    tmp_path: pathlib.Path, identity: str, cmdline: str, seconds: str
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text(f"{identity}\n")
    assert run(tmp_path, "diskless/stagger", cmdline, sleep="echo") == (f"{seconds}\n" if seconds else "")


@pytest.mark.parametrize(
    ("cmdline", "there", "url"),
    [
        ("quiet", True, ""),
        ("diskless.log=192.168.1.1", True, "http://192.168.1.1:19532"),
        ("diskless.log=a diskless.log=logs.example", True, "http://logs.example:19532"),
        ("diskless.log=$(x)", True, ""),
        ("diskless.log=192.168.1.1", False, ""),
    ],
)
def test_the_log_is_sent_where_the_command_line_says(
    tmp_path: pathlib.Path, cmdline: str, there: bool, url: str
) -> None:
    unit = "systemd-journal-upload.service"
    (tmp_path / UNITS).mkdir(parents=True)
    if there:
        (tmp_path / UNITS / unit).touch()
    run(tmp_path, "systemd/system-generators/diskless-log", cmdline)
    made = tmp_path / "normal" / f"{unit}.d/50-diskless.conf"
    command = f"ExecStart={tmp_path}/usr/lib/systemd/systemd-journal-upload --save-state --url={url}"
    assert made.exists() == (url != "")
    if url:
        assert command.replace(str(tmp_path), "") in made.read_text().replace(str(tmp_path), "").splitlines()
        assert (tmp_path / "normal/multi-user.target.wants" / unit).is_symlink()
