"""No image that is published holds a secret, or what belongs to one machine alone."""

from __future__ import annotations

import hashlib
import os
import pathlib
import py_compile
import re

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_secrets

from tests.unit import secret_canaries

CANARIES = secret_canaries.all_kinds()


def put(root: pathlib.Path, path: str, content: bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)


def ship(root: pathlib.Path, *paths: str) -> None:
    """Have a package own files as they are."""
    lines = [f"{hashlib.md5((root / path).read_bytes()).hexdigest()}  {path}\n" for path in paths]
    put(root, "var/lib/dpkg/info/x.md5sums", "".join(lines).encode())


@pytest.mark.parametrize("name", CANARIES)
def test_every_kind_is_found(tmp_path: pathlib.Path, name: str) -> None:
    path, content, told = CANARIES[name]
    put(tmp_path, path, content)
    assert [(found.path, ", ".join(found.kinds)) for found in rootfs_secrets.search(str(tmp_path))] == [(path, told)]


def test_one_error_lists_all_and_shows_none(tmp_path: pathlib.Path) -> None:
    for path, content, _told in CANARIES.values():
        put(tmp_path, path, content)
    with pytest.raises(ValueError, match=r"^not published") as caught:
        rootfs_secrets.check(str(tmp_path), [], [])
    text = str(caught.value)
    lines = text.splitlines()
    total = len({path for path, _content, _told in CANARIES.values()})
    assert lines[0] == (f"not published, as every slave could read these secrets and traces of one machine ({total}):")
    paths = [line.split(": ")[0] for line in lines[1:-1]]
    assert paths == sorted(paths)
    assert len(paths) == total
    assert "hunter2" not in text
    for path, content, _told in CANARIES.values():
        for word in re.findall(rb"[A-Za-z0-9+/_-]{20,}", content):
            assert word.decode() not in text, path


PUBLIC = {
    "a certificate": ("etc/ssl/certs/ca.pem", secret_canaries.pem("CERTIFICATE").encode()),
    "a public key": ("etc/x.pub", secret_canaries.pem("PUBLIC KEY").encode()),
    "keys that may log in": ("root/.ssh/authorized_keys", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA root@x\n"),
    "a text of a program": ("usr/local/bin/x", b"\x7fELF\0-----BEGIN RSA PRIVATE KEY-----\0-----END\0"),
    "a text about keys": ("srv/README", b"It begins with -----BEGIN PRIVATE KEY-----\n...\n-----END\n"),
    "locked users": ("etc/shadow", b"root:*:1:0:99999:7:::\na:!:1::::::\nb:!*:1::::::\nc:!!:1::::::\nd::1::::::\n"),
    "locked groups": ("etc/gshadow", b"root:*::\nadm:!::syslog\n"),
    "users": ("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nx:x:998:998:systemd Network Management:/:/x\n"),
    "no password of PPP": ("etc/ppp/pap-secrets", b'# x\n*\thost\t""\t*\nguest\thost\t"*"\t-\nyou\t*\t@/run/x\n'),
    "no password of MariaDB": ("etc/mysql/debian.cnf", b"[client]\nuser = root\npassword = \n"),
    "an empty machine-id": ("etc/machine-id", b""),
    "a machine-id to be made": ("etc/machine-id", b"uninitialized\n"),
    "an empty history": ("root/.bash_history", b""),
    "an empty lease": ("var/lib/dhcp/dhclient.leases", b""),
    "no client of Exim": ("etc/exim4/passwd.client", b"# password file used when the local exim is authenticating\n"),
    "no keys of chrony": ("etc/chrony/chrony.keys", b"# 1 MD5 AVeryLongAndRandomPassword\n"),
    "a comment": ("etc/apt/auth.conf", b"# machine x login y\n"),
    "options of ssh": ("etc/ssh/ssh_config", b"IdentityFile ~/.ssh/id_rsa\nPasswordAuthentication yes\n"),
    "an address": ("etc/apt/sources.list", b"deb http://deb.example.org:8080/debian bookworm main\n"),
    "an address that tells how": ("etc/x.conf", b"# http://user:password@proxy/ or http://$USER:$PASS@proxy/\n"),
    "crypt's names": ("usr/local/share/x", b"prefixes: $1$ $2y$ $5$ $6$ $y$ $apr1$; $6$rounds=5000$saltstring$short\n"),
    "a shell's dollars": ("usr/local/bin/y", b'awk \'{print $1$2}\' | sed "s/$5$6/x/"\n'),
    "wpa_supplicant's example": ("etc/wpa_supplicant/wpa_supplicant.conf", b"#psk=\"x\"\nctrl_interface=/run/x\n"),
    "no secret of a connection": ("etc/NetworkManager/system-connections/x", b"[wifi-security]\npsk-flags=1\n"),
    "a variable": ("root/.npmrc", b"//registry/:_authToken=${NPM_TOKEN}\n"),
    "another's history": ("usr/local/share/x/history", b"1.0 first\n"),
    "a digest": ("srv/SHA256SUMS", b"%s  file\n" % secret_canaries.hexes(64).encode()),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_no_secret_is_left_alone(tmp_path: pathlib.Path, name: str) -> None:
    put(tmp_path, *PUBLIC[name])
    assert rootfs_secrets.search(str(tmp_path)) == []


def test_what_a_package_ships_is_public_as_long_as_it_is_that(tmp_path: pathlib.Path) -> None:
    """By content: wherever it lies, and no longer once somebody has changed it."""
    key = secret_canaries.pem("PRIVATE KEY").encode()
    put(tmp_path, "usr/lib/python3/test/keycert.pem", key)
    ship(tmp_path, "usr/lib/python3/test/keycert.pem")
    put(tmp_path, "etc/copy.key", key)
    assert rootfs_secrets.search(str(tmp_path)) == []
    put(tmp_path, "usr/lib/python3/test/keycert.pem", secret_canaries.pem("PRIVATE KEY").encode())
    assert [found.path for found in rootfs_secrets.search(str(tmp_path))] == ["usr/lib/python3/test/keycert.pem"]


def test_configuration_as_it_is_shipped_is_public(tmp_path: pathlib.Path) -> None:
    secret = b"client x {\n  password hunter2\n}\n"
    status = f"Package: x\nConffiles:\n /etc/apt/auth.conf {hashlib.md5(secret).hexdigest()}\nDescription: x\n"
    put(tmp_path, "etc/apt/auth.conf", secret)
    put(tmp_path, "var/lib/dpkg/status", status.encode())
    put(tmp_path, "var/lib/dpkg/info/x.list", b"/.\n")
    assert rootfs_secrets.search(str(tmp_path)) == []
    put(tmp_path, "etc/apt/auth.conf", secret + b"#\n")
    assert [found.path for found in rootfs_secrets.search(str(tmp_path))] == ["etc/apt/auth.conf"]


def test_what_the_inventory_gives_is_allowed(tmp_path: pathlib.Path) -> None:
    put(tmp_path, "etc/fstab", b"//nas/public /public cifs username=guest,password=guest 0 0\n")
    rootfs_secrets.check(str(tmp_path), [(tmp_path / "etc/fstab").read_bytes()], [])
    with pytest.raises(ValueError, match="etc/fstab: a password"):
        rootfs_secrets.check(str(tmp_path), [], [])


def test_what_the_inventory_calls_public_is_allowed(tmp_path: pathlib.Path) -> None:
    for path in ("etc/slapd/config", "etc/slapd.d/cn=config/olc.ldif", "etc/slapd.d.old"):
        put(tmp_path, path, b"olcRootPW: {SSHA}FKJd0Dx9hgNJm1wMJp4dBZW0qVpVTiBq\n")
    rootfs_secrets.check(str(tmp_path), [], ["/etc"])
    with pytest.raises(ValueError, match="not published") as caught:
        rootfs_secrets.check(str(tmp_path), [], ["/etc/slapd.d", "/etc/slapd/config"])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:-1]] == ["  etc/slapd.d.old"]


