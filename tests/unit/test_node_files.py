"""What the inventory gives to one slave alone: what is read of it, and errors that do not show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import node_files
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, lines
from jinja2 import StrictUndefined

SECRET = "canary"
HASHES = {
    "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "bcrypt": "$2b$12$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    "sha512": "$6$canary$mGANFFcGJHF4cYIR0mHkbyionL.l8ilm9kbfNOHakLUi4ir8D8SIGLOeVGmvZKnK6cMtQIqP1xeMG5S0bIxxW/",
    "sha512 with rounds": "$6$rounds=9000$saltstring$"
    "mGANFFcGJHF4cYIR0mHkbyionL.l8ilm9kbfNOHakLUi4ir8D8SIGLOeVGmvZKnK6cMtQIqP1xeMG5S0bIxxW/",
    "sha256": "$5$saltsalt$" + "a" * 43,
}
PATHS = "allowed: an absolute path without '.' or '..', of letters, digits and '_@+.-'; not in " + (
    "/proc, /sys, /dev, /run, /tmp"
)
OWNERS = "allowed: root, or a number from 0 to 4294967294 (other names are the image's, which is not at hand here)"
HASH_WRONG = (
    "pc01: slave_root_password_hash: (not shown) is no hash of a password, or one that is too weak; allowed: "
    "what `mkpasswd --method=yescrypt` prints, or another of crypt(5)'s $y$, $gy$, $7$, $2b$, $6$ and $5$"
)


def errors(variables: Mapping[str, object], covered: dict[str, str] | None = None) -> list[str]:
    report = Report()
    node_files.check(report, "pc01", {"pc01": variables}, covered)
    return lines(report.errors)


def file(**keys: object) -> dict[str, Any]:
    return {"slave_files": [{"path": "/etc/x", "content": SECRET, **keys}]}


def test_all_lists_are_put_together() -> None:
    variables = {
        "slave_files_music": [
            {"path": "/etc/scores.conf", "content": "#!/bin/sh\necho ${#all} {{ x }}\n", "group": "44"}
        ],
        "slave_files": [{"path": "/etc/issue", "template": "issue.j2", "mode": "0600", "owner": 1000}],
        "slave_files_empty": None,
        "slave_authorized_keys": ["ssh-ed25519 AAAA admin", "ssh-ed25519 AAAA admin"],
        "slave_root_password_hash": HASHES["sha512"],
    }
    report = Report()
    assert node_files.node(report, "pc01", {"pc01": variables}, {}) == {
        "files": [
            {"path": "/etc/issue", "content": None, "template": "issue.j2", "mode": "0600", "owner": 1000, "group": 0},
            {
                "path": "/etc/scores.conf",
                "content": "#!/bin/sh\necho ${#all} {{ x }}\n",
                "template": None,
                "mode": "0644",
                "owner": 0,
                "group": 44,
            },
        ],
        "authorized_keys": ["ssh-ed25519 AAAA admin"],
        "password_hash": HASHES["sha512"],
    }
    assert report.errors == {}


def test_nothing_is_given_to_most_slaves() -> None:
    found = node_files.node(Report(), "pc01", {"pc01": {"slave_ip": "192.168.1.21"}}, {})
    assert found == {"files": [], "authorized_keys": [], "password_hash": None}


@pytest.mark.parametrize("hashed", HASHES.values(), ids=HASHES)
def test_hashes_that_are_good(hashed: str) -> None:
    assert errors({"slave_root_password_hash": hashed}) == []


@pytest.mark.parametrize(
    "hashed",
    [
        SECRET,
        "",
        1234,
        True,
        [SECRET],
        "$1$salt$" + "a" * 22,
        HASHES["sha512"] + ":",
        HASHES["sha512"] + "\n",
        "*",
        "!",
    ],
)
def test_hashes_that_are_none(hashed: object) -> None:
    assert errors({"slave_root_password_hash": hashed}) == [HASH_WRONG]


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "not a list": (
        {"slave_files": {"path": SECRET}},
        [
            "pc01: slave_files: (not shown) is not a list; allowed: a list of dictionaries with path, content "
            "or template, mode, owner, group"
        ],
    ),
    "an item of text": (
        {"slave_files": [SECRET]},
        [
            "pc01: slave_files[0]: (not shown) is not a dictionary; allowed: a dictionary with path, content or "
            "template, mode, owner, group"
        ],
    ),
    "no path": ({"slave_files_a": [{"content": SECRET}]}, [f"pc01: slave_files_a[0].path: missing; {PATHS}"]),
    "a relative path": (file(path="etc/x"), [f"pc01: slave_files[0].path: 'etc/x': is not absolute; {PATHS}"]),
    "a path that leads out": (
        file(path="/etc/../x"),
        [f"pc01: slave_files[0].path: '/etc/../x': would leave its folder; {PATHS}"],
    ),
    "a path in /run": (
        file(path="/run/x"),
        [f"pc01: slave_files[0].path: '/run/x': lies in /run, which is empty when the slave starts; {PATHS}"],
    ),
    "a path through a link": (
        file(path="/bin/x"),
        [f"pc01: slave_files[0].path: '/bin/x': lies in /bin, which is a link to /usr/bin; {PATHS}"],
    ),
    "the machine-id": (
        file(path="/etc/machine-id"),
        [
            "pc01: slave_files[0].path: '/etc/machine-id': is part of the slave's identity: the master makes it; "
            + PATHS
        ],
    ),
    "a host key": (
        file(path="/etc/ssh/ssh_host_dsa_key.pub"),
        [
            "pc01: slave_files[0].path: '/etc/ssh/ssh_host_dsa_key.pub': is part of the slave's identity: the "
            f"master makes it, see slave_ssh_key_types; {PATHS}"
        ],
    ),
    "root's keys": (
        file(path="/root/.ssh/authorized_keys"),
        [
            "pc01: slave_files[0].path: '/root/.ssh/authorized_keys': is part of the slave's identity: "
            f"slave_authorized_keys makes it; {PATHS}"
        ],
    ),
    "a directory of the identity": (
        file(path="/root/.ssh"),
        ["pc01: slave_files[0].path: '/root/.ssh': is a directory on the way to /root/.ssh/authorized_keys; " + PATHS],
    ),
    "neither": (
        {"slave_files": [{"path": "/etc/x"}]},
        ["pc01: slave_files[0]: (not shown) has neither; allowed: either content or template"],
    ),
    "both": (file(template="x"), ["pc01: slave_files[0]: (not shown) has both; allowed: either content or template"]),
    "a number as content": (
        file(content=12345),
        ["pc01: slave_files[0].content: (not shown) is not text (quote it in YAML); allowed: text"],
    ),
    "a NUL": (file(content=f"{SECRET}\0"), ["pc01: slave_files[0].content: (not shown) holds a NUL; allowed: text"]),
    "a number as mode": (
        file(mode=420),
        [
            "pc01: slave_files[0].mode: 420: is a number, not text (quote it in YAML); allowed: four octal digits in "
            "quotes, the first of them 0, such as '0644'"
        ],
    ),
    "setuid": (
        file(mode="4755"),
        [
            "pc01: slave_files[0].mode: '4755': is no mode of a file; allowed: four octal digits in quotes, the "
            "first of them 0, such as '0644'"
        ],
    ),
    "a name as owner": (
        file(owner="www-data"),
        [f"pc01: slave_files[0].owner: 'www-data': is no number; {OWNERS}"],
    ),
    "an id that means none": (
        file(group=2**32 - 1),
        ["pc01: slave_files[0].group: 4294967295: is out of range; allowed: a whole number from 0 to 4294967294"],
    ),
    "an unknown key": (
        file(contents=SECRET),
        [
            "pc01: slave_files[0]: unknown key contents; did you mean 'content'; allowed: path, content, "
            "template, mode, owner, group"
        ],
    ),
    "one path in two groups": (
        {**file(), "slave_files_music": [{"path": "/etc/x", "content": f"{SECRET} too"}]},
        [
            "pc01: slave_files_music[0].path: '/etc/x': is another file in slave_files[0]; allowed: each path "
            "once, in all variables together"
        ],
    ),
    "a file in a file": (
        {**file(), "slave_files_music": [{"path": "/etc/x/y", "content": SECRET}]},
        [
            "pc01: slave_files_music[0].path: '/etc/x/y': and /etc/x, of slave_files[0], cannot both be files; "
            "allowed: paths of files"
        ],
    ),
    "keys that are no list": (
        {"slave_authorized_keys": SECRET},
        [
            "pc01: slave_authorized_keys: (not shown) is not a list; allowed: a list: one line of an OpenSSH "
            "authorized_keys file, without options"
        ],
    ),
    "keys that are none": (
        {"slave_authorized_keys": [SECRET, f"ssh-ed25519 AAAA\n{SECRET}", 1]},
        [
            "pc01: slave_authorized_keys[0]: (not shown) is no public key; allowed: one line of an OpenSSH "
            "authorized_keys file, without options",
            "pc01: slave_authorized_keys[1]: (not shown) holds a line break; allowed: one line of an OpenSSH "
            "authorized_keys file, without options",
            "pc01: slave_authorized_keys[2]: (not shown) is not text; allowed: one line of an OpenSSH "
            "authorized_keys file, without options",
        ],
    ),
}


@pytest.mark.parametrize(("variables", "expected"), WRONG.values(), ids=WRONG)
def test_errors_tell_the_place_and_no_content(variables: dict[str, Any], expected: list[str]) -> None:
    found = errors(variables)
    assert found == expected
    assert SECRET not in "".join(found)


def test_the_same_file_may_come_from_two_groups() -> None:
    assert errors({**file(), "slave_files_music": file()["slave_files"]}) == []


def test_nothing_is_put_where_it_cannot_be_seen() -> None:
    covered = {"/usr": "image 'catalogue' shares it read-only", "/home": "slave_mounts has it"}
    assert errors(file(path="/usr/local/x"), covered) == [
        "pc01: slave_files[0].path: '/usr/local/x': lies in /usr: image 'catalogue' shares it read-only; "
        "allowed: a path outside /usr"
    ]
    assert errors(file(path="/homes/x"), covered) == []


class Raises(Mapping[str, object]):
    """The variables of a host that Ansible fails to template, in a way that tells what stands there."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getitem__(self, name: str) -> object:
        raise self.error

    def __iter__(self) -> Iterator[str]:
        return iter(["slave_root_password_hash"])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(f"String: {SECRET}"), "ValueError"),
        (ValueError(f"{SECRET}: 'vault_root' is undefined"), "'vault_root' is undefined"),
        (ValueError("No filter named 'hash'."), "No filter named 'hash'"),
    ],
)
def test_what_cannot_be_templated_is_not_shown(error: Exception, told: str) -> None:
    assert errors(Raises(error)) == [
        f"pc01: slave_root_password_hash: cannot be templated: {told}; "
        "`ansible -m debug -a var=slave_root_password_hash` shows more"
    ]


