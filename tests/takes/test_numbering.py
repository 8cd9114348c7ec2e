"""Takes and variations of a mix are told by their names, and no number is given twice."""

from pathlib import Path

import pytest

from mixer.takes.numbering import (
    base_of,
    first_mixes,
    next_number,
    next_variation,
    takes_beside,
    variations_beside,
)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("song.wav", "song"),
        ("song.take2.wav", "song"),
        ("song.take12.mix.json", "song"),
        ("song.var1.wav", "song.var1"),
        ("song.var1.take3.mix.json", "song.var1"),
        ("song.take0.wav", "song.take0"),
        ("a.b.mix.json", "a.b"),
    ],
)
def test_takes_have_one_base_and_variations_their_own(name: str, base: str) -> None:
    assert base_of(Path("mixes") / name) == base


def test_a_number_is_above_all_that_left_anything(tmp_path: Path) -> None:
    assert (next_number(tmp_path, "song"), next_variation(tmp_path, "song")) == (2, 1)
    assert next_number(tmp_path / "not there", "song") == 2
    touch(tmp_path, "song.mix.json", "song.take2.mix.json", "song.take9.wav", "song.var3.stems.txt")
    assert (next_number(tmp_path, "song"), next_variation(tmp_path, "song")) == (10, 4)


def test_a_name_stands_for_itself_alone(tmp_path: Path) -> None:
    touch(tmp_path, "a.b.take2.mix.json", "axb.take7.mix.json", "a.b.takes5.wav", "a.b c.take8.wav")
    assert next_number(tmp_path, "a.b") == 3
    assert list(takes_beside(tmp_path, "a.b")) == [2]


def test_takes_and_variations_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    touch(tmp_path, *(f"song.{word}{number}.mix.json" for word in ("take", "var")
                      for number in (10, 2)))  # fmt: skip
    touch(tmp_path, "song.mix.json", "song.var2.take2.mix.json")
    takes, variations = takes_beside(tmp_path, "song"), variations_beside(tmp_path, "song")
    assert list(takes) == [1, 2, 10]
    assert list(variations) == [2, 10]
    assert takes[10] == tmp_path / "song.take10.mix.json"
    assert list(takes_beside(tmp_path, "song.var2")) == [1, 2]


def test_first_mixes_are_those_that_come_from_no_other(tmp_path: Path) -> None:
    names = ("song", "song.take2", "song.var1", "song.var1.take2", "lone.var1")
    touch(tmp_path, *(f"{name}.mix.json" for name in names))
    assert first_mixes(tmp_path) == ["lone.var1", "song"]
