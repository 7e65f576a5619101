# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public half of an SSH private key, read from its file (PROTOCOL.key of OpenSSH); new keys by ssh-keygen(1)."""

from __future__ import annotations

import base64
import binascii
import subprocess
from typing import NamedTuple

_BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
_END = b"-----END OPENSSH PRIVATE KEY-----\n"
_MAGIC = b"openssh-key-v1\0"
NOT_READABLE = "is no private key in OpenSSH's own format without passphrase"
PROGRAM = "ssh-keygen"


class Public(NamedTuple):
    """``kind`` as ``ssh-keygen -t`` names it; ``line`` as in known_hosts, without a name or comment."""

    kind: str
    line: str


def public(private: bytes) -> Public:
    """Give the public half; it stands in the file unencrypted.

    :raises ValueError: for anything but one key without passphrase; does not show it.
    """
    if not (private.startswith(_BEGIN) and private.endswith(_END)):
        raise ValueError(NOT_READABLE)
    try:
        data = base64.b64decode(private[len(_BEGIN) : -len(_END)].replace(b"\n", b""), validate=True)
    except binascii.Error:
        raise ValueError(NOT_READABLE) from None
    if not data.startswith(_MAGIC):
        raise ValueError(NOT_READABLE)
    cipher, rest = _string(data[len(_MAGIC) :])
    _function, rest = _string(rest)
    _options, rest = _string(rest)
    blob, _private = _string(rest[4:])
    algorithm, _numbers = _string(blob)
    if cipher != b"none" or rest[:4] != b"\0\0\0\1":
        raise ValueError(NOT_READABLE)
    name = algorithm.decode("ascii", "replace")
    return Public(_kind(name), f"{name} {base64.b64encode(blob).decode()}")


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split off one string of RFC 4251, 5: its length in four bytes, then so many."""
    end = 4 + int.from_bytes(data[:4], "big")
    if len(data) < max(end, 4):
        raise ValueError(NOT_READABLE)
    return data[4:end], data[end:]


def _kind(algorithm: str) -> str:
    if algorithm.startswith("ecdsa-sha2-"):
        return "ecdsa"
    return algorithm.removeprefix("ssh-")


def make(kind: str, comment: str, path: str) -> None:
    """Write a new key without passphrase to ``path``, and its public half beside it.

    :raises FileNotFoundError: where there is no ssh-keygen.
    :raises ValueError: with what that said.
    """
    command = [PROGRAM, "-q", "-t", kind, "-N", "", "-C", comment, "-f", path]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{PROGRAM} -t {kind}: {' '.join(done.stderr.split()) or f'exit status {done.returncode}'}")
