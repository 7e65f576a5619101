"""What nbd-server may let whom attach is in place before the server is told of it."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import stat
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.modules import nbd_exports

Run = Callable[..., dict[str, Any]]
PC01, PC02, PC07 = "10.0.0.1", "10.0.0.2", "10.0.0.7"
USER = "nobody"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="another user is asked what it can read")


@pytest.fixture
def top() -> Iterator[pathlib.Path]:
    """The folder that is exported, with some files. Not in pytest's folder, which is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        yield made(pathlib.Path(folder) / "top")


def made(top: pathlib.Path) -> pathlib.Path:
    """Make the folder and the files."""
    for name in ("images/g1/root", "images/g2/root", "disks/pc07/persist"):
        (top / name).parent.mkdir(parents=True)
        (top / name).write_text(name)
        (top / name).chmod(0o666)
    for folder in (top, *(path for path in top.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return top


@pytest.fixture
def run(top: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module and give what it prints."""

    def call(*exports: dict[str, Any], check: bool = False, **params: Any) -> dict[str, Any]:
        arguments = {
            "directory": str(top),
            "exports": list(exports),
            "access_directory": str(top.parent / "allow"),
            "record": str(top.parent / "state" / "record.json"),
            "user": USER,
            **params,
            "_ansible_check_mode": check,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            nbd_exports.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


@pytest.fixture
def item(top: pathlib.Path) -> Callable[..., dict[str, Any]]:
    """Give one item of ``nbd_server_exports``."""

    def item(name: str, *clients: str, access: str = "ro") -> dict[str, Any]:
        return {"name": name, "path": f"{top}/{name}", "clients": list(clients), "access": access}

    return item


def allowed(top: pathlib.Path) -> dict[str, str]:
    """The files with clients."""
    return {path.name: path.read_text() for path in (top.parent / "allow").iterdir()}


def test_the_first_run_and_the_second(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    wanted = [item("images/g1/root", PC01, PC02), item("disks/pc07/persist", PC07, access="rw")]
    foreseen = run(*wanted, check=True)
    assert foreseen["changed"] is True
    assert not (top.parent / "allow").exists()
    assert not (top.parent / "state").exists()
    before = os.umask(0o077)
    first = run(*wanted)
    os.umask(before)
    assert first["diff"] == foreseen["diff"]
    assert first["diff"][1]["after"] == (
        "-nobody: nobody\ndisks+pc07+persist: 10.0.0.7/32\nimages+g1+root: 10.0.0.1/32 10.0.0.2/32\n"
    )
    assert [one["name"] for one in first["exports"]] == ["disks/pc07/persist", "images/g1/root"]
    assert first["exports"][0]["access_file"] == f"{top.parent}/allow/disks+pc07+persist"
    assert len(first["spare"]) == 15
    assert allowed(top) == {
        "-nobody": "",
        "disks+pc07+persist": "10.0.0.7/32\n",
        "images+g1+root": "10.0.0.1/32\n10.0.0.2/32\n",
    }
    # The server lets everybody in where it cannot read one, whatever umask there was.
    assert stat.S_IMODE((top.parent / "allow").stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in (top.parent / "allow").iterdir()} == {0o644}
    assert stat.S_IMODE((top.parent / "state/record.json").stat().st_mode) == 0o600
    assert run(*wanted)["changed"] is False


def test_what_is_withdrawn_keeps_an_empty_file(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    run(item("images/g1/root", PC01, PC02), item("disks/pc07/persist", PC07, access="rw"))
    second = run(item("images/g2/root", PC01))
    assert second["kept"] == ["images/g1/root"]
    assert allowed(top) == {
        "-nobody": "",
        "disks+pc07+persist": "",
        "images+g1+root": "10.0.0.1/32\n",
        "images+g2+root": "10.0.0.1/32\n",
    }
    (top / "images/g1/root").unlink()
    assert run(item("images/g2/root", PC01))["kept"] == []
    assert allowed(top)["images+g1+root"] == ""
    assert run()["exports"] == []
    assert set(allowed(top).values()) == {""}
    assert (top.parent / "state/record.json").read_text() == ""
    assert run()["changed"] is False


def test_a_slave_that_is_to_have_another_servers_root_keeps_this_one(
    run: Run, item: Callable[..., Any], top: pathlib.Path
) -> None:
    run(item("images/g1/root", PC01, PC02), item("disks/pc07/persist", PC07, access="rw"))
    switched = run(present=[PC01, PC07])
    assert [(one["name"], one["clients"]) for one in switched["exports"]] == [("images/g1/root", [PC01])]
    assert allowed(top)["images+g1+root"] == "10.0.0.1/32\n"
    assert run(present=[PC07])["exports"] == []


def test_a_master_without_exports_stays_untouched(run: Run, top: pathlib.Path) -> None:
    assert run()["changed"] is False
    assert os.listdir(top.parent) == ["top"]


def test_a_file_that_somebody_widened_is_put_right(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    run(item("images/g1/root", PC01))
    (top.parent / "allow/images+g1+root").write_text("0.0.0.0/0\n")
    assert run(item("images/g1/root", PC01))["changed"] is True
    assert allowed(top)["images+g1+root"] == "10.0.0.1/32\n"
    (top.parent / "allow/images+g1+root").chmod(0o600)
    assert run(item("images/g1/root", PC01))["changed"] is True
    assert run(item("images/g1/root", PC01))["changed"] is False


def test_what_is_not_there(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    wanted = [item("images/g9/root", PC01), item("disks/pc09/x", PC01, access="rw")]
    assert run(*wanted, check=True)["changed"] is True
    assert run(*wanted)["msg"] == (
        f"nbd_server_exports: exported but not there: {top}/disks/pc09/x, {top}/images/g9/root"
    )


def test_links_are_not_followed(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    (top / "file").symlink_to("/etc/shadow")
    (top / "folder").symlink_to("/etc")
    assert run(item("file", PC01))["msg"] == (
        f"nbd_server_exports: {top}/file: is a symbolic link or no regular file; give the real path"
    )
    assert run(item("folder/shadow", PC01))["msg"] == (
        f"{top}/folder: 'folder' is a symbolic link or no directory; give the real path"
    )
    assert run(item("images", PC01))["msg"] == (
        f"nbd_server_exports: {top}/images: is a symbolic link or no regular file; give the real path"
    )


def test_what_the_servers_user_cannot_use(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    (top / "images/g1/root").chmod(0o600)
    (top / "disks/pc07/persist").chmod(0o444)
    assert run(item("images/g1/root", PC01))["msg"] == (
        f"nbd_server_exports: the server's user {USER} cannot read {top}/images/g1/root"
    )
    assert run(item("disks/pc07/persist", PC07, access="rw"))["msg"] == (
        f"nbd_server_exports: the server's user {USER} cannot write to {top}/disks/pc07/persist"
    )


def test_a_damaged_record(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    record = top.parent / "state/record.json"
    record.parent.mkdir()
    record.write_text("{")
    assert run(item("images/g1/root", PC01))["msg"].startswith(f"{record}: is no record of exports: ")
    record.unlink()
    record.symlink_to("/etc/passwd")
    assert run(item("images/g1/root", PC01))["msg"].endswith(
        "; without this file, machines that run from an earlier image lose their root"
    )


def test_the_files_of_tls(run: Run, item: Callable[..., Any], top: pathlib.Path) -> None:
    paths = {kind: top.parent / f"{kind}.pem" for kind in ("certificate", "key", "authorities")}
    for path in paths.values():
        path.write_text("x")
        path.chmod(0o644)
    tls = {kind: str(path) for kind, path in paths.items()}
    wanted = item("images/g1/root", PC01)
    key = paths["key"]
    assert (
        run(wanted, tls=tls)["msg"] == f"nbd_server_tls: key {key}: everybody can read it; 'chmod o= {key}' ends that"
    )
    key.chmod(0o600)
    assert run(wanted, tls=tls)["msg"] == (
        f"nbd_server_tls: key {key}: the server's user nobody cannot read it; 'chgrp nogroup {key}' and"
        f" 'chmod 0640 {key}' let it, if it can enter the directories above"
    )
    os.chown(key, pwd.getpwnam(USER).pw_uid, 0)
    assert run(wanted, tls=tls)["changed"] is True
    key.unlink()
    assert run(wanted, tls=tls, check=True)["changed"] is False
    assert run(wanted, tls=tls)["msg"] == f"nbd_server_tls: key {key}: there is no such file"
    assert run(wanted, tls={**tls, "authorities": None})["msg"] == (
        "nbd_server_tls: authorities: must name a file, as nbd-server takes no TLS client without a certificate that it"
        " can check"
    )
