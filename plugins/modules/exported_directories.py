#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sees to it that the directories that NFS exports are there, in one call for all of them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: exported_directories
short_description: Create or require the directories that are exported
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Creates missing directories as root's with mode 0755, parents too, and leaves those that exist as they are.
    So it does with those that are exported with O(exports[].root_squash) only.
  - Fails with the names of all others that are missing, because another should have made them. In check mode they
    may be missing.
  - Follows no symbolic link in any part of a path, because a machine that may write to an export could have planted it.
extends_documentation_fragment:
  - diskless.netboot.attributes
  - diskless.netboot.exports
"""

EXAMPLES = r"""
- name: The shared home is there
  diskless.netboot.exported_directories:
    exports:
      - {path: /srv/diskless/home, clients: [192.168.1.21], access: rw, root_squash: true}
"""

RETURN = r"""
created:
  description: The directories that were created.
  returned: always
  type: list
  elements: str
missing:
  description: Required directories that are not there yet; only check mode gets this far with any.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules, plain_directory


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={"exports": nfs_rules.ARGUMENT},
        supports_check_mode=True,
    )
    try:
        create, require = nfs_rules.directories(nfs_rules.grouped(module.params["exports"]))
        missing = [path for path in require if not plain_directory.exists(path)]
        if missing and not module.check_mode:
            module.fail_json(msg=f"exported but not there: {', '.join(missing)}", missing=missing)
        created = [path for path in create if not plain_directory.exists(path)]
        if not module.check_mode:
            for path in created:
                plain_directory.create(path)
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    after = "".join(f"{path}\n" for path in created)
    module.exit_json(changed=bool(created), created=created, missing=missing, diff={"before": "", "after": after})


if __name__ == "__main__":
    main()
