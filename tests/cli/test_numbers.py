"""Numbers on the command line: bounded before they are converted, never echoed whole."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from mixer.cli.main import run
from mixer.cli.numbers import Number, NumberOrNone, Whole
from tests.cli.command_tree import all_commands

LONG = "9" * 4_000
BEYOND_PYTHON = "9" * 1_000_000


def all_options() -> list[tuple[str, click.Option]]:
    return [
        (f"{' '.join(words)} {option.opts[0]}", option)
        for words, command in all_commands().items()
        for option in command.params
        if isinstance(option, click.Option)
    ]


def test_every_option_of_numbers_is_bounded() -> None:
    """click's own types convert a text of any length, and show it whole."""
    seen = 0
    for where, option in all_options():
        kinds = (click.types.IntParamType, click.types.FloatParamType)
        assert not isinstance(option.type, kinds), where
        seen += isinstance(option.type, Whole | Number)
    assert seen > 30


def test_every_option_that_may_be_repeated_says_so() -> None:
    repeated = [(where, option.help or "") for where, option in all_options() if option.multiple]
    assert len(repeated) > 10
    assert not [where for where, said in repeated if "repeatable" not in said]


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "song", "--seed"],
        ["render", "song", "--sample-rate"],
        ["render", "song", "--loudness"],
        ["batch", "m.csv", "-j"],
        ["listen", "build", "song", "-o", "t", "--pages"],
        ["listen", "build", "song", "-o", "t", "--least-heard"],
        ["dataset", "synthesise", "-o", "t", "--songs"],
        ["demo", "song", "--seed"],
    ],
)
@pytest.mark.parametrize("number", [LONG, BEYOND_PYTHON, "-" + LONG, "1e999", "nan", "0x10"])
def test_a_number_of_any_length_is_a_usage_error(
    arguments: list[str],
    number: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*arguments, number]) == 2
    said = capfd.readouterr().err
    assert "must be a" in said
    assert len(said) < 600
    assert not list(tmp_path.iterdir())


def test_numbers_within_bounds_are_what_they_say() -> None:
    whole, number = Whole(), Number(0.0, 10.0)
    assert whole.convert("9223372036854775807", None, None) == 2**63 - 1
    assert whole.convert(" -3 ", None, None) == -3
    assert number.convert("2.5e0", None, None) == 2.5
    assert NumberOrNone().convert("None", None, None) is None
    for wrong in ("9223372036854775808", "1.5", "", "1_0" * 20):
        with pytest.raises(click.BadParameter, match="whole number"):
            whole.convert(wrong, None, None)
    for wrong in ("-1", "10.5", "inf", "ten"):
        with pytest.raises(click.BadParameter, match=r"from 0\.0 to 10\.0"):
            number.convert(wrong, None, None)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Whole(), "x", "must be a whole number, not 'x'"),
        (Whole(), str(2**64), f"must be a whole number of at most 64 bits, not '{2**64}'"),
        (Whole(1), "0", "must be a whole number from 1, not '0'"),
        (Whole(1, 8), "9", "must be a whole number from 1 to 8, not '9'"),
        (Number(), "nan", "must be a number, not 'nan'"),
        (Number(-60.0, 12.0), "12.5", "must be a number from -60.0 to 12.0, not '12.5'"),
        (NumberOrNone(0.0, 1.0), "2", "must be a number or none from 0.0 to 1.0, not '2'"),
    ],
)
def test_a_refusal_says_what_a_number_may_be(kind: Number, text: str, words: str) -> None:
    with pytest.raises(click.BadParameter) as refusal:
        kind.convert(text, None, None)
    assert refusal.value.message == words


def test_the_ends_of_a_range_are_in_it() -> None:
    assert [Whole(1, 8).convert(text, None, None) for text in ("1", "8", " 3 ")] == [1, 8, 3]
    assert Number(-60.0, 12.0).convert("-6e1", None, None) == -60.0
    assert NumberOrNone(0.0, 1.0).convert("NONE", None, None) is None
