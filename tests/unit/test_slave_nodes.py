"""The module slave_nodes in a folder of its own: what it makes, keeps, mends and refuses."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import pathlib
import stat
from typing import Any

import generation_folder
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    generation_records,
    identity_store,
    node_slaves,
    node_tree,
    node_work,
    private_file,
)
from ansible_collections.diskless.netboot.plugins.modules import identity_facts, slave_nodes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")

HASH = "$6$salt$canary"


class ModuleExitError(Exception):
    """Carries what a module gives back."""


def slave(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "hostname": name, "key_types": ["ed25519"], **more}


def file(path: str, content: str = "canary\n", **more: Any) -> dict[str, Any]:
    return {"path": path, "content": content, **more}


Run = Any


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Run:
    """Runs the module; gives its result."""

    def run(*slaves: dict[str, Any], check: bool = False, prune: bool = False, **identities: Any) -> dict[str, Any]:
        class Module:
            def __init__(self, **_: object) -> None:
                self.check_mode = check
                self.params = {
                    "directory": str(tmp_path / "srv"), "slaves": json.dumps(slaves),
                    "identities": json.dumps(identities), "prune": prune,
                }  # fmt: skip

            def exit_json(self, **result: Any) -> None:
                raise ModuleExitError(result)

            def fail_json(self, **result: Any) -> None:
                raise ModuleExitError({"failed": True, **result})

        monkeypatch.setattr(slave_nodes, "AnsibleModule", Module)
        with pytest.raises(ModuleExitError) as caught:
            slave_nodes.main()
        found: dict[str, Any] = caught.value.args[0]
        assert "canary" not in json.dumps(found)
        assert "PRIVATE KEY" not in json.dumps(found)
        return found

    return run


def everything(path: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """Inode, time of change and mode of all below `path`."""
    found = ((entry, entry.lstat()) for entry in path.rglob("*"))
    return {str(entry.relative_to(path)): (one.st_ino, one.st_ctime_ns, one.st_mode & 0o7777) for entry, one in found}


def test_check_mode_on_a_fresh_master_writes_nothing(run: Run, tmp_path: pathlib.Path) -> None:
    said = run(slave("pc01", files=[file("/etc/x", mode="0600", owner=44)]), check=True)
    assert (said["changed"], said["made"], said["updated"]) == (True, ["pc01"], ["pc01"])
    assert said["public_keys"] == {"pc01": []}
    assert said["diff"]["before"] == ""
    assert said["diff"]["after"].splitlines() == [
        "pc01: /etc/hostid 0644 0:0",
        "pc01: /etc/machine-id 0444 0:0",
        "pc01: /etc/ssh/ssh_host_ed25519_key 0600 0:0",
        "pc01: /etc/ssh/ssh_host_ed25519_key.pub 0644 0:0",
        "pc01: /etc/x 0600 44:0",
        "pc01: /var/lib/systemd/random-seed 0600 0:0",
        "pc01: state/identity/pc01 machine-id, hostid, random-seed, ssh_host_ed25519_key",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_reads_only(run: Run, tmp_path: pathlib.Path) -> None:
    given = (slave("pc01", files=[file("/root/.profile")], password_hash=HASH), slave("pc02", key_types=["ecdsa"]))
    first = run(*given)
    before = everything(tmp_path)
    for check in (True, False):
        again = run(*given, check=check)
        assert not again["changed"]
        assert again["diff"] == {"before": "", "after": ""}
        assert again["public_keys"] == first["public_keys"]
    assert everything(tmp_path) == before
    assert first["public_keys"]["pc02"][0].startswith("ecdsa-sha2-nistp256 ")
    assert (tmp_path / "srv/nodes/pc01/root-password").read_text() == f"{HASH}\n"
    assert not (tmp_path / "srv/nodes/pc02/root-password").exists()


def test_a_umask_opens_and_closes_nothing(run: Run, tmp_path: pathlib.Path) -> None:
    for umask in (0o000, 0o077):
        os.umask(umask)
        run(slave("pc01", files=[file("/srv/way/file")]), slave(f"pc{umask:02}"))
    modes = {path: mode for path, (_inode, _time, mode) in everything(tmp_path / "srv").items()}
    assert {mode for path, mode in modes.items() if path.startswith("state")} == {0o700, 0o600}
    assert (modes["nodes"], modes["nodes/pc63"]) == (0o700, 0o700)
    assert (modes["nodes/pc01/files/srv/way"], modes["nodes/pc01/files/srv/way/file"]) == (0o755, 0o644)


def test_a_new_type_of_key_leaves_the_others(run: Run, tmp_path: pathlib.Path) -> None:
    (key,) = run(slave("pc01"))["public_keys"]["pc01"]
    said = run(slave("pc01", key_types=["ecdsa", "ed25519"]))
    assert said["made"] == ["pc01"]
    assert "pc01: state/identity/pc01 ssh_host_ecdsa_key\n" in said["diff"]["after"]
    assert said["public_keys"]["pc01"][1] == key
    # It stays in the store: a type that comes back is the same key.
    said = run(slave("pc01"))
    assert not (tmp_path / "srv/nodes/pc01/files/etc/ssh/ssh_host_ecdsa_key").exists()
    assert (tmp_path / "srv/state/identity/pc01/ssh_host_ecdsa_key").exists()


def test_the_public_file_has_the_slaves_name(run: Run, tmp_path: pathlib.Path) -> None:
    run(slave("pc01"))
    said = run(slave("pc01", hostname="desk"))
    assert said["diff"]["after"] == "pc01: /etc/ssh/ssh_host_ed25519_key.pub 0644 0:0 (content changed)\n"
    assert (tmp_path / "srv/nodes/pc01/files/etc/ssh/ssh_host_ed25519_key.pub").read_text().endswith(" desk\n")


def test_a_file_in_the_place_of_a_directory_and_back(run: Run, tmp_path: pathlib.Path) -> None:
    node = tmp_path / "srv/nodes/pc01/files"
    run(slave("pc01", files=[file("/etc/a/b/c"), file("/etc/d")]))
    said = run(slave("pc01", files=[file("/etc/a"), file("/etc/d/e")]))
    assert "pc01: /etc/a directory\n" in said["diff"]["before"]
    assert ((node / "etc/a").is_file(), (node / "etc/d/e").is_file()) == (True, True)
    run(slave("pc01", files=[file("/etc/a/b/c"), file("/etc/d")]))
    assert ((node / "etc/a/b/c").is_file(), (node / "etc/d").is_file()) == (True, True)


def test_links_are_replaced_and_never_followed(run: Run, tmp_path: pathlib.Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "issue").write_text("kept")
    run(slave("pc01", files=[file("/etc/issue"), file("/opt/x")]))
    node = tmp_path / "srv/nodes/pc01/files"
    (node / "etc/issue").unlink()
    (node / "etc/issue").symlink_to(outside / "issue")
    (node / "opt/x").unlink()
    (node / "opt").rmdir()
    (node / "opt").symlink_to(outside)
    run(slave("pc01", files=[file("/etc/issue"), file("/opt/x")]))
    assert (node / "etc/issue").read_text() == "canary\n"
    assert not (node / "etc/issue").is_symlink()
    assert [entry.name for entry in outside.iterdir()] == ["issue"]
    assert (outside / "issue").read_text() == "kept"


@pytest.mark.parametrize("place", ["nodes", "nodes/pc01", "state/identity", "state/identity/pc01"])
def test_a_link_in_the_place_of_a_directory_is_an_error(run: Run, tmp_path: pathlib.Path, place: str) -> None:
    run(slave("pc01"))
    path = tmp_path / "srv" / place
    path.rename(tmp_path / "away")
    path.symlink_to(tmp_path / "away")
    assert run(slave("pc01"))["failed"]


def test_a_slave_that_left(run: Run, tmp_path: pathlib.Path) -> None:
    run(slave("pc01"), slave("pc02"))
    (tmp_path / "srv/nodes/stray").mkdir()
    started = tmp_path / "srv/state/started"
    started.mkdir()
    for name in ("pc01", "pc02"):
        (started / name).write_text("reading_room/bookworm-3f2a9c0d1e4b-20261122T053000Z\n")
    said = run(slave("pc01"), check=True)
    assert (said["changed"], said["removed"], said["kept"], said["pruned"]) == (True, ["pc02", "stray"], ["pc02"], [])
    assert (tmp_path / "srv/nodes/pc02").exists()
    assert (started / "pc02").exists()
    run(slave("pc01"))
    assert [entry.name for entry in started.iterdir()] == ["pc01"]
    assert [entry.name for entry in (tmp_path / "srv/nodes").iterdir()] == ["pc01"]
    assert not run(slave("pc01"))["changed"]
    said = run(slave("pc01"), prune=True)
    assert (said["changed"], said["pruned"], said["kept"]) == (True, ["pc02"], [])
    assert [entry.name for entry in (tmp_path / "srv/state/identity").iterdir()] == ["pc01"]


def test_a_master_without_slaves_makes_nothing(run: Run, tmp_path: pathlib.Path) -> None:
    assert not run()["changed"]
    assert list(tmp_path.iterdir()) == []


def handed(tmp_path: pathlib.Path, name: str) -> dict[str, str]:
    return identity_facts.identities(str(tmp_path / "srv"), [name, "pc99"])[name]


def test_an_identity_is_handed_over_once(run: Run, tmp_path: pathlib.Path) -> None:
    (key,) = run(slave("pc01"))["public_keys"]["pc01"]
    given = handed(tmp_path, "pc01")
    (tmp_path / "srv").rename(tmp_path / "other")
    check = run(slave("pc01", key_types=["ed25519", "ecdsa"]), pc01=given, check=True)
    said = run(slave("pc01", key_types=["ed25519", "ecdsa"]), pc01=given)
    assert {one: said[one] for one in ("taken", "made")} == {one: check[one] for one in ("taken", "made")}
    assert (said["taken"], said["made"], said["public_keys"]["pc01"][0]) == (["pc01"], ["pc01"], key)
    assert {part: handed(tmp_path, "pc01")[part] for part in given} == given
    # What is there is not replaced, and what the others have had is of no use where somebody has taken a part away.
    (tmp_path / "srv/state/identity/pc01/hostid").unlink()
    again = run(slave("pc01"), pc01=given)
    assert (again["taken"], again["made"]) == ([], ["pc01"])
    assert handed(tmp_path, "pc01")["hostid"] != given["hostid"]


def test_identities_of_slaves_that_a_master_serves_are_told_apart(
    run: Run, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that what a master has kept of a slave that left it long ago does not win."""
    run(slave("pc01"), slave("pc02"))
    record = {"generation": generation_folder.name(1), "held": False, "before": [], "served": None}
    private_file.write(generation_records.path(str(tmp_path / "srv")), json.dumps({"pc02": {"x": record}}).encode())
    given = {"directory": str(tmp_path / "srv"), "slaves": ["pc01", "pc02", "pc03"]}
    with patch_module_args(given), pytest.raises(SystemExit):
        identity_facts.main()
    found = json.loads(capsys.readouterr().out)
    assert set(found["identities"]) == {"pc01", "pc02"}
    assert found["served"] == {"pc02": found["identities"]["pc02"]}


