"""Recordings that are damaged, of unknown length or scale, or have a DC offset: messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from mixer import audio as audio_io
from mixer.audio import AudioSource
from mixer.audio.source import at_lower_end
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import InputError


def remarks_on(source: AudioSource) -> list[str]:
    """Remarks on a file's length, damage, scale and offset, as far as it has been read."""
    remarks = []
    damage = audio_io.damage_of(source)
    if damage is not None:
        remarks.append(damage)
    elif source.remark is not None:
        seconds = source.n_samples / source.sample_rate
        remarks.append(f"length unknown: {source.remark}; {seconds:.2f} s can be read")
    return remarks + offset_remarks(source) + scale_remarks(source)


def offset_words(source: AudioSource) -> str | None:
    """The DC offset that is removed from a file's samples: "DC offset of 5.0 % of full scale"."""
    if not source.offset:
        return None
    shares = [
        max(abs(offset) for _, offset in knots) / source.full_scale for knots in source.offset
    ]
    in_parts = any(len(knots) > 1 for knots in source.offset)
    which = ""
    if len(shares) == 2 and min(shares) == 0.0:
        which = f" in its {'left' if shares[0] else 'right'} channel"
    much = f"{'up to ' if in_parts else ''}{100 * max(shares):.1f} % of full scale"
    return f"DC offset of {much}{which}{', in parts of it' if in_parts else ''}"


def offset_remarks(source: AudioSource) -> list[str]:
    """A line if a DC offset is removed from a file's samples."""
    words = offset_words(source)
    return [] if words is None else [f"{words}: removed"]


def scale_remarks(source: AudioSource) -> list[str]:
    """Lines on samples that are not coded or scaled as the file's header says."""
    remarks = [] if source.correction is None else [source.correction]
    if source.full_scale > 1.0:
        remarks.append(f"float samples of up to ±{source.full_scale:.0f}, brought to full scale")
    elif source.full_scale < 1.0 and source.correction is None:
        remarks.append(at_lower_end(round(32 + math.log2(source.full_scale)), 32))
    return remarks


def refuse_damaged(sources: Sequence[AudioSource]) -> None:
    """Decode every file to its end.

    Raises:
        InputError: the first that is truncated or damaged.
    """
    faults = [fault for fault in _in_threads(_fault, sources) if fault is not None]
    if faults:
        more = f" (and {len(faults) - 1} more; mixer check lists them)" if len(faults) > 1 else ""
        raise InputError(faults[0] + more)


def that_hide_damage(sources: Sequence[AudioSource]) -> list[AudioSource]:
    """Sources whose damage shows only in decoding."""
    return [source for source in sources if audio_io.hides_damage(source)]


def look_for_damage(
    sources: Sequence[AudioSource], tell: Callable[[str, float], None] = lambda name, share: None
) -> None:
    """Decode sources of `that_hide_damage`, so that it can be reported early.

    Args:
        sources: to decode.
        tell: called with the name of each file that was decoded, and the share done, 0 to 1.
    """
    with Workers(available_threads()) as pool:
        each = zip(sources, pool.map(_fault, sources), strict=True)
        for place, (source, _) in enumerate(each, start=1):
            tell(source.path.name, place / len(sources))


def _fault(source: AudioSource) -> str | None:
    try:
        audio_io.verify(source)
    except InputError as error:
        return str(error)
    return None


def _in_threads(
    look: Callable[[AudioSource], str | None], sources: Sequence[AudioSource]
) -> list[str | None]:
    with Workers(available_threads()) as pool:
        return list(pool.map(look, sources))


def refuse_known_damage(sources: Sequence[AudioSource]) -> None:
    """Refuse files that have turned out to be damaged, for use after reading them.

    Raises:
        InputError: the first that is truncated or damaged.
    """
    for source in sources:
        damage = audio_io.damage_of(source)
        if damage is not None:
            raise InputError(f"{source.path.name}: {damage}; copy or export it again")
