"""Reads a file of ipxe/machines as iPXE does (core/exec.c, core/getopt.c, hci/commands/menu_cmd.c)."""

from __future__ import annotations

import re

from read_loaders import BOOTING, VARIABLE, Choice, Screen, kernel_arguments, without_loaders_own

COMMANDS = {"kernel", "initrd", "echo", "imgfree", "boot", "goto", "sleep", "prompt", "exit"}
HEADS = {"menu", "item", "choose", "set"}
Statement = list[str]


def screen(text: str) -> Screen:
    """What a file says."""
    bodies: dict[str, list[Statement]] = {"": []}
    heads: list[Statement] = []
    current = ""
    for line in text.split("\n"):
        words = _words(line)
        if len(words) == 1 and words[0].startswith(":"):
            current = words[0][1:]
            if current in bodies:
                raise ValueError(f"iPXE reads {words} twice")
            bodies[current] = []
        elif words and words[0] in HEADS:
            heads.append(words)
        elif words and words[0] in COMMANDS:
            bodies[current].append(words)
        elif words:
            raise ValueError(f"iPXE reads {words}")
    return _menu(heads, bodies) if heads else _at_once([one for body in bodies.values() for one in body])


def _words(line: str) -> Statement:
    """The first command of a line; what comes behind an operator is what is done when it fails."""
    words = re.sub(r"\$\{[^}]*\}", VARIABLE, line).split()
    end = next((at for at, word in enumerate(words) if word in ("||", "&&", ";") or word.startswith("#")), len(words))
    if 0 < end < len(words) and words[end].startswith("#"):
        raise ValueError(f"iPXE takes a part of {line!r} for a comment")
    return words[:end]


def _at_once(body: list[Statement]) -> Screen:
    said = [" ".join(words[1:]).removeprefix(BOOTING) for words in body if words[0] == "echo"]
    return Screen(None, None, tuple(said[:1]), (_choice("", "", body),))


def _menu(heads: list[Statement], bodies: dict[str, list[Statement]]) -> Screen:
    title, default, wait, choices = "", "", 0, []
    for head in heads:
        match head:
            case ["menu", "--", *words]:
                title = " ".join(words)
            case ["item", "--key", "h", "help", *_]:
                pass
            case ["item", name, *words] if not name.startswith("-"):
                choices.append(_choice(name.removeprefix("label-"), " ".join(words), bodies[name]))
            case ["choose", "--default", name, "--timeout", timeout, "chosen"] if timeout == VARIABLE:
                default = name.removeprefix("label-")
            case ["set", "wait", number]:
                wait = max(wait, int(number) // 1000)
            case _:
                raise ValueError(f"iPXE reads {head}")
    shown = [" ".join(words[2:]) for words in bodies.get("help", []) if words[0] == "echo"]
    return Screen(default, wait, (title, *shown[2:]), tuple(choices))


def _choice(name: str, title: str, body: list[Statement]) -> Choice:
    kernels = [words for words in body if words[0] == "kernel"]
    if not kernels:
        if body != [["exit", "1"]]:
            raise ValueError(f"iPXE starts nothing: {body}")
        return Choice(name, title, "", "", ())
    (kernel,) = kernels
    (initrd,) = [words for words in body if words[0] == "initrd"]
    arguments = without_loaders_own(kernel_arguments(" ".join(kernel[2:])))
    return Choice(name, title, kernel[1], initrd[-1], arguments)
