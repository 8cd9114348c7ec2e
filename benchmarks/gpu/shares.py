"""Shares of a measured time, by part."""

from __future__ import annotations

from collections.abc import Mapping


def largest_part(shares: Mapping[str, float]) -> str:
    """The part that takes most of a time, with its share in percent."""
    name = max(shares, key=lambda name: shares[name])
    return f"{name} ({100.0 * shares[name]:.0f} %)"
