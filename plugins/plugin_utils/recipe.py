# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of all that makes an image what it is; it is part of the name of every generation.

tests/unit/test_recipe.py says when it is out of date, and what to set. A new value means new generations everywhere.
"""

from __future__ import annotations

RECIPE = "5e2f0e3848bbafe8"
