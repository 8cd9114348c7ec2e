"""A mix as its recipe records it: what it was made from, by which settings, and what came out.

`mixer.output.recipe_reader` makes it of a file; fields that have bounds state them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.audio.formats import USUAL_CODING, LossyCoding
from mixer.files.fields import MISSING, TextKind, choice, entries, number, sha256, text
from mixer.files.mistakes import is_finite, leaves
from mixer.reference.moves import Moves
from mixer.rendering.settings import RenderSettings
from mixer.song.names.sides import Side
from mixer.stems import STEMS


@dataclass(frozen=True)
class RecordedInput:
    """A recording as it was when it was mixed; fields as in `mixer.song.recording.Recording`."""

    file: str = text(kind=TextKind.RAW)
    sha256: str = sha256()
    stem: str = choice(MISSING, STEMS)
    gain_db: float = number(MISSING, -200.0, 200.0)
    side: Side | None = choice(None, tuple(Side))
    start_s: float = number(0.0, -1e6, 1e6)
    inverted: bool = False


@dataclass(frozen=True)
class RecordedOutput:
    """A file that was written: where it should lie now, beside the recipe, and its hash."""

    path: Path
    sha256: str

    def is_there(self, hash_file: Callable[[Path], str]) -> bool:
        """Whether the file is still there, unchanged."""
        try:
            return self.path.is_file() and hash_file(self.path) == self.sha256
        except OSError:
            return False


@dataclass(frozen=True)
class RecordedParent:
    """Parent of a take; as in `mixer.output.recipe.TakeParent`."""

    file: str = text(kind=TextKind.RAW)
    sha256: str = sha256()


@dataclass(frozen=True)
class RecordedChange:
    """A setting that a take changed; as in `mixer.output.recipe.ChangedSetting`."""

    key: str = text()
    was: float | str | bool | None = None
    now: float | str | bool | None = None


@dataclass(frozen=True)
class RecordedVariation:
    """Place of a variation; as in `mixer.rendering.choices.axes.VariationTable`."""

    words: str = text()
    distance: float = number(MISSING, 0.0, 1e6)
    first_lufs: float = number(MISSING, -1e6, 1e6)
    moves: Mapping[str, float] = entries(number(MISSING, -1e6, 1e6), default={})
    sound: Mapping[str, float] = entries(number(MISSING, -1e6, 1e6), default={})
    moved: Mapping[str, float] = entries(number(MISSING, -1e6, 1e6), default={})


@dataclass(frozen=True)
class RecordedTake:
    """Origin of a mix in another one; as in `mixer.output.recipe.Take`."""

    parent: RecordedParent
    number: int = number(MISSING, 1, 1_000_000)
    made_by: str = text()
    asked: tuple[str, ...] = entries(text())
    changes: tuple[RecordedChange, ...] = entries()
    parts: Mapping[str, str] = entries(sha256(), names=TextKind.RAW)
    same: tuple[str, ...] = entries(text(kind=TextKind.RAW))
    different: tuple[str, ...] = entries(text(kind=TextKind.RAW))
    bus: Mapping[str, Any] = entries(default={})
    variation: RecordedVariation | None = None


@dataclass(frozen=True)
class RecordedFiles:
    """Files of a recipe, as `mixer.output.used_files.UsedFiles`; empty if none were recorded."""

    plugins: Mapping[str, str] = entries(sha256(), default={}, names=TextKind.RAW)
    rooms: Mapping[str, str] = entries(sha256(), default={}, names=TextKind.RAW)


@dataclass(frozen=True)
class RecordedLoss:
    """A row of a translation, as `mixer.rendering.mix_translation.TranslationRow`."""

    place: str = text()
    stem: str = choice(MISSING, STEMS)
    lost: float = number(MISSING, -1e6, 1.0)
    lift_hz: float | None = number(None, 20.0, 20_000.0)


@dataclass(frozen=True)
class RecordedReference:
    """Moves of a mix towards references; as in `mixer.reference.record.ReferenceRecord`."""

    moves: Moves


@dataclass(frozen=True)
class RecordedTranslation:
    """Loudness that stems lose on other playback systems."""

    rows: tuple[RecordedLoss, ...] = entries()


@dataclass(frozen=True)
class RecordedMix:
    """A recipe.

    Attributes:
        path: of the recipe.
        song_name: title of the song.
        song_folder: its folder at the time.
        dry: whether the song was declared dry.
        tempo_bpm: of the song; None if it was not told, or not recorded.
        inputs: the recordings by name.
        settings: the requested settings.
        model: name and hash of the manifest; None without a network.
        device: device of the network; None without one.
        measurements: as they were written, not checked: read them with `numbers`.
        file_format, bit_depth: of the files; the depth is None for lossy formats.
        coding: of lossy formats, if it was requested.
        title, artist: of the song, as tags; None if it had none.
        outputs: "mix" and each wet stem.
        tracks: each wet track and the residual, by name.
        used: plug-ins and rooms.
        delivered: each version of the mix that was delivered with it, by name.
        delivered_gain_db: of all of them together.
        versions: of python, mixer and the libraries.
        platform: the system.
        take: how it came from another mix; None for one that came from none.
        reference_moves: how it was moved towards references; None if there were none.
        translation: losses of stems on other playback systems; empty if not checked.
    """

    path: Path
    song_name: str
    song_folder: Path
    dry: bool
    tempo_bpm: float | None
    inputs: Mapping[str, RecordedInput]
    settings: RenderSettings
    model: tuple[str, str] | None
    device: str | None
    measurements: Mapping[str, object]
    file_format: str
    bit_depth: str | None
    outputs: Mapping[str, RecordedOutput]
    tracks: Mapping[str, RecordedOutput]
    versions: Mapping[str, str]
    platform: str
    delivered: Mapping[str, RecordedOutput] = field(default_factory=dict)
    delivered_gain_db: float = 0.0
    coding: LossyCoding = USUAL_CODING
    title: str | None = None
    artist: str | None = None
    used: RecordedFiles = field(default_factory=lambda: RecordedFiles())
    take: RecordedTake | None = None
    translation: tuple[RecordedLoss, ...] = ()
    reference_moves: Moves | None = None

    def plugins(self) -> tuple[str, ...]:
        """Files of the plug-ins that the settings load: programs, which a stranger may name."""
        table = dataclasses.asdict(self.settings)
        lists = (value for name, value in leaves(table) if name.split(".")[-1] == "path")
        return tuple(sorted({str(value) for value in lists if isinstance(value, str)}))


def numbers(value: Any) -> dict[str, float | None]:
    """The numbers of a tree of tables and lists by dotted name; None if one has no value."""
    return {
        name: None if leaf is None else float(leaf)
        for name, leaf in leaves(value)
        if leaf is None or is_finite(leaf)
    }
