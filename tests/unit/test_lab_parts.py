"""The other pure parts of the virtual library: cgroups, router, firmware, inventory, outcome, summary, clients."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing

import pytest
from scapy.layers.dhcp import BOOTP, DHCP

from tests.lab import (
    cgroups,
    consoles,
    dhcp_client,
    files,
    firmware,
    foreign_dhcp,
    inventory,
    machine,
    playbook,
    report,
    router,
    run,
    text_screen,
)
from tests.lab.errors import LabError

MIXED = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
tmpfs /sys/fs/cgroups tmpfs rw 0 0
"""
USUAL = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"


@pytest.mark.parametrize(
    ("mounts", "needs", "root"),
    [
        (MIXED, True, "/sys/fs/cgroup/unified"),
        (USUAL, False, "/sys/fs/cgroup"),
        # The last mount at a point is the one that is seen.
        ("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n" + USUAL, False, "/sys/fs/cgroup"),
        ("", True, None),
    ],
)
def test_cgroups(mounts: str, *, needs: bool, root: str | None) -> None:
    assert cgroups.needs_mending(mounts) is needs
    assert cgroups.unified_root(mounts) == root


def test_mounts_below_leaves_out_names_that_only_begin_alike() -> None:
    assert [point for point, _kind in cgroups.mounts_below(MIXED, cgroups.ROOT)] == [
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/cpu",
        "/sys/fs/cgroup/unified",
    ]


def test_advertisement_is_no_default_router() -> None:
    packet = router.advertisement()
    assert packet[0] == 134
    assert packet[6:8] == b"\x00\x00"
    assert len(packet) == 16


@pytest.mark.parametrize(
    ("kind", "card", "error"),
    [
        ("coreboot", "e1000", "firmware 'coreboot': the virtual library has bios, uefi, secureboot"),
        ("uefi", "e1000", "firmware 'uefi' has no driver for e1000; it has virtio-net-pci"),
    ],
)
def test_firmware_that_is_not_there(kind: str, card: str, error: str) -> None:
    with pytest.raises(LabError) as caught:
        firmware.find(kind, card)
    assert str(caught.value) == error


def test_uefi_has_two_flash_chips_and_boots_without_the_cards_rom() -> None:
    hardware = inventory.hardware(MODEL, "pc01", "secureboot", "virtio-net-pci", "ssh-ed25519 AAAA")
    command = machine.arguments(hardware, "tap0", pathlib.Path("/run/x.qmp"), pathlib.Path("/own/variables.fd"))
    assert [word for word in command if word.startswith("if=pflash")] == [
        "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
        "if=pflash,format=raw,unit=1,file=/own/variables.fd",
    ]
    assert "virtio-net-pci,netdev=lan,mac=00:40:63:00:00:01,romfile=,bootindex=1" in command


def test_a_machine_writes_to_variables_of_its_own(tmp_path: pathlib.Path) -> None:
    factory = tmp_path / "factory.fd"
    kind = dataclasses.replace(firmware.find("uefi", "virtio-net-pci"), variables=factory)
    with pytest.raises(LabError) as caught:
        firmware.own_variables(kind, tmp_path / "own.fd")
    assert str(caught.value) == f"{factory}: no such file; `make demo` installs what the lab needs"
    factory.write_bytes(b"as they come")
    firmware.own_variables(kind, tmp_path / "own.fd")
    assert (tmp_path / "own.fd").read_bytes() == b"as they come"
    firmware.own_variables(firmware.find("bios", "e1000"), tmp_path / "none.fd")
    assert not (tmp_path / "none.fd").exists()


def test_text_screen() -> None:
    memory = bytearray(b" \x07" * 2000)
    memory[160:166] = b"\xb3\x1fF\x1f1\x1f"
    assert text_screen.lines(bytes(memory)) == ["", "│F1", *[""] * 23]


def test_foreign_dhcp_gives_addresses_to_whom_it_knows_and_nothing_to_boot() -> None:
    command = foreign_dhcp.command("br0", "192.168.1.254/24", {"00:40:63:00:00:01": "192.168.1.21"})
    assert "--dhcp-host=00:40:63:00:00:01,192.168.1.21" in command
    assert "--dhcp-range=192.168.1.254,static" in command
    assert not [word for word in command if "boot" in word or "pxe" in word]


@pytest.mark.parametrize("name", ["", "-a", "A", "a/b", "a" * 33])
def test_names_of_labs(name: str) -> None:
    with pytest.raises(LabError) as caught, files.lab_files(name):
        pass
    expected = f"{name!r} is no name for a lab: small letters, digits, '-' and '_', at most 32"
    assert str(caught.value) == expected


MODEL: dict[str, typing.Any] = {
    "networks": {"cellar": {"cidr": "10.0.0.0/8"}, "reading": {"cidr": "192.168.1.0/24"}},
    "masters": {"m": {"name": "m", "ip": "192.168.1.1", "interface": "eth1", "network": "reading"}},
    "slaves": {
        "pc01": {
            "macs": ["00:40:63:00:00:01"],
            "network": "reading",
            "master": "m",
            "consoles": ["ttyS0,115200n8", "tty0"],
            "mounts": [{"export": "/data/diskless/home"}, {"export": "/home"}, {"export": None}],
        },
        "pc02": {
            "macs": ["00:40:63:00:00:02"],
            "network": "reading",
            "master": "other",
            "consoles": ["tty0"],
            "mounts": [{"export": "/elsewhere"}],
        },
    },
    "directory": "/data/diskless",
}


def test_masters_stand_on_the_lan_of_their_network() -> None:
    [master] = inventory.masters(MODEL)
    assert (master.name, master.address, master.interface, master.lan) == ("m", "192.168.1.1/24", "eth1", 1)


