# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every filter that projects the fleet for a role."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  _input:
    description: What the filter P(diskless.netboot.fleet#filter) made, without errors.
    type: dict
    required: true
  master:
    description: The name of the master in the inventory.
    type: str
    required: true
positional: master
"""
