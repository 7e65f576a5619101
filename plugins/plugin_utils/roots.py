# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of `slave_root`, and what is true of several of them."""

from __future__ import annotations

ROOTS = ("nfs_overlay", "nfs_tree", "nbd_overlay", "nbd_cow", "persist")
"""The first is the default."""

NBD_ROOTS = ("nbd_overlay", "nbd_cow", "persist")
"""Those whose image is a block device."""

STAYING = ("nfs_tree", "persist")
"""Those that keep what a slave writes."""
