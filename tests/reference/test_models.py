"""Songs of every kind of model move towards a reference: raw tracks, the paper's own network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.reference.reference_figures import COMPARED
from tests.reference.songs import Stems, another_song, demo_stems, write, write_stems

SECONDS = 6.0


@pytest.fixture(scope="module")
def stems() -> Stems:
    return demo_stems(SECONDS)


def by_tracks(folder: Path, stems: Stems) -> Path:
    """Drums and vocals of two recordings each."""
    tracks = {}
    for place, name in (("drums", "Kick"), ("vocals", "Lead Vox")):
        tracks[name] = 0.7 * stems[place]
        tracks[f"{name} Room"] = 0.2 * np.roll(stems[place], 400, axis=1)
    tracks |= {"Bass DI": stems["bass"], "Keys": stems["other"]}
    return write_stems(folder, tracks)


@pytest.mark.parametrize("model", ["tracks", "paper"])
def test_the_tone_comes_nearer(model: str, stems: Stems, tmp_path: Path) -> None:
    put = by_tracks if model == "tracks" else write_stems
    song = put(tmp_path / "song", stems)
    reference = write(tmp_path / "ref.wav", another_song(SECONDS))
    asked = RenderSettings(model=model, reference=(f"{reference}:tone",))
    mix = render(load_song(song), asked)
    tone = mix.measurements["reference"]["tone"]
    before, goal, after = (
        np.array(tone[key])[COMPARED] for key in ("before_db", "reference_low_db", "after_db")
    )
    was, now = np.abs(before - goal).mean(), np.abs(after - goal).mean()
    # Noise is far from a song: more than the bounds let a stem be moved.
    assert now < was - 1.5
    assert np.isfinite(mix.audio).all()
    # The loudness was not asked for: it stays, although the model's own bus compresses.
    plain = render(load_song(song), RenderSettings(model=model))
    was_lufs, is_lufs = (one.measurements["before_master"]["loudness_lufs"] for one in (plain, mix))
    assert is_lufs == pytest.approx(was_lufs, abs=0.05)
