"""nbd-server is asked until it knows what it should, by the NBD protocol."""

from __future__ import annotations

import json
import pathlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import nbd_protocol
from ansible_collections.diskless.netboot.plugins.module_utils.nbd_protocol import Answer, ProtocolError
from ansible_collections.diskless.netboot.plugins.modules import nbd_answers

GREETING = struct.pack("!16sH", nbd_protocol.GREETING, 3)
READ_ONLY, WRITABLE = 0x13, 0x2D


class Server:
    """An NBD server as far as options go; ``exports``: transmission flags by name, or the type of an error."""

    def __init__(self) -> None:
        self.exports: dict[str, int] = {}
        self.greeting = GREETING
        self.asked: list[str] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _address = self.listening.accept()
            except OSError:
                return
            with connection:
                try:
                    self.answer(connection)
                except (ProtocolError, OSError):
                    continue

    def answer(self, connection: socket.socket) -> None:
        connection.sendall(self.greeting)
        assert nbd_protocol.receive(connection, 4) == struct.pack("!I", 3)
        while True:
            magic, option, length = struct.unpack("!8sII", nbd_protocol.receive(connection, 16))
            data = nbd_protocol.receive(connection, length)
            assert magic == b"IHAVEOPT"
            if option == 2:
                return
            assert option == 6
            (named,) = struct.unpack("!I", data[:4])
            assert data[4 + named :] == b"\0\0"
            name = data[4 : 4 + named].decode()
            self.asked.append(name)
            found = self.exports.get(name, nbd_protocol.REP_ERR_UNKNOWN)
            if found >= nbd_protocol.REP_ERROR:
                self.reply(connection, found, b"no")
            else:
                self.reply(connection, 3, struct.pack("!HQH", 0, 0, found))
                self.reply(connection, 1, b"")

    @staticmethod
    def reply(connection: socket.socket, kind: int, data: bytes) -> None:
        connection.sendall(struct.pack("!QIII", nbd_protocol.REPLY_MAGIC, 6, kind, len(data)) + data)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.listening.close()


def ask(server: Server, *names: str) -> dict[str, Answer]:
    return nbd_protocol.ask_all("127.0.0.1", names, 5.0, server.port)


def test_what_a_server_answers(server: Server) -> None:
    server.exports = {
        "a": READ_ONLY,
        "b": WRITABLE,
        "tls": nbd_protocol.REP_ERR_TLS_REQUIRED,
        "policy": nbd_protocol.REP_ERR_POLICY,
    }
    assert ask(server, "a", "b", "tls", "policy", "none") == {
        "a": Answer(known=True, read_only=True),
        "b": Answer(known=True, read_only=False),
        "tls": Answer(known=True),
        "policy": Answer(known=True),
        "none": Answer(known=False),
    }


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        (b"NBDMAGIC" + bytes(10), "it does not speak the NBD protocol's fixed newstyle"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "it does not speak the NBD protocol's fixed newstyle"),
    ],
)
def test_what_is_no_nbd_server(server: Server, greeting: bytes, expected: str) -> None:
    server.greeting = greeting
    with pytest.raises(ProtocolError, match=f"^{expected}$"):
        ask(server, "a")


def test_an_answer_that_says_nothing(server: Server) -> None:
    server.exports = {"a": nbd_protocol.REP_ERROR + 3}
    with pytest.raises(ProtocolError, match=r"^it answers error 3: no$"):
        ask(server, "a")


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(
    server: Server, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the module for the server and give what it prints."""
    for name in FILES:
        (tmp_path / name).write_text("10.0.0.1/32\n")
    monkeypatch.setattr(nbd_answers, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(AnsibleModule, "run_command", lambda *_arguments, **_options: (0, "its words\n", ""))
    real = nbd_protocol.ask_all
    monkeypatch.setattr(
        nbd_protocol, "ask_all", lambda address, names, timeout: real(address, names, timeout, server.port)
    )

    def call(*, check: bool = False, **params: Any) -> dict[str, Any]:
        arguments = {
            "read_only": ["images/g1"],
            "writable": ["disks/pc07/persist"],
            "access_directory": str(tmp_path),
            "timeout": 0,
            **params,
            "_ansible_check_mode": check,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            nbd_answers.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


BOTH = {"images/g1": READ_ONLY, "disks/pc07/persist": WRITABLE}
FILES = ("images+g1", "disks+pc07+persist")
JOURNAL = "\nThe journal of nbd-server.service ends with:\nits words"


def test_a_server_that_knows_them(run: Run, server: Server) -> None:
    server.exports = dict(BOTH)
    assert run()["changed"] is False
    assert server.asked == ["disks/pc07/persist", "images/g1"]


def test_a_server_that_learns_of_them_later(run: Run, server: Server) -> None:
    server.exports = {"images/g1": READ_ONLY}
    timer = threading.Timer(0.3, server.exports.update, [BOTH])
    timer.start()
    assert run(timeout=10)["changed"] is False


def test_a_server_that_does_not(run: Run, server: Server) -> None:
    server.exports = {"images/g1": READ_ONLY}
    assert run()["msg"] == (
        "nbd-server does not know disks/pc07/persist; only 'systemctl restart nbd-server.service' changes that"
        + JOURNAL
    )
    assert run(check=True)["changed"] is False


def test_a_server_that_has_one_as_it_was_before(run: Run, server: Server) -> None:
    server.exports = {**BOTH, "images/g1": WRITABLE}
    assert run()["msg"] == (
        "nbd-server still exports images/g1 writable; only 'systemctl restart nbd-server.service' changes that"
        + JOURNAL
    )


def test_a_server_that_is_not_there(run: Run, server: Server) -> None:
    # Reserved; nobody listens there.
    server.port = 1
    assert run(restart_hint="try this")["msg"] == (
        f"nbd-server does not answer at 127.0.0.1: [Errno 111] Connection refused; try this{JOURNAL}"
    )
    assert run(check=True)["changed"] is False


def test_what_the_server_has_not_forgotten_is_told(run: Run, server: Server, tmp_path: pathlib.Path) -> None:
    others = ("images+g0", "images+gone", "-nobody", ".images+g1.0123456789ab")
    for name in others:
        (tmp_path / name).write_text("")
    server.exports = {**BOTH, "images/g0": READ_ONLY}
    found = run()
    assert (found["changed"], found["withdrawn"]) == (False, ["images/g0"])
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, *others}


def test_an_export_without_a_file_of_clients_is_noticed(run: Run, server: Server, tmp_path: pathlib.Path) -> None:
    server.exports = dict(BOTH)
    (tmp_path / "images+g1").unlink()
    assert run()["msg"] == (
        f"nbd-server lets everybody attach images/g1: {tmp_path} has no file with their clients; another run makes it"
        + JOURNAL
    )
    assert run(check=True)["changed"] is False
    assert "lets everybody attach disks/pc07/persist, images/g1" in run(access_directory=f"{tmp_path}/none")["msg"]
