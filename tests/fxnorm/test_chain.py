"""The whole chain: order, edge cases, determinism, memory, what it reports."""

import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mixer.dsp.blocks import peak_dbfs
from mixer.errors import InputError, ModelError, SettingsError
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import read_profile
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from mixer.normalisations import DEFAULT_EFFECTS, EFFECTS, check_effects
from tests.fxnorm.material import RATE, beat, energy_db, wide

MUSDB18 = read_profile("musdb18")
PAPER_EFFECTS = ("pre_reverb", "reverb", "eq", "compression", "panning", "loudness")
STEMS = ("vocals", "drums", "bass", "other")


@pytest.mark.parametrize("stem", STEMS)
def test_default_chain_centres_and_levels_every_stem(rng: np.random.Generator, stem: str) -> None:
    audio = beat(rng) + wide(rng, 6.0, lean_db=8.0) * np.float32(0.2)
    out, report = normalise_stem(audio, RATE, stem, MUSDB18)
    assert out.shape == audio.shape
    assert out.dtype == np.float32
    assert abs(np.diff(energy_db(out))[0]) < 0.5
    assert abs(report["after"]["balance_db"]) < 0.5
    target_lufs = MUSDB18.stem(stem).loudness_lufs
    if not report["effects"]["loudness"]["held_by_peak"]:
        lufs = integrated_loudness_lufs(out, RATE, COOKBOOK_FILTER, 65_536)
        assert lufs == pytest.approx(target_lufs, abs=0.01)
    assert np.abs(out).max() <= 1.0


def test_report_is_json_and_has_every_effect(rng: np.random.Generator) -> None:
    _, report = normalise_stem(beat(rng), RATE, "vocals", MUSDB18, PAPER_EFFECTS)
    text = json.dumps(report, allow_nan=False)
    assert tuple(json.loads(text)["effects"]) == PAPER_EFFECTS
    for done in report["effects"].values():
        assert {"loudness_lufs", "peak_dbfs"} <= set(done)
    assert report["after"]["loudness_lufs"] == report["effects"]["loudness"]["loudness_lufs"]
    assert {"ratio", "threshold_db"} <= set(report["effects"]["compression"]["channels"][0])


def test_bass_and_drums_get_no_reverb(rng: np.random.Generator) -> None:
    audio = beat(rng, 2.0)
    for stem in ("bass", "drums"):
        out, report = normalise_stem(audio, RATE, stem, MUSDB18, ("pre_reverb", "reverb"))
        np.testing.assert_array_equal(out, audio)
        assert report["effects"] == {}
    out, _ = normalise_stem(audio, RATE, "vocals", MUSDB18, ("reverb",))
    assert np.abs(out - audio).max() > 1e-3


def test_the_input_is_not_changed(rng: np.random.Generator) -> None:
    audio = beat(rng, 2.0)
    kept = audio.copy()
    normalise_stem(audio, RATE, "other", MUSDB18, PAPER_EFFECTS)
    np.testing.assert_array_equal(audio, kept)


@pytest.mark.parametrize("effect", EFFECTS)
def test_amount_zero_is_the_input_bit_for_bit(rng: np.random.Generator, effect: str) -> None:
    audio = beat(rng, 2.0)
    out, _ = normalise_stem(audio, RATE, "vocals", MUSDB18, (effect,), amounts={effect: 0.0})
    np.testing.assert_array_equal(out, audio)


@pytest.mark.parametrize("effect", ["pre_reverb", "reverb", "eq", "compression", "panning"])
def test_half_an_amount_lies_halfway(rng: np.random.Generator, effect: str) -> None:
    audio = beat(rng, 2.0)
    whole, _ = normalise_stem(audio, RATE, "vocals", MUSDB18, (effect,))
    half, _ = normalise_stem(audio, RATE, "vocals", MUSDB18, (effect,), amounts={effect: 0.5})
    np.testing.assert_allclose(half, 0.5 * (audio + whole), atol=1e-5)
    assert np.abs(whole - audio).max() > 1e-2


