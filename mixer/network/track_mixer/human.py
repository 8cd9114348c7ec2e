"""Engineers' usual treatment of each role: the medians of 90 mixes.

Levels, pans and times are those of MixologyDB (De Man and others; MIT licence), if it has the
instrument; roles of electronic music that it lacks stand where the nearest instrument does. Rooms
go by the share of a role's tracks that have one there (lead voices 86 %, backing voices 74, keys
67, snares 47, guitars 37, kicks 29, basses 12), 2 to 3 dB below what the simulated engineer sends,
since plug-ins' levels cannot be compared. The loudness of the four groups is that of DSD100's
stems, a median.
"""

from __future__ import annotations

from dataclasses import dataclass

# LUFS of the stems in mixes of DSD100: only the differences count.
GROUP_LUFS = {"vocals": -19.8, "bass": -24.0, "drums": -22.4, "other": -20.5}

# Energy of a stem's side over that of its middle above 250 Hz in finished mixes, in dB: what the
# panning of MUSDB18's stems, as the published profile has it, stands for.
GROUP_WIDTH_DB = {"vocals": -13.5, "drums": -10.0, "other": -6.5}


@dataclass(frozen=True)
class Usual:
    """Usual treatment of a role.

    Attributes:
        level_lu: loudness of one track of it against the others of its group; only differences
            within a group count.
        spread: distance from the middle of a mono recording, 0 to 1, where others answer it.
        attack_ms, release_ms: of its compressor.
        room_db: energy that comes back from a room over a dry recording's own, at least.
    """

    level_lu: float
    spread: float
    attack_ms: float
    release_ms: float
    room_db: float


USUAL = {
    "kick": Usual(-20.0, 0.0, 17.0, 80.0, -34.0),
    "snare": Usual(-20.0, 0.0, 15.0, 60.0, -21.0),
    "rim": Usual(-25.0, 0.0, 15.0, 60.0, -19.0),
    "hihat": Usual(-26.0, 0.32, 10.0, 80.0, -25.0),
    "toms": Usual(-26.5, 0.40, 10.0, 80.0, -19.0),
    "overheads": Usual(-22.0, 0.90, 10.0, 80.0, -23.0),
    "cymbals": Usual(-26.0, 0.40, 20.0, 60.0, -24.0),
    "room": Usual(-25.0, 0.80, 10.0, 80.0, -40.0),
    "percussion": Usual(-25.0, 0.35, 10.0, 60.0, -19.0),
    "drum_loop": Usual(-20.0, 0.25, 10.0, 80.0, -24.0),
    "bass": Usual(-15.0, 0.0, 7.0, 114.0, -40.0),
    "sub": Usual(-17.0, 0.0, 10.0, 114.0, -40.0),
    "electric_guitar": Usual(-16.3, 0.60, 5.0, 120.0, -22.0),
    "acoustic_guitar": Usual(-15.5, 0.53, 5.0, 90.0, -20.0),
    "keys": Usual(-18.0, 0.50, 5.0, 120.0, -20.0),
    "organ": Usual(-18.7, 0.50, 5.0, 120.0, -20.0),
    "lead_synth": Usual(-15.5, 0.25, 5.0, 120.0, -20.0),
    "pad": Usual(-20.0, 0.50, 10.0, 200.0, -18.0),
    "arp": Usual(-19.0, 0.50, 5.0, 120.0, -18.0),
    "strings": Usual(-18.5, 0.50, 10.0, 200.0, -16.0),
    "brass": Usual(-17.5, 0.40, 8.0, 120.0, -18.0),
    "woodwind": Usual(-17.5, 0.30, 8.0, 120.0, -17.0),
    "fx": Usual(-22.0, 0.50, 5.0, 120.0, -18.0),
    "lead_vocal": Usual(-11.0, 0.0, 6.7, 119.0, -20.0),
    "vocal_double": Usual(-17.0, 0.60, 5.0, 100.0, -16.0),
    "backing_vocals": Usual(-16.5, 0.60, 2.5, 95.0, -15.0),
    "choir": Usual(-16.5, 0.50, 5.0, 120.0, -15.0),
    "vocal_stem": Usual(-11.0, 0.0, 6.7, 119.0, -40.0),
    "bass_stem": Usual(-15.0, 0.0, 7.0, 114.0, -40.0),
    "drum_stem": Usual(-18.0, 0.0, 15.0, 80.0, -40.0),
    "other_stem": Usual(-15.0, 0.0, 5.0, 120.0, -40.0),
    "unknown": Usual(-19.0, 0.35, 8.0, 120.0, -22.0),
}
