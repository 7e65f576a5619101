# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a slave's identity: the files that hold them, what each must look like, and new ones."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping, Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import some_names, ssh_private_key

KEY_TYPES = ("ed25519", "ecdsa", "rsa")
"""Types of SSH host keys, as ``ssh-keygen -t`` names them."""
MACHINE_ID = "machine-id"
HOST_ID = "hostid"
RANDOM_SEED = "random-seed"
SEED_BYTES = 512
"""What systemd-random-seed(8) saves by itself: the size of the kernel's pool."""

_MACHINE_ID = re.compile(rb"(?!0{32})[0-9a-f]{32}\n")
_KEYS = {f"ssh_host_{kind}_key": kind for kind in KEY_TYPES}
ALL_PARTS = (MACHINE_ID, HOST_ID, RANDOM_SEED, *_KEYS)


def parts(key_types: Sequence[str]) -> list[str]:
    """Give the names of the parts that a slave with those SSH keys has; each is the name of a file too."""
    return [MACHINE_ID, HOST_ID, RANDOM_SEED, *(f"ssh_host_{kind}_key" for kind in key_types)]


def key_type(part: str) -> str | None:
    """Give the type of the SSH key that a part is, or nothing for any other part."""
    return _KEYS.get(part)


def new(part: str, taken: Collection[bytes] = ()) -> bytes:
    """Make a part that is no SSH key, other than those in ``taken``."""
    while True:
        content = _new(part)
        if content not in taken:
            return content


def _new(part: str) -> bytes:
    if part == MACHINE_ID:
        return machine_id(secrets.token_bytes(16))
    if part == HOST_ID:
        # sethostid(3) of glibc: the four bytes of a number in the machine's own order. Zero is what gethostid(3) gives
        # where it knows nothing.
        return (1 + secrets.randbelow(2**32 - 1)).to_bytes(4, "little")
    return secrets.token_bytes(SEED_BYTES)


def machine_id(random: bytes) -> bytes:
    """Give the file of machine-id(5) made of 16 random bytes: as systemd does it, a valid UUID of version 4."""
    value = bytearray(random)
    value[6] = value[6] & 0x0F | 0x40
    value[8] = value[8] & 0x3F | 0x80
    return value.hex().encode() + b"\n"


def fault(part: str, content: bytes) -> str | None:
    """Say why ``content`` is not what the part must be, without showing it; nothing where it is."""
    if part == MACHINE_ID:
        return None if _MACHINE_ID.fullmatch(content) else "is no machine-id(5)"
    if part == HOST_ID:
        return None if len(content) == 4 and any(content) else "is not four bytes, at least one of them not zero"
    if part == RANDOM_SEED:
        return None if len(content) == SEED_BYTES else f"is not {SEED_BYTES} bytes"
    try:
        found = ssh_private_key.public(content)
    except ValueError as error:
        return str(error)
    return None if found.kind == key_type(part) else f"is a key of type {found.kind}"


def shared(identities: Mapping[str, Mapping[str, bytes]]) -> list[str]:
    """Say which slaves have a part in common; each such sentence names both and shows nothing."""
    owners: dict[tuple[str, bytes], list[str]] = {}
    for slave, identity in identities.items():
        for part, content in identity.items():
            owners.setdefault((part, content), []).append(slave)
    return [
        f"{part} is the same for {some_names.some(slaves, 5)}"
        for (part, _content), slaves in owners.items()
        if len(slaves) > 1
    ]