def test_what_a_template_could_not_make() -> None:
    variables = {"slave_files": [{"path": "/etc/x", "content": StrictUndefined(name="vault_token")}]}
    assert errors(variables) == [
        "pc01: slave_files: cannot be templated: 'vault_token' is undefined; "
        "`ansible -m debug -a var=slave_files` shows more"
    ]


def test_hosts_that_cannot_be_read_are_told_elsewhere() -> None:
    report = Report()
    node_files.check(report, "pc01", {})
    node_files.check(report, "pc01", {"pc01": "nothing"})
    assert report.errors == {}


def test_what_older_ansible_leaves_encrypted_is_decrypted() -> None:
    class Encrypted:
        __ENCRYPTED__ = True

        def __str__(self) -> str:
            return HASHES["sha512"]

    found = node_files.node(Report(), "pc01", {"pc01": {"slave_root_password_hash": Encrypted()}}, {})
    assert found["password_hash"] == HASHES["sha512"]


@pytest.mark.parametrize(
    ("value", "found", "told"),
    [
        (None, ["ed25519"], []),
        (["rsa", "ed25519", "rsa"], ["rsa", "ed25519"], []),
        ([], ["ed25519"], ["[]: is empty, nobody could log in; allowed: a list of ed25519, ecdsa, rsa"]),
        ("rsa", ["ed25519"], ["'rsa': is text, not a list; allowed: a list of ed25519, ecdsa, rsa"]),
    ],
)
def test_key_types(value: Any, found: list[str], told: list[str]) -> None:
    report = Report()
    assert node_files.key_types(Place(report, "pc01", "slave_ssh_key_types"), value) == found
    assert lines(report.errors) == [f"pc01: slave_ssh_key_types: {text}" for text in told]


def test_a_key_type_that_is_none() -> None:
    report = Report()
    assert node_files.key_types(Place(report, "pc01", "slave_ssh_key_types"), ["dsa", "rsa"]) == ["rsa"]
    assert lines(report.errors) == [
        "pc01: slave_ssh_key_types[0]: 'dsa': is unknown, did you mean 'ecdsa'; allowed: ed25519, ecdsa, rsa"
    ]
