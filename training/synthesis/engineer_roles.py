"""The engineer's knowledge of each role before hearing it: pan, importance, usual treatment.

The kinds of rules are those of De Man and Reiss 2013 ("A knowledge-engineered autonomous mixing
system") and of the interviews and mix analyses of Pestana and Reiss 2014 ("Intelligent audio
production strategies informed by best practices"): the lead is centred and loudest, kick, snare and
bass are centred, what is less important goes outwards, low-frequency sources stay dry, high-pass
filters by role, doubles wide. The figures are chosen within what handbooks of mixing (Owsinski,
Izhaki, Senior) call usual; where they are published, the module that uses them says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.errors import InputError

Range = tuple[float, float]


@dataclass(frozen=True)
class Role:
    """Usual treatment of one role; ranges are drawn from evenly.

    Attributes:
        importance: 0 to 1; less important tracks make room for more important ones.
        level_lu: loudness while it plays, relative to the leading track of its stem.
        high_pass_hz: corner of the high-pass.
        pan: distance from the centre, 0 to 1, for a mono recording.
        widen: probability that a mono recording is widened.
        reverb_db: energy of its reverb over its direct sound; None for none.
        delay: probability of an echo.
        reduction_db: gain reduction on loud notes.
        ratio: ratio of the compressor.
        saturate: probability of saturation.
    """

    importance: float
    level_lu: float
    high_pass_hz: Range
    pan: Range = (0.0, 0.0)
    widen: float = 0.0
    reverb_db: float | None = None
    delay: float = 0.0
    reduction_db: Range = (0.0, 3.0)
    ratio: Range = (2.0, 4.0)
    saturate: float = 0.05


ROLES = {
    "kick": Role(
        0.9, 0.0, (22, 32), reverb_db=-26.0, reduction_db=(1, 4), ratio=(3, 5), saturate=0.15
    ),
    "snare": Role(
        0.85, -1.0, (60, 110), reverb_db=-15.0, reduction_db=(2, 5), ratio=(3, 5), saturate=0.15
    ),
    "hat": Role(0.3, -12.0, (250, 450), pan=(0.2, 0.5), reverb_db=-22.0, reduction_db=(0, 1)),
    "toms": Role(0.45, -5.0, (50, 80), pan=(0.1, 0.4), reverb_db=-15.0, reduction_db=(1, 4)),
    "overheads": Role(0.5, -5.0, (120, 350), reverb_db=-20.0, reduction_db=(0, 3)),
    "room": Role(0.3, -10.0, (60, 120), reduction_db=(2, 8), ratio=(4, 8), saturate=0.15),
    "percussion": Role(0.35, -9.0, (130, 300), pan=(0.3, 0.8), reverb_db=-16.0),
    "bass": Role(0.88, 0.0, (24, 36), widen=0.2, reduction_db=(2, 6), ratio=(3, 6), saturate=0.3),
    "lead_vocal": Role(
        1.0, 0.0, (80, 120), reverb_db=-14.0, delay=0.5, reduction_db=(3, 7), ratio=(2.5, 5)
    ),
    "vocal_double": Role(
        0.6, -9.0, (110, 170), pan=(0.5, 0.95), reverb_db=-13.0, reduction_db=(3, 8)
    ),
    "backing_vocals": Role(
        0.55, -8.0, (120, 200), (0.4, 0.9), 0.4, -10.0, reduction_db=(3, 7), ratio=(2.5, 5)
    ),
    "electric_guitar": Role(0.6, 0.0, (75, 120), (0.4, 1.0), 0.05, -19.0, 0.1, (0, 3)),
    "acoustic_guitar": Role(0.55, -2.0, (80, 140), (0.3, 0.8), 0.15, -17.0, 0.0, (1, 4)),
    "keys": Role(0.55, -2.0, (50, 110), (0.2, 0.7), 0.4, -17.0, 0.1, (0, 3)),
    "organ": Role(0.45, -4.0, (60, 130), (0.2, 0.7), 0.4, -16.0, 0.0, (0, 2), saturate=0.15),
    "pad": Role(0.35, -6.0, (110, 220), (0.0, 0.4), 0.85, -12.0, 0.1, (0, 2)),
    "strings": Role(0.45, -4.0, (90, 180), (0.1, 0.5), 0.7, -10.0, 0.0, (0, 2)),
    "brass": Role(0.55, -2.0, (100, 160), (0.2, 0.6), 0.3, -14.0, 0.0, (1, 4)),
    "lead_synth": Role(0.65, 0.0, (90, 160), (0.0, 0.2), 0.5, -16.0, 0.4, (0, 3), saturate=0.15),
    "arp": Role(0.4, -5.0, (120, 250), (0.3, 0.8), 0.3, -15.0, 0.4, (0, 2)),
    "fx": Role(0.25, -8.0, (70, 200), (0.0, 0.6), 0.6, -11.0, 0.2, (0, 2)),
}


def role_of(name: str) -> Role:
    """Knowledge about a role.

    Raises:
        InputError: the role is unknown.
    """
    if name not in ROLES:
        raise InputError(f"unknown role {name!r}; choose from {', '.join(ROLES)}")
    return ROLES[name]
