"""Secrets of every kind, on the master and in the inventory: nobody reads another's (docs/secrets.md).

After all other tests: it leaves the master with them, and its logs full of what was asked for in vain.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import gzip
import itertools
import os
import pathlib
import re
import subprocess
import time
import typing

import pytest

from tests.boot import attempts, planted
from tests.boot.attempts import IMAGES, SERVED
from tests.boot.library import Library
from tests.lab import (
    http_client,
    nbd_client,
    needles,
    nfs_client,
    nfs_handles,
    node_client,
    onlooker,
    paths,
    place,
    tftp_client,
)

OWNER, STRANGER = "pc01", "192.168.1.99"
# Of the same image; with a root by NBD; with a tree and shared directories.
OTHERS = ("pc02", "pc13", "pc22")
# What a role puts there for a moment would be seen.
_WATCHED = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/root", f"{planted.DIRECTORY}/nodes", f"{planted.DIRECTORY}/state")
# What tells machines what to boot. All else is loaders, kernels and initramfs, too much for TFTP.
_TOLD = re.compile(r"pxelinux\.cfg/.*|.*\.(cfg|ipxe)")
_REFUSED = {400, 403, 404}
# Debian's group of who may read /etc/shadow (base-passwd).
_SHADOW = 42
# In a generation; all else stays as it was published.
_MADE_LATER = {"initrd.img", "initramfs.json", "vmlinuz"}

Places = typing.Callable[[str], list[str]]


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What there is to be found, and how it came there.

    `watched`: what another user saw of the run of site.yml that put a part of it there. `log`: what that run said.
    `told`: what everybody could see meanwhile. `initramfs`: one that the run made anew, and `before`, what it was.
    """

    needles: planted.Needles
    watched: onlooker.Report
    log: pathlib.Path
    told: bytes
    generations: list[pathlib.Path]
    initramfs: pathlib.Path
    before: bytes
    since: float

    @property
    def values(self) -> dict[str, bytes]:
        """What to look for, by name."""
        return planted.values(self.needles)

    def of(self, who: str) -> list[str]:
        """The files that hold those of a slave."""
        return [needle.path for name, needle in self.needles.items() if name.startswith(f"{who}'s ")]


