"""Which modules a choice needs, and in which order they are loaded."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import initramfs_drivers, kernel_modules

FILES = {
    "modules.dep": """\
kernel/drivers/net/virtio_net.ko.xz: kernel/net/core/failover.ko.xz kernel/drivers/virtio/virtio.ko.xz
kernel/net/core/failover.ko.xz:
kernel/drivers/virtio/virtio.ko.xz: kernel/drivers/virtio/virtio-ring.ko.xz
kernel/drivers/virtio/virtio-ring.ko.xz:
kernel/drivers/net/ethernet/realtek/r8169.ko.xz: kernel/drivers/net/phy/libphy.ko.xz
kernel/drivers/net/phy/libphy.ko.xz:
kernel/drivers/net/phy/realtek.ko.xz: kernel/drivers/net/phy/libphy.ko.xz
kernel/lib/libcrc32c.ko.xz:
kernel/arch/x86/crypto/crc32c-intel.ko.xz:
kernel/crypto/crc32c_generic.ko.xz:
kernel/broken.ko.xz: kernel/lost.ko.xz
kernel/a.ko: kernel/b.ko
kernel/b.ko:
""",
    "modules.builtin": "kernel/net/unix/unix.ko\nkernel/net/packet/af-packet.ko\n",
    "modules.alias": """\
# Aliases extracted from modules themselves.
alias virtio:d00000001v* virtio_net
alias crc32c crc32c_generic
alias crc32c crc32c-intel
alias pci:v000010ECd00008168sv*sd*bc*sc*i* r8169
""",
    "modules.softdep": """\
softdep r8169 pre: realtek
softdep libcrc32c pre: crc32c
softdep virtio_net post: r8169
softdep b pre: a not_in_this_kernel
""",
}
INDEX = kernel_modules.parse_index(FILES)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("virtio-net", "virtio_net"),
        ("kernel/net/virtio-net.ko", "virtio_net"),
        ("kernel/net/virtio-net.ko.xz", "virtio_net"),
        ("a.ko.zst", "a"),
        ("a.ko.gz", "a"),
        ("3c59x", "3c59x"),
    ],
)
def test_canonical(path: str, name: str) -> None:
    assert kernel_modules.canonical(path) == name


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["failover"], {"failover": ()}),
        (["unix", "af_packet"], {}),
        (
            ["virtio-net"],
            {
                "failover": (),
                "virtio": ("virtio_ring",),
                "virtio_net": ("failover", "virtio", "virtio_ring"),
                "virtio_ring": (),
            },
        ),
        (["r8169"], {"libphy": (), "r8169": ("realtek", "libphy"), "realtek": ("libphy",)}),
        (
            ["libcrc32c"],
            {"crc32c_generic": (), "crc32c_intel": (), "libcrc32c": ("crc32c_generic", "crc32c_intel")},
        ),
        (["a"], {"a": ("b",), "b": ("a",)}),
    ],
)
def test_closure(names: list[str], expected: dict[str, tuple[str, ...]]) -> None:
    closure = kernel_modules.closure(INDEX, names)
    assert closure.keys() == expected.keys()
    for name, before in expected.items():
        assert sorted(closure[name]) == sorted(before)
        # Read from the end, whatever a module needs has been loaded before it.
        loaded: set[str] = set()
        for other in reversed(closure[name]):
            assert set(INDEX.dependencies[other]) - {name} <= loaded
            loaded.add(other)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["e1000", "unix", "igb-uio"], "this kernel has no module e1000, igb_uio"),
        (["broken"], "this kernel has no module lost, which broken needs"),
    ],
)
def test_what_is_missing_is_named(names: list[str], error: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        kernel_modules.closure(INDEX, names)
    assert str(caught.value) == error


def test_an_image_without_depmod_is_told() -> None:
    with pytest.raises(ValueError, match=r"^modules\.dep names no module; run depmod in the image$"):
        kernel_modules.parse_index({"modules.dep": ""})


def test_subset_files() -> None:
    closure = kernel_modules.closure(INDEX, ["r8169"])
    assert kernel_modules.subset_files(INDEX, closure) == {
        "modules.dep": "libphy.ko:\nr8169.ko: realtek.ko libphy.ko\nrealtek.ko: libphy.ko\n",
        "modules.alias": "alias pci:v000010ECd00008168sv*sd*bc*sc*i* r8169\n",
    }


def index_with(*names: str) -> kernel_modules.Index:
    dep = "".join(f"kernel/{name}.ko:\n" for name in (*initramfs_drivers.REQUIRED, *names))
    return kernel_modules.parse_index({"modules.dep": dep})


@pytest.mark.parametrize(
    ("drivers", "present", "chosen"),
    [
        (["e1000e"], ["e1000e", "igb"], ["e1000e"]),
        (["common"], ["e1000e", "igb", "mlx5_core"], ["e1000e", "igb"]),
        (["common", "mlx5-core"], ["igb", "mlx5_core"], ["igb", "mlx5_core"]),
        (["all"], ["drivers/net/ethernet/mellanox/mlx5_core", "fs/ext4"], ["mlx5_core"]),
        ([], ["igb", "usbhid"], ["usbhid"]),
    ],
)
def test_choose(drivers: list[str], present: list[str], chosen: list[str]) -> None:
    choice = initramfs_drivers.choose(index_with(*present), drivers)
    assert list(choice.modules) == sorted([*initramfs_drivers.REQUIRED, *chosen])


def test_members_of_a_group_may_be_absent_and_are_told() -> None:
    absent = initramfs_drivers.choose(index_with("igb"), ["common"]).absent
    assert "e1000e" in absent
    assert "igb" not in absent


@pytest.mark.parametrize(
    ("dep", "drivers", "error"),
    [
        (
            "a.ko:\n",
            ["bnx2x"],
            "this kernel has no module nfsv4, nfsv3, sunrpc, squashfs, loop, overlay, af_packet, unix, bnx2x",
        ),
        ("".join(f"{name}.ko:\n" for name in initramfs_drivers.REQUIRED), ["e1000"], "this kernel has no module e1000"),
    ],
)
def test_required_and_named_modules_must_be_there(dep: str, drivers: list[str], error: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        initramfs_drivers.choose(kernel_modules.parse_index({"modules.dep": dep}), drivers)
    assert str(caught.value) == error
