"""What messages say of names and values that a user or a stranger wrote."""

import pytest

from mixer.files.wording import (
    clock_time,
    counted,
    first_line,
    joined,
    listed,
    nearest,
    quote,
    suggest,
    visible,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (3.0, "3"),
        (0.25, "0.25"),
        ("drums", "'drums'"),
        ("\x1b[31mred\n", r"'\x1b[31mred\n'"),
        ("\ud800", r"'\ud800'"),
        ("e\u202evil", r"'e\u202evil'"),
        ([1, "a"], "[1, 'a']"),
    ],
)
def test_values_are_quoted_as_files_have_them(value: object, text: str) -> None:
    assert quote(value) == text


def test_a_value_of_any_size_is_one_short_line() -> None:
    nest: list[object] = []
    for _ in range(100_000):
        nest = [nest]
    for value in ("x" * 10**6, 1 << 10**6, nest, {str(i): i for i in range(10**4)}, "\n" * 10**4):
        text = quote(value)
        assert text.isprintable()
        # the longest escape of one sign is ten characters: \U0010ffff
        assert len(text) <= 600


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    assert visible("a\x1b]0;title\x07b\r") == r"a\x1b]0;title\x07b\r"
    assert visible("Ünïcode 音") == "Ünïcode 音"


def test_the_nearest_name_is_suggested_whatever_its_case() -> None:
    assert nearest("GIAN_DB", ["gain_db", "pan"]) == "gain_db"
    assert nearest("treble", ["Treble dB", "Bass dB"]) == "Treble dB"
    assert nearest("xyz", ["gain_db", "pan"]) is None
    for word, name in [
        ("tow", "two"),
        ("kik", "kick"),
        ("tempo", "tempo_bpm"),
        ("lufs", "max_lufs"),
    ]:
        assert nearest(word, [name]) == name
    for word, name in [("wma", "wav"), ("artist", "tracks"), ("comment", "amount"), ("x", "xyz")]:
        assert nearest(word, [name]) is None
    assert nearest("lodness", ["loudness_lufs"]) == "loudness_lufs"  # without its unit
    assert nearest("true-peak", ["true_peak_dbtp"]) == "true_peak_dbtp"
    assert suggest("drmus", ["vocals", "drums"]) == "did you mean 'drums'?"
    assert suggest("q", ["vocals", "drums"]) == "choose from vocals, drums"
    forty = [f"name_{number}" for number in range(40)]
    assert suggest("q", forty) == f"choose from {', '.join(forty)}"  # every one to choose from


def test_a_name_of_a_megabyte_is_compared_in_no_time() -> None:
    assert nearest("a" * 10**6, ["gain_db"] * 100) is None


def test_lists_and_counts_read_as_sentences_have_them() -> None:
    assert joined(["a"]) == "a"
    assert joined(["a", "b"]) == "a and b"
    assert joined(["a", "b", "c"], "or") == "a, b or c"
    assert joined([]) == ""
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert counted(1, "mistake") == "1 mistake"
    assert counted(0, "mistake") == "0 mistakes"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("it failed\nin two lines"), "it failed"),
        (ValueError("\n  it failed  "), "it failed"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_error_is_told_in_its_first_line_or_by_its_name(error: Exception, line: str) -> None:
    assert first_line(error) == line


@pytest.mark.parametrize(
    ("seconds", "shown"), [(6.6, "0:07"), (205.0, "3:25"), (3599.6, "1:00:00"), (7403.0, "2:03:23")]
)
def test_times_are_minutes_and_from_an_hour_on_hours(seconds: float, shown: str) -> None:
    assert clock_time(seconds) == shown
