"""Recordings with known roles: composed, electronic, sung, and from real songs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mixer.audio import read_audio, resample, resampled_length
from mixer.audio.formats import is_audio_name, without_audio_suffix
from mixer.dsp.blocks import FloatArray
from mixer.roles import UNKNOWN
from mixer.song.names.name_context import classify_all
from mixer.song.names.track_roles import role_of
from mixer.song.sound_features import RATE_HZ
from training.synthesis.compose import compose
from training.synthesis.genres import LEARNT_GENRES

COMPOSED_S = 24.0
_NAMES_OF_COMPOSED = {"hat": "hihat"}
# All songs of an artist form one group: the mixing, singing and sounds are the same.
ARTISTS = {
    **dict.fromkeys(
        ("lithium", "sodium", "potassium", "rubidium", "caesium", "francium"), "entwicklungskit"
    ),
    "CapDan-ReggaeTry": "CapDan",
    "CapDan-ZeroSumGame-OriginalByZakarra": "CapDan",
}
# Files with unrecognised names, labelled by their spectra, pitch and envelopes where these leave no
# doubt: a single line below 130 Hz is a bass and sustained chords above it are other; presets of a
# drum machine are drums.
LABELLED_BY_EAR = {
    "Oglsdl-PpTrip/01_Default_preset Default preset": ("other", UNKNOWN),
    "Oglsdl-PpTrip/05_AnalogTimes_2 AnalogTimes 2": ("other", UNKNOWN),
    "Oglsdl-PpTrip/06_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/01_Default_preset Default preset": ("bass", "bass"),
    "Saber-FinalStep/06_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/09_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/10_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/11_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/12_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/13_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/14_Default_preset Default preset": ("other", UNKNOWN),
    "Saber-FinalStep/15_Default_preset Default preset": ("other", UNKNOWN),
    "Skiessi-Onion/02_Default_preset Default preset": ("bass", "bass"),
    "Skiessi-Onion/04_Default_preset Default preset": ("other", UNKNOWN),
    "Skiessi-Onion/10_lighthat_ds lighthat": ("drums", "hihat"),
    "Skiessi-Onion/17_Default_preset Default preset": ("other", UNKNOWN),
    "Skiessi-Onion/19_S_8bit_ds S_8bit": ("drums", "snare"),
    "Skiessi-Onion/20_S_8bit_ds S_8bit": ("drums", "snare"),
    "Skiessi-Onion/22_K_8bit_ds K_8bit": ("drums", "kick"),
    "Skiessi-Onion/23_K_8bit_ds K_8bit": ("drums", "kick"),
    "Socceroos-Progress/08_Supernova Supernova": ("other", UNKNOWN),
    "Socceroos-Progress/09_Plucked Plucked": ("other", UNKNOWN),
    "TameAnderson-MakeMe/03_Default_preset Default preset": ("bass", "bass"),
    "TameAnderson-MakeMe/05_Default_preset Default preset": ("other", UNKNOWN),
    "TameAnderson-MakeMe/21_Default_preset Default preset": ("other", UNKNOWN),
}


@dataclass(frozen=True)
class Labelled:
    """A recording and its labels.

    Attributes:
        audio: float32 (channels, samples) at `RATE_HZ`.
        stem: one of `mixer.stems.STEMS`.
        role: one of `ROLE_NAMES` of that stem, or `UNKNOWN`.
        name: names of the song and the file.
        artist: the artist.
    """

    audio: FloatArray
    stem: str
    role: str
    name: str
    artist: str


def composed_recordings(seed: int, genre: str | None = None) -> Iterator[Labelled]:
    """Dry tracks of a composed song, of a genre that is not held out unless `genre` is given."""
    genres = sorted(LEARNT_GENRES)
    song = compose(seed, genre=genre or genres[seed % len(genres)], duration_s=COMPOSED_S)
    for track in song.tracks:
        audio = track.audio if track.is_stereo else track.audio[:1]
        role = _NAMES_OF_COMPOSED.get(track.role, track.role)
        n_samples = resampled_length(audio.shape[1], song.sample_rate, RATE_HZ)
        audio = resample(audio, song.sample_rate, RATE_HZ, n_samples)
        yield Labelled(audio, track.stem, role, f"{seed}/{track.name}", "composed")


def real_folders(shared: Path) -> Iterator[Path]:
    """Folders of real tracks and stems in `shared`."""
    for song in sorted(path for path in (shared / "tracks").iterdir() if path.is_dir()):
        yield from (song / kind for kind in ("dry", "wet") if (song / kind).is_dir())
    yield from sorted(path for path in (shared / "audio" / "stems").iterdir() if path.is_dir())
    yield from sorted(path for path in (shared / "audio" / "tracks").iterdir() if path.is_dir())


def real_recordings(folder: Path) -> Iterator[Labelled]:
    """Recordings of a folder whose names are recognised reliably or that are labelled here."""
    song = folder.parent.name if folder.name in ("dry", "wet") else folder.name
    files = sorted(path for path in folder.iterdir() if is_audio_name(path.name))
    for path, told in zip(files, classify_all([p.name for p in files], song=song), strict=True):
        title = without_audio_suffix(path.name)
        name = f"{song}/{title}"
        if name in LABELLED_BY_EAR:
            stem, role = LABELLED_BY_EAR[name]
        elif told.certain and told.stem is not None:
            stem, role = told.stem, role_of(title, told.stem)
        else:
            continue
        audio, _ = read_audio(path, RATE_HZ)
        yield Labelled(audio, stem, role, f"{folder.name}/{name}", ARTISTS.get(song, song))
