"""Entries are refused where a loader could not carry them, with words that name the place."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries
from ansible_collections.diskless.netboot.plugins.module_utils import boot_words as words
from boot_examples import DISK, MENU, PLAIN, READING, entry


def _fault(*entries: dict[str, Any]) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared by the caller
        boot_entries.machines(entries)
    return str(caught.value)


def test_what_is_good_is_kept() -> None:
    first, second = boot_entries.machines([MENU, PLAIN])
    assert first.menu == boot_entries.Menu("disk", 5, ("- Reading: for readers.", "", "It's free."), edit=False)
    assert [label.name for label in first.labels] == ["reading", "disk"]
    assert first.labels[1] == boot_entries.Label("disk", "Disk", "", "", ())
    assert (second.menu, second.macs) == (None, ("52:54:00:00:00:16",))


PATH = "must be a path below the TFTP root, of letters, digits and '._+@~=-'"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a\nb"}, f"entries: name: 'a\\nb' holds a line break; allowed: {words.TITLE_ALLOWED}"),
        ({"ip": "1.2.3"}, "pc01: ip: '1.2.3' is no IPv4 address"),
        ({"ip": "../default"}, "pc01: ip: '../default' is no IPv4 address"),
        (
            {"macs": ["52-54-00-00-00-15"]},
            "pc01: macs[0]: '52-54-00-00-00-15' must be an address like '52:54:00:00:00:15'",
        ),
        ({"title": 'a"b'}, f"pc01: title: 'a\"b' holds '\"'; allowed: {words.TITLE_ALLOWED}"),
        (
            {"title": "a\nKERNEL evil"},
            f"pc01: title: 'a\\nKERNEL evil' holds a line break; allowed: {words.TITLE_ALLOWED}",
        ),
        ({"labels": []}, "pc01: labels: there is none; allowed: at least one"),
        ({"labels": [READING, READING]}, "pc01: labels: 'reading' is there twice"),
        ({"label": {"name": "A"}}, f"pc01: labels[0].name: 'A' is no name of a label; allowed: {words.LABEL_ALLOWED}"),
        ({"label": {"title": "#{x}"}}, f"pc01: labels[0].title: '#{{x}}' holds '#'; allowed: {words.TITLE_ALLOWED}"),
        ({"label": {"kernel": "../vmlinuz"}}, f"pc01: labels[0].kernel: '../vmlinuz' {PATH}"),
        ({"label": {"kernel": None}}, f"pc01: labels[0].kernel: '' {PATH}"),
        ({"label": {"initrd": "/initrd"}}, f"pc01: labels[0].initrd: '/initrd' {PATH}"),
        ({"label": {"initrd": "a,b"}}, f"pc01: labels[0].initrd: 'a,b' {PATH}"),
        ({"label": {"initrd": "a;b"}}, f"pc01: labels[0].initrd: 'a;b' {PATH}"),
        (
            {"label": {"cmdline": ["ro", "a b"]}},
            f"pc01: labels[0].cmdline[1]: 'a b' holds an unquoted space; allowed: {words.ARGUMENT_ALLOWED}",
        ),
        ({"label": {"cmdline": ["x" * 1801]}}, "pc01: labels[0].cmdline: 1801 bytes; allowed: at most 1800"),
        ({"label": {"local": True}}, "pc01: labels[0].kernel: cannot stand beside local"),
        ({"menu": {"default": "x"}}, "pc01: menu.default: 'x' is no label; allowed: reading, disk"),
        ({"menu": {"timeout": 3600}}, "pc01: menu.timeout: 3600 is not between 0 and 3599 seconds"),
        ({"menu": {"help": ["a"] * 21}}, "pc01: menu.help: 21 lines; allowed: at most 20"),
        ({"menu": {"help": ["", "a%"]}}, f"pc01: menu.help[1]: 'a%' holds '%'; allowed: {words.LINE_ALLOWED}"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    assert _fault(entry(MENU, **changes)) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ip": "192.168.1.22"}, "pc01: ip: 192.168.1.22 is that of pc02 too"),
        ({"macs": ["52:54:00:00:00:16"]}, "pc01: macs: 52:54:00:00:00:16 is that of pc02 too"),
    ],
)
def test_two_machines_with_one_name(changes: dict[str, Any], message: str) -> None:
    assert _fault(PLAIN, entry(MENU, **changes)) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            ("0 115200\nX", "", 30, []),
            "serial: '0 115200\\nX' must be 'port [baud [flow control]]' like '0 115200'",
        ),
        (("", "http://a", 30, []), "url: 'http://a' must be 'http://' and an IPv4 address"),
        (("", "http://1.2.3.4/", 30, []), "url: 'http://1.2.3.4/' must be 'http://' and an IPv4 address"),
        (("", "http://1.2.3.999", 30, []), "url: '1.2.3.999' is no IPv4 address"),
        (("", "", -1, []), "timeout: -1 is not between 0 and 3599 seconds"),
        (
            ("", "", 0, ["a", "b\nLABEL c"]),
            f"default_message[1]: 'b\\nLABEL c' holds a line break; allowed: {words.LINE_ALLOWED}",
        ),
    ],
)
def test_hostile_page(values: tuple[str, str, int, list[str]], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        boot_entries.page(*values)
    assert str(caught.value) == message


def test_a_local_label_needs_nothing_else() -> None:
    assert boot_entries.machines([entry(PLAIN, labels=[DISK])])[0].labels[0].kernel == ""
