"""The sound of a mix in figures, and the desk's settings that move each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song
from mixer.console.desk import apply_master_strip
from mixer.console.settings import Console, Strip
from mixer.meters.loudness import integrated_loudness_lufs, step_energies
from mixer.rendering.job import Job
from mixer.rendering.mix import Premaster, WetMix, measure_levels
from mixer.rendering.pipeline import over_desk, premaster, wet_mix
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.sound import known_levels, known_spectra
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.sound import measure_crest_db, measure_sound, with_moves
from mixer.rendering.timing.progress import StageClock
from mixer.rendering.wanted_audio import WantedAudio
from mixer.stems import STEMS
from tests.signals import band, noise, sine

RATE_HZ = 44_100
Made = Callable[[Console], Premaster]


@pytest.fixture
def made(write_song, rng: np.random.Generator) -> Made:
    folder: Path = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()})
    song = load_song(folder)

    def mixed(console: Console) -> Premaster:
        settings = RenderSettings(model="none", effects=(), console=console)
        return premaster(plan_render(song, settings), WantedAudio(True))

    return mixed


def test_the_crest_factor_of_a_sine_is_3_db_and_silence_has_none() -> None:
    tone = np.repeat(sine(441.0, 3.0, RATE_HZ), 2, axis=0)
    assert measure_crest_db(tone, RATE_HZ) == pytest.approx(3.01, abs=0.01)
    # Softer parts do not count.
    half = np.concatenate([tone, 1e-4 * tone], axis=1)
    assert measure_crest_db(half, RATE_HZ) == pytest.approx(3.01, abs=0.01)
    assert measure_crest_db(0.0 * tone, RATE_HZ) is None


@pytest.mark.parametrize(
    ("figure", "move_db", "least_db", "most_db"),
    [
        ("vocals", 1.5, 1.45, 1.55),
        ("bass", 2.0, 1.0, 2.1),
        ("bass", -2.0, -2.1, -1.0),
        ("brightness", 2.0, 1.0, 2.1),
        ("brightness", -2.0, -2.1, -1.0),
        ("width", 2.0, 1.9, 2.1),
    ],
)
def test_a_move_moves_its_figure_and_leaves_the_others_nearly_alone(
    made: Made, figure: str, move_db: float, least_db: float, most_db: float
) -> None:
    before = measure_sound(made(Console()))
    after = measure_sound(made(with_moves(Console(), {figure: move_db}, STEMS)))
    assert least_db < after[figure] - before[figure] < most_db
    others = [name for name in before if name not in (figure, "dynamics")]
    assert max(abs(after[name] - before[name]) for name in others) < 1.5


@pytest.mark.parametrize("move_db", [1.0, -1.0])
def test_dynamics_move_the_crest_factor_by_about_as_much(
    rng: np.random.Generator, move_db: float
) -> None:
    """Hits over a bed, at the desk's level: peaks about 15 dB above the whole."""
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    hits = 0.15 * np.exp(-30.0 * (time_s % 0.5)) + 0.03
    audio = (hits * rng.standard_normal((2, len(time_s)))).astype(np.float32)
    strip = with_moves(Console(), {"dynamics": move_db}, STEMS).master
    moved, _ = apply_master_strip(audio, RATE_HZ, strip)
    before_db, after_db = measure_crest_db(audio, RATE_HZ), measure_crest_db(moved, RATE_HZ)
    assert before_db is not None
    assert after_db is not None
    assert after_db - before_db == pytest.approx(move_db, abs=0.75)


def test_a_gain_that_moves_in_time_moves_as_a_whole() -> None:
    course = ((0.0, -1.0), (2.0, 1.0))
    console = Console(strips=(("vocals", Strip(gain_db=course)),))
    moved = with_moves(console, {"vocals": 2.0}, STEMS)
    assert moved.strip("vocals").gain_db == ((0.0, 1.0), (2.0, 3.0))


