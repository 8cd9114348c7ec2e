"""Choices of a page: presets, models, platforms, requests, roles, ranges of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mixer.audio.formats import DEFAULT_BIT_DEPTH, FORMATS, AudioFormat
from mixer.errors import PresetError
from mixer.files.shape import Leaf, LeafKind, Rows, Shape, Table
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.output_settings import DawAudio
from mixer.output.versions import STEMS, VERSIONS
from mixer.preset.console_shape import NETWORK, STRIP
from mixer.preset.find import Found, list_presets
from mixer.preset.layer import read_layer
from mixer.rendering.choices.platforms import PLATFORMS
from mixer.roles import ROLES, UNKNOWN
from mixer.studio.edits import model_names
from mixer.studio.messages.offers import Choices, OutputWord, PresetRow
from mixer.takes.instructions import AMOUNTS, INSTRUCTIONS, TARGETS


def choices() -> Choices:
    """Collect the current choices; presets may change while the server runs."""
    return {
        "presets": [_preset(found) for found in list_presets()],
        "models": list(model_names()),
        "platforms": [
            {
                "name": place.name,
                "title": place.title,
                "loudness_lufs": place.loudness_lufs,
                "true_peak_dbtp": place.true_peak_dbtp,
                "note": place.note,
            }
            for place in PLATFORMS.values()
        ],
        "wishes": [
            {"phrases": list(one.phrases), "does": one.does, "target": one.target}
            for one in INSTRUCTIONS
        ],
        "wish_targets": list(TARGETS),
        "wish_amounts": list(AMOUNTS),
        "roles": [{"name": r.name, "stem": r.stem} for r in ROLES if r.name != UNKNOWN],
        "ranges": dict(_ranges(STRIP, "")),
        "outputs": {
            "format": [
                {"word": word, "title": one.title, "bit_depths": _bit_depths(one)}
                for word, one in FORMATS.items()
            ],
            "deliver": _versions(),
            "daw": [{"word": word, "title": one.title} for word, one in DAW_FORMATS.items()],
            "daw_audio": [word.value for word in DawAudio],
        },
    }


def _versions() -> list[OutputWord]:
    found: list[OutputWord] = [{"word": word, "title": one.title} for word, one in VERSIONS.items()]
    return [*found, {"word": STEMS, "title": "Stems, through the bus"}]


def _bit_depths(of_format: AudioFormat) -> list[str]:
    """Bit depths that a format supports, the usual one first; empty for a lossy format."""
    depths = [] if of_format.is_lossy else list(of_format.subtypes)
    return sorted(depths, key=lambda depth: depth != DEFAULT_BIT_DEPTH)


def _preset(found: Found) -> PresetRow:
    try:
        summary, problem = read_layer(found).summary, None
    except PresetError as error:
        summary, problem = "", str(error)
    return {
        "name": found.name,
        "summary": summary,
        "shipped": found.shipped,
        "problem": problem,
    }


def _ranges(shape: Shape, name: str) -> Iterator[tuple[str, tuple[float, float]]]:
    """The ranges of a strip's numbers, by dotted name; a list's are those of its rows."""
    if isinstance(shape, Leaf):
        if shape.kind is LeafKind.NUMBER:
            yield name, shape.allowed
    elif isinstance(shape, Rows):
        yield from _ranges(shape.item, name)
    elif isinstance(shape, Table):
        inner: Mapping[str, Shape] = shape.fields
        for key, part in inner.items():
            if key not in (NETWORK, "plugins"):
                yield from _ranges(part, f"{name}.{key}" if name else key)