def test_byte_code_is_what_its_source_is(tmp_path: pathlib.Path) -> None:
    source = "usr/lib/python3/dist-packages/x.py"
    put(tmp_path, source, f"TEST_KEY = {secret_canaries.pem('PRIVATE KEY')!r}\n".encode())
    compiled = pathlib.Path(py_compile.compile(str(tmp_path / source), doraise=True) or "").relative_to(tmp_path)
    assert [found.path for found in rootfs_secrets.search(str(tmp_path))] == [str(compiled), source]
    ship(tmp_path, source)
    assert rootfs_secrets.search(str(tmp_path)) == []
    os.utime(tmp_path / source, (1, 1))
    assert [found.path for found in rootfs_secrets.search(str(tmp_path))] == [str(compiled)]


def test_nothing_of_a_hostile_tree_leads_elsewhere(tmp_path: pathlib.Path) -> None:
    """No link is followed, no device opened, and what would show on a terminal is harmless."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    put(outside, "id_rsa", b"x")
    put(outside, "info/x.md5sums", b"x")
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/info").symlink_to(outside / "info")
    (root / "id_rsa").symlink_to(outside / "id_rsa")
    (root / "home").symlink_to(outside)
    os.mkfifo(root / ".netrc")
    assert rootfs_secrets.search(str(root)) == []
    put(root, "a\x1b[2J\nb/.bash_history", b"ls\n")
    (root / os.fsdecode(b"\xff.keytab")).write_bytes(b"x")
    with pytest.raises(ValueError, match="not published") as caught:
        rootfs_secrets.check(str(root), [], [])
    told = ["  a\\x1b[2J\\nb/.bash_history: a history", "  \\udcff.keytab: a keytab"]
    assert str(caught.value).splitlines()[1:-1] == told
    deep = root / "d"
    for _level in range(rootfs_secrets.MAX_DEPTH + 1):
        deep /= "d"
    deep.mkdir(parents=True)
    with pytest.raises(ValueError, match="more than 128 directories within each other"):
        rootfs_secrets.search(str(root))


def test_an_example_that_a_package_ships_is_one_wherever_it_is_copied(tmp_path: pathlib.Path) -> None:
    """Such as in a database of help texts that a package's script makes."""
    example, own = secret_canaries.pem("PRIVATE KEY").encode(), secret_canaries.pem("PRIVATE KEY").encode()
    put(tmp_path, "usr/share/x/help.sql", b"INSERT '" + example + b"';")
    ship(tmp_path, "usr/share/x/help.sql")
    put(tmp_path, "var/lib/x/help.db", b"\0" * 99 + example)
    assert rootfs_secrets.search(str(tmp_path)) == []
    put(tmp_path, "var/lib/x/other.db", example + own)
    assert [found.path for found in rootfs_secrets.search(str(tmp_path))] == ["var/lib/x/other.db"]
