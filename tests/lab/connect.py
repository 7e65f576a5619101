"""How Ansible reaches the masters: ssh whose transport is `podman exec`, so that no TCP port is open anywhere.

The lab's keys and this folder of host variables are given to ansible-playbook as a second inventory. It is a folder
with host_vars, because only host_vars of a later source win over those of the inventory that is rehearsed.
"""

from __future__ import annotations

import json
import os
import pathlib
import shlex

from tests.lab import paths, podman
from tests.lab.run import run

KEY = paths.RUNTIME / "id_ed25519"
CONTROL = paths.RUNTIME / "cp"


def inventory(folder: pathlib.Path) -> pathlib.Path:
    """The second inventory of the lab whose scratch folder is `folder`."""
    return folder / "connect"


def public_key() -> str:
    """The public half of the lab's key, made when there is none yet. Raises LabError."""
    if not KEY.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "virtual library", "-f", str(KEY)])
    return KEY.with_suffix(".pub").read_text(encoding="utf-8").strip()


def let_in(root: pathlib.Path) -> None:
    """Lets the lab's key into a master that has not started yet, and gives it host keys of its own. Raises LabError."""
    run(["ssh-keygen", "-A", "-f", str(root)])
    folder = root / "root/.ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "authorized_keys").write_text(public_key() + "\n", encoding="utf-8")


def announce(folder: pathlib.Path, name: str) -> None:
    """Writes into the second inventory how Ansible gets into the master."""
    target = inventory(folder)
    os.makedirs(target / "host_vars", exist_ok=True)
    os.makedirs(CONTROL, mode=0o700, exist_ok=True)
    # JSON is YAML too, and needs no quoting rules of ours.
    (target / "host_vars" / f"{name}.yml").write_text(
        json.dumps(variables(folder, name), indent=2) + "\n", encoding="utf-8"
    )
    _write_hosts(target)


def forget(folder: pathlib.Path, name: str) -> None:
    """Takes a master out of the second inventory."""
    target = inventory(folder)
    (target / "host_vars" / f"{name}.yml").unlink(missing_ok=True)
    if target.is_dir():
        _write_hosts(target)


def _write_hosts(target: pathlib.Path) -> None:
    names = sorted(file.stem for file in (target / "host_vars").glob("*.yml"))
    hosts: dict[str, dict[str, str]] = {name: {} for name in names}
    text = json.dumps({"all": {"children": {"masters": {"hosts": hosts}}}}, indent=2)
    (target / "hosts.yml").write_text(text + "\n", encoding="utf-8")


def variables(folder: pathlib.Path, name: str) -> dict[str, str | bool | int]:
    """Ansible's connection variables of a master. They override whatever the inventory says for the real one."""
    proxy = shlex.join(podman.command(folder, "exec", "--interactive", name, "/usr/sbin/sshd", "-i"))
    options = [
        f"-o ProxyCommand={shlex.quote(proxy)}",
        # The transport is a pipe into the container: there is nobody whom a host key could tell apart.
        "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        # The lab's own: masters of several labs have one name, by which molecule keeps sockets for all.
        f"-o ControlMaster=auto -o ControlPersist=600s -o ControlPath={CONTROL}/%C",
        "-F /dev/null",
    ]
    return {
        "ansible_connection": "ssh",
        "ansible_host": name,
        "ansible_port": 22,
        "ansible_user": "root",
        "ansible_password": "",
        "ansible_become": False,
        # Until `podman exec` has started sshd: ten seconds are few for a busy machine.
        "ansible_ssh_timeout": 60,
        "ansible_ssh_private_key_file": str(KEY),
        "ansible_ssh_args": "",
        "ansible_ssh_common_args": " ".join(options),
        "ansible_ssh_extra_args": "",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
