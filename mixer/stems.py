"""The stems that songs are grouped into."""

from typing import Literal

Stem = Literal["vocals", "bass", "drums", "other"]
# In the order of the published networks.
STEMS: tuple[Stem, ...] = ("vocals", "bass", "drums", "other")
