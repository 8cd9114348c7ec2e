"""A small test, built once: two short songs, three systems that need no network."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.listen.build import build_test
from mixer.listen.build_settings import BuildSettings
from mixer.listen.design import Design, Key, read_design, read_key
from mixer.listen.systems import parse_systems
from mixer.song.load import load_song
from mixer.song.song import Song
from tests.browser import browser, open_page, page, serve, watch  # noqa: F401
from tests.listen.analysed import analysis, study  # noqa: F401
from tests.listen.serving import start, store  # noqa: F401
from tests.signals import band

RATE_HZ = 44_100
SONG_S, EXCERPT_S = 7.0, 3.0
# A human mix that comes late, so that aligning has something to do.
HUMAN_LAG_SAMPLES = 1_234
SETTINGS = BuildSettings(length_s=EXCERPT_S, least_heard_s=0.2, seed=7)


def write_song(folder: Path, seed: int) -> Path:
    """Four stems that are loudest from 3 s on, and a human mix of them."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    stems = band(rng, SONG_S, RATE_HZ, bpm=100.0 + 7.0 * seed)
    loud = np.where(np.arange(round(SONG_S * RATE_HZ)) < 3 * RATE_HZ, 0.25, 1.0)
    for name, audio in stems.items():
        soundfile.write(folder / f"{name}.wav", (audio * loud).T, RATE_HZ, subtype="FLOAT")
    gains = {"vocals": 1.5, "bass": 0.7, "drums": 1.2, "other": 0.6}
    human = sum(gains[name] * audio * loud for name, audio in stems.items())
    late = np.concatenate([np.zeros((2, HUMAN_LAG_SAMPLES)), human], axis=1)
    soundfile.write(folder / "mixture.wav", late.T, RATE_HZ, subtype="FLOAT")
    return folder


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Song]:
    root = tmp_path_factory.mktemp("songs")
    return [load_song(write_song(root / name, seed)) for seed, name in enumerate(("Ada", "Bo"))]


@pytest.fixture(scope="session")
def rendered(songs: list[Song], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished mix a song, as another program would leave it: a filtered sum."""
    folder = tmp_path_factory.mktemp("rendered")
    for song in songs:
        audio, rate = soundfile.read(song.folder / "mixture.wav", always_2d=True)
        dull = 0.5 * (audio[1:] + audio[:-1]) * [1.0, 0.8]
        soundfile.write(folder / f"{song.name}.flac", 0.5 * dull, rate, subtype="PCM_24")
    return folder


@pytest.fixture(scope="session")
def make_test(
    songs: list[Song], rendered: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Build a test with other settings than `SETTINGS`, or of other songs."""

    def make(own: list[Song] | None = None, words: tuple[str, ...] = (), **changes) -> Path:
        folder = tmp_path_factory.mktemp("test") / "TEST"
        systems = parse_systems(words or ("sum", f"secret-system={rendered}", "human"))
        build_test(own or songs, systems, folder, replace(SETTINGS, **changes))
        return folder

    return make


@pytest.fixture(scope="session")
def test_folder(make_test: Callable[..., Path]) -> Path:
    """With a training page, two songs and the first one repeated."""
    return make_test(repeat=True)


@pytest.fixture(scope="session")
def short_folder(make_test: Callable[..., Path], songs: list[Song]) -> Path:
    """One song and its repetition, beside an open and a hidden reference."""
    return make_test(songs[:1], training=False, repeat=True, hidden_reference="human")


@pytest.fixture(scope="session")
def design(test_folder: Path) -> Design:
    return read_design(test_folder)


@pytest.fixture(scope="session")
def key(test_folder: Path) -> Key:
    return read_key(test_folder)
