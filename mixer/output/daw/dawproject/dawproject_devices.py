"""Devices that DAWproject knows by itself: equaliser, gate, compressor, limiter; no reverb."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mixer.console.settings import Gate
from mixer.network.track_mixer.track_settings import Compression
from mixer.output.daw.daw_session import DawGroup, DawTrack
from mixer.output.daw.dawproject.xml_number import (
    number_text,
    parameter,
)
from mixer.output.daw.strips.native_strip import BandKind, EqBand
from mixer.output.daw.strips.standby import Limiting

BAND_TYPES: dict[BandKind, str] = {
    "bell": "bell", "low_shelf": "lowShelf", "high_shelf": "highShelf",
    "high_pass": "highPass", "low_pass": "lowPass", "notch": "notch",
}  # fmt: skip
# Parameters with unit and value, in the order of the schema.
_Numbers = tuple[tuple[str, str, float], ...]
_HIGHEST_HZ, _MOST_DB, _HIGHEST_Q = 22_050.0, 24.0, 40.0


def devices_of(channel: ET.Element, key: str, node: DawTrack | DawGroup) -> None:
    """The devices of a strip, in front of its fader; none if there are none."""
    standby = node.standby
    numbers = [
        *(("NoiseGate", "Gate", _gate(gate)) for gate in standby.gates),
        *(("Compressor", "Compressor", _compressor(c)) for c in standby.compressors),
        *(("Limiter", "Limiter", _limiter(own)) for own in (standby.limiter,) if own is not None),
    ]
    if not node.strip.bands and not numbers:
        return
    devices = ET.SubElement(channel, "Devices")
    if node.strip.bands:
        equaliser = _device(devices, "Equalizer", f"{key}-eq", "EQ", enabled=True)
        for band in node.strip.bands:
            _band(equaliser, band)
    for number, (kind, name, values) in enumerate(numbers, 1):
        # Its work is done elsewhere: it is there to be switched on in that place.
        own_key = f"{key}-dynamics-{number}"
        device = _device(devices, kind, own_key, name, enabled=False)
        for parameter_name, unit, value in values:
            element = ET.SubElement(
                device, parameter_name, id=f"{own_key}-{parameter_name.lower()}", unit=unit
            )
            element.set("value", number_text(value))


def _device(parent: ET.Element, kind: str, key: str, name: str, *, enabled: bool) -> ET.Element:
    device = ET.SubElement(parent, kind, id=key, deviceName=name, deviceRole="audioFX")
    ET.SubElement(device, "Enabled", id=f"{key}-enabled", value="true" if enabled else "false")
    return device


def _band(parent: ET.Element, band: EqBand) -> None:
    element = ET.SubElement(parent, "Band", type=BAND_TYPES[band.kind])
    parameter(element, "Freq", None, "hertz", band.frequency_hz,
              (10.0, max(_HIGHEST_HZ, band.frequency_hz)))  # fmt: skip
    most_db = max(_MOST_DB, abs(band.gain_db))
    parameter(element, "Gain", None, "decibel", band.gain_db, (-most_db, most_db))
    parameter(element, "Q", None, "linear", band.q, (0.01, max(_HIGHEST_Q, band.q)))
    ET.SubElement(element, "Enabled", value="true")


def _gate(gate: Gate) -> _Numbers:
    ratio, threshold_db, attack_ms, release_ms = (
        float(number)  # type: ignore[arg-type]
        for number in (gate.ratio, gate.threshold_db, gate.attack_ms, gate.release_ms)
    )
    return (
        ("Attack", "seconds", 1e-3 * attack_ms),
        ("Ratio", "percent", 100.0 * (1.0 - 1.0 / ratio)),
        ("Release", "seconds", 1e-3 * release_ms),
        ("Threshold", "decibel", threshold_db),
    )


def _compressor(compression: Compression) -> _Numbers:
    return (
        ("Attack", "seconds", 1e-3 * compression.attack_ms),
        # A ratio in percent is how much of what is above the threshold is taken away.
        ("Ratio", "percent", 100.0 * (1.0 - 1.0 / compression.ratio)),
        ("Release", "seconds", 1e-3 * compression.release_ms),
        ("Threshold", "decibel", compression.threshold_db),
    )


def _limiter(limiter: Limiting) -> _Numbers:
    return (
        ("Release", "seconds", 1e-3 * limiter.release_ms),
        ("Threshold", "decibel", limiter.ceiling_dbtp),
    )
