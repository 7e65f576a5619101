"""Reads a file of pxelinux.cfg as SYSLINUX does (syslinux.txt; com32/menu/readconfig.c)."""

from __future__ import annotations

from collections.abc import Iterator

from read_loaders import BOOTING, Choice, Screen, kernel_arguments

OF_LABELS = {
    *("LABEL", "MENU LABEL", "MENU DEFAULT", "MENU HIDE"),
    *("COM32", "LINUX", "INITRD", "APPEND", "SYSAPPEND", "LOCALBOOT"),
}
OF_FILES = {
    *("SERIAL", "DEFAULT", "PROMPT", "NOESCAPE", "ALLOWOPTIONS", "IMPLICIT", "TIMEOUT", "F1", "SAY"),
    *("MENU TITLE", "MENU NOTABMSG", "MENU TABMSG"),
}


def screen(text: str, page: str | None) -> Screen:
    """What a file says; `page` is the file that F1 shows, where there is one."""
    settings: dict[str, str] = {}
    labels: list[dict[str, str]] = []
    for keyword, rest in _directives(text):
        if keyword == "LABEL":
            labels.append({})
        holder = labels[-1] if keyword in OF_LABELS else settings
        if keyword in holder:
            raise ValueError(f"PXELINUX reads {keyword} twice")
        holder[keyword] = rest
    menus = [label["LABEL"] for label in labels if label.get("COM32") == "menu.c32"]
    choices = tuple(_choice(label) for label in labels if label["LABEL"] not in menus)
    if not menus:
        return Screen(None, None, (settings["SAY"].removeprefix(BOOTING),), choices)
    if menus != [settings["DEFAULT"]]:
        raise ValueError(f"PXELINUX shows no menu but {settings['DEFAULT']!r}")
    (default,) = [label["LABEL"] for label in labels if "MENU DEFAULT" in label]
    lines = [line.strip("\x0c ") for line in (page or "").partition("\x1a")[0].split("\n")]
    return Screen(default, int(settings["TIMEOUT"]) // 10, (settings["MENU TITLE"], *lines[2:]), choices)


def _directives(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        keyword, _blank, rest = line.strip().partition(" ")
        keyword = keyword.upper()
        if keyword == "MENU":
            word, _blank, rest = rest.partition(" ")
            keyword = f"MENU {word.upper()}"
        if not keyword or keyword.startswith("#"):
            continue
        if keyword not in OF_LABELS | OF_FILES:
            raise ValueError(f"PXELINUX reads {line!r}")
        yield keyword, rest.strip()


def _choice(label: dict[str, str]) -> Choice:
    name, title = label["LABEL"], label.get("MENU LABEL", "")
    if "LINUX" not in label:
        if set(label) - {"MENU LABEL", "MENU DEFAULT"} != {"LABEL", "LOCALBOOT"} or label["LOCALBOOT"] != "-1":
            raise ValueError(f"PXELINUX starts {label}")
        return Choice(name, title, "", "", ())
    if label.get("SYSAPPEND") != "2" or {"COM32", "LOCALBOOT"} & set(label):
        raise ValueError(f"PXELINUX starts {label}")
    return Choice(name, title, label["LINUX"], label["INITRD"], tuple(kernel_arguments(label.get("APPEND", ""))))
