"""Recordings that are damaged, of unknown length, or scaled to integers: what to say of them."""

from __future__ import annotations

from collections.abc import Sequence

from mixer import audio as audio_io
from mixer.audio import AudioSource
from mixer.errors import InputError


def remarks_on(source: AudioSource) -> list[str]:
    """What there is to say of a file's length, state and scale, as far as it has been read."""
    remarks = []
    damage = audio_io.damage_of(source)
    if damage is not None:
        remarks.append(damage)
    elif source.remark is not None:
        seconds = source.n_samples / source.sample_rate
        remarks.append(f"length not known: {source.remark}; {seconds:.2f} s are there")
    return remarks + scale_remarks(source)


def scale_remarks(source: AudioSource) -> list[str]:
    """A line where a float file is scaled to integers."""
    if source.full_scale == 1.0:
        return []
    return [f"float samples of up to ±{source.full_scale:.0f}, brought to full scale"]


def refuse_damaged(sources: Sequence[AudioSource]) -> None:
    """Decode every file to its end.

    Raises:
        InputError: the first that breaks off or is damaged.
    """
    faults = []
    for source in sources:
        try:
            audio_io.verify(source)
        except InputError as error:
            faults.append(str(error))
    if faults:
        more = f" (and {len(faults) - 1} more; mixer check lists them)" if len(faults) > 1 else ""
        raise InputError(faults[0] + more)


def refuse_known_damage(sources: Sequence[AudioSource]) -> None:
    """Refuse what reading has shown to be damaged so far, for use after the files have been read.

    Raises:
        InputError: the first that breaks off or is damaged.
    """
    for source in sources:
        damage = audio_io.damage_of(source)
        if damage is not None:
            raise InputError(f"{source.path.name}: {damage}; copy or export it again")
