"""Translation of a finished mix to loudspeakers and codecs: stems that lose level, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from mixer.audio.codecs.round_trip import CODECS, is_available, round_trip
from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import parts_of, silence
from mixer.extras import install_command
from mixer.meters.masking import HOP_LENGTH, bark_powers
from mixer.meters.translation import PLACES, heard_loudness, lift_hz
from mixer.meters.true_peak import true_peak_dbtp
from mixer.rendering.frozen_bus import MixParts
from mixer.rendering.mix import Mix

# Worth a word: the stem is less than two thirds as loud as at the desk.
LEAST_LOST = 1.0 / 3.0
_WINDOW_S = 5.0
# A window in which a stem hardly plays tells nothing.
_PLAYS_SHARE = 0.2
# Share of the time that all places take; each codec takes as long as another.
_PLACES_SHARE = 0.15
# Bands that small loudspeakers lack can be lifted; losses in mono or in a codec cannot.
LIFTED_PLACES = ("phone", "laptop")

Powers = dict[str, NDArray[np.floating]]


class TranslationRow(TypedDict):
    """Loss of loudness of one stem on one playback system.

    Attributes:
        place: of `mixer.meters.translation.PLACES`, or a codec.
        stem: name of the stem.
        lost: share of its loudness that is lost, up to 1; negative if it becomes louder.
        lost_at_worst: the same in its worst passage.
        from_s, to_s: start and end of that passage, in seconds.
        lift_hz: for small loudspeakers, the frequency at which a boost would help.
    """

    place: str
    stem: str
    lost: float
    lost_at_worst: float
    from_s: float
    to_s: float
    lift_hz: NotRequired[float]


class Translation(TypedDict):
    """Result for a mix; `true_peaks_dbtp` are the true peaks after each codec that was tried."""

    rows: list[TranslationRow]
    true_peaks_dbtp: dict[str, float]
    not_tried: list[str]


def check_translation(
    mix: Mix, at: Callable[[str, float], None] = lambda step, share: None
) -> Translation:
    """Simulate a mix on every playback system and through every codec.

    Args:
        mix: with its wet stems.
        at: called with the next step and the share done, 0 to 1.

    Raises:
        InputError: PyAV is installed but lacks an encoder.
    """
    stereo, mono = _powers(mix)
    at_desk = heard_loudness(stereo)
    rows: list[TranslationRow] = []
    for place in PLACES:
        powers = mono if place.is_mono else stereo
        for row in _rows(place.name, at_desk, heard_loudness(powers, place), mix.sample_rate):
            if place.name in LIFTED_PLACES:
                row["lift_hz"] = round(lift_hz(powers[row["stem"]], place))
            rows.append(row)
    peaks: dict[str, float] = {}
    codecs = list(CODECS) if is_available() else []
    for n_done, codec in enumerate(codecs):
        at(codec.name, _PLACES_SHARE + (1.0 - _PLACES_SHARE) * n_done / len(codecs))
        back = round_trip(mix.audio, mix.sample_rate, codec)
        peaks[codec.name] = true_peak_dbtp(back, mix.sample_rate)
        for part in parts_of(back):
            back[:, part] -= mix.audio[:, part]
        error = bark_powers(back, mix.sample_rate)
        heard = heard_loudness(stereo, None, error)
        rows += _rows(codec.name, at_desk, heard, mix.sample_rate)
    return {
        "rows": rows,
        "true_peaks_dbtp": peaks,
        "not_tried": [] if peaks else [codec.name for codec in CODECS],
    }


def translation_lines(translation: Translation) -> Iterator[str]:
    """One line for each notable loss."""
    for row in translation["rows"]:
        if row["lost"] < LEAST_LOST:
            continue
        where = f"{_clock(row['from_s'])} to {_clock(row['to_s'])}"
        yield (
            f"{row['place']}: {row['stem']} loses {100 * row['lost']:.0f} % of its loudness, "
            f"{100 * row['lost_at_worst']:.0f} % from {where}"
        )
    for name, peak_dbtp in translation["true_peaks_dbtp"].items():
        if peak_dbtp > 0.0:
            yield f"{name}: peaks reach {peak_dbtp:+.1f} dBTP and clip; lower --true-peak"
    if translation["not_tried"]:
        names = " and ".join(translation["not_tried"])
        yield f"{names} were not tried: {install_command('codecs')}"


class Loss(Protocol):
    """The part of a row that decides what to lift; as in `TranslationRow`."""

    @property
    def stem(self) -> str: ...

    @property
    def lost(self) -> float: ...

    @property
    def lift_hz(self) -> float | None: ...


def corrections(losses: Sequence[Loss], budget_db: float) -> list[tuple[str, float, float]]:
    """Find EQ boosts that would restore stems on small loudspeakers.

    Args:
        losses: the losses found.
        budget_db: largest boost of any stem, in dB.

    Returns:
        Stem, frequency in Hz and gain in dB for each stem whose loss is large enough.
    """
    worst: dict[str, tuple[float, float]] = {}
    for loss in losses:
        least = max(LEAST_LOST, worst.get(loss.stem, (0.0, 0.0))[0])
        if loss.lift_hz is not None and loss.lost >= least:
            worst[loss.stem] = (loss.lost, loss.lift_hz)
    return [
        (stem, hz, round(min(1.0, lost / (2.0 * LEAST_LOST)) * budget_db, 2))
        for stem, (lost, hz) in worst.items()
    ]


def _powers(mix: Mix) -> tuple[Powers, Powers]:
    """Powers of each stem after the bus: of both channels, and of their mono sum."""
    parts = MixParts(mix)
    stereo, mono = Powers(), Powers()
    for stem in mix.wet_stems:
        audio = parts.stem(stem)
        stereo[stem] = bark_powers(audio, mix.sample_rate)
        # One loudspeaker plays the half sum twice as loud as each channel of a pair of them.
        mono[stem] = 2.0 * bark_powers(_half_sum(audio), mix.sample_rate)
    return stereo, mono


def _half_sum(audio: FloatArray) -> FloatArray:
    half_sum = silence(1, audio.shape[1])
    for part in parts_of(audio):
        half_sum[:, part] = audio[:, part].mean(axis=0)
    return half_sum


def _rows(
    place: str,
    at_desk: Mapping[str, NDArray[np.float64]],
    there: Mapping[str, NDArray[np.float64]],
    sample_rate: int,
) -> list[TranslationRow]:
    frames_per_s = sample_rate / HOP_LENGTH
    length = max(1, round(_WINDOW_S * frames_per_s))
    rows: list[TranslationRow] = []
    for stem, before in at_desk.items():
        if before.sum() <= 0.0:
            continue
        starts = np.arange(0, len(before), length)
        was, now = (np.add.reduceat(each, starts) for each in (before, there[stem]))
        plays = was > _PLAYS_SHARE * was.max()
        lost = np.where(plays, 1.0 - now / np.maximum(was, 1e-30), -np.inf)
        worst = int(np.argmax(lost))
        rows.append(
            {
                "place": place,
                "stem": stem,
                "lost": round(1.0 - float(there[stem].sum() / before.sum()), 4),
                "lost_at_worst": round(float(lost[worst]), 4),
                "from_s": round(float(starts[worst] / frames_per_s), 2),
                "to_s": round(float(min(starts[worst] + length, len(before)) / frames_per_s), 2),
            }
        )
    return rows


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"
