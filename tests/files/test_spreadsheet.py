"""No cell of a table that we write is run by a spreadsheet."""

import math

import pytest

from mixer.files.spreadsheet import cell


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A1",
        "+A1",
        "-x",
        "-1+1",
        "+1*A1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "\uff0bA1",
        "\uff0dx",
        "\uff20A1",
    ],
)
def test_a_text_that_is_a_formula_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["song", "a=b", "-14", "+3 dB", -14.0, 3, None, ""])
def test_other_values_stay(value: object) -> None:
    assert cell(value) == value


def test_what_is_undefined_is_empty_and_flags_are_words() -> None:
    assert [cell(math.nan), cell(-math.inf), cell(True), cell(False)] == ["", "", "yes", "no"]
