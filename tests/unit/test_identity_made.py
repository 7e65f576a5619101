"""The parts of an identity, against the programs that take them."""

from __future__ import annotations

import pathlib
import subprocess
import uuid

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import identity_made, ssh_private_key
from programs import program

NO_KEY = "is no private key in OpenSSH's own format without passphrase"


def keygen(*arguments: str) -> str:
    command = [program("ssh-keygen", "openssh-client"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", identity_made.KEY_TYPES)
def test_the_public_half_is_what_ssh_keygen_says(tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / "key"
    ssh_private_key.make(kind, "pc07", str(path))
    found = ssh_private_key.public(path.read_bytes())
    assert (found.kind, found.line) == (kind, " ".join(keygen("-y", "-f", str(path)).split()[:2]))
    assert (tmp_path / "key.pub").read_text() == f"{found.line} pc07\n"
    assert identity_made.fault(f"ssh_host_{kind}_key", path.read_bytes()) is None
    other = "rsa" if kind != "rsa" else "ecdsa"
    assert identity_made.fault(f"ssh_host_{other}_key", path.read_bytes()) == f"is a key of type {kind}"


def test_keys_that_are_not_taken(tmp_path: pathlib.Path) -> None:
    keygen("-q", "-t", "ed25519", "-N", "secret", "-f", str(tmp_path / "locked"))
    keygen("-q", "-t", "ecdsa", "-m", "PEM", "-N", "", "-f", str(tmp_path / "old"))
    locked = (tmp_path / "locked").read_bytes()
    lines = locked.splitlines(keepends=True)
    for content in (
        locked,
        (tmp_path / "old").read_bytes(),
        b"",
        b"canary",
        lines[0] + lines[-1],
        lines[0] + b"canary!\n" + lines[-1],
        lines[0] + b"Y2FuYXJ5\n" + lines[-1],
        lines[0] + lines[1] + lines[-1],
    ):
        with pytest.raises(ValueError, match=f"^{NO_KEY}$"):
            ssh_private_key.public(content)


def test_ssh_keygen_tells_why_it_fails(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"^ssh-keygen -t ed25519: .*No such file or directory"):
        ssh_private_key.make("ed25519", "pc07", str(tmp_path / "missing" / "key"))


@pytest.mark.parametrize("random", [bytes(16), b"\xff" * 16, bytes(range(16))])
def test_a_machine_id_is_a_random_uuid(random: bytes) -> None:
    text = identity_made.machine_id(random).decode()
    found = uuid.UUID(text.strip())
    assert (text, found.version, found.variant) == (f"{found.hex}\n", 4, uuid.RFC_4122)


@pytest.mark.parametrize("part", [identity_made.MACHINE_ID, identity_made.HOST_ID, identity_made.RANDOM_SEED])
def test_new_parts_are_good_and_differ(part: str) -> None:
    made = {identity_made.new(part) for _number in range(20)}
    assert len(made) == 20
    assert {identity_made.fault(part, content) for content in made} == {None}


def test_what_is_taken_is_made_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rolled = iter([4, 4, 7])
    monkeypatch.setattr("secrets.randbelow", lambda _most: next(rolled))
    first = identity_made.new(identity_made.HOST_ID)
    assert (first, identity_made.new(identity_made.HOST_ID, {first})) == (b"\5\0\0\0", b"\x08\0\0\0")


@pytest.mark.parametrize(
    ("part", "content", "fault"),
    [
        ("machine-id", b"0" * 32 + b"\n", "is no machine-id(5)"),
        ("machine-id", b"1" * 32, "is no machine-id(5)"),
        ("machine-id", b"A" * 32 + b"\n", "is no machine-id(5)"),
        ("machine-id", b"uninitialized\n", "is no machine-id(5)"),
        ("hostid", bytes(4), "is not four bytes, at least one of them not zero"),
        ("hostid", b"canary", "is not four bytes, at least one of them not zero"),
        ("random-seed", b"canary", "is not 512 bytes"),
        ("ssh_host_rsa_key", b"canary", NO_KEY),
    ],
)
def test_faults_show_nothing(part: str, content: bytes, fault: str) -> None:
    assert identity_made.fault(part, content) == fault


def test_what_slaves_share_is_told_by_their_names() -> None:
    same = {"pc01": {"hostid": b"1234", "machine-id": b"a"}, "pc02": {"hostid": b"1234", "machine-id": b"b"}}
    assert identity_made.shared(same) == ["hostid is the same for pc01, pc02"]
    assert identity_made.shared({"pc01": same["pc01"]}) == []
