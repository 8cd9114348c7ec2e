"""Dry tracks of a recording session, each with its name and its role."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Which stem a role belongs to; the order is the one of a session's track list.
STEM_OF_ROLE = {
    "kick": "drums",
    "snare": "drums",
    "hat": "drums",
    "toms": "drums",
    "overheads": "drums",
    "room": "drums",
    "percussion": "drums",
    "bass": "bass",
    "electric_guitar": "other",
    "acoustic_guitar": "other",
    "keys": "other",
    "organ": "other",
    "pad": "other",
    "strings": "other",
    "brass": "other",
    "lead_synth": "other",
    "arp": "other",
    "fx": "other",
    "lead_vocal": "vocals",
    "vocal_double": "vocals",
    "backing_vocals": "vocals",
}
ROLES = tuple(STEM_OF_ROLE)


@dataclass(frozen=True)
class Track:
    """One recording.

    Attributes:
        name: name of the track in a session: "Kick In", "Lead Vox", "Gtr Dbl L".
        stem: one of `mixer.stems.STEMS`.
        role: one of `ROLES`.
        audio: float32 (2, samples), dry, peaks below 1. A mono source has two equal channels, a
            stereo recording (overheads, piano, pads) its own image.
        is_stereo: the recording has two microphones or two outputs.
    """

    name: str
    stem: str
    role: str
    audio: np.ndarray
    is_stereo: bool


@dataclass(frozen=True)
class Multitrack:
    """A composed and played song before anybody mixed it.

    Attributes:
        title: an invented title.
        genre: one of `training.synthesis.genres.GENRES`.
        tempo_bpm: quarter notes a minute.
        sections: (name, start_s, end_s) in order, end to end over the whole song.
        sample_rate: sample rate of every track in Hz.
        tracks: every one of the same length.
        seed: the seed from which it was made.
    """

    title: str
    genre: str
    tempo_bpm: float
    sections: tuple[tuple[str, float, float], ...]
    sample_rate: int
    tracks: tuple[Track, ...]
    seed: int
