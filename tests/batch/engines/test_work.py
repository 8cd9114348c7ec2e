"""The one work function, with the real renderer: what `mixer.render` and `write_mix` make."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render, write_mix
from mixer.batch.albums.album_loudness import Measured, album_offset_db, song_target_lufs
from mixer.batch.engines.network import Networks, open_local
from mixer.batch.engines.order import Order
from mixer.batch.engines.work import WorkerContext, render_song
from mixer.batch.spectrum import LOWEST_HZ, N_BANDS, third_octave_levels_db
from mixer.batch.states import Ending, Phase
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.output.output_settings import OutputSettings
from tests.signals import band, sine

STEMS_TOO = OutputSettings("wav", stems=True)


@pytest.fixture
def folder(write_song, rng) -> Path:
    return write_song({f"{name}.wav": audio for name, audio in band(rng, 3.0, 44_100).items()})


@pytest.fixture
def context() -> WorkerContext:
    return WorkerContext(Networks(open_local("cpu", 1)))


@pytest.fixture
def order(folder, tmp_path):
    def make(**fields) -> Order:
        places = {
            "song": str(folder),
            "staging": str(tmp_path / "staging"),
            "target": str(tmp_path / "out" / "My Song.wav"),
            "premaster": str(tmp_path / "premaster"),
        }
        plain = {"id": "song", "token": "t", "settings": {}, "wanted": OutputSettings("wav")}
        return Order(**{**plain, **places, **fields})

    return make


def silent(stage: str, share: float) -> None:
    """Nobody wants to know."""


def test_it_is_the_same_mix_bit_for_bit(order, context, folder, tmp_path) -> None:
    settings = {"loudness_lufs": -16.0, "effects": ["eq", "loudness"], "seed": 3}
    outcome = render_song(
        order(settings=settings, wanted=OutputSettings("wav", "16", stems=True)), context, silent
    )
    assert outcome.kind == Ending.DONE, outcome.error
    asked = RenderSettings(**{**settings, "effects": ("eq", "loudness")}, device="cpu")
    mix = render(load_song(folder), asked, wet_stems=True)
    write_mix(mix, tmp_path / "alone" / "My Song.wav", bit_depth="16")
    for file in outcome.files:
        if file.role != "recipe":
            there = (tmp_path / "alone" / file.staged).read_bytes()
            assert (tmp_path / "staging" / file.staged).read_bytes() == there
    assert {file.role for file in outcome.files} == {
        "mix", "recipe", "vocals", "bass", "drums", "other", "residual"
    }  # fmt: skip
    recipe = json.loads((tmp_path / "staging" / "My Song.mix.json").read_text())
    paths = {name: entry["path"] for name, entry in recipe["output"]["files"].items()}
    assert paths["mix"] == str(tmp_path / "out" / "My Song.wav")
    assert paths["vocals"] == str(tmp_path / "out" / "My Song.stems" / "vocals.wav")
    master = mix.measurements["master"]
    assert outcome.figures["loudness_lufs"] == master["loudness_lufs"]
    assert outcome.figures["duration_s"] == 3.0


def test_a_network_is_opened_once_for_many_songs(order, folder, tmp_path) -> None:
    opened = []

    def count(model: str):
        opened.append(model)
        return open_local("cpu", 1)(model)

    context = WorkerContext(Networks(count))
    for token in "abc":
        outcome = render_song(order(token=token, staging=str(tmp_path / token)), context, silent)
        assert outcome.kind == Ending.DONE
    assert opened == ["default"]


def test_inputs_that_are_known_are_not_rendered(order, context, tmp_path) -> None:
    first = render_song(order(), context, silent)
    again = render_song(order(known_inputs=first.inputs_sha256), context, silent)
    assert again.kind == Ending.UNCHANGED
    assert render_song(order(known_inputs="another"), context, silent).kind == Ending.DONE


def test_an_album_is_what_rendering_with_its_target_gives(order, context, folder, tmp_path) -> None:
    """The mix that waits for its album and the mix rendered at once are the same samples."""
    measured = render_song(order(phase=Phase.MEASURE, wanted=STEMS_TOO), context, silent)
    assert measured.kind == Ending.MEASURED
    own_lufs = measured.figures["premaster_lufs"]
    finish = order(phase=Phase.FINISH, wanted=STEMS_TOO, loudness_lufs=own_lufs + 4.0)
    kept = render_song(finish, context, silent)
    assert kept.kind == Ending.DONE, kept.error
    for path in (tmp_path / "premaster").iterdir():
        path.unlink()
    anew = render_song(finish, context, silent)
    hashes = [{f.role: f.sha256 for f in o.files if f.role != "recipe"} for o in (kept, anew)]
    assert hashes[0] == hashes[1]
    audio, rate = soundfile.read(tmp_path / "staging" / "My Song.wav", dtype="float32")
    assert integrated_loudness_lufs(audio.T, rate) == pytest.approx(own_lufs + 4.0, abs=0.1)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda f: (f / "drums.wav").write_bytes(b"RIFF"), "drums.wav: cannot be read as audio"),
        (lambda f: [p.unlink() for p in f.iterdir()], "no audio files in it"),
        (lambda f: (f / "song.toml").write_text("nonsense"), "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_song_comes_back_in_a_line(
    order, context, folder, break_it, words
) -> None:
    break_it(folder)
    outcome = render_song(order(), context, silent)
    assert outcome.kind == Ending.FAILED
    assert words in outcome.error
    assert "\n" not in outcome.error
    assert not outcome.disk_full


def test_a_song_that_changes_meanwhile_fails(order, context, folder) -> None:
    def touch(stage: str, share: float) -> None:
        if stage == "master":
            (folder / "bass.wav").unlink(missing_ok=True)

    outcome = render_song(order(), context, touch)
    assert outcome.kind == Ending.FAILED
    assert "changed while it was rendered" in outcome.error


def test_want_of_memory_is_worth_another_try(order, context, monkeypatch) -> None:
    def greedy(*args: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mixer.output.destination.premaster", greedy)
    outcome = render_song(order(), context, silent)
    assert (outcome.kind, outcome.passing) == (Ending.FAILED, True)


def test_the_spectrum_of_a_sine_is_in_its_band() -> None:
    levels = third_octave_levels_db(np.repeat(sine(1000.0, 2.0, 44_100), 2, axis=0), 44_100)
    assert len(levels) == N_BANDS
    centres_hz = LOWEST_HZ * 2.0 ** (np.arange(N_BANDS) / 3.0)
    assert np.argmax(levels) == np.argmin(np.abs(np.log(centres_hz / 1000.0)))
    assert sorted(levels)[-1] - sorted(levels)[-3] > 40.0
    assert third_octave_levels_db(np.zeros((2, 100), np.float32), 44_100) == [-120.0] * N_BANDS


def test_an_albums_loudness_is_the_energy_of_its_songs() -> None:
    songs = [Measured(-20.0, 60.0), Measured(-20.0, 240.0), Measured(None, 60.0)]
    assert album_offset_db(songs, -14.0) == pytest.approx(6.0)
    assert album_offset_db([Measured(None, 60.0)], -14.0) == 0.0
    # a long song counts for more
    louder = album_offset_db([Measured(-20.0, 300.0), Measured(-30.0, 60.0)], -14.0)
    assert louder == pytest.approx(-14 - 10 * np.log10((300 * 1e-2 + 60 * 1e-3) / 360))
    assert song_target_lufs(None, 6.0) is None
    assert song_target_lufs(-8.0, 6.0) == -5.0
