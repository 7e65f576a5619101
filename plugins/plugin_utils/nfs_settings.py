# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers that an NFS server runs by."""

from __future__ import annotations

FEWEST_THREADS, MOST_THREADS = 8, 256
GANESHA_LEAST_THREADS = 200
# NFSD_MAXSERVS of Linux.
THREADS_LIMIT = 8192
# Ganesha takes no longer lease (ganesha-core-config(8)); within a shorter one a slave could not renew its own in time.
LEASE_LIMITS = 10, 120


def number(name: str, value: object, least: int, most: int) -> int:
    """Read a role's variable; what ``-e name=value`` gives is text.

    :raises ValueError: for what is no whole number in the range.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}: must be a whole number from {least} to {most}, not {value!r}")
    return value


def kernel_threads(clients: int) -> int:
    """Give the kernel server's threads: the next power of two, so that one slave more seldom changes it; 8 to 256."""
    return max(FEWEST_THREADS, min(MOST_THREADS, 1 << max(clients - 1, 0).bit_length()))


def ganesha_threads(clients: int) -> int:
    """Give the upper limit of Ganesha's pool: four a thread of the kernel's, never less than its own default of 200."""
    return max(GANESHA_LEAST_THREADS, 4 * kernel_threads(clients))
