"""The benchmark: known errors are read as what they are, and nothing else moves."""

import math

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from mixer.evaluate.benchmark import ERROR_NAMES, benchmark_mix, measure_truth
from mixer.evaluate.benchmark_summary import summarise_benchmark
from mixer.evaluate.benchmark_table import benchmark_markdown, stems_markdown
from mixer.meters.measures import DAMAGE
from tests.signals import band, noise, sine

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def stems() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    stems = band(rng, 2.0, RATE_HZ)
    stems["other"] = 0.5 * noise(rng, 2.0, RATE_HZ)
    return stems


def judged(stems: dict, wet: dict, **settings):
    mix, true_mix = (np.add.reduce(list(x.values())) for x in (wet, stems))
    truth = measure_truth(stems, true_mix, RATE_HZ, 2.0)
    return benchmark_mix(stems, wet, mix, truth, RATE_HZ, damage=False, **settings)


def test_the_truth_has_no_error(stems) -> None:
    means = judged(stems, stems).means()
    assert set(means) == set(ERROR_NAMES)
    assert all(value == pytest.approx(0.0, abs=1e-6) for value in means.values())


def test_no_error_depends_on_the_level_of_a_mix(stems) -> None:
    means = judged(stems, {name: 0.25 * audio for name, audio in stems.items()}).means()
    assert all(value == pytest.approx(0.0, abs=1e-3) for value in means.values())


def test_a_stem_too_loud_is_that_much_too_loud_against_the_others(stems) -> None:
    wet = stems | {"vocals": 2.0 * stems["vocals"]}
    own = judged(stems, wet).stem_means()
    up_db = 20.0 * math.log10(2.0)
    # The mix becomes louder with it: every level falls by the same, and the voice's rises.
    assert own["vocals"]["level_db"] - own["bass"]["level_db"] == pytest.approx(up_db, abs=0.01)
    assert own["drums"]["level_db"] == pytest.approx(own["bass"]["level_db"], abs=0.01)
    assert own["drums"]["level_db"] < 0.0
    assert own["vocals"]["spectrum_db"] == pytest.approx(0.0, abs=1e-3)
    assert own["vocals"]["crest_db"] == pytest.approx(0.0, abs=1e-3)


def test_a_lean_is_an_error_of_balance_alone(stems) -> None:
    lean = np.array([[10.0 ** (3.0 / 20.0)], [1.0]], dtype=np.float32)
    own = judged(stems, stems | {"other": lean * stems["other"]}).stem_means()["other"]
    assert own["balance_db"] == pytest.approx(-3.0, abs=0.01)
    assert own["width_db"] == pytest.approx(0.0, abs=0.05)
    assert own["spectrum_db"] == pytest.approx(0.0, abs=0.1)
    assert own["crest_db"] == pytest.approx(0.0, abs=0.01)


def test_narrowing_is_an_error_of_width_alone(stems) -> None:
    # Independent channels: as much side as mid; the side 6 dB down is what the error reads.
    left, right = stems["other"]
    mid, side = 0.5 * (left + right), 0.25 * (left - right)
    wet = stems | {"other": np.stack([mid + side, mid - side])}
    own = judged(stems, wet).stem_means()["other"]
    assert own["width_db"] == pytest.approx(20.0 * math.log10(2.0), abs=0.1)
    assert abs(own["balance_db"]) < 0.1


def test_a_tilted_spectrum_is_read_in_third_octaves(stems) -> None:
    # The upper half of the third octaves by 8 dB: 4 dB from their mean, both halves.
    raised = np.fft.rfft(stems["other"])
    hz = np.fft.rfftfreq(stems["other"].shape[1], 1.0 / RATE_HZ)
    bands_hz = 1_000.0 * 2.0 ** (np.arange(-16, 13) / 3.0)
    split_hz = bands_hz[14] * 2.0 ** (1.0 / 6.0)
    gain = np.where(hz > split_hz, 10.0 ** (8.0 / 20.0), 1.0)
    wet = stems | {"other": np.fft.irfft(raised * gain, stems["other"].shape[1])}
    wet["other"] = wet["other"].astype(np.float32)
    own = judged(stems, wet).stem_means()["other"]
    # 15 of 29 bands stay, 14 rise; white noise fills all within 50 dB.
    expected = 8.0 * 2.0 * 15.0 * 14.0 / 29.0**2
    assert own["spectrum_db"] == pytest.approx(expected, abs=0.1)


def test_a_sine_made_square_has_lost_three_decibels_of_crest(stems) -> None:
    tone = np.repeat(sine(441.0, 2.0, RATE_HZ), 2, axis=0)
    wet = stems | {"bass": 0.5 * np.sign(tone + 1e-9).astype(np.float32)}
    own = judged(stems | {"bass": tone}, wet).stem_means()["bass"]
    assert own["crest_db"] == pytest.approx(-10.0 * math.log10(2.0), abs=0.01)


