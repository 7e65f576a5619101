"""nbd-attach's words with a server, and with the kernel's netlink; its device itself needs a kernel, and a boot."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest
from programs import program

INITRAMFS = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_kernel/files/initramfs"
EXPORT = "images/room/g1/root.squashfs"
# The NBD protocol, doc/proto.md
GREETING = b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3)
GO, ACK, INFO, ERROR = 7, 1, 3, 0x80000000
HAS_FLAGS, READ_ONLY, FLUSH, FUA, TRIM = 1, 2, 4, 8, 32


def perl(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a piece of Perl with the files of nbd-attach loaded."""
    loaded = "".join(f'require "{INITRAMFS}/lib/{name}.pl"; ' for name in ("netlink", "nbd_server"))
    command = [program("perl", "perl-base"), "-Mstrict", "-Mwarnings", "-e", loaded + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def reply(kind: int, content: bytes = b"", option: int = GO) -> bytes:
    return struct.pack(">QIII", 0x0003E889045565A9, option, kind, len(content)) + content


def size_of(count: int, flags: int = HAS_FLAGS | FLUSH) -> bytes:
    return reply(INFO, struct.pack(">HQH", 0, count, flags))


@contextlib.contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server that has one conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _address = listener.accept()
                with connection:
                    talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def negotiate(port: int, access: str = "rw") -> tuple[str, str]:
    """Give what is printed (size and flags) and what is said when it goes wrong."""
    code = (
        "our $ANSWER_SECONDS = 1; "
        'my $to = { address => pack("C4", 127, 0, 0, 1), port => $ARGV[0], export => $ARGV[1], access => $ARGV[2] }; '
        'print join " ", negotiate(connected($to), $to)'
    )
    done = perl(code, str(port), EXPORT, access)
    return done.stdout, done.stderr


def answered(answer: bytes, access: str = "rw") -> tuple[str, str, bytes]:
    """Negotiate with a server that answers so; give what is printed and said, and what the server was sent."""
    sent = b""

    def talk(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(GREETING)
        sent = connection.recv(1000)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # until the other side has read all of it

    with server(talk) as port:
        printed, said = negotiate(port, access)
    return printed, said, sent


@pytest.mark.parametrize(
    ("answer", "access", "printed"),
    [
        (size_of(4096, HAS_FLAGS | FLUSH | FUA | TRIM) + reply(ACK), "rw", "4096 45"),
        (size_of(1 << 45, HAS_FLAGS | READ_ONLY) + reply(ACK), "ro", f"{1 << 45} 3"),
        (size_of(4096) + reply(ACK), "ro", "4096 7"),
        (reply(INFO, b"\0\3" + bytes(12)) + size_of(512) + reply(ACK), "rw", "512 5"),
    ],
)
def test_an_export_is_opened(answer: bytes, access: str, printed: str) -> None:
    name = EXPORT.encode()
    asked = struct.pack(">I8sIII", 3, b"IHAVEOPT", GO, len(name) + 6, len(name)) + name + bytes(2)
    assert answered(answer, access) == (printed, "", asked)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(ERROR + 6, b"export unknown"), f"it has no export {EXPORT}"),
        (reply(ERROR + 2), f"it denies access to {EXPORT}"),
        (reply(ERROR + 5), "it wants TLS, which nbd-attach does not have"),
        (reply(ERROR + 1), "it is too old: it does not know NBD_OPT_GO"),
        (reply(ERROR + 7, b"go \x1b[2J\naway" + b"x" * 1000), "it refuses (error 7): go [2Jaway" + "x" * 190),
        (b"", "it ended the connection"),
        (reply(ACK), "it does not tell the export's size"),
        (size_of(511) + reply(ACK), "the export is empty"),
        (size_of(4096, 0) + reply(ACK), "it does not tell the export's size"),
        (size_of(4096, HAS_FLAGS | READ_ONLY) + reply(ACK), "it gives the export read-only"),
        (reply(INFO, bytes(5000)), "its reply makes no sense"),
        (reply(INFO, bytes(12), option=6), "its reply makes no sense"),
        (b"x" * 20, "its reply makes no sense"),
        (struct.pack(">QIII", 0x0003E889045565A9, GO, INFO, 1 << 31), "its reply makes no sense"),
        (reply(INFO, b"\0") + reply(ACK), "it does not tell the export's size"),
    ],
)
def test_a_server_that_does_not_give_it_is_told_of(answer: bytes, said: str) -> None:
    assert answered(answer)[:2] == ("", said + "\n")


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "it is no NBD server"),
        (b"NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53" + bytes(10), "it is no NBD server"),
        (b"NBDMAGICIHAVEOPT\0\0", "it is too old: no fixed newstyle negotiation"),
        (b"NBDMAGIC", "it ended the connection"),
    ],
)
def test_what_is_no_server_is_told_of(greeting: bytes, said: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)

    with server(talk) as port:
        assert negotiate(port) == ("", said + "\n")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert negotiate(port) == ("", "no connection: Connection refused\n")


