"""The tools for agents: plain functions of plain values, confined to folders.

Each does what the command of its name does, by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mixer.audio import read_audio
from mixer.audio.formats import DEFAULT_FORMAT
from mixer.errors import SettingsError
from mixer.evaluate.pair import PairSettings, evaluate_pair
from mixer.files.wording import quote
from mixer.mcp.folders import Folders
from mixer.mcp.mix_words import settings_in_words
from mixer.output.compare import compare_mixes
from mixer.output.config import settings_over_defaults
from mixer.output.destination import Destination, render_to
from mixer.output.names import FileRole, mix_name, output_paths
from mixer.output.recipe import Recipe
from mixer.output.recipe_reader import read_recipe
from mixer.preset.assignments import parse_key, parse_value, split_assignment
from mixer.preset.find import find_preset, is_name
from mixer.preset.layer import read_layer
from mixer.rendering.asked_song import load_asked
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import at_fitting_rate, with_console
from mixer.rendering.timing.progress import Progress
from mixer.song.inspection import inspect_song
from mixer.studio.choices import choices
from mixer.studio.edits import model_names, names_plugins
from mixer.studio.jobs import read_wanted
from mixer.takes.listing import list_takes
from mixer.takes.revise import make_take, plan_revision
from mixer.takes.variations import variations as make_variations

_EVALUATION_RATE_HZ = 44_100
_MOST_TEXTS, _LONGEST_TEXT, _MOST_VARIATIONS = 100, 2_000, 12
Json = dict[str, Any]


class Tools:
    """The tools of one server."""

    def __init__(self, folders: Folders, mixes: str = "mixes") -> None:
        """Prepare.

        Args:
            folders: folders that may be read and written.
            mixes: folder for mixes, relative to the first of these.
        """
        self._folders, self._mixes = folders, mixes

    def check(self, song: str, progress: Progress) -> Json:
        """Classification of the files of a song's folder, and any problems with them."""
        loaded, _ = load_asked(self._folders.song(song), leave_out_faulty=True)
        found = inspect_song(loaded, lambda file, share: progress("check", file, share))
        return dict(found.as_json())

    def presets(self) -> Json:
        """List what can be chosen: presets, models, targets, requests, roles, outputs."""
        return dict(choices())

    def preset(self, name: str) -> Json:
        """Every number of a preset, as in its file."""
        layer = read_layer(find_preset(_preset_name(name)))
        extends = [found.name for found in layer.extends]
        return {"name": name, "summary": layer.summary, "extends": extends, "table": layer.table}

    def render(
        self,
        song: str,
        progress: Progress,
        *,
        presets: Sequence[str] = (),
        sets: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        output: str = "",
        overwrite: bool = False,
    ) -> Json:
        """Mix a song into a file and its recipe."""
        folder = self._folders.song(song)
        names = [_preset_name(name) for name in presets]
        loaded, resolved = load_asked(folder, names, _sets(sets))
        asked = _settings(settings or {})
        wanted = read_wanted(dict(outputs or {}))
        set_to = with_console(
            settings_over_defaults(asked, resolved.console),
            resolved.console,
            keeps_loudness="loudness_lufs" in asked,
            keeps_ceiling="true_peak_dbtp" in asked,
        )
        plan = plan_render(
            loaded, at_fitting_rate(set_to, loaded, wanted.format), presets=resolved.sources
        )
        place = self._folders.output(output or self._mixes)
        path = place if place.suffix else place / f"{mix_name(folder)}.{wanted.format}"
        if path.suffix.lower() != f".{wanted.format}":
            raise SettingsError(f"{quote(path.name)} must end in .{wanted.format}")
        destination = Destination(self._folders.mix(path), wanted, overwrite=overwrite)
        destination.check(plan)
        if wanted.delivers_wet_stems:
            plan = with_leakage_warning(plan)
        done = render_to(destination, plan, progress=progress)
        return {
            **_mix_figures(done.recipe, path),
            "settings": settings_in_words(done.recipe["measurements"]),
            "warnings": [*plan.warnings, *done.remarks],
            "verdict": done.mix.verdict,
        }

    def revise(self, mix: str, changes: Sequence[str], progress: Progress) -> Json:
        """Render the next take of a mix, with the given changes only."""
        recipe = self._folders.recipe(read_recipe(self._folders.file(mix)))
        self._folders.mix(recipe.path)
        for text in changes:
            if "=" in text:
                _sets([text])
        revision = plan_revision(recipe.path, _bounded_texts(changes), progress=progress)
        revised = make_take(revision, progress)
        take = revised.take
        return {
            **_mix_figures(revised.rendered.recipe, revision.destination.path),
            "number": take["number"],
            "changes": take["changes"],
            "unchanged_parts": take["same"],
            "changed_parts": take["different"],
            "settings": settings_in_words(revised.rendered.recipe["measurements"]),
        }

    def takes(self, mix: str) -> Json:
        """The takes of a mix, each with what was asked for and what changed from its parent."""
        file = self._folders.file(mix)
        self._folders.mix(file)
        return {
            "takes": [
                {
                    "number": take.number,
                    "mix": str(take.mix),
                    "state": take.state,
                    "made_by": take.made_by,
                    "parent": take.parent,
                    "asked": take.asked,
                    "differs_from_first": take.words,
                    "changes": take.changes,
                    "unchanged_parts": take.same,
                    "changed_parts": take.different,
                    "loudness_lufs": take.loudness_lufs,
                    "true_peak_dbtp": take.true_peak_dbtp,
                }
                for take in list_takes(file)
            ]
        }

    def variations(
        self,
        song: str,
        progress: Progress,
        *,
        n: int = 0,
        names: Sequence[str] = (),
        blends: Sequence[str] = (),
    ) -> Json:
        """Make other mixes of a song beside the first."""
        if not 0 <= n <= _MOST_VARIATIONS or len(names) + len(blends) > _MOST_VARIATIONS:
            raise SettingsError(f"at most {_MOST_VARIATIONS} variations can be made at once")
        folder, mixes = self._folders.song(song), self._folders.output(self._mixes)
        self._folders.mix(mixes / f"{mix_name(folder)}.{DEFAULT_FORMAT}")
        made = make_variations(
            folder,
            n,
            names=_bounded_texts(names),
            blends=_bounded_texts(blends),
            folder=mixes,
            progress=progress,
        )
        return {
            "first": str(made.first_path),
            "left_out": list(made.left_out),
            "table": str(made.table),
            "variations": [
                {
                    "mix": str(one.path),
                    "preset": str(one.preset),
                    "loudness_lufs": one.loudness_lufs,
                    "true_peak_dbtp": one.true_peak_dbtp,
                    **one.take.get("variation", {}),
                }
                for one in made.made
            ],
        }

    def compare(self, a: str, b: str, *, audio: bool = True) -> Json:
        """Differences between two mixes, B minus A."""
        recipes = [self._folders.recipe(read_recipe(self._folders.file(path))) for path in (a, b)]
        for recipe in recipes:
            for recorded in recipe.outputs.values():
                self._folders.inside(str(recorded.path))
        return dict(compare_mixes(*recipes, measure=audio).as_json())

    def evaluate(self, mix: str, reference: str) -> Json:
        """Measures of a mix against a reference."""
        files = self._folders.file(mix), self._folders.file(reference)
        mixed, compared = (read_audio(file, _EVALUATION_RATE_HZ)[0] for file in files)
        report = evaluate_pair(mixed, compared, _EVALUATION_RATE_HZ, PairSettings())
        return dict(report.as_json())