def test_loudness_that_comes_again_is_measured_once(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, write_song
) -> None:
    one, two, new = (noise(rng, 1.0, RATE_HZ) for _ in range(3))
    calls = []

    def counted(audio: np.ndarray, rate: int) -> np.ndarray:
        calls.append(audio)
        return step_energies(audio, rate)

    monkeypatch.setattr(known_levels, "step_energies", counted)
    stems = {"vocals": one, "drums": two, "bass": noise(rng, 1.0, RATE_HZ)}
    song = load_song(write_song({f"{name}.wav": audio for name, audio in stems.items()}))
    plan = plan_render(song, RenderSettings("none"))
    rest = stems.pop("bass")
    wet = WetMix(plan, one + two + rest, stems, {}, {}, None, None, {})
    known = KnownLevels(RATE_HZ, wet)
    for _ in range(2):
        assert known.loudness_lufs(one) == integrated_loudness_lufs(one, RATE_HZ)
        assert known.loudness_lufs(one, two) == integrated_loudness_lufs(one + two, RATE_HZ)
        assert known.loudness_lufs(one, new) == integrated_loudness_lufs(one + new, RATE_HZ)
        assert known.of(one) is known.of(one)
        assert known.of(one) == measure_levels(one, RATE_HZ)
        of_rest = known.loudness_lufs(with_unmade=True)
        assert of_rest == pytest.approx(integrated_loudness_lufs(rest, RATE_HZ), abs=1e-5)
        for gain_db in (-3.0, 2.0):
            moved = one * np.float32(10.0 ** (gain_db / 20.0))
            expected = integrated_loudness_lufs(moved, RATE_HZ)
            assert known.loudness_lufs(one, gain_db=gain_db) == pytest.approx(expected, abs=1e-5)
    assert len(calls) == 5
    assert known.has_unmade
    assert known.loudness_lufs(0.0 * one) is None


def test_a_mix_whose_stems_are_only_heard_has_the_same_samples(
    write_song, rng: np.random.Generator
) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 1.0, RATE_HZ).items()}))
    strips = (("vocals", Strip(gain_db=2.0)), ("drums", Strip(width=1.5)))
    console = Console(strips=strips, master=Strip(width=0.8))
    plan = plan_render(song, RenderSettings(model="none", effects=(), console=console))
    wet = wet_mix(Job(plan, StageClock(None), WantedAudio(True)))
    before, heard = wet.audio.copy(), dict[str, np.ndarray]()
    stems_before = {stem: audio.copy() for stem, audio in wet.wet_stems.items()}

    def hear(stems: Mapping[str, np.ndarray]) -> None:
        heard.update({stem: audio.copy() for stem, audio in stems.items()})

    kept = over_desk(wet, plan, StageClock(None), wet_stems=True)
    made = over_desk(wet, plan, StageClock(None), wet_stems=False, hear=hear)
    np.testing.assert_array_equal(made.audio, kept.audio)
    np.testing.assert_array_equal(wet.audio, before)
    assert not made.wet_stems
    assert not made.wet_levels
    for stem, audio in stems_before.items():
        np.testing.assert_array_equal(wet.wet_stems[stem], audio)
        np.testing.assert_array_equal(heard[stem], kept.wet_stems[stem])


@pytest.mark.parametrize(
    ("moves", "is_measured"),
    [
        ({"vocals": 2.0, "bass": -3.0, "width": 2.0}, False),
        ({"vocals": -2.0, "brightness": 2.0, "width": -2.0}, False),
        ({"dynamics": -1.0, "bass": 1.0}, True),
    ],
)
def test_figures_of_another_desk_are_worked_out_as_they_would_be_measured(
    write_song,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    moves: dict[str, float],
    is_measured: bool,
) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()}))
    console = with_moves(Console(), moves, STEMS)
    plan = plan_render(song, RenderSettings(model="none", effects=(), console=console))
    wet = wet_mix(Job(plan, StageClock(None), WantedAudio(True)))
    moved = over_desk(wet, plan, StageClock(None), wet_stems=True)
    measured = measure_sound(moved)
    if not is_measured:
        monkeypatch.delattr(known_spectra, "measure_stereo_spectrum")
    assert measure_sound(moved, KnownLevels(RATE_HZ, wet)) == pytest.approx(measured, abs=0.003)
