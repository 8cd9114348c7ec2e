"""Choices of the page: presets, models, platforms, wishes, roles, outputs."""

from __future__ import annotations

from typing import TypedDict


class PresetRow(TypedDict):
    """A preset; `problem` says why it cannot be used."""

    name: str
    summary: str
    shipped: bool
    problem: str | None


class PlatformRow(TypedDict):
    """A platform."""

    name: str
    title: str
    loudness_lufs: float
    true_peak_dbtp: float
    note: str


class WishRow(TypedDict):
    """A wish: its wording, its effect, and its default subject."""

    phrases: list[str]
    does: str
    target: str


class RoleRow(TypedDict):
    """A role of a track."""

    name: str
    stem: str


class OutputWord(TypedDict):
    """A value of a render option and its label."""

    word: str
    title: str


class OutputFormat(OutputWord):
    """A format of a mix and its supported bit depths, the usual one first; none if lossy."""

    bit_depths: list[str]


class Outputs(TypedDict):
    """Possible values of `RenderAsked`."""

    format: list[OutputFormat]
    deliver: list[OutputWord]
    daw: list[OutputWord]
    daw_audio: list[str]


class Choices(TypedDict):
    """All choices of the page.

    `ranges` holds, by field of a strip (`gain_db`, `eq.frequency_hz`, `compressor.ratio`), the
    lowest and the highest number.
    """

    presets: list[PresetRow]
    models: list[str]
    platforms: list[PlatformRow]
    wishes: list[WishRow]
    wish_targets: list[str]
    wish_amounts: list[str]
    roles: list[RoleRow]
    ranges: dict[str, tuple[float, float]]
    outputs: Outputs
