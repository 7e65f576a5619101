"""What all loaders can carry literally, and the words for what they cannot."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_words as words


@pytest.mark.parametrize(
    "text",
    [
        "ro",
        "console=ttyS0,115200n8",
        "nfsroot=192.168.1.1:/srv/a",
        'x="a b"',
        '"x=a b"',
        'x=""',
        'x="#a"',
        'dyndbg="file a.c +p; file b.c +p"',
        "a`b$c%d{e}|f&g;h",
        "$HOME",
        "--",
        "a=!*?<>()[]^~",
    ],
)
def test_good_arguments(text: str) -> None:
    assert words.argument_fault(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no argument"),
        ('""', "is no argument"),
        ("-", "is no argument"),
        ("a\nb", "holds a line break"),
        ("a\u2028b", "holds a line break"),
        ("a\tb", "holds a control character"),
        ("a\x00", "holds a control character"),
        ("a\x1ab", "holds a control character"),
        ("caf\u00e9", "holds '\u00e9', which is not ASCII"),
        ("a\\b", "holds '\\\\'"),
        ("it's", 'holds "\'"'),
        ("${net0/mac}", "holds '${'"),
        ('a="b', "holds a quote that is not closed"),
        ("a b", "holds an unquoted space"),
        (" a", "holds an unquoted space"),
        ('a"b c"', "holds a quote inside of a word"),
        ('a="b"c', "holds a quote inside of a word"),
        ('a="b  c"', "holds two spaces in a row"),
        ("||", "holds the word '||'"),
        ("&&", "holds the word '&&'"),
        (";", "holds the word ';'"),
        ("#a", "holds the word '#a'"),
        ('a="b || c"', "holds the word '||'"),
        ('a="b #c"', "holds the word '#c\"'"),
        *((one, "holds 'initrd=', which the loader adds") for one in ("initrd=x", "x=initrd=b", "rd.initrd=/x")),
        ('foo="a initrd=b"', "holds 'initrd=', which the loader adds"),
        ('"BOOT_IMAGE=x y"', "begins with 'BOOT_IMAGE=', which the loader adds"),
        ("BOOTIF=01-52-54-00-00-00-15", "begins with 'BOOTIF=', which the loader adds"),
    ],
)
def test_bad_arguments(text: str, fault: str) -> None:
    assert words.argument_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Reading room (2nd floor): it's here!", None),
        ("a" * 130, None),
        ("a" * 131, "has 131 characters"),
        ("", "is empty"),
        (" a", "holds a space at an end, or two in a row"),
        ("a  b", "holds a space at an end, or two in a row"),
        ("a\nb", "holds a line break"),
        ("a\x1b[2J", "holds a control character"),
        ("B\u00fccher", "holds '\u00fc', which is not ASCII"),
        *((f"a{one}b", f"holds {one!r}") for one in '"`$\\{}[]<>|&;#%^~'),
    ],
)
def test_titles(text: str, fault: str | None) -> None:
    assert words.title_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", None), ("- a", None), ("a" * 78, None), ("a" * 79, "has 79 characters"), ("a ; b", "holds ';'")],
)
def test_lines(text: str, fault: str | None) -> None:
    assert words.line_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reading-room2", None),
        ("1", None),
        ("a" * 32, None),
        ("a" * 33, "is no name of a label"),
        ("", "is no name of a label"),
        ("Reading", "is no name of a label"),
        ("-a", "is no name of a label"),
        ("a b", "is no name of a label"),
        ("a\n", "holds a line break"),
        ("\u00e9", "holds '\u00e9', which is not ASCII"),
    ],
)
def test_labels(text: str, fault: str | None) -> None:
    assert words.label_fault(text) == fault


@pytest.mark.parametrize(("text", "plain"), [('x="a b"', "x=a b"), ('"x=a b"', "x=a b"), ('x=""', "x="), ("ro", "ro")])
def test_plain_arguments(text: str, plain: str) -> None:
    assert words.plain_argument(text) == plain
