# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server's own user may do with files, asked of the kernel and not guessed from modes."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import subprocess
from collections.abc import Iterable, Mapping

# Prints those of its arguments that the test denies; the first is the test's letter.
DENIED = 'test=$1; shift; for path; do [ "-$test" "$path" ] || printf "%s\\n" "$path"; done'
MOST_AT_ONCE = 1000


def is_known(user: str) -> bool:
    """Say whether there is such a user: the server's package makes it."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def denied(paths: Iterable[str], test: str, user: str) -> list[str]:
    """Give the paths that ``user`` cannot read (``test`` r) or write to (w).

    :raises subprocess.CalledProcessError: where the shell that asks cannot run as that user.
    """
    entry = pwd.getpwnam(user)
    groups = os.getgrouplist(user, entry.pw_gid)
    asked, found = list(paths), []
    for start in range(0, len(asked), MOST_AT_ONCE):
        result = subprocess.run(
            ["/bin/sh", "-c", DENIED, "sh", test, *asked[start : start + MOST_AT_ONCE]],
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=groups,
            cwd="/",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found += result.stdout.splitlines()
    return found


def tls_fault(files: Mapping[str, str], user: str) -> str | None:
    """Say what keeps the server from using the files of ``nbd_server_tls``, or lets others use its key."""
    if files and "authorities" not in files:
        return (
            "nbd_server_tls: authorities: must name a file, as nbd-server takes no TLS client without a certificate"
            " that it can check"
        )
    group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    for kind, path in files.items():
        what = f"nbd_server_tls: {kind} {path}"
        if not os.path.isfile(path):
            return f"{what}: there is no such file"
        if kind == "key" and os.stat(path).st_mode & stat.S_IROTH:
            return f"{what}: everybody can read it; 'chmod o= {path}' ends that"
        if denied([path], "r", user):
            return (
                f"{what}: the server's user {user} cannot read it; 'chgrp {group} {path}' and 'chmod 0640 {path}' let"
                " it, if it can enter the directories above"
            )
    return None