def test_nobody_but_root_can_keep_a_run_waiting(run: Run, tmp_path: pathlib.Path) -> None:
    run(slave("pc01"))
    state = tmp_path / "srv/state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    with atomic_file.open_directory(str(tmp_path / "srv")) as folder, atomic_file.open_directory(str(state)) as lock:
        # What every user of the master can open.
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert run(slave("pc01"))["changed"] is False
        with identity_store.alone(folder, make=False), pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_facts_of_a_fresh_master(tmp_path: pathlib.Path) -> None:
    assert identity_facts.identities(str(tmp_path / "srv"), ["pc01"]) == {}
    with pytest.raises(ValueError, match=r"^slave '\.\./pc01': no plain file name$"):
        identity_facts.identities(str(tmp_path), ["../pc01"])


def test_an_identity_that_is_damaged_is_not_given_away(run: Run, tmp_path: pathlib.Path) -> None:
    run(slave("pc01"))
    (tmp_path / "srv/state/identity/pc01/machine-id").write_text("canary\n")
    assert run(slave("pc01"))["msg"] == "state/identity/pc01: machine-id is no machine-id(5)"


def test_two_slaves_with_one_identity_are_an_error(run: Run, tmp_path: pathlib.Path) -> None:
    run(slave("pc01"))
    store = tmp_path / "srv/state/identity"
    (store / "pc02").mkdir()
    (store / "pc02/hostid").write_bytes((store / "pc01/hostid").read_bytes())
    said = run(slave("pc01"), slave("pc02"))
    wrong = "hostid is the same for pc01, pc02: remove that file of all but one from state/identity and run again"
    assert said["msg"] == wrong


