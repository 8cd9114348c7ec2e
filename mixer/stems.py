"""The stems that songs are grouped into: names, order, colours."""

import re
from collections.abc import Mapping
from typing import Literal

Stem = Literal["vocals", "bass", "drums", "other"]
# In the order of the published networks.
STEMS: tuple[Stem, ...] = ("vocals", "bass", "drums", "other")
VOCALS: Stem = "vocals"
# The difference between the mix and its wet stems, written beside them.
RESIDUAL = "residual"
# "#rrggbb" of their tracks in a DAW session.
COLORS: Mapping[str, str] = {
    "vocals": "#e0607e",
    "bass": "#5b7fd6",
    "drums": "#e3a13c",
    "other": "#4fae8a",
    RESIDUAL: "#8c8c94",
}
FURTHER_STEM_COLOR, MIX_COLOR = "#9a7bc8", "#d9d9d9"
# A stem's name in a model, a recipe or a cache: it becomes a file's, beside those of the mix.
STEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def color_of(stem: str, said: Mapping[str, str]) -> str:
    """A stem's colour, "#rrggbb".

    Args:
        stem: its name.
        said: colours that a song gives to its stems, and to its files.
    """
    return said.get(stem) or COLORS.get(stem, FURTHER_STEM_COLOR)
