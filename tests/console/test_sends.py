"""Shared reverb and delay: linear, in time to the sample, with the tail cut at the song's end."""

import dataclasses

import numpy as np
import pytest
import scipy.signal

from mixer.console.reverb import room_response
from mixer.console.sends import Sends
from mixer.console.settings import Delay, Reverb, Strip
from mixer.errors import PresetError
from tests.console.measures import RATE_HZ, rms_db
from tests.signals import noise

OPEN = {"low_cut_hz": 10.0, "high_cut_hz": 22_000.0}


def returned(audio, strip, reverb=None, delay=None, tempo_bpm=None) -> np.ndarray:
    """What comes back, without the stem itself."""
    sends = Sends(reverb or Reverb(), delay or Delay(), RATE_HZ, tempo_bpm)
    return sends.add_returns(audio, strip)[0] - audio


def impulse(n_samples: int, at: int = 0) -> np.ndarray:
    audio = np.zeros((2, n_samples), np.float32)
    audio[:, at] = 1.0
    return audio


@pytest.mark.parametrize("strip", [Strip(reverb_db=-6.0), Strip(delay_db=-3.0)])
@pytest.mark.parametrize("ping_pong", [False, True])
def test_the_return_of_a_sum_is_the_sum_of_the_returns(rng, strip, ping_pong) -> None:
    one, other = noise(rng, 3.0, RATE_HZ), noise(rng, 3.0, RATE_HZ, 0.05)
    delay = Delay(130.0, feedback=0.6, ping_pong=ping_pong)
    parts = [returned(audio, strip, delay=delay) for audio in (one, other)]
    whole = returned(one + other, strip, delay=delay)
    assert np.abs(whole).max() > 0.05
    assert np.allclose(parts[0] + parts[1], whole, atol=1e-6)


def test_returns_are_the_same_later() -> None:
    for strip in (Strip(reverb_db=0.0), Strip(delay_db=0.0)):
        early = returned(impulse(150_000, 0), strip)
        late = returned(impulse(150_000, 70_001), strip)
        assert np.allclose(late[:, 70_002:], early[:, 1 : 150_000 - 70_001], atol=1e-6)
        assert np.abs(late[:, :70_001]).max() < 1e-6


@pytest.mark.parametrize(
    ("setting", "tempo_bpm", "expected_s"),
    [
        (Delay(350.0), None, 0.35),
        (Delay(350.0), 90.0, 0.35),
        (Delay(350.0, beats=0.75), None, 0.35),
        (Delay(350.0, beats=0.75), 128.0, 0.3515625),
        (Delay(350.0, beats=1.0), 60.0, 1.0),
        (Delay(1.0), None, 0.001),
    ],
)
def test_delay_time_is_right_to_the_sample(setting, tempo_bpm, expected_s) -> None:
    setting = dataclasses.replace(setting, feedback=0.5, **OPEN)
    echoes = returned(impulse(3 * RATE_HZ), Strip(delay_db=0.0), None, setting, tempo_bpm)
    period = round(expected_s * RATE_HZ)
    assert not echoes[:, :period].any()
    for count in (1, 2):
        near = echoes[0, count * period - 20 : count * period + 20]
        assert np.argmax(np.abs(near)) == 20
        # cuts that are open all the way still soften an impulse a little
        assert near[20] == pytest.approx(0.5 ** (count - 1), rel=0.1)


def test_ping_pong_goes_left_then_right() -> None:
    setting = Delay(100.0, feedback=0.5, ping_pong=True, **OPEN)
    echoes = returned(impulse(RATE_HZ), Strip(delay_db=0.0), delay=setting)
    energy = [(echoes[:, k * 4_410 : k * 4_410 + 2_000] ** 2).sum(axis=1) for k in (1, 2, 3)]
    assert energy[0][0] > 1.8
    assert energy[0][1] < 1e-6
    assert energy[1][1] > 0.4
    assert energy[1][0] < 1e-6
    assert energy[2][0] > 0.1


def test_each_echo_passes_the_cuts_once_more() -> None:
    setting = Delay(300.0, feedback=0.9, low_cut_hz=10.0, high_cut_hz=2_000.0)
    echoes = returned(impulse(2 * RATE_HZ), Strip(delay_db=0.0), delay=setting)[0]
    loss_db = []
    for count in (1, 2, 3):
        part = echoes[count * 13_230 : count * 13_230 + 8_192].astype(np.float64)
        gain = np.abs(np.fft.rfft(part))
        loss_db.append(20 * np.log10(gain[372] / gain[37]))  # 2 kHz over 200 Hz
    assert loss_db == pytest.approx([-3.0, -6.0, -9.0], abs=0.2)


