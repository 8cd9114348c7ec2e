"""Rendered audio of a song: read from any thread, written by the worker's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mixer.console.master import MasterFigures
from mixer.console.settings import Strip
from mixer.dsp.blocks import FloatArray
from mixer.report.matching import Level
from mixer.studio.bus_gains import BusGains
from mixer.studio.edited_plan import Planned
from mixer.studio.messages.channel_state import ModelTable
from mixer.studio.sample_files import Samples

MIX, PLAIN = "mix", "plain"


@dataclass
class Response:
    """An impulse response of a return: its version, and float32 (4, frames)."""

    version: int
    key: str
    samples: FloatArray
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class ExactRender:
    """A render of the mix as it will be written.

    Attributes:
        revision: of the edits.
        version: of the samples of the source "mix".
        stems: the strip of each stem, without neutral ones.
        tracks: the user's strip of each track by name, without neutral ones.
        buses: gains of the network's buses, by stem and "master"; empty for a mix of stems.
    """

    revision: int
    version: int
    stems: Mapping[str, Strip]
    tracks: Mapping[str, Strip]
    buses: Mapping[str, BusGains]


def strips_of(planned: Planned) -> tuple[Mapping[str, Strip], Mapping[str, Strip]]:
    """Strips of stems, and the user's of tracks by name; neutral ones may be left out."""
    return dict(planned.full.console.strips), planned.hands[1].strips


@dataclass
class Made:
    """All rendered audio of a song, by name.

    Attributes:
        samples: of channels and sources.
        models: the network's settings, by channel.
        baked: fields of strips that are in the samples, by channel.
        levels: of sources.
        responses: of returns.
        exact: the last exact render, and the effect of its master.
    """

    samples: dict[str, Samples] = field(default_factory=dict)
    models: dict[str, ModelTable] = field(default_factory=dict)
    baked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    exact: ExactRender | None = None
    master: MasterFigures | None = None
