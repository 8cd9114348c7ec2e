"""The strip as a whole: bit-identical bypass of every effect, blends, order, and its report."""

import dataclasses
import json
from importlib import import_module

import numpy as np
import pytest

from mixer.console.settings import (
    EFFECT,
    STRIP_EFFECTS,
    Band,
    Compressor,
    DeEsser,
    Duck,
    Filter,
    Gate,
    Plugin,
    Saturation,
    Strip,
    following_level,
    without_effects,
)
from mixer.console.strip import apply_strip, is_neutral
from mixer.errors import PresetError
from tests.console.measures import RATE_HZ, response_db

EFFECTS = {
    "high_pass": Filter(200.0, 24),
    "low_pass": Filter(2_000.0),
    "eq": (Band("peak", 500.0, 6.0), Band("notch", 60.0), Band("low_shelf", 100.0, -3.0)),
    "gate": Gate(-20.0),
    "compressor": Compressor(-30.0, 4.0, make_up_db=2.0),
    "de_esser": DeEsser(3_000.0, -20.0),
    "saturation": Saturation(18.0),
    "plugins": (Plugin("halve.vst3"),),
}
FULL = Strip(**EFFECTS, width=0.5, pan=0.3, gain_db=-2.0, duck=Duck("vocals", 3.0))


def halve(audio, sample_rate, setting, *, stem):
    return audio * np.float32(0.5)


def awkward(rng) -> np.ndarray:
    """Noise with what a careless bypass changes: negative zeros, denormals, the largest floats."""
    audio = (0.3 * rng.standard_normal((2, 70_000))).astype(np.float32)
    audio[:, 35_000:] *= np.float32(0.1)
    audio[:, 100:110] = -0.0
    audio[0, 200:210] = 1e-42
    audio[1, 300] = -1e-45
    audio[:, 69_990:] = -0.0
    return audio


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


def with_amount(setting, amount):
    if isinstance(setting, tuple):
        return tuple(dataclasses.replace(part, amount=amount) for part in setting)
    return dataclasses.replace(setting, amount=amount)


def test_a_neutral_strip_hands_back_its_array(rng) -> None:
    audio = awkward(rng)
    for strip in (
        Strip(),
        Strip(solo=True, reverb_db=-10.0),
        dataclasses.replace(FULL, amount=0.0),
    ):
        out, report = apply_strip(audio, RATE_HZ, strip)
        assert out is audio
        assert report == {}
        assert is_neutral(strip)


@pytest.mark.parametrize("amount", [0.0, ((0.0, 0.0), (1.0, 0.0)), ((1.5, 0.0), (1.55, 1.0))])
@pytest.mark.parametrize("name", EFFECTS)
def test_amount_0_is_bit_identical(rng, name, amount) -> None:
    """Constant, automated, and before an automation begins."""
    audio = awkward(rng)
    strip = Strip(**{name: with_amount(EFFECTS[name], amount)})
    out, _ = apply_strip(audio, RATE_HZ, strip, plugin_runner=halve)
    silent_until = round(1.5 * RATE_HZ) if amount != 0.0 and amount[-1][1] else audio.shape[1]
    assert same_bits(out[:, :silent_until], audio[:, :silent_until])
    if silent_until < audio.shape[1]:
        assert not np.array_equal(out, audio)


@pytest.mark.parametrize("name", EFFECTS)
def test_amount_blends_dry_and_wet(rng, name) -> None:
    audio = awkward(rng)
    single = EFFECTS[name][:1] if isinstance(EFFECTS[name], tuple) else EFFECTS[name]

    def run(amount):
        strip = Strip(**{name: with_amount(single, amount)})
        return apply_strip(audio, RATE_HZ, strip, plugin_runner=halve)[0]

    wet = run(1.0)
    assert not np.allclose(wet, audio, atol=1e-3)
    assert np.allclose(run(0.25), 0.75 * audio + 0.25 * wet, atol=1e-6)
    assert same_bits(run(((0.0, 1.0), (0.5, 1.0))), wet)


def test_the_strips_amount_blends_the_whole(rng) -> None:
    audio = awkward(rng)
    keys = {"vocals": awkward(rng)}

    def run(amount):
        strip = dataclasses.replace(FULL, amount=amount)
        return apply_strip(audio, RATE_HZ, strip, keys=keys, plugin_runner=halve)[0]

    wet = run(1.0)
    assert np.allclose(run(0.5), 0.5 * (audio + wet), atol=1e-6)
    late = run(((1.0, 0.0), (1.2, 1.0)))
    assert same_bits(late[:, :RATE_HZ], audio[:, :RATE_HZ])
    assert same_bits(late[:, -10_000:], wet[:, -10_000:])


def test_the_input_is_not_changed_and_runs_are_equal(rng) -> None:
    audio, keys = awkward(rng), {"vocals": awkward(rng)}
    before = audio.copy()
    first, _ = apply_strip(audio, RATE_HZ, FULL, keys=keys, plugin_runner=halve)
    second, _ = apply_strip(audio, RATE_HZ, FULL, keys=keys, plugin_runner=halve)
    assert same_bits(audio, before)
    assert same_bits(first, second)


