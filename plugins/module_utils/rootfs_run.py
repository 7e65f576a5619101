# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting the programs that make images, so that none outlives the run that started it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import (
    rootfs_command,
    rootfs_configure,
    rootfs_watch,
    watched_command,
)


def runner(lock: int) -> rootfs_configure.Run:
    """Give a function that runs a program and returns what it printed.

    The program holds the lock too: should this process be killed, nobody clears away what a dying build still writes.
    """

    def run(command: Sequence[str]) -> str:
        name = rootfs_command.program(command)
        environment = rootfs_command.environment(os.environ, os.getpid())
        try:
            done = watched_command.run(command, environment, rootfs_watch.listener(command), [lock])
        except FileNotFoundError as error:
            raise rootfs_command.BuildError(
                f"{error.filename}: not found; install mmdebstrap, squashfs-tools, util-linux"
            ) from error
        if done.status:
            output = rootfs_watch.without_bar(done.output)
            raise rootfs_command.BuildError(rootfs_command.failure(name, done.status, output))
        return done.output

    return run
