"""Reads a file of grub/machines as GRUB does (its manual, "Shell-like scripting"; lib/cmdline.c)."""

from __future__ import annotations

import re

from read_loaders import BOOTING, VARIABLE, Choice, Screen, kernel_arguments, without_loaders_own

_TOKEN = re.compile(
    r"""'(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" | \\(?P<escaped>.)
    | (?P<comment>(?<![^\s;{}])\#[^\n]*) | (?P<variable>\$(?:\{\w+\}|\w+)) | (?P<end>[\n;]) | (?P<brace>[{}])
    | (?P<operator>[|&<>]) | (?P<blank>[ \t]+) | (?P<plain>[^'"\\\s;{}|&<>$\#]+|[$\#])""",
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(r"(\$(?:\{\w+\}|\w+))|\\([\\\"$])", re.DOTALL)

WORDS = {"while", "do", "if", "then", "elif", "else"}
COMMANDS = {"echo", "linux", "initrd", "boot", "break", "local_disk", "sleep", "fi", "done", "clear", "true"}
Statement = list[str]


def statements(text: str) -> list[Statement]:
    """The words of each statement, without keywords before them; a brace that stands alone is a statement."""
    found: list[Statement] = [[]]
    word: str | None = None
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"GRUB waits for the end of a quotation: {text[at:]!r}")
        at = token.end()
        kind = str(token.lastgroup)
        if kind in ("single", "double", "escaped", "variable", "plain"):
            word = (word or "") + _meaning(kind, str(token[kind]))
            continue
        if word is not None:
            found[-1].append(word)
            word = None
        if kind == "operator":
            raise ValueError(f"GRUB takes {token[0]!r} for an operator in {text!r}")
        if kind in ("brace", "end"):
            found += [[token[0]], []] if kind == "brace" else [[]]
    return [rest for statement in found if (rest := _without_keywords(statement))]


def _meaning(kind: str, text: str) -> str:
    value: str = VARIABLE
    if kind == "double":
        return _INSIDE.sub(lambda found: found[2] or value, text)
    return value if kind == "variable" else text


def _without_keywords(statement: Statement) -> Statement:
    while statement and statement[0] in WORDS:
        statement = statement[1:]
    return statement


def screen(text: str) -> Screen:
    """What a file says."""
    settings: dict[str, str] = {}
    entries: dict[str, str] = {}
    bodies: dict[str, list[Statement]] = {"": []}
    current = ""
    for statement in statements(text):
        match statement:
            case ["set", setting] if not current:
                name, _equals, value = setting.partition("=")
                settings[name] = value
            case ["unset", "superusers"] if not current:
                pass
            case ["for", "site", "in", value, ""] if value == VARIABLE:
                pass
            case ["set", "loaded=y"] | ["[", "-z", _, "]"]:
                pass
            case ["menuentry", title, option, *_] if not current:
                current = option.removeprefix("--id=")
                entries[current], bodies[current] = title, []
            case ["{"] if current and not bodies[current]:
                pass
            case ["}"] if current:
                current = ""
            case [command, *_] if command in COMMANDS:
                bodies[current].append(statement)
            case _:
                raise ValueError(f"GRUB reads {statement}")
    return _menu(settings, entries, bodies) if entries else _at_once(bodies[""])


def _at_once(body: list[Statement]) -> Screen:
    said = _said(body)[:1]
    return Screen(None, None, tuple(line.removeprefix(BOOTING) for line in said), (_choice("", "", body),))


def _menu(settings: dict[str, str], entries: dict[str, str], bodies: dict[str, list[Statement]]) -> Screen:
    choices = tuple(
        _choice(entry.removeprefix("label-"), title, bodies[entry])
        for entry, title in entries.items()
        if entry != "help"
    )
    timeout = int(settings["timeout"])
    default = settings["default"].removeprefix("label-")
    title, _blank, *lines = _said(bodies["help"]) if "help" in bodies else ["", ""]
    return Screen(default, max(timeout, 0), (title, *lines), choices)


def _said(body: list[Statement]) -> list[str]:
    return [" ".join(statement[1:]).strip() for statement in body if statement[0] == "echo"]


def _choice(name: str, title: str, body: list[Statement]) -> Choice:
    kernels = [statement for statement in body if statement[0] == "linux"]
    if not kernels:
        if body != [["local_disk"]]:
            raise ValueError(f"GRUB starts nothing: {body}")
        return Choice(name, title, "", "", ())
    (kernel,) = kernels
    (initrd,) = [statement for statement in body if statement[0] == "initrd"]
    return Choice(name, title, kernel[1], initrd[1], without_loaders_own(kernel_arguments(_line(kernel[2:]))))


def _line(words: Statement) -> str:
    """The kernel's line that GRUB makes of the words (grub_create_loader_cmdline())."""
    escaped = [re.sub(r"([\\'\"])", r"\\\1", word) for word in words]
    return " ".join(f'"{word}"' if " " in word else word for word in escaped)