def _preset_name(name: str) -> str:
    # A path would lead to a file that was not allowed.
    if not is_name(name):
        raise SettingsError(f"{quote(name)} is not a valid preset name")
    return name


def _bounded_texts(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) > _MOST_TEXTS or any(len(text) > _LONGEST_TEXT for text in texts):
        raise SettingsError(
            f"give at most {_MOST_TEXTS} texts of at most {_LONGEST_TEXT} characters"
        )
    return tuple(texts)


def _sets(texts: Sequence[str]) -> tuple[str, ...]:
    """Assignments that load nothing."""
    for text in _bounded_texts(texts):
        key, value = split_assignment(text)
        parts, _ = parse_key(key)
        # A revision sets a negative value by two signs.
        said = parse_value(key, value.removeprefix("="))
        if "plugins" in parts or names_plugins(said):
            raise SettingsError(
                f"{quote(text)}: agents may not load plug-ins; name them in a preset"
            )
    return tuple(texts)


_SETTINGS: Mapping[str, Callable[[Any], bool]] = {
    "model": lambda value: value in model_names(),
    "amount": lambda value: isinstance(value, int | float),
    "dry": lambda value: isinstance(value, bool),
    "levels": lambda value: isinstance(value, str),
    "platform": lambda value: isinstance(value, str),
    "loudness_lufs": lambda value: isinstance(value, int | float),
    "true_peak_dbtp": lambda value: isinstance(value, int | float),
    "seed": lambda value: isinstance(value, int),
}


def _settings(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a render that name no file."""
    for key, value in asked.items():
        if key not in _SETTINGS:
            raise SettingsError(f"unknown setting {quote(key)}; choose from {', '.join(_SETTINGS)}")
        if not _SETTINGS[key](value):
            raise SettingsError(f"{key} cannot be {quote(value)}")
    return dict(asked)


def _mix_figures(recipe: Recipe, path: Path) -> Json:
    master = recipe["measurements"]["master"]
    return {
        "mix": str(path),
        "recipe": str(output_paths(path, [], DEFAULT_FORMAT)[FileRole.RECIPE]),
        "files": {name: file["path"] for name, file in recipe["output"]["files"].items()},
        "loudness_lufs": master["loudness_lufs"],
        "true_peak_dbtp": master["true_peak_dbtp"],
        "limited_db": master["max_reduction_db"],
        "model": None if recipe["model"] is None else recipe["model"]["name"],
    }
