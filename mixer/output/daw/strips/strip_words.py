"""A native strip in an engineer's words: for notes in a session, and for the recall sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mixer.output.daw.strips.native_strip import EqBand, Strip
from mixer.output.daw.strips.nearness import Nearness
from mixer.output.daw.strips.standby import Standby

# Differences left by the devices alone are reported above this: a quarter of a percent of power.
FLAGGED_ABOVE_DB = -25.0
_KINDS = {
    "bell": "bell", "low_shelf": "low shelf", "high_shelf": "high shelf",
    "high_pass": "high-pass", "low_pass": "low-pass", "notch": "notch",
}  # fmt: skip
_HAS_GAIN = ("bell", "low_shelf", "high_shelf")


def strip_lines(strip: Strip) -> Iterator[str]:
    """Every number of a strip, a line each kind."""
    yield f"fader {fader_words(strip)}, pan {pan_words(strip.pan)}"
    if strip.width != 1.0:
        yield f"width {100.0 * strip.width:.0f} %"
    if strip.muted or strip.soloed:
        yield " and ".join(
            word for word, is_so in (("muted", strip.muted), ("soloed", strip.soloed)) if is_so
        )
    for number, band in enumerate(strip.bands, 1):
        yield f"EQ {number}: {band_words(band)}"
    if strip.automation:
        yield automation_words(strip)
    for name, level_db in strip.sends:
        yield f"send to {name} {level_db:+.1f} dB"


def fader_words(strip: Strip) -> str:
    """ "-6.5 dB"."""
    return "off" if strip.gain_db <= -144.0 else f"{strip.gain_db:+.1f} dB"


def pan_words(pan: float) -> str:
    """ "35 L", "C"."""
    if abs(pan) < 0.005:
        return "C"
    return f"{100.0 * abs(pan):.0f} {'L' if pan < 0.0 else 'R'}"


def band_words(band: EqBand) -> str:
    """ "bell +1.5 dB at 400 Hz, Q 1.2"."""
    gain = f" {band.gain_db:+.1f} dB" if band.kind in _HAS_GAIN else ""
    return f"{_KINDS[band.kind]}{gain} at {hz_words(band.frequency_hz)}, Q {band.q:.2g}"


def hz_words(frequency_hz: float) -> str:
    """ "400 Hz", "3.15 kHz"."""
    is_low = frequency_hz < 1_000.0
    return f"{frequency_hz:.0f} Hz" if is_low else f"{frequency_hz / 1_000.0:.2f} kHz"


def automation_words(strip: Strip) -> str:
    """Range of the volume's automation, in words."""
    factors = [factor for _, factor in strip.automation]
    low, high = (20.0 * math.log10(max(factor, 1e-9)) for factor in (min(factors), max(factors)))
    return f"volume automation {low:+.1f} to {high:+.1f} dB, {len(factors)} points"


def standby_words(standby: Standby) -> Iterator[str]:
    """Settings for the workstation's own devices, in place of the automation and the residual."""
    for gate in standby.gates:
        yield (
            f"gate 1:{gate.ratio:.1f} at {gate.threshold_db:.1f} dBFS peak, attack "
            f"{gate.attack_ms:.1f} ms, release {gate.release_ms:.0f} ms"
        )
    for compression in standby.compressors:
        yield (
            f"compressor {compression.ratio:.1f}:1 at {compression.threshold_db:.1f} dBFS peak, "
            f"attack {compression.attack_ms:.0f} ms, release {compression.release_ms:.0f} ms, hard "
            "knee"
        )
    if standby.limiter is not None:
        yield (
            f"limiter at {standby.limiter.ceiling_dbtp:.1f} dBTP, release "
            f"{standby.limiter.release_ms:.0f} ms"
        )


def standby_lines(standby: Standby) -> Iterator[str]:
    """The same, each with where its work is done."""
    for words in standby_words(standby):
        place = "in the residual" if words.startswith("limiter") else "written as volume automation"
        yield f"{words}: {place}"


def null_words(near: Nearness | None) -> str:
    """Difference that these settings alone leave."""
    if near is None:
        return "silent"
    words = (
        f"these settings alone null to {near.null_db:.1f} dB against the wet track, levels of "
        f"bands within {near.bands_db:.1f} dB"
    )
    return words + (": listen to the residual" if near.null_db > FLAGGED_ABOVE_DB else "")
