"""Which NFS server a machine gets."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_choice import Choice, Machine, choose


@pytest.mark.parametrize(
    ("known", "container", "mountable", "expected"),
    [
        (True, "", False, Choice("kernel", "the kernel has nfsd")),
        (False, "", True, Choice("ganesha", "the kernel has no nfsd and finds no module of that name")),
        (False, "podman", True, Choice("ganesha", "the kernel has no nfsd and finds no module of that name")),
        (
            True,
            "lxc",
            False,
            Choice("ganesha", "the kernel has nfsd, but does not let this container (lxc) use it"),
        ),
        (True, "podman", True, Choice("kernel", "the kernel has nfsd and lets this container (podman) use it")),
    ],
)
def test_the_choice(known: bool, container: str, mountable: bool, expected: Choice) -> None:
    assert choose(Machine(known, container, lambda: mountable)) == expected


def test_nothing_is_mounted_outside_of_containers() -> None:
    def never() -> bool:
        raise AssertionError

    assert choose(Machine(known=True, container="", mountable=never)).backend == "kernel"
    assert choose(Machine(known=False, container="lxc", mountable=never)).backend == "ganesha"
