"""An NFS client in user space, by libnfs: it keeps what it has mounted and opened, as a slave does with its root.

Runs on its own (`python3 -c`), reads commands line by line and answers each with one line:

    mount VERSION PATH      mounts PATH and opens the file `f` in it
    use VERSION PATH        reads the opened file once more, and asks the server for it anew
"""

import ctypes
import sys
import threading
import time

SERVER = b"192.168.1.1"
TIMEOUT_MILLISECONDS = 10_000
# Of the lease's 30 seconds.
RENEW_SECONDS = 5
# Three of the server's periods of grace.
GRACE_SECONDS = 90

nfs = ctypes.CDLL("libnfs.so.13")
nfs.nfs_init_context.restype = ctypes.c_void_p
nfs.nfs_get_error.restype = ctypes.c_char_p
held: dict[str, tuple[ctypes.c_void_p, ctypes.c_void_p]] = {}
one_at_a_time = threading.Lock()


def complaint(context: ctypes.c_void_p) -> str:
    """What libnfs says of the last call."""
    return "refused: " + (nfs.nfs_get_error(context) or b"no reason").decode().replace("\n", " ")


def mount(version: str, path: str) -> str:
    """Mounts and opens."""
    context, file = ctypes.c_void_p(nfs.nfs_init_context()), ctypes.c_void_p()
    nfs.nfs_set_version(context, int(version))
    nfs.nfs_set_timeout(context, TIMEOUT_MILLISECONDS)
    if nfs.nfs_mount(context, SERVER, path.encode()) < 0 or nfs.nfs_open(context, b"/f", 0, ctypes.byref(file)) < 0:
        return complaint(context)
    held[version + path] = (context, file)
    return "mounted"


def read(context: ctypes.c_void_p, file: ctypes.c_void_p) -> str:
    """What the opened file holds."""
    content = ctypes.create_string_buffer(100)
    if nfs.nfs_pread(context, file, ctypes.c_uint64(0), ctypes.c_uint64(100), content) < 0:
        return complaint(context)
    return content.value.decode()


def use(version: str, path: str) -> str:
    """Looks the name up by the mount's handle, and reads by the file's."""
    context, file = held[version + path]
    if nfs.nfs_stat64(context, b"/f", ctypes.create_string_buffer(1024)) < 0:
        return complaint(context)
    return read(context, file)


def renew() -> None:
    """Keeps what is open."""
    while True:
        # A kernel renews its lease by itself, libnfs only by reading now and then.
        time.sleep(RENEW_SECONDS)
        with one_at_a_time:
            for context, file in held.values():
                read(context, file)


def answer(command: str, *arguments: str) -> str:
    """Asks again where the server is in its grace period (RFC 7530, section 9.6.2): a kernel does that by itself."""
    end = time.monotonic() + GRACE_SECONDS
    while True:
        with one_at_a_time:
            said = {"mount": mount, "use": use}[command](*arguments)
        if "NFS4ERR_GRACE" not in said or time.monotonic() > end:
            return said
        # The server tells nobody when it is over.
        time.sleep(1)


threading.Thread(target=renew, daemon=True).start()
for line in sys.stdin:
    sys.stdout.write(answer(*line.split()) + "\n")
    sys.stdout.flush()
