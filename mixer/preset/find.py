"""Locations of presets: shipped with the package, in the user's own folder, or in any file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import platformdirs

from mixer.errors import PresetError
from mixer.files.wording import quote, suggest

ENDING = ".toml"
FOLDER_VARIABLE = "MIXER_PRESETS"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Found:
    """A preset's file.

    Attributes:
        name: as given to `--preset`.
        path: the file.
        shipped: it came with the package.
        hides: it is the user's own and replaces a shipped one of the same name.
    """

    name: str
    path: Path
    shipped: bool = False
    hides: bool = False


def user_folder() -> Path:
    """The folder of the user's own presets, by the custom of the platform; it may not exist.

    Raises:
        PresetError: no home folder was found, and no folder is set.
    """
    own = os.environ.get(FOLDER_VARIABLE)
    if own:
        return Path(own).expanduser()
    folder = platformdirs.user_config_path("mixer", appauthor=False, roaming=True)
    if not folder.is_absolute():  # an account without a home, as in some containers
        raise PresetError(f"no home folder was found; set {FOLDER_VARIABLE} to a folder")
    return folder / "presets"


def shipped_folder() -> Path:
    """The folder of the presets that came with the package."""
    return Path(str(resources.files("presets")))


def is_name(text: str) -> bool:
    """Whether a preset may have this name; such a name cannot lead out of a folder."""
    return _NAME.fullmatch(text) is not None


def list_presets() -> list[Found]:
    """All presets that have a name, sorted by it; a user's one hides a shipped one."""
    shipped = _names_in(shipped_folder())
    try:
        own = _names_in(user_folder())
    except PresetError:  # no home: then nothing in it
        own = {}
    found = [Found(name, path, shipped=True) for name, path in shipped.items() if name not in own]
    found += [Found(name, path, hides=name in shipped) for name, path in own.items()]
    return sorted(found, key=lambda preset: preset.name)


def find_preset(name_or_path: str, *, asking: Path | None = None) -> Found:
    """A preset by its name, or a file by its path.

    Args:
        name_or_path: a name from `list_presets`, or a path that ends in .toml.
        asking: the file that extends the preset. It reaches the presets that have a name and the
            files beside it, nothing else; its own name there means the shipped one.

    Raises:
        PresetError: the preset is unknown; the message suggests the nearest names.
    """
    if name_or_path.lower().endswith(ENDING):
        return _find_file(name_or_path, asking)
    known = {preset.name: preset for preset in list_presets()}
    found = known.get(name_or_path)
    if found is None:
        hint = suggest(name_or_path, known)
        files = "" if hint.endswith("?") else f"; the name of a preset's file ends in {ENDING}"
        raise PresetError(f"unknown preset {quote(name_or_path)}; {hint}{files}")
    if asking is not None and found.hides and _same(found.path, asking):
        return Found(found.name, shipped_folder() / f"{found.name}{ENDING}", shipped=True)
    return found


def _find_file(name: str, asking: Path | None) -> Found:
    if asking is not None and (Path(name).name != name or "\\" in name):
        raise PresetError(
            f"{quote(name)} lies in another folder; give a preset's name, or a file beside this one"
        )
    try:
        path = Path(name).expanduser() if asking is None else asking.parent / name
        if path.is_file():
            return Found(path.name[: -len(ENDING)], path)
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL, no such home
        pass
    raise PresetError(
        f"preset file {quote(name)} was not found; `mixer preset list` shows all presets"
    )


def _names_in(folder: Path) -> dict[str, Path]:
    try:
        paths = [path for path in folder.iterdir() if path.suffix == ENDING and path.is_file()]
    except OSError:  # not there, not readable: the same as empty
        return {}
    return {path.stem: path for path in paths if is_name(path.stem)}


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
