"""The HTML report that is handed over with a mix, and the copies that it plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixer.output.recipe import Recipe
from mixer.output.recipe_words import report_sections
from mixer.output.writing_forecast import AUDIO
from mixer.rendering.mix import Mix
from mixer.report import report_data, write_listening_copies, write_report
from mixer.report.data import MIX, SessionNulls


def write_mix_report(
    mix: Mix,
    recipe: Recipe,
    path: Path,
    copies: Path | None,
    nulls: SessionNulls | None,
    *,
    overwrite: bool,
    at: Callable[[str, float], None],
) -> None:
    """Write the report of a mix that was written with its wet stems.

    Args:
        mix: what was rendered.
        recipe: of the mix; tells where its files are.
        path: the report's file.
        copies: folder for audio that only the report plays; None to embed previews.
        nulls: null depth of the sessions' tracks; None without editable ones.
        overwrite: replace existing files.
        at: called with a step of `mixer.output.writing_forecast.report_steps_s` and the share of it
            that is done, 0 to 1.

    Raises:
        OutputError: something is there already, or the disk is full or read-only.
    """
    written = {name: Path(entry["path"]) for name, entry in recipe["output"]["files"].items()}
    files = {stem: written[stem] for stem in mix.wet_stems if stem in written}
    data = report_data(mix, files={**files, MIX: written[MIX]}, nulls=nulls)
    data = replace(data, sections=report_sections(recipe))
    at(AUDIO, 0.0)
    if copies is not None:
        data = write_listening_copies(copies, data, overwrite=overwrite)
    write_report(path, data, embed=copies is None, overwrite=overwrite)
