"""What is made of nfs-ganesha's answers."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import ganesha_answers

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

BEGIN = "21/11/2026 14:43:06 : epoch 6b01aa70 : master01 : ganesha.nfsd-1209"
LOG = f"""\
{BEGIN}[sigmgr] sigmgr_thread :MAIN :EVENT :SIGHUP_HANDLER: Received SIGHUP
{BEGIN}[sigmgr] vfs_lookup_path :FSAL :CRIT :Could not get handle for path /opt/ov
{BEGIN}[main] nfs_Init_svc :NFS STARTUP :MAJ :no
"""


def test_exports_without_the_root_above_them() -> None:
    assert ganesha_answers.exports(REPLY) == {"/srv/diskless/images/r/g1": 30424, "/srv/a b": 7}


def test_complaints() -> None:
    assert ganesha_answers.complaints(LOG) == "Could not get handle for path /opt/ov\nno"


@pytest.mark.parametrize(
    ("answer", "missing", "surplus", "message"),
    [
        ({"/a": 1, "/b": 2}, [], [], None),
        ({"/a": 1}, ["/b"], [], "Ganesha does not export /b"),
        ({"/a": 1, "/b": 3}, ["/b"], [], "Ganesha does not export /b"),
        ({"/a": 1, "/b": 2, "/c": 3}, [], ["/c"], "Ganesha still exports /c"),
        ({"/c": 3}, ["/a", "/b"], ["/c"], "Ganesha does not export /a, /b and still exports /c"),
        (None, ["/a", "/b"], [], "Ganesha runs, but does not tell what it exports"),
    ],
)
def test_compare(answer: dict[str, int] | None, missing: list[str], surplus: list[str], message: str | None) -> None:
    wanted = {"/a": 1, "/b": 2}
    assert ganesha_answers.compare(wanted, answer) == {"missing": missing, "surplus": surplus}
    if message is not None:
        assert ganesha_answers.refusal(wanted, answer) == message
