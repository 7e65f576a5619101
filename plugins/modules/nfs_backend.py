#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out whether a machine can serve NFS by its kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nfs_backend
short_description: Choose between the kernel's NFS server and one in user space
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Takes the kernel's server where the running kernel has C(nfsd) or its module can be loaded.
  - In a container the kernel is another's. There it must also allow the container to mount the file system C(nfsd),
    by which the server is controlled. This is tried in a mount namespace that ends with the trial.
  - Changes nothing.
extends_documentation_fragment:
  - diskless.netboot.attributes
attributes:
  diff_mode:
    support: none
    details: There is nothing that could differ.
"""

EXAMPLES = r"""
- name: The backend is chosen
  diskless.netboot.nfs_backend:
  register: choice
"""

RETURN = r"""
backend:
  description: V(kernel) or V(ganesha).
  returned: always
  type: str
reason:
  description: Why.
  returned: always
  type: str
"""

import subprocess
from collections.abc import Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import nfs_choice, whole_file


def output(command: Sequence[str]) -> tuple[int, str]:
    """Run a program; gives its exit status and what it printed, ``127`` where it is not installed."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=whole_file.environment({}),
            check=False,
            timeout=30,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return 127, ""
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def observe() -> nfs_choice.Machine:
    """Look at this machine."""
    with open("/proc/filesystems", encoding="utf-8") as file:
        known = "nfsd" in file.read().split()
    # systemd-detect-virt(1) prints "none" outside of containers. The other two: a dry run loads nothing.
    container = output(["systemd-detect-virt", "--container"])[1]
    return nfs_choice.Machine(
        known=known or output(["modprobe", "--dry-run", "--quiet", "nfsd"])[0] == 0,
        container="" if container == "none" else container,
        mountable=lambda: output(["unshare", "--mount", "mount", "-t", "nfsd", "nfsd", "/proc/fs/nfsd"])[0] == 0,
    )


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        choice = nfs_choice.choose(observe())
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(changed=False, backend=choice.backend, reason=choice.reason)


if __name__ == "__main__":
    main()
