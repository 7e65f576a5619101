# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the model of the whole fleet together; it never raises for what an inventory holds."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    directories,
    host_patterns,
    nbd_tls,
    proxy,
    run_options,
    tuning,
    unique,
    volume_sizes,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import EXAMPLE as IMAGES_EXAMPLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import VARIABLE as IMAGES
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import images
from ansible_collections.diskless.netboot.plugins.plugin_utils.masters import masters
from ansible_collections.diskless.netboot.plugins.plugin_utils.membership import members
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import EXAMPLE as NETWORKS_EXAMPLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import VARIABLE as NETWORKS
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import networks, parse
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, lines
from ansible_collections.diskless.netboot.plugins.plugin_utils.reading import common, variables
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import TUNABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain
from ansible_collections.diskless.netboot.plugins.plugin_utils.slaves import Context, slave


def fleet(hostvars: Mapping[str, object], groups: object) -> Fleet:
    """The model of docs/architecture.md; where there are errors, it holds what is good nevertheless."""
    report = Report()
    master_names, slave_names = members(report, hostvars, groups)
    hosts = {
        name: variables(report, hostvars, name, TUNABLE if name in master_names else ())
        for name in dict.fromkeys([*master_names, *slave_names])
    }
    directory = directories.data(report, common(report, hosts, "diskless_directory"))
    share_size = volume_sizes.size_of(
        Place(report, "all", "diskless_share_size"), common(report, hosts, "diskless_share_size"), volume_sizes.SHARE
    )
    raw_networks = _required(report, hosts, NETWORKS, NETWORKS_EXAMPLE)
    raw_images = _required(report, hosts, IMAGES, IMAGES_EXAMPLE)
    known_networks = {} if raw_networks is None else networks(report, raw_networks)
    known_images = {} if raw_images is None else images(report, raw_images)
    of_masters = {name: hosts[name] for name in master_names}
    known_masters, addresses = masters(report, of_masters, known_networks)
    for name, values in of_masters.items():
        tuning.check(report, name, values)
    context = Context(
        report=report,
        directory=directory,
        private=directories.private(report, directory, of_masters),
        networks=known_networks,
        parsed=parse(known_networks),
        images=known_images,
        image_names=list(raw_images) if isinstance(raw_images, dict) else [],
        masters=known_masters,
        master_names=master_names,
        master_addresses=addresses,
        hostvars=hostvars,
    )
    slaves = _slaves(context, {name: hosts[name] for name in slave_names})
    proxy.check_backends(report, known_networks, known_masters, slaves, of_masters)
    proxy.check_loaders(report, known_networks, slaves)
    nbd_tls.check_clients(report, known_images, slaves, of_masters)
    run_options.check(report, hosts, slaves, known_images, host_patterns.names(hostvars, groups))
    return {
        "errors": lines(report.errors),
        "warnings": lines(report.warnings),
        "directory": directory,
        "share_size": share_size,
        "networks": known_networks,
        "images": known_images,
        "masters": known_masters,
        "slaves": slaves,
        "new": {},
    }


def _slaves(context: Context, hosts: Mapping[str, Mapping[str, Plain]]) -> dict[str, Slave]:
    found: dict[str, Slave] = {}
    identities: dict[str, dict[str, Plain]] = {}
    for name, values in hosts.items():
        identities[name], whole = slave(context, name, values)
        if whole is not None:
            found[name] = whole
    unique.check(context.report, identities, context.master_names)
    return found


def _required(report: Report, hosts: Mapping[str, Mapping[str, Plain]], name: str, allowed: str) -> Plain:
    """A variable of the whole fleet; None, after an error, where no host has it."""
    value = common(report, hosts, name)
    if value is None:
        Place(report, "all", name).missing(allowed)
    return value
