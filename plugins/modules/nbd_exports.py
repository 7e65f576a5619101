#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what nbd-server exports, and to whom, so that a slave that runs keeps its root when its image changes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nbd_exports
short_description: Settle what nbd-server exports, and who may attach it
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Checks the exports that are wanted. A file must be there, be reached without a symbolic link, and the server's user
    must be able to read it, and to write to it where it is exported V(rw).
  - Adds those of its record that were exported before, are V(ro), and whose file is still there. They stay exported to
    those clients that have any export now, or are O(present). Records the outcome before it is exported, so that a run
    that ends between the two loses nothing.
  - Writes the clients of each export into a file of its own (C(authfile), nbd-server(5)). The server reads it whenever
    somebody attaches the export, so this is in effect at once. A file that is missing, or that the server cannot read,
    would let everybody in. So the file of an export that is withdrawn is emptied and stays, since the server knows the
    export until it is restarted, and another run may be about to export it again.
  - The server's own configuration is not written here.
options:
  directory:
    description: Absolute path of the folder that holds all that is exported.
    type: path
    required: true
  exports:
    description: What is wanted.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The export's name, the path of its file below O(directory).
        type: str
        required: true
      path:
        description: The file's absolute path.
        type: str
        required: true
      clients:
        description: Addresses of single machines; exactly one where O(exports[].access=rw).
        type: list
        elements: str
        required: true
      access:
        description: Whether they may write.
        type: str
        choices: [ro, rw]
        required: true
  present:
    description: Addresses of machines that are still there, also without an export.
    type: list
    elements: str
    default: []
  tls:
    description: The files that the server needs for TLS; they are looked at, and not read.
    type: dict
    suboptions:
      certificate:
        description: Absolute path of the server's certificate and those that lead to an authority, PEM.
        type: path
        required: true
      key:
        description: Absolute path of its key, PEM. The server's user alone should be able to read it.
        type: path
        required: true
      authorities:
        description: Absolute path of the certificates by which those of clients are checked, PEM.
        type: path
        required: true
      required:
        description: Whether clients that do not use TLS are refused. Of no concern here.
        type: bool
        default: false
  access_directory:
    description: Where the files with clients are; made where it is missing.
    type: path
    default: /etc/nbd-server/diskless/allow
  record:
    description: The file of the record, written with mode 0600; its directory is made with mode 0700.
    type: path
    default: /var/lib/diskless-netboot/nbd-exports.json
  user:
    description: Name of the user that the server runs as.
    type: str
    default: nbd
attributes:
  check_mode:
    details:
      - Files that are to be exported, and those of TLS, may be missing, as may the user.
extends_documentation_fragment:
  - diskless.netboot.attributes
"""

EXAMPLES = r"""
- name: What is exported is known, and who may attach it
  diskless.netboot.nbd_exports:
    directory: /srv/diskless
    exports:
      - name: images/reading_room/1/root.squashfs
        path: /srv/diskless/images/reading_room/1/root.squashfs
        clients: [192.168.1.21, 192.168.1.22]
        access: ro
  register: exports
"""

RETURN = r"""
exports:
  description: What is to be exported, in the form of O(exports), sorted, each with C(access_file).
  returned: always
  type: list
  elements: dict
spare:
  description:
    - Names of exports of nothing to nobody that belong into the configuration too, with RV(nobody) as their
      C(authfile). Without them a reload may crash nbd-server 3.24.
  returned: always
  type: list
  elements: str
nobody:
  description: Path of a file that holds no client.
  returned: always
  type: str
kept:
  description: Names of exports that a client has who does not want them any more.
  returned: always
  type: list
  elements: str
