"""Devices that are in a session switched off, as they would be set by hand.

Their work is done already: a compressor's and a gate's by automation, a limiter's by the residual,
a room's by its printed audio. They are there to be switched on in its place, and sound alike at
most: no workstation has mixer's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.console.master import RELEASE_MS
from mixer.console.settings import Compressor, Gate
from mixer.console.settings import Strip as UserStrip
from mixer.network.track_mixer.track_settings import Compression


@dataclass(frozen=True)
class Limiting:
    """A limiter after a bus.

    Attributes:
        ceiling_dbtp: true peak, in dB relative to full scale.
        release_ms: time constant.
    """

    ceiling_dbtp: float
    release_ms: float = RELEASE_MS


@dataclass(frozen=True)
class Room:
    """A reverb on a return, without dry sound.

    Attributes:
        decay_s: time to fall by 60 dB.
        pre_delay_ms: before it sets in.
        low_cut_hz, high_cut_hz: of what comes back.
    """

    decay_s: float
    pre_delay_ms: float
    low_cut_hz: float
    high_cut_hz: float


@dataclass(frozen=True)
class Echo:
    """A delay on a return, without dry sound.

    Attributes:
        time_ms: from one echo to the next.
        feedback: factor from one echo to the next, 0 to 1.
        low_cut_hz, high_cut_hz: of each echo.
    """

    time_ms: float
    feedback: float
    low_cut_hz: float
    high_cut_hz: float


@dataclass(frozen=True)
class Standby:
    """Devices after a strip that are switched off.

    Attributes:
        gates, compressors: the model's and the user's, in the order in which they act.
        limiter: of the mix.
    """

    gates: tuple[Gate, ...] = ()
    compressors: tuple[Compression, ...] = ()
    limiter: Limiting | None = None


NO_STANDBY = Standby()


def standby_of(compression: Compression | None, user: UserStrip | None) -> Standby:
    """The dynamics of a strip, the model's and the user's; automated ones first.

    Args:
        compression: of the model; None for none.
        user: None for none.
    """
    found = [] if compression is None or compression.is_off else [compression]
    gate = None if user is None else user.gate
    if user is not None and user.compressor is not None:
        own = _at_first(user.compressor)
        found.append(Compression(*(own[key] for key in ("threshold_db", "ratio", "attack_ms",
                                                        "release_ms"))))  # fmt: skip
    return Standby(() if gate is None else (Gate(**_at_first(gate)),), tuple(found))


def _at_first(setting: Gate | Compressor) -> dict[str, float]:
    """An effect's numbers, the first value of each that is automated."""
    numbers = vars(setting).items()
    return {name: float(v[0][1] if isinstance(v, tuple) else v) for name, v in numbers}
