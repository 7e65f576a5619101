"""The four Linux calls that Python 3.11 has no function for: unshare(2), mount(2), umount2(2), prctl(2)."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x8, 0x4000, 0x40000
_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """Leaves the namespaces named by CLONE_* flags. Raises OSError."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2). Raises OSError with the target."""
    names = [None if name is None else os.fsencode(name) for name in (source, target, kind)]
    _checked(_libc.mount(*names, ctypes.c_ulong(flags), os.fsencode(options)), target)


def unmount(target: str) -> None:
    """umount2(2), at once for whoever looks by path. Raises OSError with the target."""
    _checked(_libc.umount2(os.fsencode(target), _MNT_DETACH), target)


def die_with_parent(signal_number: int) -> None:
    """Has the kernel send this process a signal when its parent ends, however that ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal_number), 0, 0, 0), "prctl")