"""

import os
import stat
import subprocess
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    nbd_access,
    nbd_record,
    nbd_rules,
    nbd_user,
    nfs_record,
    plain_directory,
    private_file,
)
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports

SPARE = "-spare-{}"


def is_there(path: str) -> bool:
    """Say whether a file can be exported.

    :raises ValueError: where a link leads to it, or it is no regular file.
    """
    if not plain_directory.exists(os.path.dirname(path)):
        return False
    try:
        kind = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(kind):
        raise ValueError(f"{nbd_rules.VARIABLE}: {path}: is a symbolic link or no regular file; give the real path")
    return True


def still_there(path: str) -> bool:
    """Say whether a file can still be exported."""
    try:
        return is_there(path)
    except ValueError:
        return False


def recorded(path: str) -> tuple[str, Exports]:
    """Give the record's text and what it says.

    :raises ValueError: for one that cannot be read: without it the roots of running slaves would be withdrawn.
    """
    held = private_file.read(path)
    try:
        # What is there and was not read is a link or a directory.
        text = held.decode("utf-8") if held is not None else "no file" if os.path.lexists(path) else ""
        return text, nbd_record.parse(text)
    except ValueError as error:
        raise ValueError(
            f"{path}: {error}; without this file, machines that run from an earlier image lose their root"
        ) from None


def check_files(wanted: Exports, tls: dict[str, str], user: str, *, check_mode: bool) -> None:
    """Look at what the server needs.

    :raises ValueError: for what is missing, or what the server's user may not use.
    """
    missing = [rule.path for rule in wanted if not is_there(rule.path)]
    if check_mode and (missing or not nbd_user.is_known(user)):
        return
    if missing:
        raise ValueError(f"{nbd_rules.VARIABLE}: exported but not there: {', '.join(sorted(missing))}")
    if not wanted:
        return
    for test, verb, paths in (
        ("r", "read", [rule.path for rule in wanted]),
        ("w", "write to", [rule.path for rule in wanted if rule.access == "rw"]),
    ):
        found = nbd_user.denied(paths, test, user)
        if found:
            raise ValueError(f"{nbd_rules.VARIABLE}: the server's user {user} cannot {verb} {', '.join(found)}")
    fault = None if check_mode and not all(map(os.path.isfile, tls.values())) else nbd_user.tls_fault(tls, user)
    if fault:
        raise ValueError(fault)


def settle(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Check, merge, record, and say who may attach what; gives the module's result.

    :raises ValueError: for what cannot be exported, and a record that cannot be read.
    """
    directory, folder, record = params["directory"], params["access_directory"], params["record"]
    wanted = nbd_rules.grouped(params["exports"], directory)
    check_files(wanted, nbd_rules.tls_files(params["tls"]), params["user"], check_mode=check_mode)
    text, before = recorded(record)
    exports = nfs_record.succeeding(
        wanted,
        before,
        lambda path: nbd_rules.name_of(path, directory) is not None and still_there(path),
        params["present"],
    )
    after = nbd_record.render(exports, directory)
    listed = nbd_rules.listed(exports, directory)
    found = nbd_access.access_now(folder)
    # What is not exported any more keeps a file, which is empty.
    texts = {**dict.fromkeys(found, ""), **nbd_rules.access_files(listed)}
    if texts:
        texts[nbd_access.NOBODY] = ""
    different = {name: new for name, new in texts.items() if found.get(name) != (new, nbd_access.ACCESS_MODE)}
    if not check_mode and after != text:
        private_file.write(record, after.encode("utf-8"))
    if not check_mode and different:
        nbd_access.write_access(folder, different)
    if not check_mode and listed:
        unreadable = nbd_user.denied([f"{folder}/{name}" for name in texts], "r", params["user"])
        if unreadable:
            raise ValueError(f"{params['user']} cannot read {unreadable[0]}, and lets everybody in where it cannot")
    return {
        "changed": bool(after != text or different),
        "exports": [
            {**export, "access_file": f"{folder}/{nbd_rules.access_file(export['name'])}"} for export in listed
        ],
        "spare": [SPARE.format(number) for number in range(1, nbd_rules.padding(len(listed)) + 1)] if listed else [],
        "nobody": f"{folder}/{nbd_access.NOBODY}",
        "kept": [
            export["name"]
            for export in nbd_rules.listed(
                {rule: its for rule, its in exports.items() if its - wanted.get(rule, frozenset())}, directory
            )
        ],
        "diff": [
            {"before_header": record, "after_header": record, "before": text, "after": after},
            {
                "before_header": folder,
                "after_header": folder,
                "before": nbd_access.shown({name: found[name][0] for name in different if name in found}),
                "after": nbd_access.shown(different),
            },
        ],
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "exports": nbd_rules.ARGUMENT,
            "present": {"type": "list", "elements": "str", "default": []},
            "tls": {
                "type": "dict",
                "options": {
                    "certificate": {"type": "path", "required": True},
                    "key": {"type": "path", "required": True, "no_log": False},
                    "authorities": {"type": "path", "required": True},
                    "required": {"type": "bool", "default": False},
                },
            },
            "access_directory": {"type": "path", "default": "/etc/nbd-server/diskless/allow"},
            "record": {"type": "path", "default": "/var/lib/diskless-netboot/nbd-exports.json"},
            "user": {"type": "str", "default": "nbd"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**settle(module.params, check_mode=bool(module.check_mode)))
    except (ValueError, subprocess.SubprocessError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