def test_same_seed_same_bits_whatever_else_runs(rng: np.random.Generator) -> None:
    audio = beat(rng, 3.0)

    def run(seed: int) -> np.ndarray:
        return normalise_stem(audio, RATE, "vocals", MUSDB18, PAPER_EFFECTS, seed=seed)[0]

    alone = run(3)
    with ThreadPoolExecutor(4) as pool:
        for out in pool.map(run, [3, 3, 3, 3]):
            np.testing.assert_array_equal(out, alone)
    assert np.abs(run(4) - alone).max() > 1e-3


def test_mono_comes_back_as_two_equal_channels(rng: np.random.Generator) -> None:
    mono = beat(rng, 2.0)[:1]
    effects = ("eq", "compression", "balance", "loudness")
    out, _ = normalise_stem(mono, RATE, "bass", MUSDB18, effects)
    both, _ = normalise_stem(np.repeat(mono, 2, axis=0), RATE, "bass", MUSDB18, effects)
    np.testing.assert_array_equal(out[0], out[1])
    np.testing.assert_array_equal(out, both)


def square_wave() -> np.ndarray:
    n = np.arange(RATE)
    return np.tile(np.where(n // 100 % 2, 1.0, -1.0), (2, 1))


def click() -> np.ndarray:
    audio = np.zeros((2, 2 * RATE))
    audio[:, RATE] = 1.0
    return audio


EDGE_CASES = {
    "silence": np.zeros((2, RATE)),
    "near silence": np.full((2, RATE), 1e-4),
    "empty": np.zeros((2, 0)),
    "one sample": np.ones((2, 1)),
    "one mono sample": np.ones((1, 1)),
    "DC": np.full((2, RATE), 0.5),
    "0.1 s": 0.5 * np.sin(np.arange(RATE // 10) / 10.0)[np.newaxis].repeat(2, 0),
    "click": click(),
    "square wave": square_wave(),
    "left only": click() * np.array([[1.0], [0.0]]),
    "far over full scale": 1e4 * square_wave(),
    "out of phase": square_wave() * np.array([[1.0], [-1.0]]),
}


@pytest.mark.parametrize("effects", [PAPER_EFFECTS, DEFAULT_EFFECTS], ids=["paper", "default"])
@pytest.mark.parametrize("case", EDGE_CASES)
def test_edge_cases_give_finite_unclipped_audio(case: str, effects: tuple[str, ...]) -> None:
    audio = EDGE_CASES[case].astype(np.float32)
    out, report = normalise_stem(audio, RATE, "vocals", MUSDB18, effects)
    assert out.shape == (2, audio.shape[1])
    assert np.all(np.isfinite(out))
    assert np.abs(out).max(initial=0.0) <= 1.0
    json.dumps(report, allow_nan=False)
    if case in ("silence", "near silence", "empty"):
        np.testing.assert_array_equal(out, audio)
        assert "dBFS" in report["skipped"]
    else:
        assert report["skipped"] is None
        assert np.any(out)


@pytest.mark.parametrize("rate", [22_050, 192_000])
def test_other_sample_rates_work(rng: np.random.Generator, rate: int) -> None:
    audio = beat(rng, 3.0, rate)
    out, report = normalise_stem(audio, rate, "drums", MUSDB18, PAPER_EFFECTS)
    assert np.all(np.isfinite(out))
    assert np.abs(out).max() <= 1.0
    held = report["effects"]["loudness"]["held_by_peak"]
    lufs = integrated_loudness_lufs(out, rate, COOKBOOK_FILTER, 65_536)
    assert held or lufs == pytest.approx(MUSDB18.stem("drums").loudness_lufs, abs=0.01)


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        (np.array([[0.1, np.nan], [0.0, 0.0]]), "NaN"),
        (np.array([[0.1, -np.inf], [0.0, 0.0]]), "infinite"),
        (np.full((2, 10), 2.0**31), "between|within"),
        (np.zeros((3, 10)), "shape"),
        (np.zeros(10), "shape"),
    ],
)
def test_audio_that_is_none_is_refused(audio: np.ndarray, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        normalise_stem(audio.astype(np.float32), RATE, "vocals", MUSDB18)
    assert str(caught.value).startswith("vocals: ")


def test_a_stem_outside_of_the_profile_is_refused() -> None:
    with pytest.raises(ModelError, match="kazoo"):
        normalise_stem(np.zeros((2, 10), dtype=np.float32), RATE, "kazoo", MUSDB18)


@pytest.mark.parametrize(
    ("effects", "amounts", "says"),
    [
        (("eq", "chorus"), None, "chorus"),
        (("compression", "eq"), None, "order"),
        (("eq", "eq"), None, "order"),
        (("panning", "balance"), None, "exclude"),
        (("eq",), {"eq": 1.5}, "1.5"),
        (("eq",), {"eq": float("nan")}, "nan"),
        (("eq",), {"flanger": 0.5}, "flanger"),
    ],
)
def test_effects_that_cannot_be_run_are_refused(
    effects: tuple[str, ...], amounts: dict | None, says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        check_effects(effects, amounts)


def test_memory_is_twice_the_stem(rng: np.random.Generator) -> None:
    audio = np.tile(beat(rng, 10.0), (1, 6))
    for effects in (DEFAULT_EFFECTS, PAPER_EFFECTS):
        tracemalloc.start()
        normalise_stem(audio, RATE, "drums", MUSDB18, effects)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The result is one of the two; 20 MB is for blocks, which do not grow with the stem.
        assert peak_bytes < 2.0 * audio.nbytes + 20e6


@pytest.mark.parametrize("lean_db", [3.0, -3.0])
def test_the_side_is_the_stems_own_though_eq_levels_its_channels(
    rng: np.random.Generator, lean_db: float
) -> None:
    expected = "right" if lean_db > 0 else "left"
    audio = wide(rng, 4.0, lean_db)
    for bits in (15, 23):
        rounded = (np.round(audio * 2.0**bits) / 2.0**bits).astype(np.float32)
        _, report = normalise_stem(rounded, RATE, "other", MUSDB18, ("eq", "panning"))
        assert report["effects"]["panning"]["side"] == expected


def test_a_kit_is_panned_up_to_6_khz_and_a_voice_up_to_16(rng: np.random.Generator) -> None:
    """Above, a centred source is panned by the offset alone, which leans by 7.4 dB."""
    audio = np.repeat(0.1 * rng.standard_normal((1, 3 * RATE)).astype(np.float32), 2, axis=0)
    leans_db = {}
    for stem in ("drums", "vocals"):
        out, _ = normalise_stem(audio, RATE, stem, MUSDB18, ("panning",))
        power = np.abs(np.fft.rfft(out)) ** 2
        hz = np.fft.rfftfreq(out.shape[1], 1.0 / RATE)
        band = power[:, (hz > 7_000.0) & (hz < 15_000.0)].sum(axis=1)
        leans_db[stem] = abs(10.0 * np.log10(band[1] / band[0]))
    assert leans_db["drums"] == pytest.approx(20.0 * np.log10(0.7 / 0.3), abs=0.05)
    assert leans_db["vocals"] != pytest.approx(leans_db["drums"], abs=0.5)


def test_the_stems_of_a_mono_song_balance_each_other(rng: np.random.Generator) -> None:
    mono = beat(rng, 2.0)[:1]
    effects = ("eq", "compression", "panning")
    reports = [normalise_stem(mono, RATE, stem, MUSDB18, effects)[1] for stem in STEMS]
    sides = [report["effects"]["panning"]["side"] for report in reports]
    assert sides == ["left", "left", "right", "right"]  # vocals, drums, bass, other


@pytest.mark.parametrize(
    ("lean", "amount"), [((1.0, 0.4), 1.0), ((0.3, 1.0), 0.5), ((1.0, 0.0), 1.0), ((0.5, 0.5), 1.0)]
)
def test_what_is_only_turned_up_has_the_levels_that_measuring_finds(
    rng: np.random.Generator, lean: tuple[float, float], amount: float
) -> None:
    audio = wide(rng, 6.0, lean_db=0.0) * np.float32(lean)[:, None]
    out, report = normalise_stem(
        audio, RATE, "vocals", MUSDB18, ("balance", "loudness"), amounts={"balance": amount}
    )
    assert set(report["effects"]) == {"balance", "loudness"}
    after = report["after"]
    assert after["loudness_lufs"] == pytest.approx(integrated_loudness_lufs(out, RATE), abs=1e-4)
    assert after["peak_dbfs"] == pytest.approx(peak_dbfs(out), abs=1e-4)
