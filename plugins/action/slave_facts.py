# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of slave_facts: renders the slave's templates and packs what is secret, as slave_nodes does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.action import slave_nodes
from ansible_collections.diskless.netboot.plugins.plugin_utils import node_values


class ActionModule(slave_nodes.ActionModule):
    """Called by Ansible."""

    MODULE = "diskless.netboot.slave_facts"
    SECRET = ("node",)

    def _packed(self, given: Mapping[str, Any], known: dict[str, Any]) -> dict[str, str]:
        return {"node": json.dumps([self._rendered(node_values.plain(given.get("node")), known)])}
