"""The functions of the initramfs' scripts, run by the shell that runs them on a slave."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
import yaml
from programs import program

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_kernel"
SCRIPTS = ROLE / "files/initramfs"


def run(library: str, call: str, *arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``call`` with the libraries loaded; the arguments are $1, $2, ..."""
    loaded = "".join(f". {SCRIPTS}/lib/{name}.sh; " for name in library.split())
    return subprocess.run(
        [program("busybox", "busybox-static"), "sh", "-euc", loaded + call, "sh", *arguments],
        input=text,
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("check", "value", "good"),
    [
        ("is_ipv4", "192.168.1.21", True),
        ("is_ipv4", "0.0.0.0", True),
        ("is_ipv4", "256.1.1.1", False),
        ("is_ipv4", "1.2.3", False),
        ("is_ipv4", "1.2.3.4.5", False),
        ("is_ipv4", "1.2.3.", False),
        ("is_ipv4", "1..2.3", False),
        ("is_ipv4", "0000001.2.3.4", False),
        ("is_ipv4", "1.2.3.4\n5", False),
        ("is_ipv4", "$(id)", False),
        ("is_ipv4", "", False),
        ("is_label", "pc01", True),
        ("is_label", "a", True),
        ("is_label", "a" * 63, True),
        ("is_label", "a" * 64, False),
        ("is_label", "-a", False),
        ("is_label", "a-", False),
        ("is_label", "a.b", False),
        ("is_label", "a b", False),
        ("is_label", "a;reboot", False),
        ("is_label", "`id`", False),
        ("is_label", "a\nb", False),
        ("is_label", "", False),
        ("is_domain", "library.example", True),
        ("is_domain", "example", True),
        ("is_domain", "a..b", False),
        ("is_domain", ".a", False),
        ("is_domain", "a.", False),
        ("is_domain", "a.-b", False),
        ("is_domain", "a/*", False),
        ("is_domain", ".".join(["a" * 63] * 4), False),
        ("is_path", "/srv/diskless/images/a/3f9c1a", True),
        ("is_path", "srv", False),
        ("is_path", "/a/../b", False),
        ("is_path", "/a/..", False),
        ("is_path", "/a b", False),
        ("is_path", "/a,rw", False),
        ("is_path", "/a'", False),
        ("is_path", "", False),
    ],
)
def test_checks(check: str, value: str, good: bool) -> None:
    assert (run("check", f'{check} "$1"', value).returncode == 0) is good


@pytest.mark.parametrize(
    ("value", "mac"),
    [
        ("01-00-40-63-C2-ca-c9", "00:40:63:c2:ca:c9\n"),
        ("00-40-63-c2-ca-c9", ""),
        ("20-00-40-63-c2-ca-c9", ""),
        ("01-00-40-63-c2-ca-zz", ""),
        ("01-00-40-63-c2-ca-c9-00", ""),
        ("", ""),
    ],
)
def test_bootif(value: str, mac: str) -> None:
    assert run("check", 'bootif_mac "$1"', value).stdout == mac


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("root=/dev/nfs  ro\tip=dhcp\n", ["root=/dev/nfs", "ro", "ip=dhcp"]),
        ('a="x y" b', ["a=x y", "b"]),
        ('dyndbg="file *.c +p" *', ["dyndbg=file *.c +p", "*"]),
        ("a=$(reboot) `id` ;ls", ["a=$(reboot)", "`id`", ";ls"]),
        ("a -- single", ["a"]),
        ("", []),
    ],
)
def test_cmdline_items(line: str, items: list[str]) -> None:
    assert run("cmdline", "cmdline_items", text=line).stdout.splitlines() == items


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ("cmdline_last init", "/b\n"),
        ("cmdline_last ini", ""),
        ("cmdline_all diskless.mount", "/home,nfs,m:/home\n/a,tmpfs,tmpfs,size=1m\n"),
        ("cmdline_all disklessxmount", ""),
    ],
)
def test_cmdline_values(tmp_path: pathlib.Path, call: str, output: str) -> None:
    items = tmp_path / "items"
    items.write_text("init=/a\ndiskless.mount=/home,nfs,m:/home\nro\ninit=/b\ndiskless.mount=/a,tmpfs,tmpfs,size=1m\n")
    assert run("cmdline", f'{call} "$1"', str(items)).stdout == output
    assert run("cmdline", 'cmdline_has ro "$1"', str(items)).returncode == 0
    assert run("cmdline", 'cmdline_has r "$1"', str(items)).returncode == 1


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("10.0.0.1:/srv/a", ["10.0.0.1", "/srv/a", ""]),
        ("10.0.0.1:/srv/a,port=2050,timeo=50", ["10.0.0.1", "/srv/a", "port=2050,timeo=50"]),
        ("/srv/a", ["", "/srv/a", ""]),
        ("", ["", "", ""]),
    ],
)
def test_nfsroot(value: str, lines: list[str]) -> None:
    assert run("cmdline", 'nfsroot_parts "$1"', value).stdout.split("\n")[:3] == lines


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("/home,nfs,10.0.0.1:/srv/home,rw,nofail", "10.0.0.1:/srv/home /home nfs rw,nofail 0 0\n"),
        ("/tmp,tmpfs,tmpfs,", "tmpfs /tmp tmpfs defaults 0 0\n"),
        ("/tmp,tmpfs,tmpfs", "tmpfs /tmp tmpfs defaults 0 0\n"),
        ("/tmp,,tmpfs,", None),
        ("tmp,tmpfs,tmpfs,", None),
        ("/tmp,tmpfs", None),
        ("/tmp,tmpfs,a b,rw", None),
        ("/tmp,tmpfs,a\nb,rw", None),
        ("", None),
    ],
)
def test_fstab_line(value: str, line: str | None) -> None:
    result = run("cmdline", 'fstab_line "$1"', value)
    assert (result.stdout, result.returncode == 0) == (line or "", line is not None)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("10.0.0.1:/srv/a", "10.0.0.1|/srv/a|"),
        ("10.0.0.1:/srv/a,port=2050", "10.0.0.1|/srv/a|port=2050"),
    ],
)
def test_read_nfsroot(tmp_path: pathlib.Path, value: str, words: str) -> None:
    (tmp_path / "items").write_text(f"nfsroot={value}\n")
    call = 'CMDLINE=$1; read_nfsroot; echo "$server|$path|$options"'
    result = run("check cmdline step", call, str(tmp_path / "items"))
    assert (result.stdout, result.returncode) == (words + "\n", 0)


