# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public variables of the roles (their meta/argument_specs.yml), and which of them the playbooks set themselves."""

from __future__ import annotations

# Each variable, and what an admin writes in the inventory instead of it; None: the variable itself.
INSTEAD: dict[str, str | None] = {
    "slave_rootfs_directory": "diskless_directory",
    "slave_rootfs_images": "diskless_images and slave_image",
    "slave_rootfs_trees": "slave_root: nfs_tree",
    "slave_rootfs_prune_trees": "-e diskless_prune_trees=true",
    "slave_rootfs_boots": "slave_generation",
    "slave_rootfs_keep": "keep in diskless_images",
    "slave_rootfs_publish_directory": "tftp_pxelinux_root",
    "slave_kernel_directory": "diskless_directory",
    "slave_kernel_publish_directory": "tftp_pxelinux_root",
    "slave_kernel_images": "diskless_images and slave_image",
    "slave_nodes_directory": "diskless_directory",
    "slave_nodes_slaves": "slave_files, slave_authorized_keys and slave_root_password_hash",
    "slave_nodes_identities": "slave_master",
    "slave_nodes_prune": "-e diskless_prune_trees=true",
    "slave_state_directory": "diskless_directory",
    "slave_state_slaves": "slave_state_dirs",
    "slave_state_prune": "-e diskless_prune_state=true",
    "nfs_server_backend": None,
    "nfs_server_address": None,
    "nfs_server_exports": "slave_mounts",
    "nfs_server_present": "slave_ip",
    "nfs_server_threads": None,
    "nfs_server_lease_seconds": None,
    "nbd_server_directory": "diskless_directory",
    "nbd_server_exports": "slave_root, slave_disks and slave_swap",
    "nbd_server_present": "slave_ip",
    "nbd_server_disks": "slave_disks, slave_swap and slave_persist_size",
    "nbd_server_reset_slaves": "-e '{\"diskless_reset_slaves\": [...]}'",
    "nbd_server_prune_disks": "-e diskless_prune_disks=true",
    "nbd_server_address": None,
    "nbd_server_list": None,
    "nbd_server_restart": None,
    "nbd_server_tls": None,
    "log_server_clients": "slave_log_host: master",
    "log_server_address": "master_ip",
    "log_server_keep_days": None,
    "tftp_pxelinux_root": None,
    "tftp_pxelinux_address": "master_ip",
    "tftp_pxelinux_http": None,
    "tftp_pxelinux_slaves": "the slaves' own variables",
    "tftp_pxelinux_serial": None,
    "tftp_pxelinux_default_message": None,
    "tftp_pxelinux_default_timeout": None,
    "dhcp_server_backend": None,
    "dhcp_server_interfaces": "master_interface",
    "dhcp_server_subnets": "diskless_networks, slave_mac and slave_ip",
    "dhcp_server_boot_policy": "slave_loader or dhcp_server_boot_policy_first",
    "dhcp_server_boot_policy_first": None,
    "dhcp_server_lease_seconds": None,
}
# What an admin may set, on the masters.
TUNABLE = tuple(name for name, instead in INSTEAD.items() if instead is None)
PREFIXES = (
    "slave_rootfs_",
    "slave_kernel_",
    "slave_nodes_",
    "nfs_server_",
    "nbd_server_",
    "log_server_",
    "tftp_pxelinux_",
    "slave_state_",
    "dhcp_server_",
)
