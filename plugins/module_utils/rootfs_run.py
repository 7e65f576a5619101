# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting the programs that make images, so that none outlives the run that started it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command, rootfs_configure


def runner(lock: int) -> rootfs_configure.Run:
    """Give a function that runs a program and returns what it printed.

    The program holds the lock too: should this process be killed, nobody clears away what a dying build still writes.
    """

    def run(command: Sequence[str]) -> str:
        name = rootfs_command.program(command)
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=rootfs_command.environment(os.environ, os.getpid()),
                cwd="/",
                umask=0o022,
                pass_fds=[lock],
                check=False,
            )
        except FileNotFoundError as error:
            raise rootfs_command.BuildError(
                f"{error.filename}: not found; install mmdebstrap, squashfs-tools, util-linux"
            ) from error
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise rootfs_command.BuildError(rootfs_command.failure(name, done.returncode, output))
        return output

    return run
