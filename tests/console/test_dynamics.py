"""Compressor, gate and ducking: static curves, times, and an image that stays where it is."""

import numpy as np
import pytest

from mixer.console.levels import PeakLevel, ReductionMeter
from mixer.console.settings import Compressor, Duck, Gate, Strip
from mixer.console.strip import apply_strip
from tests.console.measures import RATE_HZ, peak_db, rms_db, tone


@pytest.mark.parametrize("frequency_hz", [60.0, 1_000.0])
@pytest.mark.parametrize("ratio", [2.0, 4.0, 20.0])
@pytest.mark.parametrize("level_db", [-40.0, -21.0, -12.0, 0.0])
def test_compressor_static_curve(level_db, ratio, frequency_hz) -> None:
    setting = Compressor(threshold_db=-20.0, ratio=ratio, make_up_db=3.0)
    out, _ = apply_strip(tone(frequency_hz, 1.0, level_db), RATE_HZ, Strip(compressor=setting))
    expected_db = level_db - max(level_db + 20.0, 0.0) * (1 - 1 / ratio) + 3.0
    assert peak_db(out[:, RATE_HZ // 2 :]) == pytest.approx(expected_db, abs=0.1)


def test_below_the_threshold_a_compressor_is_not_there() -> None:
    audio = tone(440.0, 0.5, -30.0)
    out, report = apply_strip(audio, RATE_HZ, Strip(compressor=Compressor(-20.0)))
    assert np.array_equal(out, audio)
    assert report["compressor"]["max_reduction_db"] == 0.0


def test_attack_and_release_are_time_constants() -> None:
    """63 % of the way in dB after one of each, on a tone that steps up and down by 20 dB."""
    audio = tone(2_000.0, 3.0, -30.0)
    audio[:, RATE_HZ : 2 * RATE_HZ] *= 10.0
    setting = Compressor(threshold_db=-30.0, ratio=4.0, attack_ms=50.0, release_ms=200.0)
    out, _ = apply_strip(audio, RATE_HZ, Strip(compressor=setting))
    with np.errstate(divide="ignore", invalid="ignore"):
        reduction_db = -20 * np.log10(np.abs(out[0]) / np.abs(audio[0]))
    at = lambda seconds: np.nanmedian(reduction_db[int(seconds * RATE_HZ) :][:20])  # noqa: E731
    assert at(1.95) == pytest.approx(15.0, abs=0.1)
    assert at(1.05) == pytest.approx(15.0 * 0.632, abs=0.3)
    # the peak is held for 10 ms before the release begins
    assert at(2.21) == pytest.approx(15.0 * 0.368, abs=0.3)


@pytest.mark.parametrize("softer", [0, 1])
def test_both_channels_get_one_gain(rng, softer) -> None:
    """The balance of a stem that is 12 dB louder on one side does not move."""
    audio = (0.3 * rng.standard_normal((2, 2 * RATE_HZ))).astype(np.float32)
    audio *= (np.sin(np.arange(2 * RATE_HZ) / 5_000.0) ** 2).astype(np.float32)
    audio[softer] *= 0.25
    for strip in (Strip(compressor=Compressor(-30.0, 8.0)), Strip(gate=Gate(-20.0, 4.0))):
        out, report = apply_strip(audio, RATE_HZ, strip)
        loud = np.abs(audio).min(axis=0) > 1e-4
        gains = out[:, loud] / audio[:, loud]
        assert np.allclose(gains[0], gains[1], rtol=1e-5)
        turned, again = apply_strip(audio[::-1], RATE_HZ, strip)
        assert np.array_equal(turned, out[::-1])
        assert again == report
        assert next(iter(report.values()))["max_reduction_db"] > 5.0


def test_a_gate_lowers_what_is_below_and_leaves_what_is_above() -> None:
    for level_db, expected_db in ((-10.0, -10.0), (-40.0, -60.0), (-70.0, -150.0)):
        out, _ = apply_strip(
            tone(1_000.0, 1.5, level_db), RATE_HZ, Strip(gate=Gate(-30.0, ratio=3.0))
        )
        assert peak_db(out[:, RATE_HZ:]) == pytest.approx(expected_db, abs=0.1)


def test_a_closed_gate_lowers_by_80_db_and_no_more() -> None:
    """So far below the threshold that the ratio alone would ask for 540 dB."""
    audio = np.concatenate([tone(1_000.0, 1.0, -80.0), tone(1_000.0, 1.0, 0.0)], axis=1)
    gate = Gate(-20.0, ratio=10.0, attack_ms=5.0)
    out, report = apply_strip(audio, RATE_HZ, Strip(gate=gate))
    assert report["gate"]["max_reduction_db"] == pytest.approx(80.0, abs=0.5)
    # It opens from there in some times its attack, however far below the threshold it was.
    assert peak_db(out[:, RATE_HZ + RATE_HZ // 20 :]) == pytest.approx(0.0, abs=0.1)


def test_a_gate_opens_with_its_attack() -> None:
    audio = tone(1_000.0, 2.0, -80.0)
    audio[:, RATE_HZ:] *= 1_000.0
    out, _ = apply_strip(audio, RATE_HZ, Strip(gate=Gate(-40.0, 10.0, attack_ms=2.0)))
    assert peak_db(out[:, int(1.02 * RATE_HZ) :][:, :200]) == pytest.approx(-20.0, abs=0.1)
    assert rms_db(out[:, RATE_HZ // 2 : RATE_HZ]) < -140.0


@pytest.mark.parametrize("key_level_db", [-3.0, -30.0])
def test_duck_reaches_its_amount_and_lets_go(key_level_db) -> None:
    """Whatever level the other stem was recorded at."""
    audio = tone(220.0, 4.0, -12.0)
    key = tone(500.0, 4.0, key_level_db)
    key[:, : 2 * RATE_HZ] = 0.0
    key[:, 3 * RATE_HZ :] = 0.0
    setting = Duck("vocals", amount_db=6.0, attack_ms=20.0, release_ms=100.0)
    out, report = apply_strip(audio, RATE_HZ, Strip(duck=setting), keys={"vocals": key})
    second = lambda start: rms_db(out[:, int(start * RATE_HZ) :][:, :22_050])  # noqa: E731
    assert np.array_equal(out[:, : 2 * RATE_HZ], audio[:, : 2 * RATE_HZ])
    assert second(2.4) == pytest.approx(rms_db(audio) - 6.0, abs=0.05)
    assert second(3.49) > rms_db(audio) - 0.2
    assert report["duck"]["max_reduction_db"] == pytest.approx(6.0, abs=0.01)


def key_at(levels_db: dict[float, float]) -> np.ndarray:
    """A tone of 500 Hz that has each level in dBFS for so many seconds."""
    parts = [tone(500.0, duration_s, level_db) for level_db, duration_s in levels_db.items()]
    return np.concatenate(parts, axis=1)


def test_a_duck_follows_how_far_the_key_is_below_its_usual_level() -> None:
    """All of it down to 10 dB below, nothing from 30 dB below on; bleed is not the usual level."""
    levels_db = {-70.0: 3.0, -10.0: 1.6, -20.0: 0.4, -30.0: 0.4, -40.0: 0.4}
    key = key_at(levels_db)
    audio = np.full_like(key, 0.25)
    setting = Duck("vocals", amount_db=12.0, attack_ms=5.0, release_ms=20.0)
    out, report = apply_strip(audio, RATE_HZ, Strip(duck=setting), keys={"vocals": key})
    ends = (np.cumsum(list(levels_db.values())) * RATE_HZ).round().astype(int) - 1
    ducked_db = -20 * np.log10(out[0, ends] / audio[0, ends])
    assert ducked_db == pytest.approx([0.0, 12.0, 12.0, 6.0, 0.0], abs=0.05)
    assert report["duck"]["key_level_dbfs"] == pytest.approx(-10.0, abs=0.01)


def test_a_duck_comes_with_its_attack_and_goes_with_its_release() -> None:
    """63 % of the way in dB after one of each."""
    key = np.concatenate([np.zeros((2, RATE_HZ), np.float32), tone(500.0, 2.0, -6.0)], axis=1)
    key = np.concatenate([key, np.zeros((2, RATE_HZ), np.float32)], axis=1)
    audio = np.full_like(key, 0.25)
    setting = Duck("vocals", amount_db=10.0, attack_ms=40.0, release_ms=160.0)
    out, _ = apply_strip(audio, RATE_HZ, Strip(duck=setting), keys={"vocals": key})
    ducked_db = lambda at_s: -20 * np.log10(out[0, int(at_s * RATE_HZ)] / 0.25)  # noqa: E731
    assert ducked_db(1.04) == pytest.approx(6.32, abs=0.2)
    # the peak is held for 10 ms before the release begins
    assert ducked_db(3.17) == pytest.approx(3.68, abs=0.2)


def test_a_silent_key_ducks_nothing() -> None:
    audio = tone(220.0, 0.5)
    keys = {"vocals": np.zeros_like(audio)}
    out, report = apply_strip(audio, RATE_HZ, Strip(duck=Duck("vocals", 12.0)), keys=keys)
    assert np.array_equal(out, audio)
    assert report["duck"]["key_level_dbfs"] is None


def test_the_level_is_the_peak_of_the_last_ten_milliseconds(rng) -> None:
    audio = rng.standard_normal((2, 5_000)).astype(np.float32)
    meter = PeakLevel(RATE_HZ)
    # in uneven blocks: what it remembers is its own
    found = np.concatenate([meter.measure_db(b) for b in np.split(audio, [7, 600, 4_000], axis=1)])
    louder = np.pad(np.abs(audio).max(axis=0), (440, 0))
    expected = np.lib.stride_tricks.sliding_window_view(louder, 441).max(axis=-1)
    assert np.allclose(found, 20 * np.log10(expected), atol=1e-3)


def test_silence_has_the_lowest_level_there_is() -> None:
    assert PeakLevel(RATE_HZ).measure_db(np.zeros((2, 1_000), np.float32)) == pytest.approx(-120.0)


def test_a_reduction_is_told_by_its_deepest_and_its_mean_over_all_blocks() -> None:
    meter = ReductionMeter()
    for block in ([0.0, 2.0], [7.0], [3.0]):
        meter.add(np.array(block, np.float32))
    assert meter.report() == {"max_reduction_db": 7.0, "mean_reduction_db": 3.0}
