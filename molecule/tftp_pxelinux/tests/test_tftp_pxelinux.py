"""What loaders get from the role tftp_pxelinux."""

from __future__ import annotations

import hashlib
import os
import pathlib

import pytest
import yaml
from testinfra.host import Host

from plugins.module_utils import loader_files
from tests.lab import http_client, paths, podman, scenario, tftp_client
from tests.lab.errors import LabError

ROOT = "/srv/tftp"
ADDRESS = "192.168.1.1"
SCENARIO = yaml.safe_load(pathlib.Path(__file__).parents[1].joinpath("molecule.yml").read_text())
SLAVES = SCENARIO["provisioner"]["inventory"]["group_vars"]["masters"]["tftp_pxelinux_slaves"]
PLATFORMS = ("i386-pc", "i386-efi", "x86_64-efi")


def _enter() -> list[str]:
    """The command that goes to the master's network."""
    pid = podman.process_id(paths.lab_folder(os.environ["DISKLESS_LAB"]), "master01")
    return ["nsenter", "--target", str(pid), "--net"]


def _fetch(path: str) -> bytes:
    """A file of the TFTP server, asked for over its LAN address."""
    return tftp_client.ask(_enter(), ADDRESS, path)


def _statuses(requests: list[tuple[str, str]]) -> list[int]:
    return [status for status, _body in http_client.ask(_enter(), ADDRESS, requests)]


@pytest.fixture(scope="module")
def published(host: Host) -> dict[str, str]:
    """Digest of each file below the root, by its path."""
    lines = host.check_output(f"cd {ROOT} && find . -type f -exec sha256sum {{}} +").splitlines()
    return {name.removeprefix("./"): digest for digest, name in (line.split(maxsplit=1) for line in lines)}


@pytest.mark.parametrize("name", ["tftpd-hpa", "nginx"])
def test_the_servers_run_now_and_after_a_restart_of_the_machine(host: Host, name: str) -> None:
    service = host.service(name)
    assert service.is_running
    assert service.is_enabled


def test_everything_that_firmware_asks_for_is_there(published: dict[str, str]) -> None:
    wanted = [
        *(loader_files.PXELINUX, *loader_files.PXELINUX_MODULES),
        *(loader_files.SHIM, loader_files.SHIM_GRUB, loader_files.SHIM_MOK_MANAGER),
        *(loader_files.GRUB_CONFIGURATION, *(loader_files.GRUB_LOADERS[name] for name in PLATFORMS)),
        *(f"grub/{name}/{one}.lst" for name in PLATFORMS for one in ("command", "fs", "crypto", "terminal")),
        *(loader_files.IPXE_BIOS, loader_files.IPXE_UEFI, loader_files.IPXE_SCRIPT),
        *(loader_files.ETHERBOOT_ELF, loader_files.ETHERBOOT_NBI),
    ]
    assert [name for name in wanted if name not in published] == []


def test_every_file_is_served_as_it_is_by_both(published: dict[str, str]) -> None:
    names = list(published)
    by_tftp = tftp_client.ask_all(_enter(), ADDRESS, names)
    by_http = http_client.ask(_enter(), ADDRESS, [("GET", f"/{name}") for name in names])
    for name, (status, body) in zip(names, by_http, strict=True):
        content = by_tftp[name]
        assert isinstance(content, bytes), f"{name}: {content}"
        assert (name, status) == (name, 200)
        assert hashlib.sha256(content).hexdigest() == hashlib.sha256(body).hexdigest() == published[name]


def test_a_slave_finds_its_boot_files_by_address_and_by_card() -> None:
    kernel = "images/reading_room/g1/vmlinuz"
    for name, line in (
        ("pxelinux.cfg/C0A80115", f"    LINUX http://{ADDRESS}/{kernel}"),
        ("pxelinux.cfg/01-52-54-00-00-00-16", f"    LINUX http://{ADDRESS}/{kernel}"),
        ("ipxe/machines/192.168.1.21.ipxe", "choose --default label-reading --timeout ${wait} chosen || goto menu"),
        ("ipxe/machines/01-52-54-00-00-00-16.ipxe", "echo Booting pc02"),
        ("grub/machines/192.168.1.21.cfg", 'menuentry "Disk" --id=label-disk --unrestricted {'),
        ("grub/machines/01-52-54-00-00-00-16.cfg", '  echo " Booting pc02"'),
        ("grub/grub.cfg", f'  set base="(http,{ADDRESS})"'),
    ):
        assert line in _fetch(name).decode().splitlines()
    assert b"Disk is for the librarian." in _fetch("pxelinux.cfg/C0A80115.help")


def test_an_unknown_machine_is_told_so_and_boots_its_disk() -> None:
    """What it is served when it asks as PXELINUX does: by its address, shorter and shorter, and at last for default."""
    for name in ["C0A801FE"[:length] for length in range(8, 0, -1)]:
        with pytest.raises(LabError, match="File not found"):
            _fetch(f"pxelinux.cfg/{name}")
    lines = [line.strip() for line in _fetch("pxelinux.cfg/default").decode().splitlines()]
    assert "SAY This machine is not in the inventory of this network's boot server." in lines
    assert "LOCALBOOT -1" in lines


