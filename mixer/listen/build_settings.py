"""Settings of a new test, and everything that can be found wrong with them before the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixer.audio.formats import DEFAULT_FORMAT, refuse_rate
from mixer.console.settings import LOUDNESS_RANGE_LUFS
from mixer.errors import InputError, OutputError, SettingsError
from mixer.files.whole_file import refuse_existing, refuse_unwritable
from mixer.listen.answer_store import LINKS_FILE, STORE_FILE
from mixer.listen.design import KEY_FILE, PUBLIC_FOLDER, Screening, read_key
from mixer.listen.excerpt import check_length
from mixer.listen.systems import System, find_mix_file
from mixer.listen.webmushra import WEBMUSHRA_FOLDER
from mixer.rendering.settings import RenderSettings
from mixer.song.song import Song, check_titles

LEAST_HEARD_S = 5.0
_MAX_MIXES = 12
_OF_A_TEST = (PUBLIC_FOLDER, Path(WEBMUSHRA_FOLDER).parts[0], KEY_FILE, LINKS_FILE)


@dataclass(frozen=True)
class BuildSettings:
    """Settings of a new test.

    Attributes:
        length_s: length of every excerpt in seconds.
        start_s: where every song's excerpt starts; None for its loudest stretch.
        loudness_lufs: integrated loudness of every mix.
        lower: lower all mixes together if one would peak too high, instead of refusing.
        sample_rate: sample rate of every excerpt, Hz.
        align: look for the lag of mixes that are read.
        hidden_reference: name of the system that is also played openly; None for no reference.
        repeat: add a page that repeats one of the songs at the end.
        training: put a training page first.
        pages_per_participant: how many songs each participant rates; None for all.
        least_heard_s: how long each mix must have sounded before a page may be left; None for
            `LEAST_HEARD_S`, or all of a shorter excerpt.
        seed: random seed of ids and dither; None draws one.
        title: shown to participants.
        screening: rules written into the key.
        render: settings of every render.
    """

    length_s: float = 25.0
    start_s: float | None = None
    loudness_lufs: float = -23.0
    lower: bool = True
    sample_rate: int = 44_100
    align: bool = True
    hidden_reference: str | None = None
    repeat: bool = False
    training: bool = True
    pages_per_participant: int | None = None
    least_heard_s: float | None = None
    seed: int | None = None
    title: str = "Listening test"
    screening: Screening = field(default_factory=Screening)
    render: RenderSettings = field(default_factory=RenderSettings)

    @property
    def heard_s(self) -> float:
        """`least_heard_s`, or what is in its place."""
        if self.least_heard_s is None:
            return min(LEAST_HEARD_S, self.length_s)
        return self.least_heard_s


def check_build(
    songs: Sequence[Song],
    systems: Sequence[System],
    output: Path,
    settings: BuildSettings,
    *,
    overwrite: bool = False,
) -> None:
    """Find out before rendering what would keep a test from being made; raises as `build_test`."""
    check_titles(songs)
    if not songs:
        raise InputError("no songs; give at least one song folder")
    if not 2 <= len(systems) <= _MAX_MIXES:
        raise SettingsError(f"a page compares 2 to {_MAX_MIXES} systems, not {len(systems)}")
    check_length(settings.length_s)
    low_lufs, high_lufs = LOUDNESS_RANGE_LUFS
    if not low_lufs <= settings.loudness_lufs <= high_lufs:
        raise SettingsError(
            f"loudness must be from {low_lufs:g} to {high_lufs:g} LUFS, "
            f"not {settings.loudness_lufs:g}"
        )
    if not 0.0 <= settings.heard_s <= settings.length_s:
        raise SettingsError(
            f"the seconds heard before leaving a page must be from 0 to {settings.length_s:g}, "
            f"not {settings.heard_s:g}"
        )
    n_pages = settings.pages_per_participant
    if n_pages is not None and not 1 <= n_pages <= len(songs):
        raise SettingsError(f"a participant rates 1 to {len(songs)} pages, not {n_pages}")
    reference = settings.hidden_reference
    if reference is not None and reference not in [system.name for system in systems]:
        raise SettingsError(
            f"hidden reference {reference!r} is not one of the systems "
            f"{', '.join(system.name for system in systems)}"
        )
    refuse_rate(DEFAULT_FORMAT, settings.sample_rate)
    for song in songs:
        for system in systems:
            find_mix_file(system, song)
        length_s = settings.length_s + (settings.start_s or 0.0)
        if song.duration_s < length_s:
            raise InputError(
                f"{song.name}: {song.duration_s:.1f} s long, shorter than the {length_s:g} s that "
                "its excerpt needs; choose another --length or --start"
            )
    _refuse_output(output, overwrite)


def _refuse_output(output: Path, overwrite: bool) -> None:
    if not overwrite:
        refuse_existing([output])
    elif output.exists():
        read_key(output)  # anything else that has this name is not replaced
        if (output / STORE_FILE).exists():
            raise OutputError(f"{output} holds answers; move it away, or choose another --output")
        for path in sorted(output.iterdir()):
            if path.name not in _OF_A_TEST:
                raise OutputError(
                    f"{path} does not belong to the test; move it away to replace the test"
                )
    refuse_unwritable([output / KEY_FILE])
