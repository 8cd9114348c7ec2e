"""The request of a row: its settings, and all of it as the ledger stores it."""

from __future__ import annotations

from typing import TypedDict


class RowSettings(TypedDict, total=False):
    """Arguments of `RenderSettings`: what a manifest, a preset or the song says of them.

    Those that the batch reads itself; the others are only handed on to `RenderSettings`.
    """

    model: str
    profile: str
    amount: float
    sample_rate: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    reference: tuple[str, ...]


class PresetHash(TypedDict):
    """A preset's file: its content counts, not its location."""

    name: str
    sha256: str


class Asked(RowSettings, total=False):
    """Every setting that changes the output, as JSON values.

    Attributes:
        format, bit_depth, stems, tracks: how the mix is written; None for the depth of a lossy one.
        album: None for a single.
        console: the desk as a plain table.
        presets: the files that contributed to it.
        reference_sha256: hash of the references' content.
        daw, report: other files written with the mix.
    """

    format: str
    bit_depth: str | None
    stems: bool
    tracks: bool
    album: str | None
    album_sound: float
    reference_sha256: str
    console: dict[str, object]
    presets: list[PresetHash]
    daw: list[str]
    report: str
