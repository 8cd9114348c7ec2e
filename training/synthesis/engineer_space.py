"""Space: rooms and echoes that tracks are sent to, width for what was recorded in mono.

De Man and Reiss 2013 collect the rules: lows stay dry, percussion gets short rooms and voices
longer ones with a pre-delay, echoes lie on the beat. How much: De Man, McNally and Reiss
("Perceptual evaluation and analysis of reverberation in multitrack music production", JAES 2017)
report reverb of the order of 14 LU under the mix; the levels by role are chosen around that.
Rooms are those of `mixer.dsp.noise_room`.

Every return is scaled so that its energy is that of its send: a send of -14 dB is a reverb whose
energy lies 14 dB under the direct sound.

Width is a side signal made from the middle by noise of 25 ms (Zotter and Frank, "Efficient phantom
source widening", 2013, use sparse all-passes to the same end): the sum of left and right does not
change at all, so that folding down to mono gives the recording back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal

from mixer.dsp.blocks import convolve
from mixer.dsp.noise_room import RoomRecipe
from training.synthesis.engineer_style import Style

SHORT_ROOM_RATIO = 0.3
PRE_DELAY_MS = {"long": (15.0, 45.0), "short": (0.0, 10.0)}
SEND_LOW_CUT_HZ, SEND_HIGH_CUT_HZ = (180.0, 400.0), (6_000.0, 10_000.0)
ECHO_BEATS = (0.5, 0.75, 1.0)
ECHO_FEEDBACK = (0.2, 0.45)
ECHO_DB = (-24.0, -15.0)
WIDEN_DB = (-14.0, -7.0)
WIDEN_ABOVE_HZ = 250.0
WIDEN_MS = 25.0
MONO_BELOW_HZ = (110.0, 180.0)


@dataclass(frozen=True)
class Space:
    """Reverbs and delay that a mix's tracks are sent to.

    Attributes:
        rooms: "long" and "short" to an impulse response float32 `(2, taps)`, without direct sound.
        echo_s: delay of the echo in seconds.
        echo_feedback: feedback of the echo, 0 to 1.
        about: the drawn values, for the record.
    """

    rooms: dict[str, np.ndarray]
    echo_s: float
    echo_feedback: float
    about: dict[str, float]


def build_space(
    style: Style, tempo_bpm: float, sample_rate: int, rng: np.random.Generator
) -> Space:
    """Generate the rooms and set the echo to the tempo."""
    rooms, about = {}, {}
    low_hz, high_hz = rng.uniform(*SEND_LOW_CUT_HZ), rng.uniform(*SEND_HIGH_CUT_HZ)
    # Sends lose their lows so that they do not muddy, and their highs so that they lie behind.
    band = scipy.signal.butter(
        1, (low_hz, min(high_hz, 0.45 * sample_rate)), "band", fs=sample_rate, output="sos"
    )
    for name, decay_s in (("long", style.decay_s), ("short", SHORT_ROOM_RATIO * style.decay_s)):
        room = RoomRecipe().generate(rng, sample_rate, decay_s)
        room[:, 0] = 0.0  # the direct sound is the dry track
        pre_delay_ms = rng.uniform(*PRE_DELAY_MS[name])
        pre_delay = np.zeros((2, round(1e-3 * pre_delay_ms * sample_rate)))
        filtered = scipy.signal.sosfilt(band, np.concatenate([pre_delay, room], axis=-1), axis=-1)
        rooms[name] = np.asarray(filtered, dtype=np.float32)
        about[f"{name}_decay_s"] = decay_s
        about[f"{name}_pre_delay_ms"] = pre_delay_ms
    beats = float(rng.choice(ECHO_BEATS))
    echo_s = beats * 60.0 / tempo_bpm
    feedback = float(rng.uniform(*ECHO_FEEDBACK))
    about |= {"low_cut_hz": low_hz, "high_cut_hz": high_hz}
    about |= {"echo_beats": beats, "echo_s": echo_s, "echo_feedback": feedback}
    return Space(rooms, echo_s, feedback, about)


def reverberate(send: np.ndarray, room: np.ndarray) -> np.ndarray:
    """The return of a mono send, of the energy that both of its channels would have.

    Args:
        send: float32 `(samples,)`.
        room: float32 `(2, taps)`.

    Returns:
        float32 `(2, samples)`; the tail ends where the song does.
    """
    wet = convolve(np.stack([send, send]), room)
    return _of_energy(wet, 2.0 * _energy(send))


def echo(send: np.ndarray, sample_rate: int, space: Space) -> np.ndarray:
    """Echoes left and right in turn, band-limited, float32 `(2, samples)`, of the send's energy."""
    band = scipy.signal.butter(1, (250.0, 4_500.0), "band", fs=sample_rate, output="sos")
    filtered = scipy.signal.sosfilt(band, send.astype(np.float64)).astype(np.float32)
    wet = np.zeros((2, send.size), dtype=np.float32)
    step = max(1, round(space.echo_s * sample_rate))
    for k in range(1, 6):
        start, gain = k * step, space.echo_feedback ** (k - 1)
        if start >= send.size or gain < 1e-3:
            break
        # Not quite to one side each: an echo leans, it does not jump.
        for channel, side in ((k % 2, 1.0), (1 - k % 2, 0.5)):
            wet[channel, start:] += np.float32(side * gain) * filtered[: send.size - start]
    return _of_energy(wet, 2.0 * _energy(send))


def side_for(
    middle: np.ndarray, sample_rate: int, side_db: float, rng: np.random.Generator
) -> np.ndarray:
    """A side signal that makes a mono recording wide.

    Args:
        middle: float32 `(samples,)`.
        sample_rate: Hz.
        side_db: energy of the side over that of the middle, above `WIDEN_ABOVE_HZ`.
        rng: the noise.

    Returns:
        float32 `(samples,)`: left is middle plus side, right is middle less side.
    """
    taps = round(1e-3 * WIDEN_MS * sample_rate)
    noise = rng.standard_normal(taps) * np.exp(-3.0 * np.arange(taps) / taps)
    high_pass = scipy.signal.butter(2, WIDEN_ABOVE_HZ, "highpass", fs=sample_rate, output="sos")
    kernel = scipy.signal.sosfilt(high_pass, noise)
    kernel *= 10.0 ** (side_db / 20.0) / np.sqrt(np.sum(np.square(kernel)))
    return convolve(middle[np.newaxis], kernel.astype(np.float32))[0]


def narrow_low_end(audio: np.ndarray, sample_rate: int, corner_hz: float) -> np.ndarray:
    """Take the side away below a corner: 12 dB per octave on the side, the middle untouched.

    Works in place on float32 `(2, samples)` and returns it.
    """
    side = 0.5 * (audio[0] - audio[1])
    high_pass = scipy.signal.butter(2, corner_hz, "highpass", fs=sample_rate, output="sos")
    taken = side - scipy.signal.sosfilt(high_pass, side.astype(np.float64)).astype(np.float32)
    audio[0] -= taken
    audio[1] += taken
    return audio


def _energy(signal: np.ndarray) -> float:
    return float(np.dot(signal.ravel(), signal.ravel()))


def _of_energy(wet: np.ndarray, energy: float) -> np.ndarray:
    found = _energy(wet)
    if found > 0.0:
        wet *= np.float32(np.sqrt(energy / found))
    return wet
