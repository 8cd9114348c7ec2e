"""How well one colour is told from another, as WCAG 2 measures it."""

from __future__ import annotations


def relative_luminance(hex_colour: str) -> float:
    """Of `#rrggbb`: 0 (black) to 1 (white)."""
    channels = [int(hex_colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    """Of two luminances, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
