"""One slave for people: every line of it where nothing was run, and what its sections say."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.filter import fleet_preview, fleet_slave_fault
from fleet_inventory import GROUPS, fresh, generation, image, inventory, network
from preview_there import NOWHERE, changes, made, node, nothing, section, settings, state, told

FILES = [
    {"path": "/etc/x", "mode": "0640", "owner": 0, "group": 44, "bytes": 7},
    {"path": "/root/.ssh/authorized_keys", "mode": "0600", "owner": 0, "group": 0, "bytes": 1234},
]


def test_every_line_on_a_fresh_master() -> None:
    model = fresh(inventory(pc02={"slave_mounts": []}), GROUPS)
    new = generation(model, "catalogue")
    there = nothing(node=node(files=FILES, has_password=True, after=["a", "b", "c"]))
    nfsroot = "nfsroot=192.168.1.1:/srv/diskless/trees/pc02"
    shared = f"diskless.shared=/srv/diskless/images/catalogue/{new}/root.squashfs:/usr,/opt"
    rest = [
        "diskless.node=192.168.1.1:585/pc02",
        "ip=dhcp",
        "systemd.hostname=pc02",
        "console=ttyS0,115200n8",
        "console=tty0",
    ]
    words = ["root=/dev/nfs", nfsroot, "rw", shared, *rest]
    quoted = " ".join(f"'{word}'" for word in words)
    kernel = f'if linux "${{site}}/images/catalogue/{new}/vmlinuz" {quoted} "BOOTIF=$bootif"; then'
    assert (
        told(model, "pc02", NOWHERE, there)
        == f"""\
pc02, as this inventory makes it. Nothing was touched.

What it is
  master      master01, 192.168.1.1
  image       catalogue (debian bookworm, amd64)
  root        nfs_tree: a tree of its own by NFS; what it writes stays
  boots next  catalogue/{new}, which is not built yet
  recorded    nothing yet

Its reservation (DHCP, kea)
  address    192.168.1.22, as pc02
  for        00:40:63:c2:ca:d0
             00:40:63:c2:ca:d1
  network    reading, 192.168.1.0/24
  told       router 192.168.1.254, name servers 192.168.1.254, domain library.example
  loader     auto
  boot file  lpxelinux.0 (BIOS)
             shimx64.efi (UEFI x64)
             http://192.168.1.1/ipxe/boot.ipxe (iPXE)

Its boot files in /srv/tftp
  grub/machines/192.168.1.22.cfg
    # Written by the Ansible module diskless.netboot.boot_files; changes here are lost.
    set found=y
    while true; do
      echo " Booting pc02, catalogue"
      for site in "$base" ""; do
        {kernel}
          set loaded=y
          if initrd "${{site}}/images/catalogue/{new}/initrd.img"; then
            boot
          fi
        fi
      done
      echo " That did not work."
      echo " Trying again in 10 seconds."
      sleep 10
    done
  pxelinux.cfg/C0A80116
    # Written by the Ansible module diskless.netboot.boot_files; changes here are lost.
    SERIAL 0 115200
    DEFAULT diskless
    PROMPT 0
    NOESCAPE 1
    ALLOWOPTIONS 0
    IMPLICIT 0
    SAY Booting pc02, catalogue
    LABEL diskless
        MENU LABEL pc02, catalogue
        LINUX http://192.168.1.1/images/catalogue/{new}/vmlinuz
        INITRD http://192.168.1.1/images/catalogue/{new}/initrd.img
        APPEND {" ".join(words)}
        SYSAPPEND 2
  the same for other loaders: ipxe/machines/192.168.1.22.ipxe

What it may mount and attach
  NFS ro /srv/diskless/images/catalogue/{new}, all are nobody there, for 192.168.1.22
  NFS rw /srv/diskless/trees/pc02, for 192.168.1.22

Its own on the master
  tree  /srv/diskless/trees/pc02: not there yet

Its files, over those of its image, from /srv/diskless/nodes/pc02
  identity  not made yet: machine-id, hostid, random seed, SSH host keys (ed25519)
  password  root has one
  files     0640  root:44       7 B  /etc/x
            0600  root:root  1234 B  /root/.ssh/authorized_keys

What site.yml would change for pc02:
  it boots {new} of catalogue at its next start
  {new} of catalogue is built; its name ends with the time at which that run begins
  its tree /srv/diskless/trees/pc02 is made of catalogue, {new}
  its identity is made: machine-id, hostid, random-seed, ssh_host_ed25519_key
  its files are written, 3 of them
  its exports are made, 2 of them
  its boot file grub/machines/192.168.1.22.cfg is written
  its boot file ipxe/machines/192.168.1.22.ipxe is written
  its boot file pxelinux.cfg/C0A80116 is written
  its reservation is written, with all else that is in /etc/kea/kea-dhcp4.conf