def test_nothing_outside_of_the_root_is_served(host: Host) -> None:
    """The files are there and everybody may read them."""
    host.check_output(f"install -m 0644 /etc/hostname /srv/secret && ln -s /srv/secret {ROOT}/link")
    host.check_output(f"echo new > {ROOT}/.half && ln -s ../secret {ROOT}/grub/link")
    try:
        hostile = ["/etc/passwd", "../../etc/passwd", "grub/../../../etc/passwd", "/srv/secret", "../secret", "link"]
        assert _fetch("/ldlinux.c32") == _fetch("ldlinux.c32")
        by_tftp = tftp_client.ask_all(_enter(), ADDRESS, [*hostile, "grub/link"])
        assert set(by_tftp.values()) == {"File not found"}
        paths_by_http = [
            *(
                "/../secret",
                "/grub/../../secret",
                "/%2e%2e/secret",
                "//../secret",
                "/..%2fsecret",
                "/grub%00/../secret",
            ),
            *("/etc/passwd", "/srv/secret", "/link", "/grub/link", "/.half", "/", "/grub", "/grub/", "/nothing"),
        ]
        statuses = {path: _statuses([("GET", path)])[0] for path in paths_by_http}
        assert {path: status for path, status in statuses.items() if status not in (400, 404)} == {}
        methods = ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND")
        assert _statuses([(method, "/grub/grub.cfg") for method in methods]) == [403] * len(methods)
        assert _statuses([("HEAD", "/grub/grub.cfg")]) == [200]
    finally:
        host.check_output(f"rm /srv/secret {ROOT}/link {ROOT}/grub/link {ROOT}/.half")


def test_everything_is_readable_by_the_servers(host: Host) -> None:
    assert host.check_output(f"find {ROOT} -type d -not -perm 0755") == ""
    assert host.check_output(f"find {ROOT} -type f -not -perm 0644") == ""


def test_the_log_tells_what_is_not_there(host: Host) -> None:
    with pytest.raises(LabError, match="File not found"):
        _fetch("nobody/has/this")
    assert "sending NAK (1, File not found)" in host.check_output("journalctl --identifier=in.tftpd --no-pager")
    assert _statuses([("GET", "/nobody/has/that")]) == [404]
    assert '"GET /nobody/has/that HTTP/1.1" 404' in host.check_output("cat /var/log/nginx/diskless.log")


def test_what_was_damaged_is_mended(host: Host, tmp_path: pathlib.Path, published: dict[str, str]) -> None:
    host.check_output("touch /etc/default/tftpd-hpa /etc/nginx/conf.d/diskless.conf")
    host.check_output(f"truncate --size=0 {ROOT}/grub/x86_64-efi/core.efi")
    host.check_output(f"rm {ROOT}/menu.c32 {ROOT}/ipxe/boot.ipxe")
    assert [one.rpartition(" : ")[2] for one in scenario.converge(tmp_path).changes] == [
        "The loaders are published",
        "The TFTP server runs by its settings, also after the next start of the machine",
        "The HTTP server runs by its settings, also after the next start of the machine",
        "Every machine finds its boot files",
    ]
    for name in ("grub/x86_64-efi/core.efi", "menu.c32", "ipxe/boot.ipxe"):
        assert hashlib.sha256(_fetch(name)).hexdigest() == published[name]


def test_without_http_and_with_fewer_slaves(host: Host, tmp_path: pathlib.Path, published: dict[str, str]) -> None:
    mine = ["pxelinux.cfg/rescue", "grub/machines/mine.cfg", "ipxe/mine.ipxe", "images/mine"]
    host.check_output(f"mkdir {ROOT}/images && cd {ROOT} && touch {' '.join(mine)}")
    changed = {"tftp_pxelinux_http": False, "tftp_pxelinux_slaves": [one for one in SLAVES if one["name"] == "pc02"]}
    scenario.converge(tmp_path, **changed)
    assert scenario.converge(tmp_path, **changed).changes == []
    assert "    LINUX images/reading_room/g1/vmlinuz" in _fetch("pxelinux.cfg/C0A80116").decode().splitlines()
    assert not host.file("/etc/nginx/conf.d/diskless.conf").exists
    # Debian's own site, which is none of the role's, says that it has no such file.
    assert _statuses([("GET", "/ldlinux.c32")]) == [404]
    assert host.service("nginx").is_running
    found = set(host.check_output(f"cd {ROOT} && find . -type f -printf '%P\\n'").splitlines())
    assert set(published) - found == {
        "pxelinux.cfg/C0A80115",
        "pxelinux.cfg/C0A80115.help",
        "grub/machines/192.168.1.21.cfg",
        "ipxe/machines/192.168.1.21.ipxe",
    }
    assert found - set(published) == set(mine)
    host.check_output(f"cd {ROOT} && rm {' '.join(mine)} && rmdir images")
    scenario.converge(tmp_path)
    assert _statuses([("GET", "/ldlinux.c32")]) == [200]


def test_http_needs_an_address(tmp_path: pathlib.Path) -> None:
    outcome = scenario.run(tmp_path, tftp_pxelinux_address="")
    assert (outcome.failed, outcome.changes) == (1, [])
    assert "tftp_pxelinux_http needs tftp_pxelinux_address" in scenario.log(tmp_path).read_text()
