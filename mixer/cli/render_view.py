"""The display of `mixer render`: its plan and the finished mix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mixer.cli.console import answer, level, say, talk, talk_warning
from mixer.cli.elapsed import WATCH
from mixer.output.delivery import delivered_paths
from mixer.output.destination import Destination, Rendered
from mixer.output.names import FileRole, output_paths, versions_folder
from mixer.output.recipe_words import translated_lines, version_lines
from mixer.rendering.choices.axes import standing_words
from mixer.rendering.doubts.doubt import doubt_words
from mixer.rendering.mix import Mix
from mixer.rendering.plans.plan import RenderPlan
from mixer.song.file_listing import left_out_files, mixed_files

LOUDNESS_TOLERANCE_LU = 0.1


def show_plan(
    plan: RenderPlan, destination: Destination, console: Mapping[str, object], as_json: bool
) -> None:
    """Show the plan of a render instead of rendering."""
    song = plan.song
    outputs = {name: str(target) for name, target in destination.paths(song).items()}
    there = [] if destination.overwrite else destination.existing(song)
    if as_json:
        answer(
            {
                "dry_run": True,
                "song": song.name,
                "files": mixed_files(song),
                "left_out": left_out_files(song),
                "model": plan.model_name,
                "effects": list(plan.effects),
                "console": dict(console),
                "warnings": list(plan.warnings),
                "outputs": outputs,
                "needs_overwrite_of": there,
            }
        )
        return
    for recording in song.recordings:
        say(f"{recording.stem:<7} {recording.file}")
    say(f"model {plan.model_name}; effects {', '.join(plan.effects) or 'none'}")
    for part, table in console.items():
        say(f"{part}: {one_line(table)}")
    for target in outputs.values():
        say(f"would write {target}")
    for target in there:
        say(f"would need --overwrite: {target} already exists")


def result(done: Rendered, destination: Destination) -> dict[str, object]:
    """A finished mix for a program."""
    mix, recipe, path = done.mix, done.recipe, destination.path
    master, elapsed_s = mix.measurements["master"], WATCH.seconds()
    return {
        "song": mix.song.name,
        "files": mixed_files(mix.song),
        "left_out": left_out_files(mix.song),
        "mix": str(path),
        "recipe": str(output_paths(path, [], "wav")[FileRole.RECIPE]),
        "stems": {n: f["path"] for n, f in recipe["output"]["files"].items() if n != FileRole.MIX},
        "tracks": {n: f["path"] for n, f in recipe["output"].get("tracks", {}).items()},
        "versions": {n: dict(f) for n, f in recipe["output"].get("versions", {}).items()},
        "versions_error_dbfs": recipe["output"].get("versions_error_dbfs"),
        **{name: str(target) for name, target in delivered_paths(destination.wanted, path).items()},
        "track_mix": mix.measurements["tracks"] or None,
        "sample_rate": mix.sample_rate,
        "n_samples": mix.audio.shape[1],
        "duration_s": mix.song.duration_s,
        "clipped": recipe["output"]["clipped"],
        "loudness_lufs": master["loudness_lufs"],
        "loudness_target_lufs": mix.settings.loudness_lufs,
        "loudness_missed_lu": _loudness_missed_lu(mix),
        "verdict": mix.verdict,
        "doubts": mix.measurements.get("doubts"),
        "check_by_ear": doubt_words(mix.measurements.get("doubts")),
        "variation": mix.measurements.get("variation"),
        "translation": recipe.get("translation"),
        "reference": recipe.get("reference"),
        "true_peak_dbtp": master["true_peak_dbtp"],
        "gain_reduction_db": master["max_reduction_db"],
        "model": mix.model["name"] if mix.model else None,
        "device": mix.device,
        "seconds": round(elapsed_s, 3),
        "real_time_factor": round(mix.song.duration_s / max(elapsed_s, 1e-9), 2),
    }


def one_line(value: Any) -> str:
    """A record of numbers in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one_line(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(one_line(inner) for inner in value) + "]"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def show_result(mix: Mix, path: Path) -> None:
    """The summary table on stderr, the one line to keep on stdout."""
    if mix.model is not None and not mix.model["learnt_to_mix"]:
        talk(
            f"note: model {mix.model['name']} has not learnt to mix: "
            "this is the sum of the normalised stems"
        )
    # Not above: it loads what draws tables, which a quiet render does without.
    from mixer.cli.render_tables import show_mix_table, show_reference, show_tracks

    show_mix_table(mix)
    show_tracks(mix)
    show_reference(mix)
    if "variation" in mix.measurements:
        talk(f"variation: {standing_words(mix.measurements['variation'])}")
    levels = mix.measurements["levels"]
    if levels is not None:
        talk(f"incoming levels: treated as {levels['taken_for']} ({levels['reason']})")
    for line in doubt_words(mix.measurements.get("doubts")):
        talk_warning(line)
    master = mix.measurements["master"]
    missed_lu = _loudness_missed_lu(mix)
    if missed_lu is not None:
        side = "above" if missed_lu > 0 else "below"
        talk_warning(
            f"{level(master['loudness_lufs'], 'LUFS')} is {abs(missed_lu):.1f} LU {side} "
            f"the target of {level(mix.settings.loudness_lufs, 'LUFS')}; "
            "choose another --loudness or --true-peak to reach it"
        )
    reduction_db, elapsed_s = master["max_reduction_db"], WATCH.seconds()
    limited = f", limiter {reduction_db:.1f} dB" if reduction_db > 0.05 else ""
    say(
        f"{path}  {level(master['loudness_lufs'], 'LUFS')}  "
        f"{level(master['true_peak_dbtp'], 'dBTP')}{limited}  "
        f"on {mix.device or 'cpu, no network'}  {elapsed_s:.1f} s, "
        f"{mix.song.duration_s / max(elapsed_s, 1e-9):.1f}x real time"
    )
    if mix.verdict is not None:
        say(mix.verdict)


def show_delivered(destination: Destination, done: Rendered) -> None:
    """Show the other files that were written."""
    for target in delivered_paths(destination.wanted, destination.path).values():
        say(str(target))
    for version in done.recipe["output"].get("versions", {}).values():
        say(str(versions_folder(destination.path) / Path(version["path"]).name))
    for line in version_lines(done.recipe):
        talk(line)
    for line in translated_lines(done.recipe):
        say(line)
    for remark in done.remarks:
        talk(f"note: {remark}")


def _loudness_missed_lu(mix: Mix) -> float | None:
    """How far the mix is above (+) or below its target; None if it has none or reaches it."""
    target_lufs = mix.settings.loudness_lufs
    reached_lufs = mix.measurements["master"]["loudness_lufs"]
    if target_lufs is None or reached_lufs is None:
        return None
    missed_lu = float(reached_lufs - target_lufs)
    return round(missed_lu, 2) if abs(missed_lu) > LOUDNESS_TOLERANCE_LU else None
