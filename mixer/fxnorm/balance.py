"""Balance normalisation: bring the overall energy of left and right to the centre, and no more.

Every bin keeps its place in the picture; the picture as a whole stops leaning.
"""

import math
from typing import NotRequired, TypedDict

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.fxnorm.stage import ChannelGains, EffectReport, Stage, Task
from mixer.meters.balance import channel_energies, measure_balance_db

# Beyond this the quieter channel carries no recording of its own: one side of a mono source.
ONE_SIDED_DB = 30.0


class BalanceReport(TypedDict):
    """The offset found, in dB to the right, None for silence.

    `one_sided`, present if anything was done, says whether one channel had no recording.
    """

    offset_db: float | None
    one_sided: NotRequired[bool]


def match_balance(
    audio: FloatArray, amount: float = 1.0, out: FloatArray | None = None
) -> tuple[FloatArray, BalanceReport]:
    """Give both channels the same energy, the sum of both unchanged.

    Where one channel is more than 30 dB below the other, the stem is a mono recording on one side:
    the louder channel is then spread over both.

    Args:
        audio: float32 `(2, samples)`.
        amount: 0 to 1, share of the offset in dB that is taken away. A one-sided stem is spread at
            any amount above 0, since there is no level between that would be less one-sided.
        out: array for the result; may be `audio` itself.

    Returns:
        float32 `(2, samples)`, and what was done: the offset found, in dB to the right.
    """
    offset_db = measure_balance_db(audio)
    if out is None:
        out = np.array(audio, dtype=np.float32)
    elif out is not audio:
        out[:] = audio
    if offset_db is None or amount == 0.0:
        return out, {"offset_db": None if offset_db is None else _bounded(offset_db)}
    if abs(offset_db) > ONE_SIDED_DB:
        louder = 1 if offset_db > 0.0 else 0
        out[louder] *= np.float32(np.sqrt(0.5))
        out[1 - louder] = out[louder]
        return out, {"offset_db": _bounded(offset_db), "one_sided": True}
    left, right = channel_energies(audio)
    for channel, gain in zip(out, _channel_gains(left, right, amount), strict=True):
        channel *= np.float32(gain)
    return out, {"offset_db": offset_db, "one_sided": False}


def _channel_gains(left: float, right: float, amount: float) -> tuple[float, float]:
    """Gains that remove a share of the offset, by the channels' energies."""
    goal = (right / left) ** (1.0 - amount)  # right over left afterwards
    new_left = (left + right) / (1.0 + goal)
    return math.sqrt(new_left / left), math.sqrt((left + right - new_left) / right)


def _bounded(offset_db: float) -> float:
    return float(np.clip(offset_db, -120.0, 120.0))


def _apply(x: FloatArray, task: Task) -> EffectReport:
    return match_balance(x, task.amount("balance"), out=x)[1]


def _gains(report: BalanceReport, task: Task) -> ChannelGains:
    offset_db = report["offset_db"]
    if offset_db is None or "one_sided" not in report:
        return ChannelGains()
    if report["one_sided"]:
        louder = 1 if offset_db > 0.0 else 0
        return ChannelGains((louder, louder), (math.sqrt(0.5),) * 2)
    gains = _channel_gains(1.0, 10.0 ** (offset_db / 10.0), task.amount("balance"))
    return ChannelGains(gains=gains)


BALANCE = Stage(_apply, takes_amount=True, gains=_gains)
