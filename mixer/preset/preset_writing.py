"""A console's plain table as the text of a preset: the same table gives the same text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixer.errors import OutputError, PresetError
from mixer.files.toml_writing import table_lines, value_text
from mixer.files.whole_file import whole_file
from mixer.files.wording import quote, suggest
from mixer.preset.console_shape import SUMMARY
from mixer.preset.find import ENDING, FOLDER_VARIABLE, is_name, list_presets, user_folder


def preset_text(table: Mapping[str, Any], *, summary: str = "") -> str:
    """The TOML of a preset.

    Args:
        table: as `plain_table` gives it.
        summary: when to use it, one line; "" for none.

    Returns:
        Text that reads back as the same table.
    """
    lines = [f"{SUMMARY} = {value_text(summary)}"] if summary else []
    lines += table_lines(table)
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


def save_preset(
    name: str,
    table: Mapping[str, Any],
    *,
    summary: str = "",
    comments: Sequence[str] = (),
    overwrite: bool = False,
) -> Path:
    """Write one of the user's own presets.

    Args:
        name: the preset's name.
        table: as in `preset_text`.
        summary: when to use it, one line.
        comments: comment lines at the top of the file.
        overwrite: replace one of that name, or hide a shipped one.

    Returns:
        The file.

    Raises:
        PresetError: the name is not valid for a preset.
        OutputError: a preset of that name exists, or the file cannot be written.
    """
    if not is_name(name):
        raise PresetError(
            f"{name!r} is not a valid preset name; use a-z, 0-9 and -, at most 64 characters, "
            "e.g. my-rock"
        )
    path = user_folder() / f"{name}{ENDING}"
    if not overwrite and path.exists():
        raise OutputError(f"{path} already exists; add --overwrite to replace it")
    if not overwrite and any(found.name == name and found.shipped for found in list_presets()):
        raise OutputError(
            f"{name} ships with mixer; choose another name, or --overwrite to hide it"
        )
    text = "".join(f"# {comment}\n" for comment in comments)
    text += preset_text(table, summary=summary)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); free space, change permissions, or "
            f"set {FOLDER_VARIABLE} to another folder"
        ) from None
    return path


def delete_preset(name: str) -> Path:
    """Remove one of the user's own presets; a shipped one of that name counts again.

    Args:
        name: of the command.

    Returns:
        The path of the deleted file.

    Raises:
        PresetError: there is none of that name, or it ships with mixer.
        OutputError: it cannot be removed.
    """
    presets = {found.name: found for found in list_presets()}
    own = [found.name for found in presets.values() if not found.shipped]
    if name not in own:
        if name in presets:
            raise PresetError(f"{name} ships with mixer and cannot be deleted")
        what = suggest(name, own) if own else "you have not saved any"
        raise PresetError(f"unknown preset {quote(name)} of yours; {what}")
    path = presets[name].path
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed ({error.strerror})") from None
    return path
