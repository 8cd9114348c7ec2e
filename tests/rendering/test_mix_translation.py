"""What is lost elsewhere: lows on small loudspeakers, sides in mono, nothing at the desk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render, revise
from mixer.audio.codecs import round_trip as codecs
from mixer.meters.masking import bark_powers
from mixer.meters.translation import PLACES, heard_loudness
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import OutputSettings
from mixer.rendering.mix_translation import check_translation, corrections, translation_lines
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.timing.progress import Stage
from mixer.takes.revise import make_take, plan_revision
from tests.signals import noise, sine

RATE_HZ = 44_100


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))


def lows(seconds: float = 4.0, hz: float = 55.0) -> np.ndarray:
    tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    # A tone that breaks off clicks, which a phone plays well.
    tone *= np.minimum(1.0, 10.0 * np.hanning(len(tone)))
    return np.stack([tone, tone]).astype(np.float32)


def sides(rng: np.random.Generator, seconds: float = 4.0) -> np.ndarray:
    one = 0.1 * noise(rng, seconds, RATE_HZ)[0]
    return np.stack([one, -one]).astype(np.float32)


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    return write_song(
        {"bass.wav": lows(), "other.wav": sides(rng), "drums.wav": 0.05 * noise(rng, 4.0, RATE_HZ)}
    )


def losses(folder: Path) -> dict[tuple[str, str], float]:
    settings = RenderSettings(model="none", effects=(), true_peak_dbtp=None)
    mix = render(load_song(folder), settings, wet_stems=True)
    return {(row["place"], row["stem"]): row["lost"] for row in check_translation(mix)["rows"]}


def test_lows_are_lost_on_a_phone_and_a_laptop_and_sides_in_mono(folder: Path) -> None:
    lost = losses(folder)
    assert lost["phone", "bass"] > 0.8
    assert lost["laptop", "bass"] > 0.6
    assert lost["mono club", "bass"] < 0.1
    assert lost["phone", "other"] > 0.95
    assert lost["mono club", "other"] > 0.95
    assert lost["laptop", "other"] < 0.3


def test_what_a_codec_adds_hides_and_silence_does_not(rng: np.random.Generator) -> None:
    powers = {"other": bark_powers(0.1 * noise(rng, 2.0, RATE_HZ), RATE_HZ)}
    heard = heard_loudness(powers)["other"].sum()
    loud = {"other": heard_loudness(powers, None, 100.0 * powers["other"])["other"].sum()}
    assert loud["other"] == 0.0
    silent = heard_loudness(powers, None, 0.0 * powers["other"])["other"].sum()
    assert silent == heard == pytest.approx(1.0, abs=0.05)


def test_silence_is_not_lost() -> None:
    powers = {"other": bark_powers(np.zeros((2, RATE_HZ), np.float32), RATE_HZ)}
    for place in (None, *PLACES):
        assert not heard_loudness(powers, place)["other"].any()


@pytest.mark.parametrize("codec", codecs.CODECS, ids=lambda codec: codec.encoder)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_round_trip_comes_back_in_its_place(codec, rate: int, rng) -> None:
    pytest.importorskip("av")
    audio = np.zeros((2, 3 * rate), np.float32)
    audio[:, rate : 2 * rate] = sine(440.0, 1.0, rate, 0.3) * np.hanning(rate)
    audio[:, rate : 2 * rate] += 0.01 * noise(rng, 1.0, rate)[:, :rate]
    back = codecs.round_trip(audio, rate, codec)
    assert back.shape == audio.shape
    assert np.sum((back - audio) ** 2) < 0.01 * np.sum(audio**2)


def test_without_pyav_the_codecs_are_said_not_to_be_tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.rendering.mix_translation.is_available", lambda: False)
    mix = render(load_song(folder), RenderSettings(model="none"), wet_stems=True)
    translation = check_translation(mix)
    assert translation["not_tried"] == [codec.name for codec in codecs.CODECS]
    assert any("codecs" in line for line in translation_lines(translation))


def test_a_correction_keeps_within_its_budget_and_moves_that_stem_alone(
    write_song, rng, tmp_path: Path
) -> None:
    bass = lows() + 0.02 * lows(hz=700.0)
    folder = write_song({"bass.wav": bass, "drums.wav": 0.02 * noise(rng, 4.0, RATE_HZ)})
    plan = plan_render(load_song(folder), RenderSettings(model="none", effects=()))
    wanted = OutputSettings(format="wav", check_translation=True)
    told: list[tuple[str, str, float]] = []
    destination = Destination(tmp_path / "mixes" / "song.wav", wanted)
    done = render_to(destination, plan, progress=lambda *step: told.append(step))
    steps = {detail for stage, detail, _ in told if stage == Stage.TRANSLATION}
    assert steps - {"", "song.wav"} == {c.name for c in codecs.CODECS if codecs.is_available()}
    revision = plan_revision(tmp_path / "mixes" / "song.wav", [], translation_budget_db=3.0)
    take = make_take(revision)
    (band,) = dict(take.rendered.mix.plan.console.strips)["bass"].eq
    assert 0.0 < band.gain_db <= 3.0
    assert take.take["same"] == ["drums"]

    def lost(recipe) -> float:
        rows = recipe["translation"]["rows"]
        return next(r["lost"] for r in rows if (r["place"], r["stem"]) == ("phone", "bass"))

    assert lost(take.rendered.recipe) < lost(done.recipe)
    assert json.loads((tmp_path / "mixes" / "song.take2.mix.json").read_text())["translation"]


def test_what_is_not_lost_or_not_checked_is_not_corrected(folder: Path, tmp_path: Path) -> None:
    from mixer import SettingsError

    assert corrections([], 2.0) == []
    plan = plan_render(load_song(folder), RenderSettings(model="none", effects=()))
    render_to(Destination(tmp_path / "song.wav", OutputSettings(format="wav")), plan)
    with pytest.raises(SettingsError, match="--check-translation first"):
        plan_revision(tmp_path / "song.wav", [], translation_budget_db=2.0)
    assert revise(tmp_path / "song.wav", "bass down").take["number"] == 2
