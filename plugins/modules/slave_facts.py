#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what a master has of one slave: boot files, reservation, exports, tree, disks and files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slave_facts
short_description: Tell what a master has of one slave
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Reads what the other modules of this collection have written for one slave. C(playbooks/preview.yml) compares it
    with what the inventory asks for.
  - Writes nothing, takes no lock, and starts no program, also outside check mode. What is not there is no error, so
    that it works on a master where nothing was ever run.
  - No result shows a private key, a password's hash or the content of a file of the slave's own, nor anything of a DHCP
    server's configuration that is an admin's own.
options:
  directory:
    description: Absolute path of the folder that holds C(images/), C(nodes/), C(trees/), C(disks/) and C(state/).
    type: path
    required: true
  node:
    description:
      - The slave, as an item of the option C(slaves) of M(diskless.netboot.slave_nodes). An action on the controller
        renders its templates and takes the place of the dictionary by its text, which Ansible hides.
    type: json
    required: true
  ip:
    description: The slave's IPv4 address.
    type: str
    required: true
  macs:
    description: Its cards, as C(00:40:63:c2:ca:c9).
    type: list
    elements: str
    required: true
  boot_root:
    description: The TFTP root.
    type: path
    default: /srv/tftp
  dhcp_file:
    description: The configuration of the DHCP server.
    type: path
    default: /etc/kea/kea-dhcp4.conf
  addresses_file:
    description: Which address is whose, by the role C(slave_nodes).
    type: path
    default: /etc/diskless-netboot/addresses
  nfs_record:
    description: The record of M(diskless.netboot.recorded_exports).
    type: path
    default: /var/lib/diskless-netboot/exports.json
  nbd_record:
    description: The record of M(diskless.netboot.nbd_exports).
    type: path
    default: /var/lib/diskless-netboot/nbd-exports.json
  disks_record:
    description: The record of M(diskless.netboot.slave_disks).
    type: path
    default: /var/lib/diskless-netboot/nbd-disks.json
extends_documentation_fragment: diskless.netboot.attributes
attributes:
  diff_mode:
    support: none
    details:
      - Nothing is changed.
seealso:
  - module: diskless.netboot.generation_facts
"""

EXAMPLES = r"""
- name: It is known what the master has of pc07
  diskless.netboot.slave_facts:
    directory: /srv/diskless
    node: {name: pc07, hostname: pc07, key_types: [ed25519], files: [], authorized_keys: [], password_hash: null}
    ip: 192.168.1.27
    macs: ["00:40:63:1e:ea:26"]
  register: there
"""

RETURN = r"""
boot_files:
  description: Its boot files, also those of an address that it had before; path below O(boot_root) to content.
  returned: always
  type: dict
dhcp:
  description: The whole text of O(dhcp_file), where it is there and the role C(dhcp_server) has written it, or null.
  returned: always
  type: str
nfs:
  description: What is exported to it, as C(nfs_server_exports) has it, each with C(exists).
  returned: always
  type: list
  elements: dict
nbd:
  description: What it may attach, as C(nbd_server_exports) has it, each with C(exists).
  returned: always
  type: list
  elements: dict
tree:
  description: >-
    Whether a tree of its own is C(there), what is C(recorded) of it (C(image), C(generation), C(shared), C(hostname),
    or null), and whether an update of it was C(begun) and not ended.
  returned: always
  type: dict
disks:
  description: The size in bytes of each of its own disks.
  returned: always
  type: dict
  sample: {"persist": 2147483648}
disks_recorded:
  description: Its disks that were made to hold data, also those that are gone.
  returned: always
  type: list
  elements: str
state:
  description: >-
    Whether a directory for its C(slave_state_dirs) is C(there), and whether it is C(recorded) that it was made.
  returned: always
  type: dict
node:
  description: >-
    C(files), those that O(node) asks for, with C(path), C(mode), C(owner), C(group) and C(bytes); C(has_password);
    C(identity), the parts of it that are there, and C(missing), those that are not; C(before) and C(after), lines about
    what a run would change.
  returned: always
  type: dict
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import node_slaves, slave_survey


def survey(params: dict[str, Any]) -> dict[str, Any]:
    """Look at everything.

    :raises ValueError: for a record or a slave that is none.
    """
    directory = os.path.realpath(params["directory"])
    # The paths of records are as the inventory has them.
    named = params["directory"].rstrip("/")
    slaves = node_slaves.slaves(params["node"])
    if len(slaves) != 1:
        raise ValueError("node: is not one slave")
    slave = slaves[0].name
    own = [f"{named}/{folder}/{slave}" for folder in ("trees", "own", "disks")]
    # Also the one that it has had until now.
    addresses = [params["ip"], *slave_survey.addresses(params["addresses_file"], slave)]
    return {
        "boot_files": slave_survey.boot_files(params["boot_root"], slave, params["ip"], params["macs"]),
        "dhcp": slave_survey.dhcp_configuration(params["dhcp_file"]),
        "nfs": slave_survey.nfs_exports(params["nfs_record"], addresses, own),
        "nbd": slave_survey.nbd_exports(params["nbd_record"], named, addresses, own),
        "tree": slave_survey.tree(directory, slave),
        "disks": slave_survey.disks(directory, slave),
        "disks_recorded": slave_survey.recorded_disks(params["disks_record"], slave),
        "state": slave_survey.state_directory(directory, slave),
        "node": slave_survey.node(directory, params["node"]),
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "node": {"type": "json", "required": True, "no_log": True},
            "ip": {"type": "str", "required": True},
            "macs": {"type": "list", "elements": "str", "required": True},
            "boot_root": {"type": "path", "default": "/srv/tftp"},
            "dhcp_file": {"type": "path", "default": "/etc/kea/kea-dhcp4.conf"},
            "addresses_file": {"type": "path", "default": "/etc/diskless-netboot/addresses"},
            "nfs_record": {"type": "path", "default": "/var/lib/diskless-netboot/exports.json"},
            "nbd_record": {"type": "path", "default": "/var/lib/diskless-netboot/nbd-exports.json"},
            "disks_record": {"type": "path", "default": "/var/lib/diskless-netboot/nbd-disks.json"},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="only root can read what is a slave's own; set become")
    try:
        found = survey(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
