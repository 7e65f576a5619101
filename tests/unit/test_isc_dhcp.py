"""The configuration of ISC's dhcpd."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.plugin_utils import isc_dhcp
from dhcp_values import BARE, FULL, rule, settings

PXE = 'substring(option vendor-class-identifier, 0, 9) = "PXEClient"'
BIOS = f"substring(option diskless-architecture, 0, 2) = 00:00 or (not exists diskless-architecture and {PXE})"


def test_the_whole_file() -> None:
    rules = [rule("bios", "lpxelinux.0", architectures=[0])]
    chain = [
        f"if (({BIOS})) {{",
        '  filename "lpxelinux.0";',
        "}",
    ]
    expected = [
        *isc_dhcp.HEAD.splitlines(),
        "",
        "default-lease-time 3600;",
        "min-lease-time 3600;",
        "max-lease-time 3600;",
        "",
        'if (substring(option diskless-user-class, 0, 4) = "iPXE" or '
        "substring(option diskless-user-class, 0, 5) = 04:69:50:58:45) {",
        "  option diskless-ipxe b0:01:01;",
        "}",
        "",
        'class "foreign" {',
        "  match hardware;",
        "}",
        'subclass "foreign" 1:52:54:00:00:00:31;',
        "",
        'class "reserved-0" {',
        "  match hardware;",
        "}",
        'subclass "reserved-0" 1:52:54:00:00:00:01;',
        'subclass "reserved-0" 1:52:54:00:00:00:02;',
        'subclass "reserved-0" 1:52:54:00:00:01:02;',
        "subnet 192.168.1.0 netmask 255.255.255.0 {",
        "  next-server 192.168.1.1;",
        "  option routers 192.168.1.254;",
        "  option domain-name-servers 192.168.1.254, 192.168.1.253;",
        "  option ntp-servers 192.168.1.253;",
        '  option domain-name "library.example";',
        "  pool {",
        "    range 192.168.1.200 192.168.1.209;",
        '    deny members of "reserved-0";',
        '    deny members of "foreign";',
        *(f"    {line}" for line in chain),
        "  }",
        "}",
        "",
        "group {",
        *(f"  {line}" for line in chain),
        "  host card-525400000001 { hardware ethernet 52:54:00:00:00:01; fixed-address 192.168.1.21; "
        'option host-name "pc01"; }',
        "}",
        "",
        "group {",
        *(f"  {line}" for line in chain),
        "  host card-525400000002 { hardware ethernet 52:54:00:00:00:02; fixed-address 192.168.1.22; "
        'option host-name "pc02"; }',
        "  host card-525400000102 { hardware ethernet 52:54:00:00:01:02; fixed-address 192.168.1.22; "
        'option host-name "pc02"; }',
        "}",
    ]
    assert isc_dhcp.configuration(settings([FULL], rules)).splitlines() == expected


def test_a_network_without_anything() -> None:
    lines = isc_dhcp.configuration(settings([BARE])).splitlines()
    assert lines[lines.index("subnet 192.168.1.0 netmask 255.255.255.0 {") :] == [
        "subnet 192.168.1.0 netmask 255.255.255.0 {",
        "  next-server 192.168.1.1;",
        "}",
    ]


def group(loader: str, *rules: dict[str, object]) -> list[str]:
    """The lines of the group of a machine with a loader, without the machine."""
    machine = {"hostname": "pc", "macs": ["52:54:00:00:00:01"], "ip": "192.168.1.21", "loader": loader}
    lines = isc_dhcp.configuration(settings([{**BARE, "reservations": [machine]}], list(rules))).splitlines()
    return [line.strip() for line in lines[lines.index("group {") + 1 : -2]]


def test_each_loader_has_the_rules_that_are_for_it() -> None:
    rules = [rule("a", "a", loaders=["grub"]), rule("b", "b", loaders=["auto", "ipxe"]), rule("c", "c")]
    files = {loader: [line for line in group(loader, *rules) if "filename" in line] for loader in ("auto", "grub")}
    assert files == {"auto": ['filename "b";', 'filename "c";'], "grub": ['filename "a";', 'filename "c";']}
    assert [line for line in group("grub", *rules) if line.endswith("{")] == ["if (1 = 1) {", "elsif (1 = 1) {"]


def test_classes_of_clients() -> None:
    lines = group("auto", rule("a", user_class="iPXE", vendor_class="HTTPClient", architectures=[16]))
    assert lines == [
        "if ((substring(option diskless-architecture, 0, 2) = 00:10) and "
        '(substring(option diskless-user-class, 0, 4) = "iPXE" or '
        "substring(option diskless-user-class, 0, 5) = 04:69:50:58:45) and "
        '(substring(option vendor-class-identifier, 0, 10) = "HTTPClient")) {',
        'filename "x.0";',
        'option vendor-class-identifier "HTTPClient";',
        "option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, 3c);",
        "}",
    ]
