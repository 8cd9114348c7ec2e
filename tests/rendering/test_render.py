"""The pipeline as a library: exact where it promises exactness, sound where it mixes."""

import dataclasses

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render
from mixer.console.settings import Console, Plugin, Strip
from mixer.errors import DeviceError, ModelError, SettingsError
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.rendering.mastering import master
from mixer.rendering.pipeline import premaster
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.wanted_audio import WantedAudio
from tests.passthrough import PASSTHROUGH
from tests.signals import band, noise, sine


@pytest.fixture
def song_folder(write_song, rng):
    return write_song({f"{name}.wav": audio for name, audio in band(rng, 6.0, 44_100).items()})


def plain_sum(folder) -> np.ndarray:
    files = sorted(folder.glob("*.wav"))
    return sum(soundfile.read(f, dtype="float32", always_2d=True)[0].T for f in files)


def test_the_default_model_gives_a_sound_mix(song_folder) -> None:
    mix = render(load_song(song_folder))
    assert mix.audio.shape == (2, 6 * 44_100)
    assert mix.audio.dtype == np.float32
    assert np.isfinite(mix.audio).all()
    assert mix.measurements["master"]["true_peak_dbtp"] <= -1.0
    # made to sound at the level of a mix before its master: -19 LUFS with this band
    assert -22.0 < mix.measurements["master"]["loudness_lufs"] < -16.0
    assert mix.device == "cpu" or mix.device.startswith("cuda:")


def test_the_same_song_and_settings_give_the_same_samples(song_folder) -> None:
    song = load_song(song_folder)
    effects = ("pre_reverb", "reverb", "eq", "compression", "balance", "loudness")
    settings = RenderSettings(effects=effects, seed=3)
    first, second = render(song, settings).audio, render(song, settings).audio
    assert np.array_equal(first, second)
    other = render(song, dataclasses.replace(settings, seed=4)).audio
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_amount_zero_is_the_plain_sum_sample_for_sample(write_song, rng, sample_rate) -> None:
    stems = {f"{n}.wav": a for n, a in band(rng, 3.0, sample_rate).items()}
    folder = write_song(stems, sample_rate=sample_rate)
    mix = render(load_song(folder), RenderSettings(amount=0.0, true_peak_dbtp=None))
    assert mix.sample_rate == sample_rate
    assert np.array_equal(mix.audio, plain_sum(folder))


def test_amount_fades_between_the_plain_sum_and_the_mix(song_folder) -> None:
    song = load_song(song_folder)
    at = {a: render(song, RenderSettings(amount=a, true_peak_dbtp=None)).audio for a in (0, 0.3, 1)}
    assert np.allclose(at[0.3], 0.7 * at[0] + 0.3 * at[1], atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        RenderSettings(),
        RenderSettings(model="none"),
        RenderSettings(amount=0.4, loudness_lufs=-12.0),
        RenderSettings(sample_rate=48_000, loudness_lufs=-10.0),
        RenderSettings(amount=0.0),
    ],
)
def test_wet_stems_and_residual_sum_to_the_mix(song_folder, settings) -> None:
    mix = render(load_song(song_folder), settings, wet_stems=True)
    assert set(mix.wet_stems) == {"vocals", "bass", "drums", "other"}
    total = sum(mix.wet_stems.values()) + mix.residual
    assert np.abs(total - mix.audio).max() <= 1e-6


def test_the_mix_comes_back_at_the_songs_rate_and_length(write_song, rng) -> None:
    folder = write_song({"drums.wav": noise(rng, 2.0, 44_100)})
    write_song({"bass.wav": sine(80.0, 2.5001, 96_000)}, sample_rate=96_000)
    mix = render(load_song(folder))
    assert (mix.sample_rate, mix.audio.shape) == (96_000, (2, 240_010))
    mix = render(load_song(folder), RenderSettings(sample_rate=48_000))
    assert (mix.sample_rate, mix.audio.shape) == (48_000, (2, 120_005))


def test_no_stem_of_the_default_model_leans(write_song, rng) -> None:
    stems = band(rng, 6.0, 44_100)
    stems["other"] *= np.array([[1.0], [0.3]], np.float32)
    folder = write_song({f"{name}.wav": audio for name, audio in stems.items()})
    mix = render(load_song(folder), wet_stems=True)
    for stem in mix.wet_stems.values():
        energy_l, energy_r = np.sum(stem.astype(np.float64) ** 2, axis=1)
        assert abs(10 * np.log10(energy_l / energy_r)) < 2.0  # from 10.5 dB


def test_the_passthrough_model_is_the_curve_of_the_normalised_stems_sum(song_folder) -> None:
    song = load_song(song_folder)
    effects = ("eq", "compression", "balance", "loudness")
    learnt = render(song, RenderSettings(str(PASSTHROUGH), true_peak_dbtp=None)).audio
    baseline = render(song, RenderSettings("none", effects=effects, true_peak_dbtp=None)).audio
    # the paper's network ends in a tanh
    assert np.abs(learnt - np.tanh(baseline)).max() < 1e-6


def test_loudness_and_ceiling_hold_after_everything(song_folder) -> None:
    settings = RenderSettings(loudness_lufs=-14.0, true_peak_dbtp=-2.0, sample_rate=48_000)
    mix = render(load_song(song_folder), settings)
    assert integrated_loudness_lufs(mix.audio, 48_000) == pytest.approx(-14.0, abs=0.1)
    assert true_peak_dbtp(mix.audio, 48_000) <= -2.0


