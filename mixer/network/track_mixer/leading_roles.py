"""Levels of groups that lack the part which usually leads them.

The usual loudness of the groups is that of whole ones: voices with a singer, drums with a kit. A
choir behind an instrumental or a shaker beside a guitar is not to be as loud as those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.network.track_mixer.human import USUAL


@dataclass(frozen=True)
class Lead:
    """The leading role of a group.

    Attributes:
        roles: any of them does.
        level_lu: usual loudness of the leading part, as in `mixer.network.track_mixer.human.USUAL`.
        most_db: largest reduction of a group without it: a cajon alone may well be the drums.
    """

    roles: frozenset[str]
    level_lu: float
    most_db: float


_LEADS = {
    "vocals": Lead(
        frozenset(("lead_vocal", "vocal_double", "vocal_stem")), USUAL["lead_vocal"].level_lu, 6.0
    ),
    "drums": Lead(
        frozenset(("kick", "snare", "overheads", "room", "drum_loop", "drum_stem")),
        USUAL["kick"].level_lu + 3.0,
        4.0,
    ),
}


def below_whole_db(roles: Sequence[str], stems: Sequence[str]) -> dict[str, float]:
    """Level of each group relative to its usual loudness, in dB, 0 or less.

    Args:
        roles: of the tracks that sound.
        stems: the group that each is summed into.
    """
    below_db = {}
    for stem in dict.fromkeys(stems):
        own = [role for role, each in zip(roles, stems, strict=True) if each == stem]
        lead = _LEADS.get(stem)
        below_db[stem] = 0.0
        if lead is not None and lead.roles.isdisjoint(own):
            power = sum(10.0 ** (USUAL[role].level_lu / 10.0) for role in own)
            level_lu = 10.0 * float(np.log10(power))
            below_db[stem] = max(-lead.most_db, min(0.0, level_lu - lead.level_lu))
    return below_db