LEASE = {
    "ip": "192.168.1.21",
    "mask": "24",
    "router": "192.168.1.1",
    "dns": "192.168.1.1 192.168.1.2",
    "ntpsrv": "192.168.1.1",
    "serverid": "192.168.1.1",
    "hostname": "pc01",
    "domain": "library.example",
    "mtu": "1500",
}


def lease(**changed: str) -> dict[str, str]:
    """Give what is kept of the lease in LEASE with these values changed."""
    result = run("check lease", "lease_lines", **{**LEASE, **changed})
    assert result.returncode == 0, result.stderr
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("key", "sent", "name", "kept"),
    [
        ("ip", "192.168.1.21", "address", "192.168.1.21"),
        ("dns", "192.168.1.1 192.168.1.2", "dns", "192.168.1.1,192.168.1.2"),
        ("dns", "192.168.1.1 * $(id) ;ls", "dns", "192.168.1.1"),
        ("router", "; reboot", "router", ""),
        ("hostname", "pc01.library.example", "hostname", "pc01"),
        ("hostname", "$(reboot)", "hostname", ""),
        ("hostname", "pc01\nroot=x", "hostname", ""),
        ("hostname", "pc'01", "hostname", ""),
        ("domain", "library.example.", "domain", "library.example"),
        ("domain", "a\nnameserver 6.6.6.6", "domain", ""),
        ("domain", "a b", "domain", ""),
        ("mtu", "9000", "mtu", "9000"),
        ("mtu", "1", "mtu", ""),
        ("mtu", "x", "mtu", ""),
        ("mtu", "99999999999999999999", "mtu", ""),
    ],
)
def test_lease(key: str, sent: str, name: str, kept: str) -> None:
    assert lease(**{key: sent})[name] == kept


@pytest.mark.parametrize(("key", "value"), [("ip", "x"), ("ip", ""), ("mask", "0"), ("mask", "33"), ("mask", "a")])
def test_a_lease_without_address_is_refused(key: str, value: str) -> None:
    assert run("check lease", "lease_lines", **{**LEASE, key: value}).returncode != 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("domain=a.example\ndns=1.1.1.1,2.2.2.2\n", "search a.example\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n"),
        ("domain=\ndns=\n", ""),
    ],
)
def test_resolv_conf(tmp_path: pathlib.Path, text: str, expected: str) -> None:
    path = tmp_path / "lease"
    path.write_text(text)
    assert run("check lease", 'resolv_conf "$1"', str(path)).stdout == expected


def test_the_role_carries_every_script() -> None:
    listed = yaml.safe_load((ROLE / "vars/main.yml").read_text())["__slave_kernel_scripts"]
    found = sorted(str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*") if path.is_file())
    assert sorted(listed) == found


def test_every_step_says_what_it_does() -> None:
    for path in (SCRIPTS / "steps").iterdir():
        assert path.read_text().splitlines()[1].startswith("# Step: "), path.name


@pytest.mark.parametrize(
    ("cmdline", "generation"),
    [
        ("root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/room/g1 diskless.lower=root.squashfs", "room/g1\n"),
        ("nfsroot=192.168.1.1:/srv/images/room/g1,port=2050 diskless.lower=root", "room/g1\n"),
        (
            "nfsroot=192.168.1.1:/srv/trees/pc01 diskless.shared=/srv/images/room/g1/root.squashfs:/usr,/opt",
            "room/g1\n",
        ),
        ("nfsroot=192.168.1.1:/srv/trees/pc01 rw", ""),
        ("root=/dev/nbd0 diskless.nbd=0,192.168.1.1,images/room/g1/root.4096M.ext4,ro", "room/g1\n"),
    ],
)
def test_the_generation_that_runs(tmp_path: pathlib.Path, cmdline: str, generation: str) -> None:
    items = tmp_path / "cmdline"
    items.write_text(cmdline.replace(" ", "\n") + "\n")
    done = run("check cmdline step root", "CMDLINE=$1; read_root; generation", str(items))
    assert (done.stdout, done.stderr) == (generation, "")
