# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows where the making of slaves' disks is."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.plugin_utils.live_module import LiveModule


class ActionModule(LiveModule):
    """Told by the module of the same name."""
