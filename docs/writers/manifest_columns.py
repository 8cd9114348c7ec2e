"""The page of every column of a manifest."""

from __future__ import annotations

from mixer.batch.requests.columns import COLUMNS
from mixer.output.daw.daw_formats import DAW_TITLES
from mixer.output.output_settings import OutputSettings
from mixer.rendering.options import Option, options_of
from mixer.rendering.settings import RenderSettings
from writers.markdown import NOTE, escaped, table

_ROW_COLUMNS = {
    "song": "The song's folder, relative to the manifest.",
    "id": "Name of the song in the results; by default the folder as written.",
    "output": "Path of the mix, with `{id} {song} {album} {preset} {model} {format} {row}`; "
    "`{id}.{format}` by default. Paths that lead out of the output folder are refused.",
    "album": "Songs of one album share one loudness offset, which keeps their relative levels.",
    "album_sound": "0 to 1: how far vocal level, bass, brightness, width and room are moved "
    "towards the album's medians.",
    "preset": "Names, or `.toml` files next to the manifest; the last one wins: `rock+wide`; "
    "`none` for none.",
}
# What a cell says in other words than options do: one of several flags, or several values at once.
_COLUMN_HELP = {
    "dry": "The recordings are dry.",
    "abstain": "With uncertainty: how far to move unsure settings towards neutral.",
    "reference": "Move the mix towards a recording, relative to the manifest: song.wav, or "
    "song.wav:tone=0.7,width; several separated by semicolons.",
    "daw": f"Also write a session for {DAW_TITLES}.",
    "report": "Write an HTML report with a player; embed puts 30 s previews inside the page.",
}
# A range that ends here or beyond is only what a computer can hold.
_MANY = 1e9


def manifest_columns() -> str:
    """Every column of a manifest."""
    options = {
        o.name: o for settings in (RenderSettings, OutputSettings) for o in options_of(settings)
    }
    rows = [
        (f"`{name}`", _ROW_COLUMNS[name], "") if name not in options else _column_row(options[name])
        for name in COLUMNS
    ]
    parts = [
        NOTE,
        "# Columns of a manifest",
        "Only `song` is required; columns may be in any order, and an empty cell means the "
        "default. "
        "Beside these, any key of a strip is a column, such as `vocals.gain_db`, `roles.kick.mute` "
        'or `tracks."Lead Vox".pan`; see [every key of a strip](strip-keys.md). '
        "[Many songs](batch.md) shows how manifests are used.",
        table(("column", "what", "default"), rows),
    ]
    return "\n\n".join(parts) + "\n"


def _column_row(option: Option) -> tuple[str, str, str]:
    what = _COLUMN_HELP.get(option.name, option.help)
    what = what if what.endswith(".") else what + "."
    if option.words:
        what += " " + ", ".join(f"`{word}`" for word in option.words) + "."
        what += " Several separated by plus signs." if option.kind is tuple else ""
    elif option.kind in (int, float):
        what += _range_in_words(*option.range)
    elif option.kind is bool:
        what += " `yes` or `no`."
    default = option.otherwise
    if not default and option.default not in (None, (), ""):
        default = str(getattr(option.default, "value", option.default))
        default = "no" if option.default is False else default
    return f"`{option.name}`", escaped(what), escaped(default)


def _range_in_words(low: float, high: float) -> str:
    return f" From {low:g} to {high:g}." if abs(high) < _MANY else ""