def test_without_ssh_keygen(run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(slave("pc01"))["msg"] == "ssh-keygen: not there (Debian's openssh-client has it)"
    assert list((tmp_path / "srv/state/identity").iterdir()) == []
    assert not (tmp_path / "srv/nodes").exists()


def test_what_a_killed_run_left_is_gone(run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when all was written and nothing in its place: neither a slave nor the next run sees any of it."""

    def killed() -> None:
        raise KeyboardInterrupt

    srv = tmp_path / "srv"
    (srv / "state/identity/.new-left/pc01").mkdir(parents=True)
    plan = node_tree.plan({"files/etc/x": node_tree.Entry(b"x", 0o644)}, {})
    with monkeypatch.context() as patch, atomic_file.open_directory(str(srv)) as root:
        patch.setattr(os, "sync", killed)
        with pytest.raises(KeyboardInterrupt):
            node_work.apply(root, {"pc01": plan})
    assert [entry.name[:5] for entry in (srv / "nodes/pc01").iterdir()] == [".new-"]
    run(slave("pc01"))
    assert [entry.name for entry in (srv / "nodes/pc01").iterdir()] == ["files"]
    assert [entry.name for entry in (srv / "state/identity").iterdir()] == ["pc01"]


WRONG: list[tuple[Any, str]] = [
    ("x", "slaves: is no JSON"),
    ({}, "slaves: is no list"),
    ([1], "slaves: is no dictionary"),
    ([{}], "slave: name: is no text"),
    ([{"name": "../x"}], "slave '../x': no plain file name"),
    ([{"name": "pc01", "hostname": "a b"}], "pc01: hostname 'a b': no host name"),
    ([slave("pc01", key_types=["dsa"])], "pc01: key_types: some of ed25519, ecdsa, rsa"),
    ([slave("pc01", key_types=[])], "pc01: key_types: some of ed25519, ecdsa, rsa"),
    ([slave("pc01"), slave("pc01")], "pc01: is listed twice"),
    ([slave("pc01", authorized_keys=["canary\n"])], "pc01: authorized_keys: one line each"),
    ([slave("pc01", password_hash="canary:")], "pc01: password_hash: cannot be in shadow(5)"),
    ([slave("pc01", files="canary")], "pc01: files: is no list"),
    ([slave("pc01", files=["canary"])], "pc01: files: is no dictionary"),
    ([slave("pc01", files=[file("etc/x")])], "pc01: etc/x: no absolute path"),
    ([slave("pc01", files=[file("/etc/../x")])], "'etc/../x' is no path below a directory"),
    ([slave("pc01", files=[file("/proc/x")])], "pc01: /proc/x: lies in /proc, which is empty when the slave starts"),
    ([slave("pc01", files=[file("/etc/x", mode="04755")])], "pc01: /etc/x: mode '04755' is not like '0644'"),
    ([slave("pc01", files=[file("/etc/x", owner="canary")])], "pc01: /etc/x: owner is neither root nor a number"),
    ([slave("pc01", files=[{"path": "/etc/x", "template": "y"}])], "pc01: /etc/x: content: is no text"),
    ([slave("pc01", files=[file("/etc/x"), file("/etc/x")])], "pc01: /etc/x: is listed twice"),
    (
        [slave("pc01", files=[file("/etc/x/y"), file("/etc/x")])],
        "pc01: /etc/x: is a directory on the way to /etc/x/y",
    ),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_what_is_refused(given: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        node_slaves.slaves(given if isinstance(given, str) else json.dumps(given))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "identities: is no dictionary"),
        ({"..": {}}, "slave '..': no plain file name"),
        ({"pc01": []}, "identities: pc01: is no dictionary"),
        ({"pc01": {"hostid": "canary!"}}, "identities: pc01: hostid: is no Base64"),
        ({"pc01": {"shadow": "Y2FuYXJ5"}}, "identities: pc01: shadow is no part of an identity"),
        (
            {"pc01": {"hostid": base64.b64encode(bytes(4)).decode()}},
            "identities: pc01: hostid is not four bytes, at least one of them not zero",
        ),
    ],
)
def test_identities_that_are_refused(given: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        node_slaves.identities(json.dumps(given))
    assert str(caught.value) == told
