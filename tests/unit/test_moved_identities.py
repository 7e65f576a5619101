"""Who a slave is on a new master, where two others know it: settle.yml and the wiring of serve.yml, for real.

Each master is a namespace of this machine with a folder of its own at /srv/diskless.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import textwrap

import pytest
from test_fleet_playbook import CHECKOUT, play

MASTERS = {"master01": "192.168.1.1", "master02": "192.168.1.2", "master03": "192.168.1.3"}
GENERATION = "bookworm-000000000001-20260101T000000Z"

# What the plays of serve.yml see: the run's masters, after settle.yml.
SHOW = """\
- ansible.builtin.import_playbook: {checkout}/playbooks/validate.yml
- ansible.builtin.import_playbook: {checkout}/playbooks/settle.yml
  vars:
    __diskless_action: site
- hosts: masters
  gather_facts: false
  vars_files: ["{checkout}/playbooks/vars/wiring.yml"]
  tasks:
    - ansible.builtin.copy:
        dest: "{folder}/{{{{ inventory_hostname }}}}.json"
        content: "{{{{ slave_nodes_identities | to_json }}}}"
        mode: "0600"
      delegate_to: localhost
      no_log: true
"""

# A tmpfs, so that the folder is there on any machine, and on it that of one master.
PYTHON = """\
#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs none /srv && mkdir /srv/diskless &&
  mount --bind "$0" /srv/diskless && exec python3 "$@"' {folder} "$@"
"""


@pytest.fixture
def inventory(tmp_path: pathlib.Path) -> pathlib.Path:
    """Three masters, and a slave that is the third's by now."""
    lines = []
    for name, ip in MASTERS.items():
        folder = tmp_path / name
        folder.mkdir()
        python = tmp_path / f"python-{name}"
        python.write_text(PYTHON.format(folder=folder))
        python.chmod(0o755)
        lines.append(
            f"{name} master_ip={ip} master_interface=eth1 ansible_connection=local ansible_python_interpreter={python}"
        )
    (tmp_path / "hosts").write_text(
        "[masters]\n" + "\n".join(lines) + "\n[slaves]\npc01 slave_mac=02:00:00:00:00:01 slave_ip=192.168.1.21\n"
    )
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text(
        textwrap.dedent("""\
            diskless_networks: {lan: {cidr: 192.168.1.0/24}}
            diskless_images: {room: {release: bookworm}}
            slave_image: room
            slave_master: master03
        """)
    )
    return tmp_path


def had(master: pathlib.Path, machine_id: str, *, served: bool) -> None:
    """Gives a master the slave's identity; whether it is the slave's master until now is told by its record."""
    identity = master / "state/identity/pc01"
    identity.mkdir(parents=True)
    for folder in (master / "state", master / "state/identity", identity):
        folder.chmod(0o700)
    part = identity / "machine-id"
    part.write_text(f"{machine_id}\n")
    part.chmod(0o600)
    if served:
        record = {"generation": GENERATION, "held": False, "before": [], "served": GENERATION}
        (master / "state/boots.json").write_text(json.dumps({"pc01": {"room": record}}))


@pytest.mark.skipif(os.geteuid() != 0, reason="each master is a mount namespace")
@pytest.mark.parametrize("last", ["master01", "master02"])
def test_a_slave_goes_on_as_who_it_was_on_its_last_master(inventory: pathlib.Path, last: str) -> None:
    ids = {"master01": "1" * 32, "master02": "2" * 32}
    for name, machine_id in ids.items():
        had(inventory / name, machine_id, served=name == last)
    playbook = inventory / "show.yml"
    playbook.write_text(SHOW.format(checkout=CHECKOUT, folder=inventory))
    done = play(os.fspath(playbook), "-i", inventory / "hosts")
    assert done.returncode == 0, done.stdout + done.stderr
    for machine_id in ids.values():
        assert machine_id not in done.stdout
    given = {name: json.loads((inventory / f"{name}.json").read_text()) for name in MASTERS}
    expected = base64.b64encode(f"{ids[last]}\n".encode()).decode()
    assert given == {"master01": {}, "master02": {}, "master03": {"pc01": {"machine-id": expected}}}
