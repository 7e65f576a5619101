"""The role slave_rootfs by the real ansible-playbook, in check mode."""

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


def test_a_master_without_images_gets_no_programs_to_make_them(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    variables = {"slave_rootfs_directory": str(tmp_path / "srv"), "ansible_python_interpreter": sys.executable}
    done = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            *("--check", "--inventory", "localhost,", "--extra-vars", json.dumps(variables), tmp_path / "play.yml"),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "Each slave with a tree has it" in done.stdout
    assert "master_packages" not in done.stdout
    assert not (tmp_path / "srv").exists()
