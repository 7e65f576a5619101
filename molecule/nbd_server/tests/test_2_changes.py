"""What becomes of running machines, and of their disks, while the role changes what there is.

Each test goes on where the one before has ended; the last ends the server.
"""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Callable
from typing import Any

import yaml
from testinfra.host import Host

from tests.lab import playbook

MIB = 1 << 20
TOP = "/srv/diskless"
ALLOW = "/etc/nbd-server/diskless/allow"
OLD, NEW = "images/reading_room/g1/root.squashfs", "images/reading_room/g2/root.squashfs"
PERSIST, SWAP, RPM = "disks/pc27/persist", "disks/pc27/swap", "disks/pc27/rpm"
GIVEN = yaml.safe_load(pathlib.Path(__file__).parents[1].joinpath("molecule.yml").read_text())
VARIABLES = GIVEN["provisioner"]["inventory"]["group_vars"]["masters"]
Role = Callable[..., playbook.Outcome]
Machines = Callable[[str], Any]


def export(name: str, *clients: str, access: str = "ro") -> dict[str, Any]:
    """An item of `nbd_server_exports`."""
    return {"name": name, "path": f"{TOP}/{name}", "clients": list(clients), "access": access}


def disks(**sizes: int) -> list[dict[str, Any]]:
    """The scenario's disks, some with other sizes in MiB."""
    found = copy.deepcopy(VARIABLES["nbd_server_disks"])
    for disk in found:
        disk["size"] = sizes.get(disk["name"], disk["size"] // MIB) * MIB
    return list(found)


def main_process(host: Host) -> str:
    """The server's first process."""
    return str(host.check_output("systemctl show --property=MainPID --value nbd-server"))


EXPORTS = [
    export(NEW, "192.168.1.21", "192.168.1.27"),
    export(PERSIST, "192.168.1.27", access="rw"),
    export(RPM, "192.168.1.27", access="rw"),
]
WITH_SWAP = [*EXPORTS, export(SWAP, "192.168.1.27", access="rw")]


def test_running_machines_keep_what_they_have(
    on_the_lan: Machines, role: Role, said: Callable[[], str], host: Host
) -> None:
    stays, leaves, own = on_the_lan("192.168.1.21"), on_the_lan("192.168.1.22"), on_the_lan("192.168.1.27")
    begun = main_process(host)
    for machine, name in ((stays, OLD), (leaves, OLD), (own, PERSIST), (own, SWAP)):
        assert not machine.ask("attach", name).startswith("refused")
    host.check_output(f"rm {ALLOW}/disks+pc27+persist")
    wanted = [disk for disk in disks(rpm=400, swap=64) if disk["name"] not in ("home", "scratch")]
    assert role(nbd_server_exports=EXPORTS, nbd_server_disks=wanted).status == 0
    # Nothing that is attached is lost.
    assert main_process(host) == begun
    assert stays.ask("read", OLD, "0", "4") == "g1g1"
    assert own.ask("write", PERSIST, str(8 * MIB), "kept") == "ok"
    # What is new is there, what was withdrawn is not, and the old image is for those who are still in the list.
    assert stays.ask("attach", NEW) == "2000006"
    assert own.ask("attach", RPM) == str(400 * MIB)
    assert stays.ask("attach", OLD) == "2000006"
    assert leaves.ask("attach", OLD).startswith("refused")
    assert on_the_lan("192.168.1.27").run("nbdinfo", f"nbd://192.168.1.1/{SWAP}").returncode != 0
    assert "left as they are, because they are in use: pc27/swap" in said()
    assert "kept, though no slave has these disks any more: pc27/home" in said()
    assert host.file(f"{TOP}/disks/pc27/home").exists
    assert not host.file(f"{TOP}/disks/pc27/scratch").exists
    # Without it everybody would get in.
    assert host.file(f"{ALLOW}/disks+pc27+persist").content_string == "192.168.1.27/32\n"


def test_what_would_cost_data_is_refused_all_at_once(role: Role, said: Callable[[], str], host: Host) -> None:
    """After the test before: persist is attached."""
    look = f"cd {TOP}/disks/pc27 && stat --format='%n %s %i' *"
    before = host.check_output(look)
    wanted = [disk | {"filesystem": "ext4"} if disk["name"] == "home" else disk for disk in disks(rpm=350)]
    refused = role(nbd_server_exports=EXPORTS, nbd_server_disks=wanted, nbd_server_reset_slaves=["pc27"])
    assert refused.status != 0
    assert (
        "disk pc27/persist: cannot be reset while pc27 runs on it: shut it down first; if it is off, 'kill " in said()
    )
    assert "disk pc27/rpm: cannot shrink from 400 MiB to 350 MiB, as it holds data" in said()
    assert "disk pc27/home: holds btrfs and not ext4; it is never formatted again" in said()
    assert host.check_output(look) == before
    # For the next test: as its slave may do it.
    host.check_output(f"mkfs.ext4 -q -F {TOP}/disks/pc27/home")


def test_other_settings_wait_for_a_restart_that_is_allowed(
    on_the_lan: Machines, role: Role, said: Callable[[], str], host: Host
) -> None:
    """And disks that are not in use any more are made anew, one as it is asked for, the other for its new size."""
    own = on_the_lan("192.168.1.27")
    for name in (PERSIST, SWAP):
        assert own.ask("detach", name) == "ok"
    host.check_output(TLS)
    files = {
        "certificate": f"{FOLDER}/server.pem",
        "key": f"{FOLDER}/server-key.pem",
        "authorities": f"{FOLDER}/ca.pem",
    }
    begun = main_process(host)
    other = {
        "nbd_server_list": True,
        "nbd_server_tls": files,
        "nbd_server_exports": WITH_SWAP,
        "nbd_server_disks": disks(rpm=400, swap=64),
    }
    assert role(**other, nbd_server_reset_slaves=["pc27"], __nbd_server_attach_seconds=1).status == 0
    assert "-e nbd_server_restart=now lets the role do it" in said()
    assert "their slaves have overwritten what was made in them: pc27/home" in said()
    host.check_output(f"dumpe2fs -h {TOP}/disks/pc27/home")
    assert main_process(host) == begun
    assert own.ask("attach", SWAP) == str(64 * MIB)
    assert own.ask("attach", PERSIST) == str(64 * MIB)
    assert own.ask("read", PERSIST, str(8 * MIB), "4") == "\0" * 4

    assert role(**other, nbd_server_restart="now").status == 0
    assert main_process(host) != begun
    # Slaves would be about to attach it again.
    assert role(**other, nbd_server_reset_slaves=["pc27"], __nbd_server_attach_seconds=600).status != 0
    assert "disk pc27/persist: cannot be reset yet: nbd-server has not run for 600 s yet" in said()
    listed = on_the_lan("192.168.1.2").run("nbd-client", "-l", "192.168.1.1").stdout
    assert {OLD, PERSIST, SWAP} <= set(listed.split())
    address = f"nbds://192.168.1.1/{OLD}?tls-certificates={FOLDER}"
    assert on_the_lan("192.168.1.21").run("nbdinfo", "--size", f"{address}/client").stdout.strip() == "2000006"
    assert on_the_lan("192.168.1.21").run("nbdinfo", "--size", f"{address}/stranger").returncode != 0


def test_a_server_that_nobody_needs_ends(on_the_lan: Machines, role: Role, host: Host) -> None:
    own = on_the_lan("192.168.1.27")
    assert own.ask("attach", SWAP) == str(64 * MIB)
    gone = {"nbd_server_exports": [], "nbd_server_disks": []}
    # A machine that still runs keeps what it has: the image that it began from, and its swap.
    assert role(**gone, nbd_server_present=["192.168.1.27"]).status == 0
    assert own.ask("attach", NEW) == "2000006"
    assert own.ask("detach", NEW) == "ok"
    assert role(**gone).status == 0
    assert host.service("nbd-server").is_running
    assert own.ask("detach", SWAP) == "ok"
    assert role(**gone).status == 0
    assert not host.service("nbd-server").is_running
    assert not host.service("nbd-server").is_enabled
    assert not host.file("/etc/nbd-server/config").exists
    assert host.file(f"{TOP}/{PERSIST}").exists


FOLDER = "/etc/nbd-tls"
TLS = f"""
set -e
mkdir -p {FOLDER}/client {FOLDER}/stranger && cd {FOLDER}
authority() {{
  certtool --generate-privkey --bits=2048 --outfile $1-key.pem
  printf 'cn = {{}}\\nca\\ncert_signing_key\\n' >$1.template
  certtool --generate-self-signed --load-privkey $1-key.pem --template $1.template --outfile $1.pem
}}
signed() {{
  certtool --generate-privkey --bits=2048 --outfile $3
  printf 'cn = {{}}\\nip_address = 192.168.1.1\\nencryption_key\\nsigning_key\\n' >$2.template
  certtool --generate-certificate --load-privkey $3 --load-ca-certificate $1.pem --load-ca-privkey $1-key.pem \\
    --template $2.template --outfile $2
}}
{{
  authority ca
  authority other
  signed ca server.pem server-key.pem
  signed ca client/client-cert.pem client/client-key.pem
  signed other stranger/client-cert.pem stranger/client-key.pem
}} 2>/dev/null
for folder in client stranger; do cp ca.pem $folder/ca-cert.pem; done
chmod 0640 server-key.pem
chgrp nbd server-key.pem
"""
