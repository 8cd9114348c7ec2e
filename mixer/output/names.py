"""Where everything of a mix goes: the files beside it, and the format that a name asks for."""

from __future__ import annotations

from pathlib import Path

from mixer.audio.formats import FORMATS
from mixer.baselines import INPUT_SUM, NORMALISED_SUM
from mixer.errors import SettingsError
from mixer.song.folder_names import RECIPE_SUFFIX

STEMS_SUFFIX = ".stems"
# The report, and the folder of what it plays that is written nowhere else.
REPORT_SUFFIX, LISTENING_SUFFIX = ".report.html", ".report"
LISTENING_COPIES = (INPUT_SUM, NORMALISED_SUM)
LISTENING_FORMAT = "flac"


def output_paths(mix_path: Path, stem_names: list[str], file_format: str) -> dict[str, Path]:
    """Where everything of a mix goes: keys "mix", "recipe", and each wet stem's name."""
    base = mix_path.with_suffix("")
    folder = base.with_name(base.name + STEMS_SUFFIX)
    paths = {"mix": mix_path, "recipe": base.with_name(base.name + RECIPE_SUFFIX)}
    return paths | {name: folder / f"{name}.{file_format}" for name in stem_names}


def format_of(path: Path, file_format: str | None = None) -> str:
    """The format that a mix's file name asks for, unless it is given.

    Raises:
        SettingsError: the ending is none of the formats', or another's than the one given.
    """
    ending = path.suffix.lower().lstrip(".")
    if file_format is None and ending not in FORMATS:
        formats = ", .".join(FORMATS)
        raise SettingsError(f"{path} does not end in a format that can be written: .{formats}")
    if file_format is not None and ending in FORMATS and file_format != ending:
        raise SettingsError(f"{path} ends in .{ending}, but --format says {file_format}")
    return file_format or ending
