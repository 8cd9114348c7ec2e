"""Microphones on one source in a mix of tracks: in the balance of the recording, if it is known."""

from __future__ import annotations

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.network.track_mixer.one_source import BELOW_DRUM_DB, LINE_DB
from tests.signals import noise

RATE_HZ = 44_100
# Microphones of one source, how many dB the second was recorded softer, and how far behind the
# first it stands if both files are normalised.
PAIRS = {
    ("Snare Top", "Snare Bottom"): (9.0, BELOW_DRUM_DB),
    ("Bass Amp", "Bass DI"): (5.0, LINE_DB),
    ("Kick In", "Kick Out"): (4.0, 0.0),
}


@pytest.fixture
def levels_lu(write_song, rng: np.random.Generator):
    """Render a song, each file normalised or as recorded, and tell each track's level in it."""
    heard = {names: _two_microphones(rng) for names in PAIRS}
    vox = noise(rng, 4.0, RATE_HZ)[:1].astype(np.float32)

    def levels(*, normalised: bool, asked: str = "raw") -> dict[str, float]:
        files = {"Lead Vox": 0.5 * vox}
        for (one, other), audio in heard.items():
            softer = 10.0 ** (-PAIRS[one, other][0] / 20.0)
            files |= {one: 0.3 * audio[0], other: np.float32(0.3 * softer) * audio[1]}
        if normalised:
            files = {name: 0.9 * audio / np.abs(audio).max() for name, audio in files.items()}
        folder = write_song({f"{name}.wav": audio for name, audio in files.items()})
        mix = render(load_song(folder), RenderSettings(model="tracks", levels=asked))
        record = mix.measurements["tracks"]["tracks"]
        return {
            name.removesuffix(".wav"): track["loudness_lufs"] + track["strip"]["gain_db"]
            for name, track in record.items()
        }

    return levels


def test_two_parts_are_not_two_microphones(write_song, rng: np.random.Generator) -> None:
    strings = _two_microphones(rng)
    files = {"Lead Vox": noise(rng, 4.0, RATE_HZ)[:1].astype(np.float32)}
    files |= {"Strings": 0.3 * strings[0], "Strings Top": 0.03 * strings[1]}
    folder = write_song({f"{name}.wav": audio for name, audio in files.items()})
    mix = render(load_song(folder), RenderSettings(model="tracks", levels="raw"))
    low, top = (
        mix.measurements["tracks"]["tracks"][f"{n}.wav"] for n in ("Strings", "Strings Top")
    )
    assert top["strip"]["gain_db"] - low["strip"]["gain_db"] > 15.0


def _two_microphones(rng: np.random.Generator) -> list[np.ndarray]:
    """Much alike, and neither contained in the other."""
    source, *own = (noise(rng, 4.0, RATE_HZ)[:1] for _ in range(3))
    return [(source + 0.3 * each).astype(np.float32) for each in own]


def test_the_balance_of_the_recording_is_kept(levels_lu) -> None:
    found = levels_lu(normalised=False)
    for (one, other), (softer_db, _) in PAIRS.items():
        assert found[one] - found[other] == pytest.approx(softer_db, abs=0.2)


def test_normalised_files_have_none_and_stand_as_engineers_have_them(levels_lu) -> None:
    # The two files of a pair are much alike, and so are the network's faders.
    found = levels_lu(normalised=True, asked="auto")
    for (one, other), (_, behind_db) in PAIRS.items():
        assert found[other] - found[one] == pytest.approx(behind_db, abs=0.5)


def test_the_faders_of_a_rough_mix_are_believed_as_others_are(levels_lu) -> None:
    found = levels_lu(normalised=False, asked="rough")
    for (one, other), (softer_db, _) in PAIRS.items():
        assert 0.4 * softer_db < found[one] - found[other] < 0.9 * softer_db
