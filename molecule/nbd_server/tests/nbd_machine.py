"""An NBD client by libnbd: it keeps what it has attached, as a slave does.

Runs on its own (`python3 -c`), reads commands line by line and answers each with one line:

    attach EXPORT               the export's size in bytes
    read EXPORT FROM COUNT      the bytes, as text
    write EXPORT FROM TEXT      ok, when it is on the disk
    trim EXPORT FROM COUNT      ok
    detach EXPORT               ok
"""

import sys

import nbd

held: dict[str, nbd.NBD] = {}


def attach(export: str) -> str:
    """Attaches, with the export's name as part of no address."""
    handle = nbd.NBD()
    handle.set_export_name(export)
    handle.connect_tcp("192.168.1.1", "10809")
    held[export] = handle
    return str(handle.get_size())


def read(export: str, begin: str, count: str) -> str:
    """Reads."""
    return bytes(held[export].pread(int(count), int(begin))).decode("latin-1")


def write(export: str, begin: str, text: str) -> str:
    """Writes, and waits until the server has it on its disk."""
    held[export].pwrite(text.encode(), int(begin))
    held[export].flush()
    return "ok"


def trim(export: str, begin: str, count: str) -> str:
    """Gives blocks back."""
    held[export].trim(int(count), int(begin))
    return "ok"


def detach(export: str) -> str:
    """Takes leave."""
    held.pop(export).shutdown()
    return "ok"


COMMANDS = {"attach": attach, "read": read, "write": write, "trim": trim, "detach": detach}
for line in sys.stdin:
    command, *arguments = line.split()
    try:
        answer = COMMANDS[command](*arguments)
    except nbd.Error as error:
        answer = f"refused: {error.string}"
    sys.stdout.write(answer + "\n")
    sys.stdout.flush()
