"""The role slave_rootfs by the real ansible-playbook."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PLAY = """\
- hosts: localhost
  connection: local
  gather_facts: false
  roles:
    - role: diskless.netboot.slave_rootfs
"""


def play(folder: pathlib.Path, variables: dict[str, object], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the play in ``folder`` on this machine."""
    return subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            *options,
            *("--inventory", "localhost,", "--extra-vars", json.dumps(variables)),
            folder / "play.yml",
        ],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_master_without_images_gets_no_programs_to_make_them(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    variables: dict[str, object] = {
        "slave_rootfs_directory": str(tmp_path / "srv"),
        "ansible_python_interpreter": sys.executable,
    }
    done = play(tmp_path, variables, "--check")
    assert done.returncode == 0, done.stdout
    assert "Each slave with a tree has it" in done.stdout
    assert "master_packages" not in done.stdout
    assert not (tmp_path / "srv").exists()


PACKAGES = """\
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_vars: "{{ checkout }}/roles/slave_rootfs/vars/main.yml"
    - ansible.builtin.copy:
        content: "{{ __slave_rootfs_format_packages | to_json }}"
        dest: "{{ told }}"
        mode: "0644"
"""


def test_only_the_programs_of_formats_that_are_asked_for_are_installed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(PACKAGES)
    told = tmp_path / "told.json"
    formats = [None, {}, {"format": "squashfs"}, {"format": "ext4", "size": None}, {"format": "erofs"}]
    images = [{"name": "a"}, *({"name": "b", "nbd": nbd} for nbd in [*formats, *formats])]
    variables: dict[str, object] = {
        "slave_rootfs_images": images,
        "checkout": str(CHECKOUT),
        "told": str(told),
        "ansible_python_interpreter": sys.executable,
    }
    done = play(tmp_path, variables)
    assert done.returncode == 0, done.stdout
    assert json.loads(told.read_text()) == ["e2fsprogs", "erofs-utils"]
