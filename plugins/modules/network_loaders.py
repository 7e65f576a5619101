#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the loaders that firmware asks for, from Debian's packages."""

from __future__ import annotations

DOCUMENTATION = r"""
module: network_loaders
short_description: Publish PXELINUX, GRUB, shim, iPXE and Etherboot images below a TFTP root
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Copies PXELINUX with its menu, shim with the signed GRUB and its key manager, and iPXE.
  - Makes GRUB's loaders by C(grub-mknetdir), for every platform whose modules are installed.
  - Makes images for Etherboot of iPXE and a script that goes on with C(ipxe/boot.ipxe) of this server.
  - Takes all of it from what is installed now and writes what differs, so that an upgrade of a package is published by
    the next run, and what somebody damaged is mended.
  - Each file is replaced at once, so a machine that boots meanwhile reads the old one or the new one.
  - Remembers what it published, removes of that what is no longer made, and touches no other file. A foreign file that
    has the name of a wanted one is an error.
extends_documentation_fragment:
  - diskless.netboot.attributes
options:
  path:
    description: The TFTP root, by its absolute path. It must exist, except in check mode.
    type: path
    required: true
  address:
    description: The server's address, for what is inside of an image. An empty string takes what DHCP says.
    type: str
    default: ""
  http:
    description: Whether Etherboot's images go on by HTTP, and not by TFTP.
    type: bool
    default: false
  record:
    description: Where it remembers what it published.
    type: path
    default: /var/lib/diskless-netboot/loaders.json
attributes:
  check_mode:
    details:
      - Makes everything in a temporary directory, to compare it. Where packages are missing, only RV(missing) is told.
"""

EXAMPLES = r"""
- name: The loaders are published
  diskless.netboot.network_loaders:
    path: /srv/tftp
    address: 192.168.1.1
    http: true
"""

RETURN = r"""
written:
  description: The files that were new or changed, by their paths below the TFTP root.
  returned: success
  type: list
  elements: str
  sample: [grub/x86_64-efi/core.efi]
removed:
  description: The files that were removed.
  returned: success
  type: list
  elements: str
missing:
  description: Files of packages that are not installed yet; always empty outside check mode.
  returned: success
  type: list
  elements: str
"""

import ipaddress
import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    network_loaders_made,
    network_loaders_record,
    private_file,
    public_files,
    some_names,
)


def settle(root: str, wanted: Mapping[str, bytes], record: str, *, check_mode: bool) -> dict[str, Any]:
    """Compare and, outside check mode, apply; gives the module's result."""
    # The root may be reached by a link; nothing below it may.
    root = os.path.realpath(root)
    kept = private_file.read(record)
    try:
        recorded = network_loaders_record.parse(kept, root)
    except ValueError as error:
        raise ValueError(f"{record} {error}") from None
    names = {*wanted, *recorded}
    directories = sorted({part for name in names for part in parents(name)})
    found = public_files.observe(root, directories, names)
    plan = public_files.make(
        wanted, found, lambda path, one: network_loaders_record.is_ours(path, one, wanted, recorded)
    )
    digests = {path: network_loaders_record.digest(content) for path, content in wanted.items()}
    if not check_mode:
        # Before the first file: a run that dies must not take its own for a foreign one.
        if plan.is_needed:
            private_file.write(record, network_loaders_record.render(kept, root, {**recorded, **digests}))
            public_files.apply(plan, root)
        if recorded != digests:
            private_file.write(record, network_loaders_record.render(kept, root, digests))
    return {
        "changed": plan.is_needed,
        "written": list(plan.write),
        "removed": list(plan.remove),
        "missing": [],
        "diff": difference(plan, found),
    }


def parents(name: str) -> list[str]:
    """Give the directories of a path, the root (an empty string) first."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts) + 1)]


def difference(plan: public_files.Plan, found: public_files.Tree) -> dict[str, str]:
    """Give a line for each file that changes: its digest, as nobody reads a loader."""
    before = [(path, found.files[path].content or b"") for path in [*plan.write, *plan.remove] if path in found.files]
    return {"before": listing(before), "after": listing(list(plan.write.items()))}


def listing(files: list[tuple[str, bytes]]) -> str:
    """Name files with their digests as sha256sum(1) does."""
    return "".join(f"{network_loaders_record.digest(content)}  {path}\n" for path, content in sorted(files))


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "address": {"type": "str", "default": ""},
            "http": {"type": "bool", "default": False},
            "record": {"type": "path", "default": "/var/lib/diskless-netboot/loaders.json"},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        if params["address"]:
            ipaddress.IPv4Address(params["address"])
        missing = network_loaders_made.missing(os.path.exists)
        if missing and module.check_mode:
            module.exit_json(changed=True, written=[], removed=[], missing=missing)
        if missing:
            module.fail_json(msg=f"not installed: {some_names.some(missing, public_files.SHOWN)}")
        if not module.check_mode and not os.path.isdir(params["path"]):
            module.fail_json(msg=f"{params['path']}: there is no such directory")
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as folder:
            wanted = network_loaders_made.collect(folder, params["address"], http=params["http"])
        module.exit_json(**settle(params["path"], wanted, params["record"], check_mode=module.check_mode))
    except (ValueError, subprocess.TimeoutExpired) as error:
        module.fail_json(msg=f"{params['path']}: {error}")
    except OSError as error:
        module.fail_json(msg=f"{params['path']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
