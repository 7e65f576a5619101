"""What is made of nfs-ganesha's answers."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import ganesha_answers, nfs_rules
from ansible_collections.diskless.netboot.plugins.module_utils.ganesha_answers import Client, Export

# As dbus-send printed it for nfs-ganesha 4.3, shortened.
REPLY = """\
method return time=1795271916.491266 sender=:1.6 -> destination=:1.8 serial=637 reply_serial=2
   struct {
      uint64 1795271280
      uint64 931266674
   }
   array [
      struct {
         uint16 0
         string "/"
         struct {
            struct {
               string "NFSv3"
               boolean false
            }
         }
      }
      struct {
         uint16 30424
         string "/srv/diskless/images/r/g1"
         struct {
            struct {
               string "NFSv3"
               boolean true
            }
         }
      }
      struct {
         uint16 7
         string "/srv/a b"
      }
   ]
"""

CLIENT = """\
      struct {{
         string "{network}"
         int32 0
         byte 0
         byte 255
         int32 1
         uint32 4294967294
         uint32 4294967294
         uint32 0
         uint32 {bits}
         uint32 487
      }}
"""
# The bits as nfs-ganesha 4.3 gave them for each of the CLIENT blocks that the role writes.
DISPLAYED = """\
method return time=1795276689.566362 sender=:1.0 -> destination=:1.2 serial=5 reply_serial=2
   uint16 5
   string "/srv/a b"
   string "/srv/a b"
   string ""
   array [
{}   ]
""".format(
    "".join(
        CLIENT.format(network=network, bits=bits)
        for network, bits in [
            ("10.0.0.2/32", 53489824),
            ("fd00:0:0:1::25/128", 53489824),
            ("10.0.0.3/32", 53490146),
            ("10.0.0.4/32", 53490144),
            ("10.0.0.5/32", 53489826),
            ("10.0.0.6/32", 53489828),
            ("10.0.1.0/24", 53489826),
            ("*", 0),
        ]
    )
)

BEGIN = "21/11/2026 14:43:06 : epoch 6b01aa70 : master01 : ganesha.nfsd-1209"
LOG = f"""\
{BEGIN}[sigmgr] sigmgr_thread :MAIN :EVENT :SIGHUP_HANDLER: Received SIGHUP
{BEGIN}[sigmgr] vfs_lookup_path :FSAL :CRIT :Could not get handle for path /opt/ov
{BEGIN}[main] nfs_Init_svc :NFS STARTUP :MAJ :no
"""


def test_paths_without_the_root_above_them() -> None:
    assert ganesha_answers.paths(REPLY) == {"/srv/diskless/images/r/g1": 30424, "/srv/a b": 7}


def test_clients() -> None:
    assert ganesha_answers.clients("") == frozenset()
    assert ganesha_answers.clients(DISPLAYED) == {
        Client("10.0.0.2", "ro", root_squash=False),
        Client("fd00:0:0:1::25", "ro", root_squash=False),
        Client("10.0.0.3", "rw", root_squash=True),
        Client("10.0.0.4", "rw", root_squash=False),
        Client("10.0.0.5", "ro", root_squash=True),
        Client("10.0.0.6", "ro", root_squash=False, all_squash=True),
        Client("10.0.1.0/24", "ro", root_squash=True),
        Client("*", "none", root_squash=False),
    }


def test_wanted() -> None:
    exports = {
        nfs_rules.Rule("/a", "ro", root_squash=False): frozenset({"10.0.0.2"}),
        nfs_rules.Rule("/a", "rw", root_squash=True): frozenset({"10.0.0.3"}),
        nfs_rules.Rule("/a", "ro", root_squash=True, all_squash=True): frozenset({"10.0.0.4"}),
    }
    clients = frozenset(
        {
            Client("10.0.0.2", "ro", root_squash=False),
            Client("10.0.0.3", "rw", root_squash=True),
            Client("10.0.0.4", "ro", root_squash=False, all_squash=True),
        }
    )
    assert ganesha_answers.wanted(exports, {"/a": 7}) == {"/a": Export(7, clients)}


def test_complaints() -> None:
    assert ganesha_answers.complaints(LOG) == "Could not get handle for path /opt/ov\nno"


PC02, PC03 = Client("10.0.0.2", "ro", root_squash=False), Client("10.0.0.3", "ro", root_squash=False)
A, B, C = (Export(number, frozenset({PC02})) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("answer", "missing", "surplus", "other_clients", "message"),
    [
        ({"/a": A, "/b": B}, [], [], [], None),
        ({"/a": A}, ["/b"], [], [], "Ganesha does not export /b"),
        ({"/a": A, "/b": C}, ["/b"], [], [], "Ganesha does not export /b"),
        ({"/a": A, "/b": B, "/c": C}, [], ["/c"], [], "Ganesha still exports /c"),
        ({"/c": C}, ["/a", "/b"], ["/c"], [], "Ganesha does not export /a, /b and still exports /c"),
        (
            {"/a": Export(1, frozenset({PC02, PC03})), "/b": Export(2, frozenset())},
            [],
            [],
            ["/a", "/b"],
            "Ganesha has other clients for /a, /b",
        ),
        (
            {"/a": A, "/b": Export(2, frozenset({PC02._replace(access="rw")}))},
            [],
            [],
            ["/b"],
            "Ganesha has other clients for /b",
        ),
        (None, ["/a", "/b"], [], [], "Ganesha runs, but does not tell what it exports"),
    ],
)
def test_compare(
    answer: dict[str, Export] | None,
    missing: list[str],
    surplus: list[str],
    other_clients: list[str],
    message: str | None,
) -> None:
    wanted = {"/a": A, "/b": B}
    assert ganesha_answers.compare(wanted, answer) == {
        "missing": missing,
        "surplus": surplus,
        "other_clients": other_clients,
    }
    if message is not None:
        assert ganesha_answers.refusal(wanted, answer) == message