Not looked at: other slaves, and whether packages, settings and services of the servers are as they should be. \
`site.yml --check --diff` does.
""".splitlines()
    )


def test_another_image_while_it_may_run_from_the_old_one() -> None:
    before, after = (fresh(inventory(everywhere=image(packages=[one])), GROUPS) for one in ("less", "more"))
    old, new = (generation(model, "reading_room") for model in (before, after))
    lines = told(after, "pc01", state(before), made(before, "pc01"))
    assert section(lines, "What it is")[3:] == [
        f"boots next  reading_room/{new}, which is not built yet",
        f"recorded    reading_room/{old}",
    ]
    path = "/srv/diskless/images/reading_room"
    assert sorted(section(lines, "What it may mount")) == sorted(
        [
            f"NFS ro {path}/{old}, all are nobody there, for 192.168.1.21 (it may still run from it)",
            f"NFS ro {path}/{new}, all are nobody there, for 192.168.1.21",
        ]
    )
    assert section(lines, "What site.yml")[:2] == [
        f"it boots {new} of reading_room at its next start, in place of {old}",
        f"{new} of reading_room is built; its name ends with the time at which that run begins",
    ]


def test_an_admins_own_rule_and_another_loader() -> None:
    model = fresh(inventory(pc01={"slave_loader": "ipxe"}), GROUPS)
    mine = {"name": "mine", "architectures": [7], "boot_file": "mine.efi"}
    other = {"name": "other", "vendor_class": "Odd", "boot_file": "odd.0"}
    lines = told(model, "pc01", NOWHERE, nothing(), settings(boot_policy_first=[other, mine]))
    assert section(lines, "Its reservation")[-5:] == [
        "loader     ipxe",
        "boot file  ipxe/undionly.kpxe (BIOS)",
        "           mine.efi (UEFI x64)",
        "           http://192.168.1.1/ipxe/boot.ipxe (iPXE on BIOS)",
        "           mine.efi (iPXE on UEFI x64)",
    ]
    assert section(lines, "Its boot files")[-1] == (
        "the same for other loaders: grub/machines/192.168.1.21.cfg, pxelinux.cfg/C0A80115"
    )


SCRIPT = "http://192.168.1.1/ipxe/boot.ipxe (iPXE)"
USUAL = ["lpxelinux.0 (BIOS)", "shimx64.efi (UEFI x64)", SCRIPT]
SENT: list[tuple[dict[str, object], list[str]]] = [
    # What is empty matches all, also an iPXE.
    ({}, ["mine.0 (BIOS)", "mine.0 (UEFI x64)", "mine.0 (iPXE)"]),
    ({"user_class": "", "vendor_class": None}, ["mine.0 (BIOS)", "mine.0 (UEFI x64)", "mine.0 (iPXE)"]),
    ({"user_class": "iPXE"}, [*USUAL[:2], "mine.0 (iPXE)"]),
    (
        {"user_class": "iP", "architectures": ["0"]},
        [*USUAL[:2], "mine.0 (iPXE on BIOS)", f"{SCRIPT[:-1]} on UEFI x64)"],
    ),
    ({"user_class": "iPXE2"}, USUAL),
    ({"vendor_class": "PXEClient"}, ["mine.0 (BIOS)", "mine.0 (UEFI x64)", "mine.0 (iPXE)"]),
    (
        {"vendor_class": "PXEClient:Arch:00007:"},
        [USUAL[0], "mine.0 (UEFI x64)", f"{SCRIPT[:-1]} on BIOS)", "mine.0 (iPXE on UEFI x64)"],
    ),
    ({"vendor_class": "HTTPClient"}, USUAL),
    ({"loaders": ["grub"]}, USUAL),
]


@pytest.mark.parametrize(("rule", "sent"), SENT)
def test_whom_an_admins_own_rule_matches(rule: dict[str, object], sent: list[str]) -> None:
    its = settings(boot_policy_first=[{"name": "mine", "boot_file": "mine.0", **rule}])
    lines = section(told(fresh(inventory(), GROUPS), "pc01", NOWHERE, nothing(), its), "Its reservation")
    start = next(number for number, line in enumerate(lines) if line.startswith("boot file"))
    assert [line.removeprefix("boot file").strip() for line in lines[start:]] == sent


def test_an_ipxe_in_a_rom_is_told_by_its_firmware() -> None:
    model = fresh(inventory(pc01={"slave_loader": "etherboot"}), GROUPS)
    assert section(told(model, "pc01", NOWHERE, nothing()), "Its reservation")[-2:] == [
        "           etherboot/ipxe_i386.elf (iPXE on BIOS)",
        "           http://192.168.1.1/ipxe/boot.ipxe (iPXE on UEFI x64)",
    ]


def test_what_was_made_and_is_gone() -> None:
    model = fresh(inventory(pc01={"slave_root": "persist", "slave_state_dirs": ["/var/lib/x"]}), GROUPS)
    gone = made(model, "pc01", disks={}, state={"there": False, "recorded": True})
    assert section(told(model, "pc01", state(model), gone), "Its own on the master") == [
        "disk   /srv/diskless/disks/pc01/persist: made, and not there",
        "state  /var/lib/x in /srv/diskless/own/pc01: made, and not there",
    ]
    assert section(told(model, "pc01", state(model), made(model, "pc01")), "Its own on the master")[1] == (
        "state  /var/lib/x in /srv/diskless/own/pc01: there"
    )


def test_where_another_server_gives_addresses() -> None:
    everywhere = network(mode="proxy", pool=None, dns=[], domain=None)
    hosts = inventory(everywhere=everywhere, master01={"dhcp_server_backend": "dnsmasq"})
    model = fresh(hosts, GROUPS)
    assert model["errors"] == []
    its = settings("dnsmasq")
    lines = told(model, "pc01", NOWHERE, nothing(), its)
    assert "Its reservation (DHCP, another server gives it its address)" in lines
    assert "  ipxe/machines/01-00-40-63-c2-ca-c9.ipxe" in lines
    assert changes(model, model, "pc01", its) == []


def test_a_rollback_and_a_pin() -> None:
    model = fresh(inventory(), GROUPS)
    new = generation(model, "reading_room")
    model["slaves"]["pc01"]["generations"]["reading_room"]["held"] = True
    at = state(model)
    at["boots"]["pc01"]["reading_room"]["before"] = ["bookworm-0123456789ab-20260101T000000Z"]
    assert section(told(model, "pc01", at, nothing()), "What it is")[3:] == [
        f"boots next  reading_room/{new}, where a rollback holds it",
        f"recorded    reading_room/{new}; before that bookworm-0123456789ab-20260101T000000Z",
    ]
    model["slaves"]["pc01"]["generation"] = new
    line = f"boots next  reading_room/{new}, pinned by slave_generation"
    assert section(told(model, "pc01", at, nothing()), "What it is")[3] == line


ALLOWED = "allowed: pc01, pc02"
FAULTS: list[tuple[object, str | None]] = [
    ("pc01", None),
    ("", f"Say which slave: -e slave=pc01; {ALLOWED}"),
    (None, f"Say which slave: -e slave=pc01; {ALLOWED}"),
    (["pc01"], f"Say which slave: -e slave=pc01; {ALLOWED}"),
    ("pc0l", f"slave: 'pc0l': is no slave of this inventory, did you mean pc01 or pc02?; {ALLOWED}"),
    ("PC1", f"slave: 'PC1': is no slave of this inventory, did you mean pc01?; {ALLOWED}"),
    ("desk", f"slave: 'desk': is no slave of this inventory; {ALLOWED}"),
    ("master01", f"slave: 'master01': is a master; {ALLOWED}"),
]


@pytest.mark.parametrize(("name", "wrong"), FAULTS)
def test_what_is_no_slave(name: object, wrong: str | None) -> None:
    fault = fleet_slave_fault.FilterModule().filters()["fleet_slave_fault"]
    assert fault(fresh(inventory(), GROUPS), name) == wrong


def test_the_filters_take() -> None:
    with pytest.raises(
        AnsibleFilterError, match=r"^fleet_slave_fault takes the fleet, a dictionary, and a slave's name$"
    ):
        fleet_slave_fault.fleet_slave_fault(None, "pc01")
    with pytest.raises(AnsibleFilterError, match=r"^fleet_preview takes the fleet, a slave's name, and three dict"):
        fleet_preview.fleet_preview({}, "pc01", {}, [], {})
    with pytest.raises(AnsibleFilterError, match=r"^fleet_preview: 'pc09' is no slave of the fleet$"):
        fleet_preview.fleet_preview(fresh(inventory(), GROUPS), "pc09", {}, {}, {})
