"""Hyper-parameters as a flat JSON object of integers, read back with nothing missing or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self

from mixer.files.wording import quote


class FlatIntegers:
    """Base of dataclasses of integers: hyper-parameters as manifests hold them."""

    def to_json(self) -> dict[str, int]:
        """The hyper-parameters as a flat object of integers."""
        hyper: Any = self
        return asdict(hyper)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The inverse of `to_json`: every name, nothing else.

        Raises:
            ValueError: a name is unknown or missing, or a value is not an integer or out of range.
        """
        kind: Any = cls
        return cls(**_checked_integers([field.name for field in fields(kind)], values))


def _checked_integers(names: list[str], values: Mapping[str, object]) -> dict[str, int]:
    """The values, if they are integers under exactly these names.

    Args:
        names: what there must be.
        values: from a manifest or a checkpoint.

    Raises:
        ValueError: a name is unknown or missing, or a value is not an integer.
    """
    for name in sorted(set(values) ^ set(names)):
        problem = "lacks" if name in names else "has the unknown"
        raise ValueError(f"{problem} hyper-parameter {name}")
    integers: dict[str, int] = {}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"hyper-parameter {name} is {quote(value)}; it must be an integer")
        integers[name] = value
    return integers


def check_ranges(hyper: Any, largest: Mapping[str, int], rest: int = 2) -> None:
    """Refuse a field of a dataclass of integers that is not within 1 and its largest value.

    Args:
        hyper: the hyper-parameters.
        largest: of each field.
        rest: the largest of those that are not in it; 2 for channels.

    Raises:
        ValueError: a field is out of range.
    """
    for field in fields(hyper):
        value, most = getattr(hyper, field.name), largest.get(field.name, rest)
        if not 1 <= value <= most:
            raise ValueError(f"{field.name} is {value}; it must be from 1 to {most}")
