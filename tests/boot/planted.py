"""Secrets that a test can recognise: of every kind on a master, from an encrypted inventory, and slaves' own."""

from __future__ import annotations

import dataclasses
import pathlib
import secrets
import shutil

import yaml

from tests.boot.library import Library
from tests.lab import needles
from tests.lab.run import run
from tests.unit import secret_canaries

_INVENTORY = pathlib.Path(__file__).parent / "secrets"
DIRECTORY = "/srv/diskless"
NODE, SWAP, TREE = (f"{DIRECTORY}/{path}" for path in ("nodes/pc01", "disks/pc07/swap", "trees/pc21"))
_STATE = f"{DIRECTORY}/own/pc01/var/lib/library/visitors"
# One with what the inventory gives it alone, one with disks of its own, one with a tree of its own.
_VICTIMS = ("pc01", "pc07", "pc21")
_SEED_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Needle:
    """Bytes that are nowhere else, and the file on the master that holds them."""

    value: bytes
    path: str


Needles = dict[str, Needle]


def values(planted: Needles) -> dict[str, bytes]:
    """What to look for, by name."""
    return {name: needle.value for name, needle in planted.items()}


def mark() -> bytes:
    """Bytes that are nowhere else."""
    return needles.MARK + secrets.token_hex(12).encode()


def put(library: Library, path: str, content: bytes, mode: int = 0o600) -> None:
    """Writes a file of root's on the master."""
    target = library.inside(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(mode)


def on_master(library: Library) -> Needles:
    """Plants what the secret gate knows, kind by kind, and a password of root's."""
    planted = {}
    for kind, (name, content, _told) in secret_canaries.all_kinds().items():
        own, path = mark(), f"/{name}"
        while library.inside(path).exists():
            # A master lives by the first one; this is what an admin leaves beside it.
            path += ".old"
        text = content.replace(b"hunter22", own).replace(b"hunter2", own)
        put(library, path, text if own in text else content + b"\n# " + own + b"\n")
        planted[f"the master's {kind}"] = Needle(own, path)
    own = mark()
    library.on_master("usermod", "--password", _hash(own), "root")
    planted["the master's shadow"] = Needle(own, "/etc/shadow")
    key = "/etc/ssh/ssh_host_ed25519_key"
    planted["the master's host key"] = Needle(_seed_of(library.inside(key)), key)
    own = mark()
    put(library, f"{TREE}/root/.netrc", b"machine x login y password " + own + b"\n")
    planted["pc21's file in its tree"] = Needle(own, f"{TREE}/root/.netrc")
    own = mark()
    with open(library.inside(SWAP), "r+b") as disk:
        disk.seek(-len(own), 2)
        disk.write(own)
    planted["pc07's page in its swap"] = Needle(own, SWAP)
    return planted


def inventory(folder: pathlib.Path) -> tuple[pathlib.Path, tuple[str, ...], Needles]:
    """A copy of tests/boot/secrets with encrypted variables; what ansible-playbook needs to read it; what is in it."""
    copied, password = folder / "inventory", folder / "password"
    shutil.copytree(_INVENTORY, copied)
    password.write_text(secrets.token_hex() + "\n")
    own = {name: mark() for name in ("token", "wireless", "person", "root_hash")}
    variables = {f"vault_{name}": value.decode() for name, value in own.items()}
    variables["vault_root_hash"] = _hash(own["root_hash"])
    vault = copied / "host_vars/pc01/vault.yml"
    vault.write_text(yaml.safe_dump(variables))
    run(["ansible-vault", "encrypt", "--vault-password-file", str(password), str(vault)])
    assert needles.MARK not in vault.read_bytes()
    files = {
        "token": "files/etc/library/token",
        "wireless": "files/etc/library/wireless.conf",
        "person": "files/root/.ssh/authorized_keys",
        "root_hash": "root-password",
    }
    planted = {f"pc01's {name}": Needle(own[name], f"{NODE}/{path}") for name, path in files.items()}
    return copied, ("--vault-password-file", str(password)), planted


def of_slaves(library: Library) -> Needles:
    """What the master has made for slaves."""
    found = {}
    for slave in _VICTIMS:
        own = f"{DIRECTORY}/nodes/{slave}/files"
        key = f"{own}/etc/ssh/ssh_host_ed25519_key"
        found[f"{slave}'s host key"] = Needle(_seed_of(library.inside(key)), key)
        for what, path in (("machine-id", "etc/machine-id"), ("random seed", "var/lib/systemd/random-seed")):
            value = library.inside(f"{own}/{path}").read_bytes().strip()[:_SEED_BYTES]
            found[f"{slave}'s {what}"] = Needle(value, f"{own}/{path}")
    return found


def in_state(library: Library) -> Needles:
    """Plants what a slave has kept on its master, which has made a place for it."""
    own = mark()
    put(library, _STATE, own)
    return {"what pc01 keeps": Needle(own, _STATE)}


def _hash(own: bytes) -> str:
    """What crypt(5) would take as a hash."""
    return f"$6$canary${own.decode():0<86}"


def _seed_of(key: pathlib.Path) -> bytes:
    """The line of an Ed25519 key, as OpenSSH writes it, that holds the private half; others are the public one."""
    return key.read_bytes().splitlines()[4]