def test_blocks_leave_no_seam(rng) -> None:
    """A song cut off after a block gives the same samples as far as it goes."""
    audio = (0.3 * rng.standard_normal((2, 150_000))).astype(np.float32)
    strip = dataclasses.replace(FULL, duck=None, plugins=())
    whole, _ = apply_strip(audio, RATE_HZ, strip)
    # all but what the oversampling looks ahead
    part, _ = apply_strip(audio[:, :80_123], RATE_HZ, strip)
    assert np.allclose(whole[:, :80_000], part[:, :80_000], atol=1e-6)


def test_order_eq_before_dynamics_before_gain() -> None:
    """A tone that the high-pass takes away does not work the compressor; the fader neither."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    low = np.tile(np.sin(2 * np.pi * 30.0 * time_s), (2, 1)).astype(np.float32)
    squeeze = Compressor(-20.0, 10.0, 1.0)
    alone = apply_strip(low, RATE_HZ, Strip(compressor=squeeze))[1]
    after = apply_strip(
        low, RATE_HZ, Strip(high_pass=Filter(500.0, 24), compressor=squeeze, gain_db=24.0)
    )[1]
    assert alone["compressor"]["max_reduction_db"] > 15.0
    assert after["compressor"]["max_reduction_db"] == 0.0
    assert list(after) == ["high_pass", "compressor", "gain_db"]


def test_the_report_is_json_and_names_every_effect(rng) -> None:
    report = apply_strip(
        np.zeros((2, 1_000), np.float32),
        RATE_HZ,
        FULL,
        keys={"vocals": np.zeros((2, 1_000), np.float32)},
        plugin_runner=halve,
    )[1]
    assert set(report) == {*EFFECTS, "duck", "width", "pan", "gain_db"}
    assert len(report["eq"]) == 3
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_mute_is_silence(rng) -> None:
    out, _ = apply_strip(awkward(rng), RATE_HZ, Strip(mute=True, amount=0.0))
    assert not out.any()


def test_short_and_empty_audio() -> None:
    for n_samples in (0, 1, 50):
        audio = np.full((2, n_samples), 0.5, np.float32)
        out, _ = apply_strip(audio, RATE_HZ, FULL, keys={"vocals": audio}, plugin_runner=halve)
        assert out.shape == audio.shape
        assert np.isfinite(out).all()


def test_a_duck_by_nobody_is_refused_and_by_an_absent_stem_rests(rng) -> None:
    audio = awkward(rng)
    for by in ("vocal", "bass"):
        said = rf"bass\.duck\.by: '{by}' is not another stem of the song; use vocals"
        with pytest.raises(PresetError, match=said):
            apply_strip(audio, RATE_HZ, Strip(duck=Duck(by)), keys={}, stem="bass")
    out, report = apply_strip(audio, RATE_HZ, Strip(duck=Duck("vocals")), keys={}, stem="bass")
    assert np.array_equal(out, audio)
    assert report == {"duck": None}


def test_effects_add_up() -> None:
    strip = Strip(eq=(Band("peak", 1_000.0, 4.0), Band("peak", 1_000.0, 2.0)), gain_db=-3.0)
    assert response_db(strip, [1_000.0]) == pytest.approx([3.0], abs=0.05)


def test_every_field_of_a_strip_is_an_effect_or_known_to_be_none() -> None:
    made = {
        field.name: field.metadata[EFFECT]
        for field in dataclasses.fields(Strip)
        if EFFECT in field.metadata
    }
    others = {field.name for field in dataclasses.fields(Strip)} - set(made)
    sends = {"reverb_db", "delay_db"}
    assert others == {"mute", "solo", "amount", "network"} | sends
    assert [name for name, made_by in made.items() if made_by is None] == ["duck", "plugins"]
    for made_by in filter(None, made.values()):
        module, _, function = made_by.partition(":")
        assert callable(getattr(import_module(f"mixer.console.{module}"), function))


@pytest.mark.parametrize("name", sorted(set(STRIP_EFFECTS) - {"duck", "plugins"}))
def test_the_effects_that_follow_the_level_are_those_that_are_not_linear(
    name: str, rng: np.random.Generator
) -> None:
    strip = without_effects(FULL, set(STRIP_EFFECTS) - {name})
    loud = (0.4 * rng.standard_normal((2, 20_000))).astype(np.float32)
    loud[:, :10_000] *= 0.1
    of_loud, _ = apply_strip(loud, RATE_HZ, strip)
    of_soft, _ = apply_strip(0.125 * loud, RATE_HZ, strip)
    off = np.abs(8.0 * of_soft - of_loud).max() / np.abs(of_loud).max()
    assert (off > 1e-3) == (following_level(strip) == (name,))
    assert without_effects(strip, [name]) == Strip()


def test_settings_that_would_overflow_are_refused(rng: np.random.Generator) -> None:
    """64 bands of +24 dB at one frequency are 1 536 dB: no sample holds that, and no sum."""
    noise = rng.uniform(-0.5, 0.5, (2, 20_000)).astype(np.float32)
    strip = Strip(eq=(Band("peak", 1_000.0, 24.0, 0.1),) * 64)
    with pytest.raises(PresetError, match=r"vocals\.eq: lifts the audio beyond .* lower its gains"):
        apply_strip(noise, 44_100, strip, stem="vocals")