def test_masters_export_from_folders_of_the_machine_and_none_lies_in_another() -> None:
    [master] = inventory.masters(MODEL)
    assert master.folders == ("/data/diskless", "/home", "/srv")


@pytest.mark.parametrize(("wanted", "expected"), [([], ["pc01"]), (["pc01"], ["pc01"])])
def test_choose(wanted: list[str], expected: list[str]) -> None:
    assert inventory.choose(MODEL, wanted) == expected


@pytest.mark.parametrize(
    ("model", "wanted", "error"),
    [
        (MODEL, ["pc01", "pc9", "x"], "no such slave in the inventory: pc9, x"),
        ({**MODEL, "slaves": {}}, [], "the inventory has no slave to boot"),
    ],
)
def test_choose_refuses(model: inventory.Model, wanted: list[str], error: str) -> None:
    with pytest.raises(LabError) as caught:
        inventory.choose(model, wanted)
    assert str(caught.value) == error


def test_a_slave_without_serial_console_gets_one_before_its_own(tmp_path: pathlib.Path) -> None:
    assert consoles.silent(MODEL["slaves"], ["pc01", "pc02"]) == ["pc02"]
    added = consoles.inventory(tmp_path, MODEL["slaves"], ["pc02"])
    assert json.loads((added / "host_vars/pc02.yml").read_text()) == {"slave_consoles": ["ttyS0,115200n8", "tty0"]}
    assert json.loads((added / "hosts.yml").read_text()) == {"slaves": {"hosts": {"pc02": {}}}}


def test_machine_has_the_slaves_mac_and_takes_a_key_without_image_or_inventory() -> None:
    hardware = inventory.hardware(MODEL, "pc01", "bios", "e1000", "ssh-ed25519 AAAA")
    command = machine.arguments(hardware, "tap0", pathlib.Path("/run/x.qmp"), pathlib.Path("/unused"))
    assert "e1000,netdev=lan,mac=00:40:63:00:00:01" in command
    assert command[command.index("-smbios") + 1] == (
        "type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=c3NoLWVkMjU1MTkgQUFBQQo="
    )
    assert "-enable-kvm" not in command


def _outcome(*events: dict[str, typing.Any]) -> playbook.Outcome:
    outcome = playbook.Outcome()
    for event in events:
        playbook.note(outcome, json.dumps(event))
    return outcome


def test_outcome_counts_all_hosts() -> None:
    outcome = _outcome(
        {"task": "a", "host": None},
        {"handler": "h", "host": None},
        {"changed": "a", "host": "m1"},
        {"failed": "b", "host": "m2"},
        {
            "stats": {
                "m1": {"changed": 1, "failures": 0, "unreachable": 0},
                "m2": {"changed": 2, "failures": 1, "unreachable": 1},
            }
        },
    )
    assert (outcome.tasks, outcome.handlers, outcome.changes, outcome.failures) == (["a"], ["h"], ["m1: a"], ["m2: b"])
    assert outcome.summary() == {"seconds": 0.0, "changed": 3, "failed": 2}


def _summary(*, login: bool, changed: int) -> report.Summary:
    runs = report.Runs(playbook.Outcome(changed=5), playbook.Outcome(changed=changed))
    times = {"dhcp": 1.0, "login": 9.0} if login else {"dhcp": 1.0}
    boot = report.Boot("pc01", "bios", times)
    return report.summary("inventories/library", ["m"], runs, [boot], pathlib.Path("build/demo"))


def test_summary_is_as_the_design_says() -> None:
    assert _summary(login=True, changed=0) == {
        "inventory": "inventories/library",
        "masters": ["m"],
        "converge": {"seconds": 0.0, "changed": 5, "failed": 0},
        "reconverge": {"seconds": 0.0, "changed": 0, "failed": 0},
        "slaves": [
            {
                "name": "pc01",
                "firmware": "bios",
                "ok": True,
                "login": True,
                "milestones": {"dhcp": 1.0, "login": 9.0},
                "bytes": {"tftp": 0, "http": 0, "nfs": 0, "nbd": 0},
                "serial": "build/demo/pc01/serial.log",
                "screen": "build/demo/pc01/screen.png",
            }
        ],
    }


@pytest.mark.parametrize(("login", "changed", "expected"), [(True, 0, True), (False, 0, False), (True, 1, False)])
def test_passed(*, login: bool, changed: int, expected: bool) -> None:
    assert report.passed(_summary(login=login, changed=changed)) is expected


def test_last_lines_leaves_out_empty_ones() -> None:
    assert run.last_lines("a\n\nb\n \nc\n", 2) == "b\nc"


def test_run_tells_what_failed() -> None:
    with pytest.raises(LabError) as caught:
        run.run(["sh", "-c", "echo broken >&2; exit 3"])
    assert str(caught.value) == "sh -c echo broken >&2; exit 3: exit status 3\nbroken"
    with pytest.raises(LabError) as caught:
        run.run(["no-such-program-anywhere"])
    assert str(caught.value) == "no-such-program-anywhere: no such program; `make demo` installs what the lab needs"


def test_a_message_says_what_the_client_says_of_itself() -> None:
    request = dhcp_client.message(dhcp_client.pxe("00:40:63:c2:ca:c9", 7), "discover")
    assert request[BOOTP].chaddr[:6] == bytes.fromhex("004063c2cac9")
    said: dict[str, bytes] = dict(option for option in request[DHCP].options if isinstance(option, tuple))
    assert said["pxe_client_architecture"] == b"\x00\x07"
    assert said["vendor_class_id"].startswith(b"PXEClient:Arch:00007")
