"""What every DHCP server needs of a boot policy."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, dhcp_policy
from dhcp_values import PRINTABLE, rule

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles" / "dhcp_server"
LOADERS = "auto, pxelinux, grub, ipxe, etherboot"
CHARACTER = "holds a character other than ASCII's without quote and backslash"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "a'b"}, "\"a'b\" is no name: lower-case letters, digits, '-' and '_' are allowed"),
        ({"name": ""}, "'' is no name: lower-case letters, digits, '-' and '_' are allowed"),
        ({"name": "bios"}, "'bios' is there twice"),
        ({"loaders": ["lilo"]}, f"b: 'lilo' is no loader: {LOADERS} are"),
        ({"architectures": [65536]}, "b: architecture 65536 is not between 0 and 65535"),
        ({"architectures": [-1]}, "b: architecture -1 is not between 0 and 65535"),
        ({"boot_file": ""}, "b: the boot file's name must have 1 to 127 bytes"),
        ({"boot_file": "x" * 128}, "b: the boot file's name must have 1 to 127 bytes"),
        ({"boot_file": "\u00e4" * 64}, "b: the boot file's name must have 1 to 127 bytes"),
        ({"boot_file": 'a"b'}, f"b: boot_file: 'a\"b' {CHARACTER}"),
        ({"boot_file": "a\\b"}, f"b: boot_file: 'a\\\\b' {CHARACTER}"),
        ({"boot_file": "a\nb"}, f"b: boot_file: 'a\\nb' {CHARACTER}"),
        ({"boot_file": "\u00e4"}, f"b: boot_file: '\u00e4' {CHARACTER}"),
        ({"boot_file": " x"}, "b: boot_file: ' x' holds a space at an end"),
        ({"boot_file": "x "}, "b: boot_file: 'x ' holds a space at an end"),
        ({"user_class": "a\0"}, f"b: user_class: 'a\\x00' {CHARACTER}"),
        ({"vendor_class": "a\x7f"}, f"b: vendor_class: 'a\\x7f' {CHARACTER}"),
        ({"user_class": "x"}, "b: user_class must have 2 to 254 characters"),
        ({"vendor_class": "x" * 255}, "b: vendor_class must have 2 to 254 characters"),
    ],
)
def test_a_bad_policy(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        dhcp_policy.check([rule("bios", architectures=[0]), {**rule("b"), **item}])
    assert str(caught.value) == f"dhcp_server_boot_policy: {message}"


def test_the_error_names_the_variable() -> None:
    with pytest.raises(ValueError, match=r"^dhcp_server_boot_policy_first: '' is no name"):
        dhcp_policy.check([rule("")], dhcp_policy.FIRST_VARIABLE)


def test_rules_have_all_fields() -> None:
    assert dhcp_policy.check([{"name": "a", "boot_file": PRINTABLE, "loaders": None, "user_class": None}]) == [
        {
            "name": "a",
            "loaders": [],
            "architectures": [],
            "user_class": "",
            "vendor_class": "",
            "boot_file": PRINTABLE,
        }
    ]


@pytest.mark.parametrize("http", [False, True])
def test_the_computed_policy_is_a_good_one(*, http: bool) -> None:
    rules = boot_policy.policy("192.168.1.1", http=http)
    assert dhcp_policy.check(rules) == rules


def test_the_roles_default_is_the_policy_of_a_master_without_http() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    assert dhcp_policy.check(defaults["dhcp_server_boot_policy"]) == boot_policy.policy("", http=False)


@pytest.mark.parametrize(
    ("vendor_class", "answer"), [("HTTPClient", "HTTPClient"), ("HTTPClient:Arch:00016", "HTTPClient"), ("PXE", "")]
)
def test_who_is_answered_with_a_vendor_class(vendor_class: str, answer: str) -> None:
    (checked,) = dhcp_policy.check([rule("a", vendor_class=vendor_class)])
    assert dhcp_policy.answered_vendor_class(checked) == answer


def test_what_classes_begin_with() -> None:
    (checked,) = dhcp_policy.check([rule("a", user_class="iPXE", vendor_class="PXEClient")])
    assert dhcp_policy.user_class_forms(checked["user_class"]) == [b"iPXE", b"\x04iPXE"]
    assert dhcp_policy.vendor_class_forms(checked) == [b"PXEClient"]
    (empty,) = dhcp_policy.check([rule("a")])
    assert dhcp_policy.user_class_forms(empty["user_class"]) == dhcp_policy.vendor_class_forms(empty) == []
