"""Settings of the output files, checked when they are made.

Each option is defined here and nowhere else: `mixer render`, the columns of `mixer batch`, what its
command line says for every row, and the identity of its songs derive from the fields
(`mixer.rendering.options`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from mixer.audio.formats import (
    BIT_DEPTHS,
    DEFAULT_BIT_DEPTH,
    DEFAULT_FORMAT,
    FORMATS,
    FileCoding,
    LossyCoding,
)
from mixer.output.daw.daw_formats import DAW_FORMATS, DAW_TITLES
from mixer.output.versions import (
    DEFAULT_TEMPLATE,
    FIELDS,
    MIX,
    WORDS,
    check_deliver,
    parse_deliver,
    parse_template,
)
from mixer.rendering.options import option, options_of

_KEPT = 1_024  # different settings of a manifest


class ReportKind(StrEnum):
    """Whether a report comes with a mix, as a cell says it: with audio beside it or inside."""

    LINKED = "yes"
    NONE = "no"
    EMBEDDED = "embed"


class DawAudio(StrEnum):
    """Audio of sessions: the dry recordings with editable strips, the wet stems, or both."""

    DRY = "dry"
    WET = "wet"
    BOTH = "both"


@dataclass(frozen=True)
class OutputSettings:
    """Format of a mix and its deliverables.

    Attributes:
        format: one of `FORMATS`; empty for that of the file's name.
        bit_depth: one of `BIT_DEPTHS`; lossy formats ignore it.
        bitrate_kbps, quality: of lossy formats, one of the two; None for the format's own.
        stems, tracks: wet stems, wet tracks are requested.
        daw: session formats, any of `DAW_FORMATS`.
        daw_audio: audio of the sessions.
        deliver: versions of the mix, any of `mixer.output.versions.WORDS`.
        deliver_names: template of their files' names.
        deliver_gain_db: of all of them together.
        check_translation: simulate the mix on other loudspeakers and through codecs.
        report: the HTML report and the place of its audio.
    """

    format: str = option(
        "",
        "File format of the mix.",
        choices=FORMATS,
        otherwise=DEFAULT_FORMAT,
        in_ledger=True,
        for_every_row=True,
    )
    bit_depth: str = option(
        DEFAULT_BIT_DEPTH,
        "Bit depth of WAV and FLAC.",
        choices=BIT_DEPTHS,
        in_ledger=True,
        for_every_row=True,
    )
    bitrate_kbps: int | None = option(
        None,
        "Bit rate of MP3, Opus and AAC, in kbit/s.",
        title="bit rate in kbit/s",
        range=(32, 510),
        otherwise="320, 192, 256",
        called="bitrate",
    )
    quality: float | None = option(
        None,
        "Quality of MP3 and Ogg Vorbis, instead of a bit rate: 0 (smallest) to 10 (best).",
        range=(0.0, 10.0),
        otherwise="8 for Ogg Vorbis",
    )
    stems: bool = option(False, "Also write each wet stem and the residual.", in_ledger=True)
    tracks: bool = option(False, "Also write each wet track, if the model mixes tracks.")
    daw: tuple[str, ...] = option(
        (),
        f"Also write a session for {DAW_TITLES}; repeatable.",
        choices=DAW_FORMATS,
        for_every_row=True,
    )
    daw_audio: DawAudio = option(
        DawAudio.DRY,
        "Audio in sessions: dry recordings with editable strips, wet stems, or both.",
        for_every_row=True,
    )
    deliver: tuple[str, ...] = option(
        (),
        f"Versions to write through the mix's bus, comma-separated: {', '.join(WORDS)}.",
        otherwise="none",
        parse=parse_deliver,
        for_every_row=True,
    )
    deliver_names: str = option(
        DEFAULT_TEMPLATE,
        f"File names of versions, with {', '.join('{' + field + '}' for field in FIELDS)}.",
        parse=parse_template,
    )
    deliver_gain_db: float = option(
        0.0,
        "Gain in dB of all versions together, to bring them below the ceiling.",
        range=(-12.0, 0.0),
        called="deliver-gain",
    )
    check_translation: bool = option(
        False,
        "Report which stems get lost on a phone, a laptop, in a mono club, a car, AAC and Opus.",
    )
    report: ReportKind = option(
        ReportKind.NONE,
        "Whether to write an HTML report.",
        flags={
            "report": (ReportKind.LINKED, "Write an HTML report with a player."),
            "embed": (
                ReportKind.EMBEDDED,
                "Write an HTML report with 30 s previews inside the page.",
            ),
        },
        for_every_row=True,
    )

    def __post_init__(self) -> None:
        for one in options_of(OutputSettings):
            one.check(getattr(self, one.name))
        check_deliver(self.deliver)
        parse_template(self.deliver_names)

    @property
    def coding(self) -> LossyCoding:
        """Bit rate or quality of a lossy format."""
        return LossyCoding(self.bitrate_kbps, self.quality)

    @property
    def file_coding(self) -> FileCoding:
        """Coding of the files."""
        return FileCoding(self.format, self.bit_depth, self.coding)

    @property
    def edits(self) -> bool:
        """Whether sessions of dry recordings are wanted."""
        return bool(self.daw) and self.daw_audio != DawAudio.WET

    @property
    def has_report(self) -> bool:
        return self.report != ReportKind.NONE

    @property
    def has_copies(self) -> bool:
        """Whether listening copies of what is written nowhere else lie beside the report."""
        return self.report == ReportKind.LINKED

    @property
    def has_versions(self) -> bool:
        """Whether there are files of versions beside the mix."""
        return bool(self.deliver) and self.deliver != (MIX,)

    @property
    def takes_stems(self) -> bool:
        """Whether wet stems must be rendered."""
        return self.delivers_wet_stems or self.check_translation

    @property
    def writes_stems(self) -> bool:
        """Whether wet stems are written: asked for, or needed by what is delivered."""
        return self.stems or bool(self.daw) or self.has_report

    @property
    def delivers_wet_stems(self) -> bool:
        """Whether wet stems are delivered separately: as files, or as versions of the mix."""
        return self.writes_stems or self.has_versions


@lru_cache(_KEPT)
def changed(settings: OutputSettings, **fields: Any) -> OutputSettings:
    """`dataclasses.replace`; equal ones, as most rows of a manifest have, are checked once.

    Raises:
        SettingsError: a value that no field takes.
    """
    return replace(settings, **fields)


# The mix alone, as if nothing is said.
MIX_ALONE = OutputSettings()
