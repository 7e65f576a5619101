"""Which files loaders asked a master for in vain, by its servers' logs, and which of these need not be there."""

from __future__ import annotations

import pathlib
import re
import typing

from tests.lab import podman

HTTP_LOG = "/var/log/nginx/diskless.log"

# in.tftpd with --verbosity 2, one process a request; journalctl's short form.
_TFTP = re.compile(
    r"in\.tftpd\[(?P<pid>\d+)\]: (?:RRQ from \S+ filename (?P<name>.*?)(?: remapped to .*)?|sending NAK \([0-2], .*)$"
)
# nginx' format "combined".
_HTTP = re.compile(r'\S+ - \S+ \[[^]]*\] "(?:GET|HEAD) (?P<path>\S+) HTTP/[0-9.]+" (?P<status>\d{3}) ')

_MAC = r"01(-[0-9a-f]{2}){6}"
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

# Names that loaders look for first, or as well, and do without; each with who asks, and why that is fine.
OPTIONAL = {
    rf"pxelinux\.cfg/({_UUID}|{_MAC})": "PXELINUX, before it asks by address; by card on networks of mode proxy only",
    rf"grub/grub\.cfg-({_UUID}|{_MAC}|[0-9A-F]{{1,8}})": "grub-mknetdir's loaders of their own accord, before grub.cfg",
    rf"(grub|ipxe)/machines/{_MAC}\.(cfg|ipxe)": "our grub.cfg and boot.ipxe, before they ask by address",
    r"(revocations(_sbat|_sku)?|shim_certificate(_\d+)?)\.efi": "shim; Debian has neither",
}
# The same for machines that are in no inventory and get the page for all such.
OPTIONAL_UNKNOWN = {
    r"pxelinux\.cfg/[0-9A-F]{1,8}": "PXELINUX, for less and less of the address, before default",
    r"(grub|ipxe)/machines/\d+(\.\d+){3}\.(cfg|ipxe)": "our grub.cfg and boot.ipxe, before they show the page",
}


def by_tftp(journal: str) -> list[str]:
    """What in.tftpd was asked for and refused, in order; `journal` is what `journalctl -t in.tftpd` prints."""
    asked: dict[str, str] = {}
    found = []
    for line in journal.splitlines():
        match = _TFTP.search(line)
        if match is None:
            continue
        if match["name"] is not None:
            asked[match["pid"]] = match["name"]
        elif match["pid"] in asked:
            found.append(asked.pop(match["pid"]))
    return [_plain(name) for name in found]


def by_http(log: str) -> list[str]:
    """What nginx was asked for and did not have or show, in order; `log` is its access log."""
    matches = (_HTTP.match(line) for line in log.splitlines())
    return [_plain(match["path"]) for match in matches if match and match["status"] in ("403", "404")]


def unexpected(names: typing.Iterable[str], *, unknown: bool = False) -> list[str]:
    """Those that should have been there, each once; `unknown`: also machines asked that are in no inventory."""
    optional = [*OPTIONAL, *(OPTIONAL_UNKNOWN if unknown else [])]
    return [name for name in dict.fromkeys(names) if not any(re.fullmatch(one, name) for one in optional)]


def on_master(folder: pathlib.Path, master: str, *, unknown: bool = False) -> list[str]:
    """What a master of the lab was asked for since its start and should have had. Raises LabError.

    Where TFTP's log names no file at all, nobody has asked, or the log is not written: look at it before trusting this.
    """
    journal = podman.execute(folder, master, ["journalctl", "--identifier=in.tftpd", "--no-pager"])
    log = podman.execute(folder, master, ["sh", "-c", f"if [ -e {HTTP_LOG} ]; then cat {HTTP_LOG}; fi"])
    return unexpected([*by_tftp(journal), *by_http(log)], unknown=unknown)


def _plain(name: str) -> str:
    """Servers and loaders differ in what stands before a path."""
    return name.lstrip("/").removeprefix("./")
