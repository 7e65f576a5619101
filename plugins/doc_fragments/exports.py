# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option of every module that takes the list of exports."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  exports:
    description: What is to be exported. An item without clients exports nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The directory's real path.
        type: str
        required: true
      clients:
        description: Addresses of single machines.
        type: list
        elements: str
        required: true
      access:
        description: Whether they may write.
        type: str
        choices: [ro, rw]
        required: true
      root_squash:
        description: Whether their root is nobody on the server.
        type: bool
        required: true
      private:
        description: Whether it holds what nobody but these clients may know. Then no former client keeps it.
        type: bool
        default: false
      all_squash:
        description: Whether all of their users are nobody on the server, root too.
        type: bool
        default: false
"""
