"""Titles of synthetic songs."""

from __future__ import annotations

import numpy as np

_FIRST = (
    "Paper", "Silver", "Slow", "Hollow", "Northern", "Velvet", "Broken", "Golden", "Quiet",
    "Electric", "Winter", "Second", "Salt", "Neon", "Empty", "Distant", "Copper", "Wild",
)  # fmt: skip
_SECOND = (
    "Harbour", "Lights", "Letters", "Summer", "Engine", "River", "Window", "Parade", "Signal",
    "Garden", "Weather", "Avenue", "Mirror", "Motel", "Satellite", "Orchard", "Stairs", "Echo",
)  # fmt: skip


def make_title(rng: np.random.Generator) -> str:
    """Make a title of two words."""
    return f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}"
