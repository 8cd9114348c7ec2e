"""The plug-ins that come with Ardour, set as the devices of a strip or of a return.

The equaliser works. Expander and compressor stand by, switched off
(`mixer.output.daw.strips.standby`); the reverb and the delay work on returns, which are muted.
None of them is a limiter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mixer.console.settings import Gate
from mixer.network.track_mixer.track_settings import Compression
from mixer.output.daw.daw_session import DawGroup, DawTrack
from mixer.output.daw.strips import ace
from mixer.output.daw.strips.standby import Echo, Room

# ACE Reverb, measured with version 7.3 at 1 kHz: by its room size, the time to fall by 60 dB, and
# the energy of what comes back of a click on both sides, in dB.
_ROOM_SIZES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_DECAYS_S = (0.65, 0.77, 0.95, 1.16, 1.62, 2.36)
_ENERGIES_DB = (-8.9, -8.6, -8.1, -7.6, -6.7, -5.6)


@dataclass(frozen=True)
class Plugin:
    """A plug-in with its settings.

    Attributes:
        uri: by which Ardour knows it.
        name: as people call it.
        ports: values by symbol.
        instances: 2 if it has one channel.
        is_active: it is switched on.
    """

    uri: str
    name: str
    ports: Mapping[str, float]
    instances: int = 1
    is_active: bool = True


def plugins_of(node: DawTrack | DawGroup, sample_rate: int) -> Iterator[Plugin]:
    """The plug-ins in front of a strip's fader, in order."""
    if isinstance(node, DawTrack) and node.device is not None:
        yield _return_device(node.device)
    for ports in ace.settings(node.strip.bands, sample_rate):
        yield Plugin(ace.EQ_URI, "ACE EQ", ports, instances=2)
    for gate in node.standby.gates:
        yield Plugin("urn:ardour:a-exp#stereo", "ACE Expander (stereo)", _expander(gate),
                     is_active=False)  # fmt: skip
    for compression in node.standby.compressors:
        yield Plugin("urn:ardour:a-comp#stereo", "ACE Compressor (stereo)",
                     _compressor(compression), is_active=False)  # fmt: skip


def return_gain_db(device: Room | Echo | None) -> float:
    """Gain of a return's fader that makes its device as loud as the printed room, in dB."""
    if not isinstance(device, Room):
        return 0.0
    return round(-float(np.interp(device.decay_s, _DECAYS_S, _ENERGIES_DB)), 1)


def _return_device(device: Room | Echo) -> Plugin:
    if isinstance(device, Room):
        size = round(float(np.interp(device.decay_s, _DECAYS_S, _ROOM_SIZES)), 3)
        ports = {"blend": 1.0, "roomsz": size, "enable": 1.0}
        return Plugin("urn:ardour:a-reverb", "ACE Reverb", ports)
    ports = {
        "inv": 0.0,
        "sync": 0.0,
        "time": _within(device.time_ms, 1.0, 8_000.0),
        "drywet": 100.0,
        "feedback": 100.0 * device.feedback,
        "lpf": _within(device.high_cut_hz, 20.0, 20_000.0),
        "gain": 0.0,
        "enable": 1.0,
    }
    return Plugin("urn:ardour:a-delay", "ACE Delay", ports, instances=2)


def _expander(gate: Gate) -> dict[str, float]:
    numbers = (gate.threshold_db, gate.ratio, gate.attack_ms, gate.release_ms)
    # Automated ones have been taken at their first value.
    threshold_db, ratio, attack_ms, release_ms = map(float, numbers)  # type: ignore[arg-type]
    return _dynamics(threshold_db, min(ratio, 100.0), attack_ms, release_ms)


def _compressor(own: Compression) -> dict[str, float]:
    return _dynamics(own.threshold_db, min(own.ratio, 20.0), own.attack_ms, own.release_ms)


def _dynamics(
    threshold_db: float, ratio: float, attack_ms: float, release_ms: float
) -> dict[str, float]:
    return {
        "att": _within(attack_ms, 0.1, 100.0),
        "rel": _within(release_ms, 1.0, 2_000.0),
        "kn": 0.0,
        "rat": ratio,
        "thr": _within(threshold_db, -60.0, 0.0),
        "mak": 0.0,
        "sidech": 0.0,
        "enable": 1.0,
    }


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
