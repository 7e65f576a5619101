# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of an OpenSSH authorized_keys file, for all slaves of an image or for one alone."""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.plugin_utils import names

ALLOWED = "one line of an OpenSSH authorized_keys file, without options"

# sshd(8), AUTHORIZED_KEYS FILE FORMAT
_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: .*)?")


def fault(value: str) -> str | None:
    """Why a text is no such line."""
    return names.hidden_fault(value) or (None if _KEY.fullmatch(value) else "is no public key")
