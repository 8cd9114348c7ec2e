"""The paper's listening test: six songs, six mixes of each, everything else as published.

Source: Martinez-Ramirez et al., "Automatic music mixing with deep learning and out-of-domain data",
ISMIR 2022: excerpts of 25 s, all at -23 LUFS, unlabelled and in random order, the four dry stems at
hand, no anchor and no hidden reference; three sliders (`mixer.listen.design.SCALES`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mixer.errors import SettingsError
from mixer.network.model import list_bundles
from mixer.rendering.choices.baselines import HUMAN, LEVELS, NONE, SUM

N_SONGS, N_MIXES = 6, 6
# Settings that the paper's test fixes, by the names of the options; another value would be
# another test.
FIXED: Mapping[str, object] = MappingProxyType(
    {
        "length": 25.0,
        "loudness": -23.0,
        "hidden_reference": None,
        "repeat": False,
        "training": False,
        "pages": None,
    }
)


def default_systems() -> tuple[str, ...]:
    """Six systems that are at hand: the shipped models, then what needs no network, and human."""
    machines = (*list_bundles(), NONE, LEVELS, SUM)
    return (*machines[: N_MIXES - 1], HUMAN)


def check_paper_layout(n_songs: int, n_systems: int) -> None:
    """Raise SettingsError if there are not six songs and six mixes of each."""
    if n_songs != N_SONGS:
        raise SettingsError(
            f"the paper's layout has {N_SONGS} songs, not {n_songs}; give {N_SONGS}"
        )
    if n_systems != N_MIXES:
        raise SettingsError(
            f"the paper's layout has {N_MIXES} mixes of a song, not {n_systems}; name {N_MIXES} in"
            " --systems, or leave it out"
        )