def test_a_stem_that_is_silent_in_truth_is_left_out_and_said(stems) -> None:
    truth = stems | {"bass": np.zeros_like(stems["bass"])}
    result = judged(truth, stems)
    assert result.segments[0].silent == ("bass",)
    assert set(result.stem_means()) == set(stems) - {"bass"}


def test_a_missing_stem_is_wrong_by_its_whole_level(stems) -> None:
    wet = {name: audio for name, audio in stems.items() if name != "vocals"}
    errors = judged(stems, wet).stem_means()["vocals"]
    assert errors["level_db"] < -25.0
    assert all(math.isfinite(value) for value in errors.values())


def test_segments_cover_the_song_and_a_short_rest_joins_the_last() -> None:
    rng = np.random.default_rng(3)
    stems = {"drums": noise(rng, 5.5, RATE_HZ), "bass": noise(rng, 5.5, RATE_HZ)}
    mix = stems["drums"] + stems["bass"]
    truth = measure_truth(stems, mix, RATE_HZ, segment_s=2.5)
    edges = [(s.first / RATE_HZ, s.end / RATE_HZ) for s in truth.segments]
    assert edges == [(0.0, 2.5), (2.5, 5.5)]
    silent = mix.copy()
    silent[:, : round(2.5 * RATE_HZ)] = 0.0
    assert len(measure_truth(stems, silent, RATE_HZ, segment_s=2.5).segments) == 1
    with pytest.raises(InputError, match="silent from 0 to"):
        benchmark_mix(stems, stems, silent, truth, RATE_HZ, damage=False)


def test_lengths_that_differ_are_refused(stems) -> None:
    mix = np.add.reduce(list(stems.values()))
    truth = measure_truth(stems, mix, RATE_HZ)
    short = {name: audio[:, :-1] for name, audio in stems.items()}
    with pytest.raises(InputError, match="stem vocals must have the shape"):
        benchmark_mix(stems, short, mix, truth, RATE_HZ)
    with pytest.raises(InputError, match="cut both"):
        benchmark_mix(short, short, mix[:, :-1], truth, RATE_HZ)
    with pytest.raises(InputError, match="silent"):
        measure_truth(stems, 0.0 * mix, RATE_HZ)


def test_a_nearer_system_wins_and_the_table_says_so(stems) -> None:
    # Eight songs on which one system is 1 dB off and the other 3 dB.
    def off(by_db: float) -> dict[str, np.ndarray]:
        return stems | {"vocals": np.float32(10.0 ** (by_db / 20.0)) * stems["vocals"]}

    near, far = judged(stems, off(1.0)), judged(stems, off(3.0))
    songs = [f"song {k}" for k in range(8)]
    results = {
        "mine": dict.fromkeys(songs, near),
        "truth": dict.fromkeys(songs, judged(stems, stems)),
        "theirs": dict.fromkeys(songs, far),
    }
    summary = summarise_benchmark(results, "mine", "truth")
    comparison = summary.comparison("theirs", "level_error_db")
    assert comparison is not None
    assert comparison.n == 8
    assert comparison.effect == -1.0
    # Eight of eight: 2 / 2^8, and Holm's correction never lowers it.
    assert comparison.p == pytest.approx(2.0**-7)
    assert comparison.p <= comparison.p_holm <= 1.0
    assert summary.comparison("truth", "level_error_db") is None
    text = benchmark_markdown(summary)
    levels = next(line for line in text.splitlines() if "level of a stem" in line)
    assert [cell.strip() for cell in levels.split("|")][2:5] == [
        f"{near.means()['level_error_db']:.2f}",
        "0.00",
        f"{far.means()['level_error_db']:.2f}",
    ]
    assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "| vocals" in stems_markdown(summary)


def test_the_worst_correlation_is_the_lowest_and_the_worst_of_all_else_the_highest() -> None:
    values = [0.25, math.nan, -0.5, 0.5]
    worst = {measure.name: measure.worst(values) for measure in DAMAGE}
    assert worst.pop("low_correlation") == -0.5
    assert set(worst.values()) == {0.5}
    assert math.isnan(DAMAGE[0].worst([math.nan]))


@pytest.mark.shared
def test_equal_loudness_undoes_a_mastering_gain_of_a_real_song(shared) -> None:
    from mixer.audio import read_audio

    folder = shared / "audio" / "stems" / "mdn_funk"
    cut = slice(30 * RATE_HZ, 35 * RATE_HZ)
    stems = {p.stem: read_audio(p, RATE_HZ)[0][:, cut] for p in sorted(folder.glob("*.ogg"))}
    sos = scipy.signal.butter(1, 200.0, "highpass", fs=RATE_HZ, output="sos")
    wet = stems | {"bass": scipy.signal.sosfilt(sos, stems["bass"]).astype(np.float32)}
    quiet = {name: np.float32(0.1) * audio for name, audio in wet.items()}
    loud, low = judged(stems, wet).means(), judged(stems, quiet).means()
    assert loud == pytest.approx(low, rel=1e-3, abs=1e-4)
    assert loud["spectrum_error_db"] > 0.5
