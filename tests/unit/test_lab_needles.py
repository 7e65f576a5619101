"""The search for secrets that the boot tests rely on: what it finds, and that it can be deceived by no cut."""

from __future__ import annotations

import pathlib

import pytest

from tests.lab import needles

_FIRST, _SECOND = needles.MARK + b"0123456789abcdef01234567", needles.MARK + b"f" * 24
_SEED = bytes(range(255, 223, -1))
_WANTED = {"first": _FIRST, "second": _SECOND, "seed": _SEED}
_HOLE = bytes(needles.PIECE_BYTES)


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([], set()),
        ([b"nothing"], set()),
        ([b"x" + _FIRST + b"y"], {"first"}),
        ([_FIRST + _SECOND], {"first", "second"}),
        ([_SEED], {"seed"}),
        ([b"a", _SEED[:5], _SEED[5:]], {"seed"}),
        ([b"a" * 50 + _FIRST[:1], _FIRST[1:] + b"b"], {"first"}),
        ([bytes([byte]) for byte in b"--" + _SECOND], {"second"}),
        # One of somebody else, and half of one.
        ([needles.MARK + b"0" * 24, _FIRST[:-1]], set()),
        ([_HOLE, _HOLE, _HOLE[: -len(_SEED)] + _SEED, _HOLE], {"seed"}),
        ([_HOLE, _HOLE[:-3] + _SEED[:3], _SEED[3:]], {"seed"}),
    ],
)
def test_a_stream_is_searched_across_its_pieces(pieces: list[bytes], found: set[str]) -> None:
    assert needles.found_in(_WANTED, pieces) == found


def test_a_needle_that_ends_in_zeros_may_reach_into_a_hole() -> None:
    assert needles.found_in({"ends": b"end\0\0\0\0"}, [b"the end", _HOLE, _HOLE]) == {"ends"}


def test_nothing_is_looked_for_in_nothing() -> None:
    assert needles.found_in({}, [b"anything", _HOLE]) == set()


def test_links_and_pipes_are_not_read(tmp_path: pathlib.Path) -> None:
    tmp_path.joinpath("file").write_bytes(_FIRST)
    tmp_path.joinpath("link").symlink_to("file")
    for name in ("link", "none"):
        with pytest.raises(FileNotFoundError):
            list(needles.pieces_of(str(tmp_path / name)))
    assert list(needles.pieces_of(str(tmp_path / "file"))) == [_FIRST]


def test_folders_are_skipped_with_all_below(tmp_path: pathlib.Path) -> None:
    for name in ("a/x", "a/b/y", "c/z"):
        tmp_path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(name).touch()
    found = needles.files_below(str(tmp_path), [str(tmp_path / "a/b")])
    assert sorted(found) == [str(tmp_path / "a/x"), str(tmp_path / "c/z")]


def test_what_was_found_is_told_with_its_place_once_and_counted(tmp_path: pathlib.Path) -> None:
    seen, path = needles.Seen(_WANTED), tmp_path / "file"
    path.write_bytes(_FIRST)
    for name in ("file", "file", "none"):
        seen.look(str(tmp_path / name))
    assert (seen.read, seen.found) == ({"files": 2}, {"first": [str(path)]})
