"""What makes a row's mix another one, and what does not: a mix is rendered anew only for that."""

from dataclasses import replace
from pathlib import Path

import pytest

from mixer.batch.requests.identity import settings_of
from mixer.batch.requests.manifest import Row
from mixer.output.output_settings import OutputSettings

ROW = Row(number=2, id="a", song=Path("/songs/a"))


def sha256(row: Row = ROW, file_format: str = "wav", **more) -> str:
    return settings_of(row, file_format, **more)[1]


def written(**wanted) -> Row:
    return replace(ROW, wanted=OutputSettings(**wanted))


@pytest.mark.parametrize(
    "other",
    [
        replace(ROW, album="Debut"),
        replace(ROW, album_sound=0.5),
        replace(ROW, settings={"seed": 1}),
        written(bit_depth="16"),
        written(stems=True),
        written(daw=("reaper",)),
    ],
)
def test_what_changes_the_files_is_another_request(other: Row) -> None:
    assert sha256(other) != sha256()


def test_albums_and_their_amounts_differ_from_each_other() -> None:
    rows = [replace(ROW, album=name, album_sound=amount)
            for name in ("Debut", "Second") for amount in (0.0, 0.5, 1.0)]  # fmt: skip
    assert len({sha256(row) for row in rows}) == len(rows)


def test_where_a_row_stands_and_where_its_mix_goes_are_not_part_of_its_request() -> None:
    moved = replace(ROW, number=9, id="b", song=Path("/songs/b"), output="{row}.{format}")
    assert sha256(moved) == sha256()
    ordered = [replace(ROW, settings=settings) for settings in
               ({"seed": 1, "model": "sum"}, {"model": "sum", "seed": 1})]  # fmt: skip
    assert sha256(ordered[0]) == sha256(ordered[1])


@pytest.mark.parametrize(("file_format", "counts"), [("wav", True), ("flac", True), ("mp3", False)])
def test_a_lossy_format_has_no_bit_depth(file_format: str, counts: bool) -> None:
    asked, sixteen = settings_of(written(bit_depth="16"), file_format)
    assert (sixteen != sha256(file_format=file_format)) is counts
    assert asked["format"] == file_format
    assert asked["bit_depth"] == ("16" if counts else None)


def test_formats_and_bit_rates_count() -> None:
    asked = {sha256(file_format=one) for one in ("wav", "flac", "mp3", "opus")}
    asked |= {sha256(written(bitrate_kbps=rate), "mp3") for rate in (128, 192)}
    assert len(asked) == 6


def test_a_preset_counts_by_its_content_wherever_it_lies() -> None:
    def source(path: str, content: str) -> list[dict[str, str]]:
        return [{"name": "own", "path": path, "sha256": content * 64}]

    here, there, changed = (
        sha256(sources=source(path, content))
        for path, content in (("/a/own.toml", "0"), ("/b/own.toml", "0"), ("/a/own.toml", "1"))
    )
    assert here == there
    assert len({here, changed, sha256()}) == 3
    assert sha256(console={"vocals": {"gain_db": 1.0}}) != sha256(console={})
