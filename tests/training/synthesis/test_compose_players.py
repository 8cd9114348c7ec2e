"""Players and recordings, held to physics: pitch, harmonics, delay, level."""

from pathlib import Path

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.meters.loudness import integrated_loudness_lufs
from training.synthesis.drum_session import record_kit
from training.synthesis.humanise import PlayedHit, PlayedNote
from training.synthesis.players.amplifier import AMPS, amplify
from training.synthesis.players.drum_kits import KITS, built_bank, strike
from training.synthesis.players.soundfont import Part, find_soundfont, play_parts
from training.synthesis.players.synth import PATCHES, play_synth
from training.synthesis.players.voice import Singer, sing
from training.synthesis.recording import LEVEL_LUFS, PEAK_DBFS, Desk
from training.synthesis.score import Chord, Section, Sheet
from training.synthesis.voice_part import SungPhrase, SungSyllable

RATE = 44_100


def pitch_hz(audio: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Fundamental by the peak of the autocorrelation, refined by a parabola."""
    spectrum = np.fft.rfft(audio, 2 * len(audio))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    first, last = int(RATE / high_hz), int(RATE / low_hz)
    at = first + int(np.argmax(correlation[first:last]))
    left, here, right = correlation[at - 1 : at + 2]
    return RATE / (at + 0.5 * (left - right) / (left - 2.0 * here + right))


def level_db(audio: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(audio)) ** 2
    hz = np.fft.rfftfreq(len(audio), 1.0 / RATE)
    return float(10.0 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].sum() + 1e-20))


def held_note(midi: int) -> tuple[Sheet, list[SungPhrase]]:
    sheet = Sheet(
        "pop", 60.0, 4, 0.5, 0.25, 0, (0, 2, 4, 5, 7, 9, 11),
        (Section("verse", 0, 1, 0.5),), (Chord(0.0, 4.0, (9, 1, 4)),),
    )  # fmt: skip
    syllable = SungSyllable(1.0, 2.0, midi, (), "AA", ())
    return sheet, [SungPhrase("verse", 0.6, (syllable,))]


@pytest.mark.parametrize("size", [1.0, 1.16])
def test_singers_of_any_size_sing_the_note(size: float) -> None:
    sheet, phrases = held_note(57)
    singer = Singer(size=size, timing_spread_s=0.0, detune_cents=0.0)
    voice = sing(phrases, sheet, singer, 4 * RATE, RATE, np.random.default_rng(1))
    held = voice[int(1.3 * RATE) : int(2.6 * RATE)]
    # Vibrato, drift and scoop average to a few cents.
    assert 1200.0 * np.log2(pitch_hz(held, 100.0, 400.0) / 220.0) == pytest.approx(0.0, abs=25.0)
    assert np.abs(voice[int(3.4 * RATE) :]).max() < 0.01 * np.abs(voice).max()


def test_a_small_tract_has_high_formants() -> None:
    """The first formant of AA stands near 710 Hz in a tenor, 16 % higher in a small tract."""
    sheet, phrases = held_note(45)
    ratios = []
    for size in (1.0, 1.3):
        singer = Singer(size=size, timing_spread_s=0.0)
        voice = sing(phrases, sheet, singer, 4 * RATE, RATE, np.random.default_rng(1))
        held = voice[int(1.3 * RATE) : int(2.6 * RATE)]
        ratios.append(level_db(held, 1500.0, 2000.0) - level_db(held, 500.0, 1000.0))
    assert ratios[1] > ratios[0] + 3.0


def test_the_synthesiser_does_not_fold() -> None:
    """A saw at 3136 Hz has seven partials under half the rate; between them there is nothing."""
    note = [PlayedNote(0.0, 1.0, 103, 0.8)]
    audio = play_synth(note, PATCHES["acid_bass"], RATE, RATE, np.random.default_rng(0),
                       is_stereo=False)  # fmt: skip
    assert np.array_equal(audio[0], audio[1])
    held = audio[0][4096 : 4096 + 32768] * np.hanning(32768)
    between = level_db(held, 3136.0 * 1.2, 3136.0 * 1.8)
    assert level_db(held, 3136.0 * 0.9, 3136.0 * 1.1) - between > 50.0


def test_a_driven_amplifier_adds_harmonics_and_its_cabinet_takes_the_top() -> None:
    time_s = np.arange(RATE) / RATE
    tone = (0.1 * np.sin(2.0 * np.pi * 400.0 * time_s)).astype(np.float32)
    harmonics_db = {}
    for name in ("clean", "high_gain"):
        out = amplify(tone, AMPS[name], RATE, np.random.default_rng(0))
        steady = out[RATE // 2 :] * np.hanning(RATE - RATE // 2)
        harmonics_db[name] = level_db(steady, 1150.0, 1250.0) - level_db(steady, 350.0, 450.0)
        rms = np.sqrt(np.mean(np.square(out[RATE // 2 :])))
        assert rms == pytest.approx(0.1 / np.sqrt(2.0), rel=0.15)
    assert harmonics_db["clean"] < -25.0
    assert harmonics_db["high_gain"] > -15.0
    noise = np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    out = amplify(noise, AMPS["crunch"], RATE, np.random.default_rng(0))
    assert level_db(out, 10_000.0, 15_000.0) < level_db(out, 1000.0, 4000.0) - 20.0


def test_strokes_fall_where_they_are_played_and_the_foot_ends_an_open_hat() -> None:
    rng = np.random.default_rng(0)
    bank = built_bank(KITS["acoustic"], ["hat", "open_hat", "kick"], rng, RATE)
    hits = [
        PlayedHit("open_hat", 0.5, 0.9), PlayedHit("hat", 0.7, 0.6), PlayedHit("kick", 1.0, 0.5),
        PlayedHit("kick", 1.5, 1.0),
    ]  # fmt: skip
    tracks = strike(hits, bank, 2 * RATE, RATE)
    assert not np.any(tracks["kick"][:RATE])
    assert np.any(tracks["kick"][RATE : RATE + 100])
    assert not np.any(tracks["open_hat"][round(0.73 * RATE) :])
    soft, hard = tracks["kick"][RATE : RATE + 20_000], tracks["kick"][round(1.5 * RATE) :][:20_000]
    assert np.abs(hard).max() > 1.7 * np.abs(soft).max()


def test_close_microphones_hear_their_own_piece_first() -> None:
    rng = np.random.default_rng(2)
    pieces = {
        name: np.zeros(RATE, np.float32) for name in ("kick", "snare", "hat", "crash", "shaker")
    }
    for index, sound in enumerate(pieces.values()):
        sound[4000 + 6000 * index] = 1.0
    tracks = {name: audio for name, _, audio, _ in record_kit(pieces, RATE, rng)}
    snare, overheads = tracks["Snare Top"], tracks["OH"]
    assert np.argmax(np.abs(snare)) == 10_000
    bleed = np.abs(snare[4000:5000]).max()
    assert 10.0 ** (-45.0 / 20.0) < bleed < 10.0 ** (-15.0 / 20.0)
    # The overheads stand a metre away: 3 ms late, the hat nearer to the right one.
    at = 16_000 + np.argmax(np.abs(overheads[:, 16_000:20_000]), axis=1)
    assert at[1] - 16_000 == pytest.approx(0.003 * RATE, abs=2)
    assert at[0] > at[1]
    assert np.abs(overheads[1, at[1]]) > np.abs(overheads[0, at[0]])
    # A shaker is played afterwards, alone.
    assert np.count_nonzero(tracks["Shaker"]) == 1


def test_recordings_have_a_level_and_takes_of_one_part_the_same() -> None:
    rng = np.random.default_rng(5)
    desk = Desk(RATE, rng)
    tone = (rng.standard_normal(5 * RATE) * 0.1 + 0.05).astype(np.float32)
    first, second = (desk.record(tone, is_acoustic=True, channel_strip="Gtr Dbl") for _ in "12")
    assert first is not None
    assert second is not None
    levels = [integrated_loudness_lufs(take, RATE) for take in (first, second)]
    assert abs(levels[0] - levels[1]) < 4.5
    for take, level in zip((first, second), levels, strict=True):
        assert np.array_equal(take[0], take[1])
        assert LEVEL_LUFS[0] - 2.5 < level < LEVEL_LUFS[1] + 2.5
        assert np.abs(take).max() <= 10.0 ** (PEAK_DBFS / 20.0) + 1e-6
        # The tone came with 0.05 of DC under peaks of 0.5.
        assert abs(take.mean()) < 1e-3 * np.abs(take).max()
    silence = np.zeros(RATE, np.float32)
    assert desk.record(silence, is_acoustic=True, channel_strip="x") is None


def test_the_soundfont_plays_dry_in_tune_and_the_same_twice(soundfont: Path) -> None:
    organ = Part(16, [PlayedNote(0.1, 1.0, 69, 0.8)], 2.0)
    flat = Part(16, [PlayedNote(0.1, 1.0, 69, 0.8)], 2.0, detune_cents=-50.0)
    first, second = (play_parts([organ, flat], soundfont, RATE) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.shape == (2, 2 * RATE)
        assert np.array_equal(one, other)
    pitches = [pitch_hz(take[0][round(0.3 * RATE) : round(0.9 * RATE)], 150.0, 600.0)
               for take in first]  # fmt: skip
    assert 1200.0 * np.log2(pitches[1] / pitches[0]) == pytest.approx(-50.0, abs=8.0)
    octaves = 12.0 * np.log2(pitches[0] / 440.0)
    assert abs(octaves - 12.0 * round(octaves / 12.0)) < 0.2
    # No reverb: half a second after the key is up there is nothing.
    assert np.abs(first[0][:, round(1.6 * RATE) :]).max() < 1e-3 * np.abs(first[0]).max()


def test_a_missing_or_false_soundfont_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        find_soundfont(tmp_path / "none.sf2")
    false = tmp_path / "false.sf2"
    false.write_bytes(b"RIFF0000WAVEfmt ")
    with pytest.raises(InputError, match="not a SoundFont"):
        find_soundfont(false)


def test_no_soundfont_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.synthesis.players.soundfont.USUAL_PLACES", ())
    with pytest.raises(InputError, match="apt install fluid-soundfont-gm"):
        find_soundfont(None)


def test_no_fluidsynth_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="apt install fluidsynth"):
        play_parts([Part(0, [], 1.0)], tmp_path / "font.sf2", RATE)
