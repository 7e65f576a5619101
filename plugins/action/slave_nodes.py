# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of slave_nodes: renders templates with each slave's own variables and packs what is secret.

The module gets one text in the place of each list: Ansible hides a parameter that is no_log wherever it stands in a
result, and would do that with every word in a list ("root", "pc07").
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.diskless.netboot.plugins.plugin_utils import node_values

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 trusts every text

    def trust_as_template(value: str) -> str:
        """Give the text as it is."""
        return value


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Called by Ansible."""

    TRANSFERS_FILES = False
    MODULE = "diskless.netboot.slave_nodes"
    SECRET: tuple[str, ...] = ("slaves", "identities")

    def run(self, tmp: object = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give what the module returns."""
        del tmp
        known = task_vars or {}
        result: dict[str, Any] = super().run(task_vars=known)
        given = self._task.args
        # Callbacks (AWX's among them) are shown the task with its arguments as they were rendered.
        self._task.args = {name: value for name, value in given.items() if name not in self.SECRET}
        arguments = {**given, **self._packed(given, known)}
        result.update(self._execute_module(module_name=self.MODULE, module_args=arguments, task_vars=known))
        return result

    def _packed(self, given: Mapping[str, Any], known: dict[str, Any]) -> dict[str, str]:
        """What is secret of the arguments, each as one text."""
        slaves = node_values.plain(given.get("slaves") or [])
        if not isinstance(slaves, list):
            raise AnsibleActionFail("slaves: is no list")
        return {
            "slaves": json.dumps([self._rendered(slave, known) for slave in slaves]),
            "identities": json.dumps(node_values.plain(given.get("identities") or {})),
        }

    def _rendered(self, slave: object, known: dict[str, Any]) -> object:
        """The slave with contents in the place of templates."""
        if not isinstance(slave, dict) or not isinstance(slave.get("files"), list):
            return slave  # as good or bad as it is: the module tells
        name = str(slave.get("name"))
        if not any(isinstance(file, dict) and file.get("template") for file in slave["files"]):
            return slave
        variables = self._variables(name, known)
        return {**slave, "files": [self._file(file, name, variables) for file in slave["files"]]}

    def _variables(self, name: str, known: dict[str, Any]) -> dict[str, Any]:
        """The slave's own variables; those of the task for one that is not in the inventory."""
        hostvars = known.get("hostvars", {})
        if name not in hostvars:
            return known
        return {**hostvars.raw_get(name), "hostvars": hostvars}

    def _file(self, file: object, name: str, variables: dict[str, Any]) -> object:
        if not isinstance(file, dict) or not file.get("template"):
            return file
        content = self._render(str(file["template"]), name, variables)
        return {**{key: value for key, value in file.items() if key != "template"}, "content": content}

    def _render(self, template: str, name: str, variables: dict[str, Any]) -> str:
        path = self._find(template, name, variables)
        decrypted = self._loader.get_real_file(path)
        try:
            with open(decrypted, encoding="utf-8") as file:
                text = trust_as_template(file.read())
        except UnicodeDecodeError:
            raise AnsibleActionFail(f"{name}: template {path}: is no UTF-8") from None
        finally:
            self._loader.cleanup_tmp_file(decrypted)
        templar = self._templar.copy_with_new_env(searchpath=[os.path.dirname(path)], available_variables=variables)
        try:
            found = templar.template(text, escape_backslashes=False)
        except Exception as error:  # a template can raise anything, and its text may quote a secret
            raise AnsibleActionFail(f"{name}: template {path}: {node_values.reason(error)}") from None
        return "" if found is None else str(found)

    def _find(self, template: str, name: str, variables: Mapping[str, Any]) -> str:
        """The template's path: beside the slave's inventory, then where Ansible looks for templates."""
        beside = variables.get("inventory_dir")
        folders = [os.path.join(str(beside), "templates"), str(beside)] if beside else []
        paths = [os.path.join(folder, template) for folder in folders]
        found = next((path for path in paths if os.path.isfile(path)), None)
        if found is not None:
            return found
        try:
            return str(self._find_needle("templates", template))
        except AnsibleError:
            looked = ", ".join([*folders, "and the playbook's own folders"])
            raise AnsibleActionFail(f"{name}: template {template}: is not there; looked in {looked}") from None