@pytest.mark.parametrize(
    "stems",
    [
        {"vocals.wav": np.zeros((2, 44_100), np.float32)},
        {"drums.wav": np.full((1, 1), 0.5, np.float32)},
        {"bass.wav": np.full((1, 4_410), 0.5, np.float32)},
        {"other.wav": np.eye(1, 44_100, 22_050, dtype=np.float32)},
        {"other.wav": np.sign(sine(100.0, 1.0, 44_100))},
    ],
    ids=["silence", "one sample", "0.1 s of DC", "a click", "a full-scale square wave"],
)
def test_odd_songs_give_a_finite_mix_of_their_length(write_song, stems) -> None:
    mix = render(load_song(write_song(stems)))
    (audio,) = stems.values()
    assert mix.audio.shape == (2, audio.shape[1])
    assert np.isfinite(mix.audio).all()
    assert np.abs(mix.audio).max() <= 1.0


def test_progress_rises_to_the_end(song_folder) -> None:
    seen: list[tuple[str, str, float]] = []
    render(load_song(song_folder), progress=lambda *step: seen.append(step))
    shares = [share for _, _, share in seen]
    assert shares == sorted(shares)
    assert shares[-1] > 0.8
    assert list(dict.fromkeys(stage for stage, _, _ in seen)) == ["normalise", "network", "master"]
    assert {detail for stage, detail, _ in seen if stage == "normalise"} >= {"vocals", "drums"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"amount": 1.5}, "amount must be from 0 to 1"),
        ({"amount": float("nan")}, "amount must be from 0 to 1"),
        ({"loudness_lufs": 3.0}, "loudness in LUFS must be"),
        ({"true_peak_dbtp": 1.0}, "ceiling in dBTP must be"),
        ({"sample_rate": 100}, "sample rate in Hz must be"),
        ({"effects": ("equaliser",)}, "equaliser"),
        ({"amount": "half"}, "amount must be a number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"device": None}, "device must be a text"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message) -> None:
    with pytest.raises(SettingsError, match=message):
        RenderSettings(**settings)


def test_a_plug_in_that_is_not_there_is_found_before_the_work(song_folder, tmp_path) -> None:
    plugin = Plugin(str(tmp_path / "Gone.vst3"))
    stages: list[str] = []
    for console in (
        Console(strips=(("vocals", Strip(plugins=(plugin,))),)),
        Console(master=Strip(plugins=(plugin,))),
    ):
        with pytest.raises(SettingsError, match=r"Gone\.vst3: no such file"):
            render(
                load_song(song_folder),
                RenderSettings(console=console),
                progress=lambda stage, detail, share: stages.append(stage),
            )
    assert stages == []


def test_a_missing_model_profile_or_device_is_an_error(song_folder) -> None:
    song = load_song(song_folder)
    with pytest.raises(ModelError, match="nosuch"):
        render(song, RenderSettings(model="nosuch"))
    with pytest.raises(ModelError, match="nosuch"):
        render(song, RenderSettings(profile="nosuch"))
    with pytest.raises(DeviceError, match="tpu"):
        render(song, RenderSettings(device="tpu"))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["kira_dynamic", "mdn_funk"])
def test_real_songs_render_finite_unclipped_and_whole(shared, name) -> None:
    song = load_song(shared / "audio" / "stems" / name)
    mix = render(song)
    assert mix.audio.shape == (2, song.n_samples)
    assert np.isfinite(mix.audio).all()
    assert mix.measurements["master"]["true_peak_dbtp"] <= -1.0
    assert mix.measurements["master"]["loudness_lufs"] > -30.0


def test_a_mix_carries_its_plan_and_the_files_that_had_a_say(write_song, rng) -> None:
    stems = {f"{name}.wav": audio for name, audio in band(rng, 2.0, 44_100).items()}
    folder = write_song(stems)
    (folder / "song.toml").write_text("[console.vocals]\ngain_db = 2.0\n")
    mix = render(load_song(folder), RenderSettings("none", loudness_lufs=-14.0))
    assert mix.console.strip("vocals").gain_db == 2.0
    assert [source["path"] for source in mix.presets] == [str(folder / "song.toml")]
    assert (mix.plan.song, mix.plan.settings) == (mix.song, mix.settings)


def test_mastering_what_was_kept_is_mastering_at_once(song_folder) -> None:
    """The master alone knows the targets: one premaster serves them all."""
    song = load_song(song_folder)
    at_once = RenderSettings("none", loudness_lufs=-12.0, true_peak_dbtp=-2.0)
    kept = premaster(plan_render(song, RenderSettings("none")), WantedAudio(True))
    later = master(dataclasses.replace(kept, plan=plan_render(song, at_once)))
    expected = render(song, at_once, wet_stems=True)
    assert np.array_equal(later.audio, expected.audio)
    assert later.measurements == expected.measurements
    for stem, audio in expected.wet_stems.items():
        assert np.array_equal(later.wet_stems[stem], audio)


def test_levels_of_stems_that_nobody_asked_for_are_those_of_the_mix(song_folder) -> None:
    """They are measured before the master's gain and moved by it."""
    console = Console(strips=(("vocals", Strip(gain_db=3.0)),))
    settings = RenderSettings("none", loudness_lufs=-12.0, console=console)
    song = load_song(song_folder)
    asked, passed = (
        render(song, settings, wet_stems=asks).measurements["wet_stems"] for asks in (True, False)
    )
    assert set(asked) == set(song.stems)
    assert set(passed) == {"vocals"}  # which alone is made
    assert passed["vocals"] == pytest.approx(asked["vocals"], abs=1e-3)
