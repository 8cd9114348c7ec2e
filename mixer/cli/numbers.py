"""Numbers on the command line: within bounds before they are converted, and never echoed whole."""

from __future__ import annotations

import math
from typing import Any

import click

from mixer.files.fields import NUMBER_RANGE, WHOLE_RANGE
from mixer.files.wording import quote

# 64 bits have 20 digits, a double's text at most 24 characters.
_LONGEST = 40


class _Number(click.ParamType):
    """A number of one kind within a range, ends included."""

    kind = "a number"

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Convert to a number, or raise a usage error that states the range."""
        if value is None:
            return None
        number = self._parsed(value)
        if number is None or not self._low <= number <= self._high:
            bits = " of at most 64 bits" if number is not None and not self._range() else ""
            what = f"must be {self.kind}{self._range() or bits}, not {quote(value)}"
            self.fail(what, param, ctx)
        return number

    def _parsed(self, value: object) -> float | None:
        raise NotImplementedError

    def _range(self) -> str:
        ends = (self._low, self._high)
        if ends in (NUMBER_RANGE, WHOLE_RANGE):
            return ""
        if self._high >= WHOLE_RANGE[1]:
            return f" from {self._low}"
        return f" from {self._low} to {self._high}"


class Whole(_Number):
    """A whole number of at most 64 bits."""

    name = "integer"
    kind = "a whole number"

    def __init__(self, low: int = WHOLE_RANGE[0], high: int = WHOLE_RANGE[1]) -> None:
        super().__init__(low, high)

    def _parsed(self, value: object) -> int | None:
        text = str(value).strip() if isinstance(value, int | str) else ""
        try:
            return int(text) if len(text) <= _LONGEST else None
        except ValueError:
            return None


class Number(_Number):
    """A finite number."""

    name = "float"

    def __init__(self, low: float = NUMBER_RANGE[0], high: float = NUMBER_RANGE[1]) -> None:
        super().__init__(low, high)

    def _parsed(self, value: object) -> float | None:
        text = str(value).strip()
        try:
            number = float(text) if len(text) <= _LONGEST else math.nan
        except ValueError:
            return None
        return number if math.isfinite(number) else None


class NumberOrNone(Number):
    """A finite number, or the word none."""

    name = "number|none"
    kind = "a number or none"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        """The number, None for the word, or a usage error."""
        if value is None or str(value).lower() == "none":
            return None
        number: float = super().convert(value, param, ctx)
        return number