@pytest.mark.parametrize("decay_s", [0.3, 1.4, 5.0])
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_the_room_dies_away_as_long_as_it_says(decay_s, rate_hz) -> None:
    """T20 by backward integration around 1 kHz, and shorter at the top."""
    room = room_response(Reverb(decay_s, 0.0, **OPEN), rate_hz).astype(np.float64)

    def decay(low_hz, high_hz):
        band = scipy.signal.butter(2, [low_hz, high_hz], "bandpass", fs=rate_hz, output="sos")
        energy = np.square(scipy.signal.sosfilt(band, room)).sum(axis=0)
        left = np.cumsum(energy[::-1])[::-1]
        start, stop = np.searchsorted(-10 * np.log10(left / left[0]), [5.0, 25.0])
        return 3 * (stop - start) / rate_hz

    assert decay(700.0, 1_400.0) == pytest.approx(decay_s, rel=0.2)
    assert decay(6_000.0, 12_000.0) < 0.65 * decay_s


def test_the_room_is_stereo_and_has_the_level_it_says(rng) -> None:
    room = room_response(Reverb(1.4, 0.0, **OPEN), RATE_HZ)
    assert abs(np.corrcoef(room)[0, 1]) < 0.05
    mono = np.repeat(noise(rng, 4.0, RATE_HZ)[:1], 2, axis=0)
    middle = scipy.signal.butter(4, [400, 2_500], "bandpass", fs=RATE_HZ, output="sos")
    mono = scipy.signal.sosfilt(middle, mono).astype(np.float32)
    for decay_s in (0.4, 1.4):
        back = returned(mono, Strip(reverb_db=-12.0), Reverb(decay_s, 0.0, **OPEN))
        assert rms_db(back[:, 2 * RATE_HZ :]) == pytest.approx(rms_db(mono) - 12.0, abs=1.0)


@pytest.mark.parametrize("side", [0, 1])
def test_a_stem_on_one_side_is_heard_in_the_whole_room_but_more_there(side) -> None:
    """Half of its side signal is sent: three quarters on its side, a quarter across."""
    one_sided = impulse(RATE_HZ)
    one_sided[1 - side] = 0.0
    room = returned(impulse(RATE_HZ), Strip(reverb_db=0.0))
    back = returned(one_sided, Strip(reverb_db=0.0))
    back[:, 0] = room[:, 0] = 0.0
    assert np.allclose(back[side], 0.75 * room[side], atol=1e-6)
    assert np.allclose(back[1 - side], 0.25 * room[1 - side], atol=1e-6)


def test_pre_delay_cuts_and_width() -> None:
    setting = Reverb(0.5, 50.0, 300.0, 4_000.0, width=0.0)
    back = returned(impulse(RATE_HZ), Strip(reverb_db=0.0), setting)
    assert np.abs(back[:, :2_205]).max() < 1e-6
    at_once = dataclasses.replace(setting, pre_delay_ms=0.0)
    early = returned(impulse(RATE_HZ), Strip(reverb_db=0.0), at_once)
    assert np.allclose(back[:, 2_205:], early[:, :-2_205], atol=1e-6)
    assert np.allclose(back[0], back[1], atol=1e-6)
    gain = np.abs(np.fft.rfft(back[0].astype(np.float64)))
    middle = np.sqrt(np.mean(gain[700:1_500] ** 2))
    assert np.sqrt(np.mean(gain[20:40] ** 2)) < 0.05 * middle
    assert np.sqrt(np.mean(gain[15_000:20_000] ** 2)) < 0.1 * middle


def test_the_tail_ends_with_the_song(rng) -> None:
    audio = noise(rng, 0.3, RATE_HZ)
    for strip in (Strip(reverb_db=0.0), Strip(delay_db=0.0)):
        assert returned(audio, strip).shape == audio.shape
    late = returned(audio, Strip(delay_db=0.0), delay=Delay(4_000.0))
    assert not late.any()


def test_a_send_is_after_the_strips_amount(rng) -> None:
    audio = noise(rng, 1.0, RATE_HZ)
    full = returned(audio, Strip(reverb_db=-6.0))
    half = returned(audio, Strip(reverb_db=-6.0, amount=0.5))
    assert np.allclose(half, 0.5 * full, atol=1e-6)
    sends = Sends(Reverb(), Delay(), RATE_HZ, None)
    out, report = sends.add_returns(audio, Strip(reverb_db=-6.0, amount=0.0))
    assert out is audio
    assert report == {}


def test_a_send_can_be_ridden(rng) -> None:
    """Sound that was sent before the ride went down still rings."""
    audio = noise(rng, 3.0, RATE_HZ)
    ride = ((1.0, 0.0), (1.01, -60.0))
    back = returned(audio, Strip(reverb_db=ride), Reverb(0.4, 0.0, **OPEN))
    levels_db = [rms_db(back[:, int(s * RATE_HZ) :][:, :4_410]) for s in (0.8, 1.1, 2.5)]
    # 60 dB in 0.4 s, and the highs sooner: some 15 to 25 dB, not the 60 dB of the ride
    assert 10.0 < levels_db[0] - levels_db[1] < 30.0
    assert levels_db[2] < levels_db[0] - 55.0


def test_the_shared_effects_cannot_be_automated() -> None:
    with pytest.raises(PresetError, match=r"reverb\.decay_s cannot be automated"):
        Sends(Reverb(decay_s=((0.0, 1.0), (1.0, 2.0))), Delay(), RATE_HZ, None)
