"""A measure: a function of measured features, and how its figure is named and shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")
PERCENT = "%"
# Figures of these units move with a gain.
_LEVEL_UNITS = ("LUFS", "dBFS", "dBTP")


class Better(StrEnum):
    """Direction in which a figure is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True)
class Measure(Generic[T]):
    """One measure, from which tables, plots, CSV and JSON derive.

    Attributes:
        name: key in JSON and CSV; "family.name" for an error of a whole mix.
        function: takes what the measure's family is given, returns the figure; NaN where undefined.
        label: what people read.
        unit: of the figure; a "%" is a fraction in JSON and CSV.
        better: which figures are good ones.
        digits: decimals that people read.
        short: label if a column is narrow, if it is another one.
        is_summary: stands for its family if there is room for one figure, and is tested.
        is_drawn: False for what would dwarf the other bars of a plot.
        is_signed: its sign says on which side of the truth it is; what is averaged is the size.
    """

    name: str
    function: Callable[[T], float]
    label: str
    unit: str = ""
    better: Better = Better.LOWER
    digits: int = 2
    short: str = ""
    is_summary: bool = False
    is_drawn: bool = True
    is_signed: bool = False

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_level(self) -> bool:
        """The figure moves with a gain."""
        return self.unit in _LEVEL_UNITS

    @property
    def heading(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def column(self) -> str:
        """Heading of a narrow column."""
        return f"{self.short or self.label} {self.unit}".rstrip()

    def scaled(self, value: float) -> float:
        """A figure as people read it: a percentage if it is one."""
        return 100.0 * value if self.unit == PERCENT else value

    def shown(self, value: float, undefined: str = "-", sign: str = "") -> str:
        """A figure for people, without its unit; `sign` "+" shows that of positive ones too."""
        if math.isnan(value):
            return undefined
        return f"{self.scaled(value):{sign}.{self.digits}f}"

    def worst(self, values: Iterable[float]) -> float:
        """The worst of some figures, those that are NaN left out; NaN of none."""
        defined = [value for value in values if not math.isnan(value)]
        if not defined:
            return math.nan
        return min(defined) if self.better is Better.HIGHER else max(defined)


def figures(measures: Iterable[Measure[T]], measured: T) -> dict[str, float]:
    """Every measure's figure by its name."""
    return {measure.name: float(measure.function(measured)) for measure in measures}
