"""A mix on disk with its wet stems, and the session that it makes."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render, write_mix
from mixer.output.daw.wet_session import wet_session
from mixer.song.song_file import Marker
from tests.signals import band


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The mix and its recipe; tests read what was written, and write elsewhere."""
    root = tmp_path_factory.mktemp("daw")
    folder = root / "song"
    folder.mkdir()
    rng = np.random.default_rng(1)
    stems = {f"{name}.wav": audio for name, audio in band(rng, 1.0, 44_100).items()}
    backwards = stems["other.wav"][:, ::-1]  # another sound, or other.wav would be their sum
    stems["Git L.wav"], stems["Git R.wav"] = backwards[:1], backwards[1:]
    stems["click.wav"] = stems["drums.wav"]
    for name, audio in stems.items():
        soundfile.write(folder / name, audio.T, 44_100, subtype="FLOAT")
    (folder / "song.toml").write_text(
        'title = "Free & \\"Easy\\""\ntempo_bpm = 97.5\n[files."bass.wav"]\ngain_db = 7.5\n'
    )
    mix = render(load_song(folder), RenderSettings("none", loudness_lufs=-12.0), wet_stems=True)
    return mix, write_mix(mix, root / "out" / "free.wav", bit_depth="32f")


@pytest.fixture
def session(written):
    mix, recipe = written
    markers = (Marker("Chorus <1>", 0.75), Marker("Verse 'A' \"B\"", 0.25))
    return wet_session(mix, recipe, markers)


@pytest.fixture
def session_of_odd_names(session):
    """Names as no engineer should, and some do, give them."""
    names = ["a\"b'c`d", "two  words", "`tick`", "<tag> & 'x'", "\u00fcber \U0001f941", "|pipe"]
    tracks = [replace(track, name=name) for track, name in zip(session.tracks, names, strict=False)]
    return replace(session, tracks=tuple(tracks))
