"""Hyper-parameters as a flat JSON object of integers, read back with nothing missing or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def checked_integers(names: list[str], values: Mapping[str, Any]) -> dict[str, int]:
    """The values, if they are integers under exactly these names.

    Args:
        names: what there must be.
        values: from a manifest or a checkpoint.

    Raises:
        ValueError: a name is unknown or missing, or a value is no integer.
    """
    for name in sorted(set(values) ^ set(names)):
        problem = "lacks" if name in names else "has the unknown"
        raise ValueError(f"{problem} hyper-parameter {name}")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"hyper-parameter {name} is {value!r}: it must be an integer")
    return dict(values)
