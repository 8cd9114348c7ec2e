"""Reverberation: the send that every vocal and other stem gets, and the room for dry recordings.

A network learns to take the send off and to set its own, so training and rendering must both add
it. The levels and times are those of Martinez-Ramirez et al., ISMIR 2022.
"""

from typing import TypedDict

import numpy as np

from mixer.dsp.biquad import eq_band
from mixer.dsp.blocks import FloatArray, convolve
from mixer.dsp.recursive import filter_sections
from mixer.fxnorm.rooms import RoomSource
from mixer.fxnorm.stage import EffectReport, Stage, Task

# Only these are reverberated: a kick drum or a bass in a hall is a fault.
REVERBERANT_STEMS = ("vocals", "other")
SEND_ROOM_S = (2.0, 4.0)
DRY_ROOM_S = (0.3, 1.5)
SHELF_GAIN_DB = -30.0
LOW_SHELF_HZ = (500.0, 700.0)
HIGH_SHELF_HZ = (7_000.0, 10_000.0)
SHELF_Q = 0.707


class RoomReport(TypedDict):
    """Length of the room that was drawn."""

    room_s: float


class SendReport(TypedDict):
    """Corners of the send's shelves, and how long the room is that was drawn."""

    low_shelf_hz: float
    high_shelf_hz: float
    room_s: float


def add_reverb_send(
    audio: FloatArray,
    sample_rate: int,
    rooms: RoomSource,
    rng: np.random.Generator,
    amount: float = 1.0,
    out: FloatArray | None = None,
) -> tuple[FloatArray, SendReport]:
    """`x + send`: the send is the stem through two -30 dB shelves and a room of 2 to 4 s, all wet.

    Args:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        rooms: source of the rooms.
        rng: draws the room and the corner frequencies, 500-700 Hz and 7-10 kHz.
        amount: gain of the send, 0 to 1.
        out: where to put the result; may be `audio` itself.

    Returns:
        float32 `(2, samples)`, and what was drawn.
    """
    low_hz, high_hz = rng.uniform(*LOW_SHELF_HZ), rng.uniform(*HIGH_SHELF_HZ)
    room = rooms.draw(rng, sample_rate, *SEND_ROOM_S)
    # Filtering the room is filtering the send, and the dry signal is its first sample.
    sections = np.concatenate(
        [
            _shelf("low_shelf", low_hz, sample_rate),
            _shelf("high_shelf", min(high_hz, 0.45 * sample_rate), sample_rate),
        ]
    )
    kernel = amount * filter_sections(sections, room)[0]
    kernel[:, 0] += 1.0
    out = convolve(audio, kernel.astype(np.float32), out=out)
    room_s = room.shape[-1] / sample_rate
    return out, {"low_shelf_hz": low_hz, "high_shelf_hz": high_hz, "room_s": room_s}


def add_pre_reverb(
    audio: FloatArray,
    sample_rate: int,
    rooms: RoomSource,
    rng: np.random.Generator,
    amount: float = 1.0,
    out: FloatArray | None = None,
) -> tuple[FloatArray, RoomReport]:
    """Half dry and half in a room of at most 1.5 s: what a dry recording lacks.

    Args:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        rooms: where the room is drawn from.
        rng: draws the room.
        amount: 0 to 1, 1 is half and half.
        out: where to put the result; may be `audio` itself.

    Returns:
        float32 `(2, samples)`, and what was drawn.
    """
    room = rooms.draw(rng, sample_rate, *DRY_ROOM_S)
    kernel = 0.5 * amount * room
    kernel[:, 0] += 1.0 - 0.5 * amount
    out = convolve(audio, kernel, out=out)
    return out, {"room_s": room.shape[-1] / sample_rate}


def _shelf(kind: str, corner_hz: float, sample_rate: int) -> np.ndarray:
    """One section `(1, 6)` of the send's "low_shelf" or "high_shelf"."""
    hz, gain_db, q = (np.array([number]) for number in (corner_hz, SHELF_GAIN_DB, SHELF_Q))
    section: np.ndarray = eq_band(kind, hz, gain_db, q, sample_rate)[0]
    return section


def _apply_send(x: FloatArray, task: Task) -> EffectReport:
    rng, amount = task.rng("reverb"), task.amount("reverb")
    return add_reverb_send(x, task.sample_rate, task.rooms, rng, amount, out=x)[1]


def _apply_pre_reverb(x: FloatArray, task: Task) -> EffectReport:
    rng, amount = task.rng("pre_reverb"), task.amount("pre_reverb")
    return add_pre_reverb(x, task.sample_rate, task.rooms, rng, amount, out=x)[1]


REVERB_SEND = Stage(_apply_send, takes_amount=True, stems=REVERBERANT_STEMS)
PRE_REVERB = Stage(_apply_pre_reverb, takes_amount=True, stems=REVERBERANT_STEMS)