@pytest.mark.parametrize("spoken", [b"", GREETING, GREETING + reply(INFO, bytes(12))[:-1]])
def test_a_server_that_says_no_more_is_left(spoken: bytes) -> None:
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(spoken)
        ended.wait(20)

    with server(talk) as port:
        said = negotiate(port)
        ended.set()
    assert said == ("", "it gives no answer in 1 s\n")


def test_a_server_that_dribbles_is_left() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        with contextlib.suppress(OSError):
            for _piece in range(100):
                connection.sendall(reply(INFO, b"\0"))
                threading.Event().wait(0.1)

    with server(talk) as port:
        assert negotiate(port) == ("", "it gives no answer in 1 s\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "use: nbd-attach DEVICE SERVER PORT EXPORT ro|rw"),
        (["x", "10.0.0.1", "10809", "a", "ro"], "'x' is no number of a device"),
        (["0", "10.0.0.256", "10809", "a", "ro"], "'10.0.0.256' is no IPv4 address"),
        (["0", "example", "10809", "a", "ro"], "'example' is no IPv4 address"),
        (["0", "10.0.0.1", "0", "a", "ro"], "'0' is no TCP port"),
        (["0", "10.0.0.1", "70000", "a", "ro"], "'70000' is no TCP port"),
        (["0", "10.0.0.1", "10809", "", "ro"], "'' is no name of an export"),
        (["0", "10.0.0.1", "10809", "a\nb", "ro"], "'a\nb' is no name of an export"),
        (["0", "10.0.0.1", "10809", "a", "rx"], "'rx' is neither ro nor rw"),
    ],
)
def test_arguments_are_checked(arguments: list[str], said: str) -> None:
    command = [program("perl", "perl-base"), str(INITRAMFS / "bin/nbd-attach"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said + "\n")


def test_attributes_are_read_as_they_are_written() -> None:
    code = (
        'my $text = attribute(1, "abc") . nested(2, attribute(3, pack "L", 7)); my $found = attributes($text); '
        'print join " ", length $text, $found->{1}, unpack "L", attributes($found->{2})->{3}'
    )
    assert perl(code).stdout == "20 abc 7"


@pytest.mark.parametrize("text", ["", "\\0", "\\x03\\0\\1\\0", "\\xff\\xff\\1\\0ab", "\\0\\0\\0\\0\\0\\0\\0\\0"])
def test_attributes_that_are_damaged_end_there(text: str) -> None:
    done = perl(f'print scalar keys %{{attributes("{text}")}}, scalar messages("{text}" x 8)')
    assert (done.stdout, done.stderr) == ("00", "")


def test_the_kernel_is_asked_for_a_family() -> None:
    """The controller of generic netlink is a family of its own, with a group, on every kernel (genetlink.h)."""
    done = perl('my ($family) = family(netlink_socket(), "nlctrl"); print $family')
    assert (done.stdout, done.stderr) == ("16", "")
    assert perl('family(netlink_socket(), "none")').stderr == "the kernel's module none is not loaded\n"
