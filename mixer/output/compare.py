"""Two mixes side by side: requests, results, and measurements of their audio."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mixer.audio import read_audio
from mixer.dsp.blocks import peak
from mixer.errors import InputError
from mixer.files.whole_file import hash_file
from mixer.files.wording import visible
from mixer.meters.engineering import Engineering, measure_engineering
from mixer.meters.frames import SHORTEST_SAMPLES
from mixer.meters.signal import Signal
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.meters.target import balance_error_db, centred_db
from mixer.output.names import FileRole
from mixer.output.recipe_reader import settings_by_name
from mixer.output.recorded_mix import RecordedMix, numbers

# Measurements to compare, by first word; the rest is inside `stems`, effect by effect.
_STAGES = ("master", "before_master", "wet_stems")


@dataclass(frozen=True)
class Row:
    """One value of both mixes; None if one has none, as of silence.

    Attributes:
        name: dotted, its unit at its end if it has one.
        a, b: the values.
    """

    name: str
    a: str | float | None
    b: str | float | None

    @property
    def difference(self) -> float | None:
        """b - a, if both are numbers."""
        if isinstance(self.a, float) and isinstance(self.b, float):
            return self.b - self.a
        return None


@dataclass(frozen=True)
class Comparison:
    """Differences between two mixes.

    Attributes:
        same_files: names of the files that are bit for bit the same.
        settings: requested settings that differ, the model and the versions with it.
        inputs: recordings that differ in content, stem or gain.
        measured: levels from the recipes, stage by stage.
        audio: figures of the files themselves; empty if they were not measured.
        balance_error_db: mean third-octave distance of the two, level aside; None likewise.
        notes: why files were not measured, and other remarks; a line each.
    """

    same_files: tuple[str, ...]
    settings: tuple[Row, ...]
    inputs: tuple[Row, ...]
    measured: tuple[Row, ...]
    audio: tuple[Row, ...]
    balance_error_db: float | None
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Everything, ready for JSON."""
        value = asdict(self)
        for part in ("settings", "inputs", "measured", "audio"):
            value[part] = [
                {**asdict(row), "difference": row.difference} for row in getattr(self, part)
            ]
        return value


def compare_mixes(a: RecordedMix, b: RecordedMix, *, measure: bool = True) -> Comparison:
    """Compare two mixes by their recipes and, if they are there unchanged, their files.

    Args:
        a, b: from `read_recipe`; differences are b - a.
        measure: also read and measure the audio of both.
    """
    notes = []
    if a.song_name != b.song_name:
        notes.append(
            f"these are mixes of different songs: {visible(a.song_name)} and {visible(b.song_name)}"
        )
    figures: list[Engineering] = []
    for recipe in (a, b) if measure else ():
        try:
            figures.append(_measure(recipe))
        except InputError as error:
            notes.append(str(error))
    both = len(figures) == 2
    return Comparison(
        same_files=tuple(
            name
            for name, output in a.outputs.items()
            if name in b.outputs and b.outputs[name].sha256 == output.sha256
        ),
        settings=tuple(_unlike(_asked(a), _asked(b))),
        inputs=tuple(_unlike(_recordings(a), _recordings(b))),
        measured=tuple(_beside(_levels(a), _levels(b))),
        audio=tuple(_beside(*(_figures(f) for f in figures))) if both else (),
        balance_error_db=_balance_error_db(*figures) if both else None,
        notes=tuple(notes),
    )


def _measure(recipe: RecordedMix) -> Engineering:
    output = recipe.outputs[FileRole.MIX]
    if not output.is_there(hash_file):
        raise InputError(
            f"{visible(output.path)} is missing, or was changed since; its audio is not measured"
        )
    audio, sample_rate = read_audio(output.path)
    if audio.shape[1] < SHORTEST_SAMPLES or peak(audio) == 0.0:
        raise InputError(f"{visible(output.path)} is silent or too short to be measured")
    return measure_engineering(Signal(audio, sample_rate))


def _asked(recipe: RecordedMix) -> dict[str, str | float | None]:
    """Everything that determined the mix except its recordings."""
    name, sha256 = recipe.model or (None, None)
    words = {
        "format": recipe.file_format,
        "bit_depth": recipe.bit_depth,
        "stems": ", ".join(name for name in recipe.outputs if name != FileRole.MIX) or None,
        "song.dry": str(recipe.dry).lower(),
        "song.tempo_bpm": recipe.tempo_bpm,
        "model.name": name,
        "model.manifest_sha256": sha256,
        "device_used": recipe.device,
        "profile_sha256": recipe.measurements.get("profile_sha256"),
        "effects_used": _listed(recipe.measurements.get("effects")),
        "platform": recipe.platform,
    }
    settings = settings_by_name(recipe.settings)
    if recipe.settings.effects is not None:
        settings = {n: v for n, v in settings.items() if not n.startswith("effects.")}
        settings["effects"] = ", ".join(recipe.settings.effects) or "none"
    found = {name: _value(value) for name, value in (settings | words).items()}
    return found | {f"version.{name}": version for name, version in recipe.versions.items()}


def _recordings(recipe: RecordedMix) -> dict[str, str | float | None]:
    return {
        visible(name): f"{entry.stem} {entry.gain_db:+.1f} dB sha256 {entry.sha256[:12]}"
        for name, entry in recipe.inputs.items()
    }


def _levels(recipe: RecordedMix) -> dict[str, float | None]:
    stages = {stage: recipe.measurements.get(stage) for stage in _STAGES}
    present = {stage: table for stage, table in stages.items() if isinstance(table, Mapping)}
    return {visible(name): value for name, value in numbers(present).items()}


def _figures(engineering: Engineering) -> dict[str, float | None]:
    figures = engineering.figures()
    for hz, level_db in zip(CURVE_BANDS_HZ, centred_db(engineering.curve_db), strict=True):
        figures[f"balance_{hz:.0f}_hz_db"] = float(level_db)
    return {name: float(v) if math.isfinite(v) else None for name, v in figures.items()}


def _balance_error_db(a: Engineering, b: Engineering) -> float:
    return float(balance_error_db(centred_db(a.curve_db), centred_db(b.curve_db)))


def _beside(a: Mapping[str, float | None], b: Mapping[str, float | None]) -> Iterator[Row]:
    for name in dict.fromkeys((*a, *b)):
        yield Row(name, a.get(name), b.get(name))


def _unlike(
    a: Mapping[str, str | float | None], b: Mapping[str, str | float | None]
) -> Iterator[Row]:
    for name in dict.fromkeys((*a, *b)):
        if a.get(name) != b.get(name):
            yield Row(visible(name), a.get(name), b.get(name))


def _value(value: Any) -> str | float | None:
    """A setting for a row: numbers stay numbers, all else becomes a word."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return str(value).lower() if isinstance(value, bool) else visible(value)


def _listed(value: Any) -> str | None:
    return ", ".join(visible(word) for word in value) or "none" if isinstance(value, list) else None
