# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What depmod(8) knows of a kernel's modules, and which of them a choice of modules needs."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MODULE = re.compile(r"\.ko(\.(gz|xz|zst))?$")

INDEX_FILES = ("modules.dep", "modules.builtin", "modules.alias", "modules.softdep")
"""The files of ``/lib/modules/<version>/`` that :func:`parse_index` reads."""


@dataclass(frozen=True)
class Index:
    """The modules of one kernel. All names are canonical, as :func:`canonical` makes them.

    ``paths``: name → path below the directory of the modules; ``dependencies``: name → names that must be loaded
    before it, the one to load last first (modules.dep(5)); ``builtin``: what is part of the kernel;
    ``aliases``: pairs of pattern and name in the file's order; ``softdeps``: name → names or aliases to load before it
    (modprobe.d(5)).
    """

    paths: Mapping[str, str]
    dependencies: Mapping[str, tuple[str, ...]]
    builtin: frozenset[str]
    aliases: tuple[tuple[str, str], ...]
    softdeps: Mapping[str, tuple[str, ...]]


def canonical(name: str) -> str:
    """Give a module's name as the kernel writes it: ``kernel/net/virtio-net.ko.xz`` → ``virtio_net``."""
    return MODULE.sub("", posixpath.basename(name)).replace("-", "_")


def _lines(text: str) -> list[str]:
    return [line for line in (raw.strip() for raw in text.splitlines()) if line and not line.startswith("#")]


def _loaded_first(words: Iterable[str]) -> tuple[str, ...]:
    """Give what follows ``pre:``; what follows ``post:`` is asked for by the kernel itself once its driver runs."""
    targets = []
    before = False
    for word in words:
        if word in ("pre:", "post:"):
            before = word == "pre:"
        elif before:
            targets.append(word)
    return tuple(targets)


def parse_index(files: Mapping[str, str]) -> Index:
    """Read the texts of :data:`INDEX_FILES`, by file name.

    :raises ValueError: where ``modules.dep`` names no module.
    """
    paths: dict[str, str] = {}
    dependencies: dict[str, tuple[str, ...]] = {}
    for line in _lines(files.get("modules.dep", "")):
        path, _colon, needed = line.partition(":")
        paths[canonical(path)] = path
        dependencies[canonical(path)] = tuple(canonical(other) for other in needed.split())
    if not paths:
        raise ValueError("modules.dep names no module; run depmod in the image")
    aliases = []
    for line in _lines(files.get("modules.alias", "")):
        words = line.split()
        if len(words) == 3 and words[0] == "alias":
            aliases.append((words[1], canonical(words[2])))
    softdeps: dict[str, tuple[str, ...]] = {}
    for line in _lines(files.get("modules.softdep", "")):
        words = line.split()
        if len(words) > 2 and words[0] == "softdep":
            name = canonical(words[1])
            softdeps[name] = softdeps.get(name, ()) + _loaded_first(words[2:])
    builtin = frozenset(canonical(line) for line in _lines(files.get("modules.builtin", "")))
    return Index(paths, dependencies, builtin, tuple(aliases), softdeps)


def missing(index: Index, names: Iterable[str]) -> list[str]:
    """Give those of the names that are neither a module of this kernel nor built into it, in the order given."""
    wanted = [canonical(name) for name in names]
    return [name for name in wanted if name not in index.paths and name not in index.builtin]


def _soft_needs(index: Index, name: str) -> list[str]:
    """Give the modules that ``name`` would like to have; what this kernel lacks is no error (modprobe.d(5))."""
    found = []
    for target in index.softdeps.get(name, ()):
        if canonical(target) in index.paths:
            found.append(canonical(target))
        else:
            found += [module for pattern, module in index.aliases if fnmatch.fnmatchcase(target, pattern)]
    return [module for module in found if module in index.paths]


def closure(index: Index, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Give every module that the names need, themselves among them, each with what is loaded before it.

    Soft dependencies count as dependencies, because the initramfs' modprobe knows no others. The shape is that of
    ``Index.dependencies``, sorted by name. What is built into the kernel is left out.

    :raises ValueError: for names that this kernel does not have.
    """
    wanted = [canonical(name) for name in names]
    absent = missing(index, wanted)
    if absent:
        raise ValueError(f"this kernel has no module {', '.join(absent)}")
    pending = [name for name in wanted if name in index.paths]
    direct: dict[str, list[str]] = {}
    while pending:
        name = pending.pop()
        if name in direct:
            continue
        hard = list(index.dependencies.get(name, ()))
        lost = missing(index, hard)
        if lost:
            raise ValueError(f"this kernel has no module {', '.join(lost)}, which {name} needs")
        direct[name] = [other for other in hard + _soft_needs(index, name) if other in index.paths]
        pending += direct[name]
    return {name: _loaded_before(direct, name) for name in sorted(direct)}


def _loaded_before(direct: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Give all that ``name`` needs, the one to load last first; a circle of soft dependencies is cut."""
    order: list[str] = []
    seen = {name}

    def visit(module: str) -> None:
        for other in reversed(direct[module]):
            if other not in seen:
                seen.add(other)
                visit(other)
                order.append(other)

    visit(name)
    return tuple(reversed(order))


def subset_files(index: Index, modules: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Give ``modules.dep`` and ``modules.alias`` for these modules alone, all of them in one flat directory."""
    dep = "".join(
        f"{name}.ko:{''.join(f' {other}.ko' for other in before)}\n" for name, before in sorted(modules.items())
    )
    alias = "".join(f"alias {pattern} {name}\n" for pattern, name in index.aliases if name in modules)
    return {"modules.dep": dep, "modules.alias": alias}
