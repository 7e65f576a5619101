"""How nfs-ganesha is asked, and when its answer is the one that is waited for."""

from __future__ import annotations

import types
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils.ganesha_answers import Client, Export
from ansible_collections.diskless.netboot.plugins.modules import ganesha_exports

SHOWN = '   array [\n      struct {\n         uint16 7\n         string "/a"\n'
PC01, PC02 = "10.0.0.1", "10.0.0.2"


def displayed(*addresses: str) -> str:
    """A reply to DisplayExport, with the bits of a root that is read-only."""
    client = '      struct {{\n         string "{}/32"\n' + "         int32 0\n" * 7 + "         uint32 160\n      }}\n"
    return "".join(client.format(address) for address in addresses)


def exported(*addresses: str) -> dict[str, Export]:
    """The answer that is made of it."""
    return {"/a": Export(7, frozenset(Client(one, "ro", root_squash=False) for one in addresses))}


class Module:
    """Stands for AnsibleModule; ``replies`` are those to DisplayExport, one after the other."""

    params = types.MappingProxyType({"timeout": 15})

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[list[str]] = []

    def run_command(self, command: list[str], **_options: object) -> tuple[int, str, str]:
        self.asked.append(command[5:])
        if command[5].endswith(".ShowExports"):
            return 0, SHOWN, ""
        return (0, self.replies.pop(0), "") if self.replies else (1, "", "Export id not found")


def test_an_export_that_still_has_its_old_clients_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ganesha_exports, "POLL_SECONDS", 0)
    module: Any = Module(displayed(PC01, PC02), displayed(PC01))
    assert ganesha_exports.awaited(module, exported(PC01)) == exported(PC01)
    show, display = ["org.ganesha.nfsd.exportmgr.ShowExports"], ["org.ganesha.nfsd.exportmgr.DisplayExport", "uint16:7"]
    assert module.asked == [show, display, show, display]


def test_an_export_that_goes_meanwhile_has_no_clients() -> None:
    module: Any = Module()
    assert ganesha_exports.shown(module) == exported()