@pytest.fixture(scope="module")
def secret(converged: Library, tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """All of them, after a run of site.yml that says as much as it can."""
    since, told = time.time(), planted.mark()
    there = planted.on_master(converged)
    inventory, vault, given = planted.inventory(tmp_path_factory.mktemp("secrets"))
    generations = list(converged.inside(IMAGES).glob("*/*"))
    generation = converged.boots("pc16", "catalogue")["generation"]
    initramfs = converged.inside(f"{IMAGES}/catalogue/{generation}/initrd.img")
    before = initramfs.read_bytes()
    initramfs.unlink()
    initramfs.with_name("initramfs.json").unlink()
    wanted = planted.values({**there, **given, **planted.of_slaves(converged)})
    converged.on_master("systemd-run", "--unit=told", "sh", "-c", "sleep infinity", told.decode())
    with onlooker.watching(_lab(converged), converged.master, {**wanted, "told to all": told}, _WATCHED) as watched:
        converged.site("secrets", "-vvv", "--diff", *vault, more=inventory)
    converged.on_master("systemctl", "stop", "told")
    made = {**there, **given, **planted.of_slaves(converged), **planted.in_state(converged)}
    log = converged.folder / "secrets.log"
    return Secrets(made, watched, log, told, generations, initramfs, before, since)


@pytest.fixture(scope="module")
def at(converged: Library) -> typing.Iterator[Places]:
    """Gives places on the LAN, by the name of a slave that is off, or by an address that no slave has."""
    made: dict[str, list[str]] = {}
    with contextlib.ExitStack() as stack:

        def there(who: str) -> list[str]:
            if who not in made:
                slave = converged.model["slaves"].get(who, {"ip": who, "macs": [""]})
                made[who] = stack.enter_context(place.on_the_lan(f"{slave['ip']}/24", slave["macs"][0]))
            return made[who]

        yield there


@pytest.fixture(scope="module")
def server(converged: Library) -> str:
    """The master's address."""
    return str(converged.model["masters"][converged.master]["ip"])


def _lab(library: Library) -> pathlib.Path:
    return paths.lab_folder(library.lab_id)


def _in(mounts: dict[str, nfs_client.Mounted]) -> set[str]:
    """What was found in all that was mounted."""
    return {name for mount in mounts.values() for name in mount.found}


def test_each_is_where_it_should_be(converged: Library, secret: Secrets) -> None:
    """So that a search which finds nothing elsewhere means something."""
    files = {name: str(converged.inside(needle.path)) for name, needle in secret.needles.items()}
    found = {name: needles.found_in(secret.values, needles.pieces_of(path)) for name, path in files.items()}
    assert found == {name: {name} for name in files}


def test_the_run_and_the_journal_show_none(converged: Library, secret: Secrets) -> None:
    said = secret.log.read_bytes()
    assert b"/etc/library/token 0600 0:0" in said
    journal = converged.on_master("journalctl", "--no-pager").encode()
    assert secret.told in journal
    written = [path.read_bytes() for path in converged.ssh.iterdir()]
    assert needles.found_in(secret.values, [said, journal, *written]) == set()


def test_another_user_on_the_master_reads_none(converged: Library, secret: Secrets) -> None:
    known, path = planted.mark(), "/usr/local/share/known"
    planted.put(converged, path, known, 0o644)
    # Images are public.
    seen = onlooker.look_around(
        _lab(converged), converged.master, {**secret.values, "known to all": known}, skipped=[IMAGES]
    )
    assert seen.found == {"known to all": [path]}


def test_another_user_on_the_master_sees_none_during_a_run(secret: Secrets) -> None:
    assert set(secret.watched.found) == {"told to all"}
    assert secret.watched.read["cmdline"] > 1000


def test_images_are_as_they_were_and_an_initramfs_is_made_as_it_was(secret: Secrets) -> None:
    """They were searched when they were made. Slaves may read all of them."""
    files = [path for folder in secret.generations for path in needles.files_below(str(folder))]
    changed = {pathlib.Path(path) for path in files if os.lstat(path).st_ctime > secret.since}
    assert {secret.initramfs.with_name(name) for name in _MADE_LATER} <= changed
    # Another one too where a test before has given a slave another kind of root.
    assert {path.name for path in changed} == _MADE_LATER
    assert secret.initramfs.read_bytes() == secret.before, "other bytes than before"


def test_what_is_published_for_all_holds_none(converged: Library, secret: Secrets, at: Places, server: str) -> None:
    """Nor does a slave get its own in that way: everybody could ask in the same words."""
    top = converged.inside(SERVED)
    files = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
    for who in (OWNER, STRANGER):
        answers = http_client.ask(at(who), server, [("GET", f"/{name}") for name in files])
        assert [name for name, answer in zip(files, answers, strict=True) if answer != (200, files[name])] == []
    told = {name: content for name, content in files.items() if _TOLD.fullmatch(name)}
    by_tftp = tftp_client.ask_all(at(OTHERS[0]), server, list(told))
    assert [name for name in told if by_tftp[name] != told[name]] == []
    initramfs = [gzip.decompress(content) for name, content in files.items() if name.endswith("/initrd.img")]
    assert [b"diskless.node" in content for content in initramfs] == [True] * len(initramfs)
    assert needles.found_in(secret.values, itertools.chain(files.values(), initramfs)) == set()


@pytest.mark.parametrize("who", [OTHERS[0], STRANGER])
def test_nothing_else_comes_by_tftp(secret: Secrets, at: Places, server: str, who: str) -> None:
    answers = tftp_client.ask_all(at(who), server, attempts.files(one.path for one in secret.needles.values()))
    assert [path for path, answer in answers.items() if isinstance(answer, bytes)] == []


@pytest.mark.parametrize("who", [OTHERS[0], STRANGER])
def test_nothing_else_comes_by_http(converged: Library, secret: Secrets, at: Places, server: str, who: str) -> None:
    tried = attempts.requests(converged, [one.path for one in secret.needles.values()])
    answers = http_client.ask(at(who), server, [("GET", path) for path in tried])
    assert [path for path, (status, _body) in zip(tried, answers, strict=True) if status not in _REFUSED] == []
    assert needles.found_in(secret.values, (body for _status, body in answers)) == set()


def test_a_slave_is_given_its_own_if_root_asks(secret: Secrets, at: Places, server: str) -> None:
    given = node_client.ask(at(OWNER), server, OWNER)
    assert given is not None
    own = {name for name in secret.needles if name.startswith(f"{OWNER}'s ")}
    assert needles.found_in(secret.values, (file[-1] for file in given.values())) == own
    user = [*at(OWNER), *place.UNPRIVILEGED]
    assert node_client.ask(user, server, OWNER, 1024) is None
    with pytest.raises(subprocess.CalledProcessError) as error:
        node_client.ask(user, server, OWNER, 1023)
    assert "Permission denied" in error.value.stderr


@pytest.mark.parametrize("who", [*OTHERS, STRANGER])
def test_others_are_given_theirs_alone(converged: Library, secret: Secrets, at: Places, server: str, who: str) -> None:
    tried = [*converged.model["slaves"], "..", f"{who}/../{OWNER}", f"./{OWNER}"]
    there = at(who)

    def ask(name: str) -> node_client.Answer:
        # A port of its own each: the last one waits for late packets.
        return node_client.ask(there, server, name, node_client.FROM + tried.index(name))

    # Who is not heard waits ten seconds for each. The master hears eight of one address at once.
    with concurrent.futures.ThreadPoolExecutor(4) as several:
        answers = dict(zip(tried, several.map(ask, tried), strict=True))
    given = {name: files for name, files in answers.items() if files is not None}
    assert set(given) == {who} - {STRANGER}
    theirs = {one for one in secret.needles if one.startswith(f"{who}'s ")}
    for files in given.values():
        assert needles.found_in(secret.values, (file[-1] for file in files.values())) <= theirs


@pytest.mark.parametrize("version", [3, 4])
def test_a_slave_has_its_tree_by_nfs(secret: Secrets, at: Places, server: str, version: int) -> None:
    """So that a search by NFS which finds nothing elsewhere means something."""
    question = nfs_client.Question(version, [planted.TREE], secret.values)
    assert "pc21's file in its tree" in _in(nfs_client.ask(at("pc21"), server, question))
    assert _in(nfs_client.ask(at("pc21"), server, dataclasses.replace(question, uid=1000))) == set()


@pytest.mark.parametrize(("version", "uid"), [(3, 0), (3, 1000), (4, 0), (4, 1000)])
@pytest.mark.parametrize("who", [*OTHERS, STRANGER])
def test_others_have_none_by_nfs(
    converged: Library, secret: Secrets, at: Places, server: str, *, who: str, version: int, uid: int
) -> None:
    tried = attempts.mounts(converged)
    public = [path for path in tried if re.fullmatch(attempts.PUBLIC.format(who=who), path)]
    mounts = nfs_client.ask(at(who), server, nfs_client.Question(version, tried, secret.values, uid, public))
    assert _in(mounts) == set()
    assert [path for path in mounts if re.fullmatch(attempts.FORBIDDEN.format(who=who), path)] == []
    if uid == 0:
        # So that what it does not find means something. A root by NBD needs no NFS, a stranger has none.
        its = [path for path in mounts if re.fullmatch(attempts.PUBLIC.format(who=who), path)]
        assert (its != []) is (who in ("pc02", "pc22"))


def _owner_of_disks(library: Library) -> int:
    return int(library.on_master("id", "--user", "nbd"))


def _below(secrets: planted.Needles) -> list[str]:
    """The files of these that lie where something is exported from; the container's other files have no handles."""
    return [needle.path for needle in secrets.values() if needle.path.startswith("/srv/")]


def _own(library: Library, path: str) -> str:
    """What names a file of the master in a handle."""
    return nfs_handles.of(library.inside(path))


def _generation(library: Library, slave: str, image: str) -> str:
    return f"{IMAGES}/{image}/{library.boots(slave, image)['generation']}"


def test_a_made_up_handle_opens_no_secret_where_the_image_is_one_file(
    converged: Library, secret: Secrets, at: Places, server: str
) -> None:
    """Its slaves are nobody on the master, whoever they say they are: root, or who owns the disks.

    A handle leads past the folders, so what counts beside the image is the mode of the file. What lies elsewhere it
    does not reach.
    """
    mounted = _generation(converged, "pc02", "reading_room")
    manifest = f"{mounted}/image.json"
    kept = [f"{planted.DIRECTORY}/volumes/{name}.ext4" for name in ("nodes", "own+pc01", "trees+pc21", "home")]
    wanted = [manifest, *_below(secret.needles), planted.SWAP, *kept]
    its = _own(converged, mounted)
    asked = [(path, uid) for path in wanted for uid in (0, _owner_of_disks(converged))]
    questions = [nfs_handles.Question(mounted, its, _own(converged, path), uid) for path, uid in asked]
    answers = dict(zip(asked, nfs_handles.ask(at("pc02"), server, questions), strict=True))
    beside = converged.inside(mounted).stat().st_dev
    closed = {path for path in wanted if path != manifest and converged.inside(path).stat().st_dev == beside}
    assert {planted.SWAP, *kept} <= closed
    assert {path for (path, _uid), answer in answers.items() if answer == [(nfs_handles.REFUSED, b"")]} >= closed
    assert needles.found_in(secret.values, (content for each in answers.values() for _status, content in each)) == set()
    # So that this means something: the same way does lead to what everybody may read.
    assert {answers[manifest, uid][0][0] for uid in (0, _owner_of_disks(converged))} == {nfs_handles.OK}


@pytest.mark.parametrize(
    ("who", "image", "paths"),
    [("pc22", "catalogue", ["trees/pc22", "home", "notices"]), (OWNER, "reading_room", ["own/pc01"])],
)
def test_a_made_up_handle_opens_nothing_of_others_where_a_slave_may_write(
    converged: Library, secret: Secrets, at: Places, server: str, *, who: str, image: str, paths: list[str]
) -> None:
    """Each such place is a file system of its own, so that no handle leads out; nor does one of another export."""
    mounted = [*(f"{planted.DIRECTORY}/{path}" for path in paths), _generation(converged, who, image)]
    wanted = _below({name: needle for name, needle in secret.needles.items() if who not in name})
    users = (0, _owner_of_disks(converged), _SHADOW)
    its = {path: _own(converged, path) for path in mounted}
    questions = [
        nfs_handles.Question(path, its[path], _own(converged, one), user, beside, its.get(beside, ""))
        for path in mounted
        for beside in ("", *(other for other in mounted if other != path))
        for one in [*wanted, planted.SWAP]
        for user in users
    ]
    answers = nfs_handles.ask(at(who), server, questions)
    assert needles.found_in(secret.values, (content for each in answers for _status, content in each)) == set()
    # So that this means something: what lies in one of them is opened in that way.
    known = planted.mark()
    file = f"{mounted[0]}/known"
    planted.put(converged, file, known)
    inside = nfs_handles.Question(mounted[0], its[mounted[0]], _own(converged, file))
    assert nfs_handles.ask(at(who), server, [inside]) == [[(nfs_handles.OK, known)]]


def test_a_slave_has_its_disks_by_nbd(secret: Secrets, at: Places, server: str) -> None:
    disk = planted.SWAP.removeprefix(f"{planted.DIRECTORY}/")
    found = needles.found_in(secret.values, nbd_client.read(at("pc07"), server, disk))
    # It may have paged out more of its own.
    assert "pc07's page in its swap" in found
    assert [name for name in found if not name.startswith("pc07's ")] == []


@pytest.mark.parametrize("who", [*OTHERS, STRANGER])
def test_others_have_none_by_nbd(converged: Library, secret: Secrets, at: Places, server: str, who: str) -> None:
    assert nbd_client.listed(at(who), server).returncode != 0
    tried = attempts.exports(converged, ["/etc/shadow", *secret.of(OWNER)])
    assert "disks/pc07/swap" in tried
    given = [export for export in tried if nbd_client.is_given(at(who), server, export)]
    assert [export for export in given if not export.startswith("images/")] == []
    assert (given != []) is (who == "pc13")
    for export in given:
        assert needles.found_in(secret.values, nbd_client.read(at(who), server, export)) == set()
