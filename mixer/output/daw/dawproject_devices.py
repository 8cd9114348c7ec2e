"""Devices that DAWproject knows by itself: an equaliser, and compressors as they would be set."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mixer.network.track_mixer.settings import Compression
from mixer.output.daw.session import DawGroup, DawTrack
from mixer.output.daw.strip import BandKind, EqBand
from mixer.output.daw.xml_number import number_text, parameter

BAND_TYPES: dict[BandKind, str] = {
    "bell": "bell", "low_shelf": "lowShelf", "high_shelf": "highShelf",
    "high_pass": "highPass", "low_pass": "lowPass", "notch": "notch",
}  # fmt: skip
_HIGHEST_HZ, _MOST_DB, _HIGHEST_Q = 22_050.0, 24.0, 40.0


def devices_of(channel: ET.Element, key: str, node: DawTrack | DawGroup) -> None:
    """The devices of a strip, in front of its fader; none where there are none."""
    if not node.strip.bands and not node.compressors:
        return
    devices = ET.SubElement(channel, "Devices")
    if node.strip.bands:
        equaliser = _device(devices, "Equalizer", f"{key}-eq", "EQ", enabled=True)
        for band in node.strip.bands:
            _band(equaliser, band)
    for number, compression in enumerate(node.compressors, 1):
        # Its work is done by automation: it is there to be switched on in the automation's place.
        device = _device(devices, "Compressor", f"{key}-comp-{number}", "Compressor", enabled=False)
        _compressor(device, f"{key}-comp-{number}", compression)


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


def _compressor(device: ET.Element, key: str, compression: Compression) -> None:
    # A ratio in percent is how much of what is above the threshold is taken away.
    numbers = (
        ("Attack", "seconds", 1e-3 * compression.attack_ms),
        ("Ratio", "percent", 100.0 * (1.0 - 1.0 / compression.ratio)),
        ("Release", "seconds", 1e-3 * compression.release_ms),
        ("Threshold", "decibel", compression.threshold_db),
    )
    for name, unit, value in numbers:
        element = ET.SubElement(device, name, id=f"{key}-{name.lower()}", unit=unit)
        element.set("value", number_text(value))
