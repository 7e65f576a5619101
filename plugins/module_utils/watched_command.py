# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a program and listening to it meanwhile."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NamedTuple

SECONDS = 1.0
CHUNK = 1 << 16

Listener = Callable[[str], None]
"""Is given each line as it comes, without its end, and an empty one each second in which none came."""


class Done(NamedTuple):
    """How a program ended, and what it printed on either output."""

    status: int
    output: str


def run(command: Sequence[str], environment: Mapping[str, str], listener: Listener, pass_fds: Sequence[int]) -> Done:
    """Run a program in ``/`` with these variables and descriptors and no input.

    :raises FileNotFoundError: where there is no such program.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd="/",
        umask=0o022,
        pass_fds=pass_fds,
    ) as process:
        try:
            output = _listen(process.stdout, listener) if process.stdout is not None else ""
        except BaseException:
            process.kill()  # as subprocess.run does: nobody waits for it any more
            raise
        return Done(process.wait(), output)


def _listen(stream: IO[bytes], listener: Listener) -> str:
    pipe = stream.fileno()
    chunks: list[bytes] = []
    rest = b""
    while True:
        if not select.select([pipe], [], [], SECONDS)[0]:
            listener("")
            continue
        data = os.read(pipe, CHUNK)
        if not data:
            return b"".join(chunks).decode(errors="replace")
        chunks.append(data)
        # A bar is drawn again and again on one line, with \r between.
        *lines, rest = (rest + data).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            listener(line.decode(errors="replace"))
