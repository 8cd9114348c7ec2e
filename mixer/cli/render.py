"""`mixer render`: a song folder in, a finished mix out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from mixer.audio import BIT_DEPTHS, FORMATS, is_audio_name
from mixer.cli.console import answer, level, progress_bar, say, talk
from mixer.fxnorm.chain import EFFECTS
from mixer.planning import RenderPlan, plan_render
from mixer.recipe import RESIDUAL, check_output, format_of, output_paths, write_mix
from mixer.rendering import Mix, render
from mixer.settings import RenderSettings
from mixer.song import Song, load_song

DEFAULT_FOLDER = "mixes"
# Endings that only a file has, beyond those that mixer reads.
_OTHER_AUDIO_ENDINGS = (".aac", ".ac3", ".aif", ".alac", ".ape", ".au", ".mka", ".wma", ".wv")
LOUDNESS_TOLERANCE_LU = 0.1


class _LevelOrNone(click.ParamType[float | None]):
    """A number, or the word none."""

    name = "number|none"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        if value is None or str(value).lower() == "none":
            return None
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor none", param, ctx)


@click.command(name="render")
@click.argument("song_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help=f"The mix (a name ending in .{', .'.join(FORMATS)}) or a folder for it.  "
    f"[default: {DEFAULT_FOLDER}/]",
)
@click.option("--model", default="default", show_default=True, help="Bundle, its folder, or none.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--profile", help="Profile to normalise to: a name or a file. [default: the model's]")
@click.option("--effects", help="Which normalisations apply, with commas; none for none.")
@click.option("--amount", type=float, default=1.0, show_default=True, help="0 plain sum, 1 mix.")
@click.option("--dry/--wet", default=None, help="The recording is dry (wet). [default: song.toml]")
@click.option("--rooms", type=click.Path(path_type=Path), help="A folder of impulse responses.")
@click.option("--warm-up", type=float, help="Seconds put in front. [default: the model's]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of rooms and dither.")
@click.option("--sample-rate", type=int, help="Of the mix, in Hz. [default: the song's]")
@click.option("--bit-depth", type=click.Choice(BIT_DEPTHS), default="24", show_default=True)
@click.option("--format", "file_format", type=click.Choice(FORMATS), help="[default: wav]")
@click.option("--stems", is_flag=True, help="Also write each wet stem and the residual.")
@click.option("--loudness", type=_LevelOrNone(), help="Target, LUFS. [default: none]")
@click.option("--true-peak", type=_LevelOrNone(), default="-1", help="Ceiling, dBTP. [default: -1]")
@click.option("--strict", is_flag=True, help="A name that says nothing is an error, not `other`.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; render nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Also print what was done to each stem.")
def command(
    song_dir: Path,
    output: Path | None,
    file_format: str | None,
    bit_depth: str,
    stems: bool,
    strict: bool,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Mix the stems or raw tracks in SONG_DIR.

    Writes the mix, and beside it NAME.mix.json with everything that made it.
    """
    settings = _settings(options)
    song = load_song(song_dir, strict=strict)
    plan = plan_render(song, settings)
    path, file_format = _output_path(output, file_format, song)
    check_output(
        path,
        [*song.stems, RESIDUAL] if stems else [],
        file_format=file_format,
        bit_depth=bit_depth,
        sample_rate=settings.sample_rate or song.sample_rate,
        overwrite=overwrite,
        song=song,
    )
    if not quiet:
        _warn(song, plan)
    if dry_run:
        _show_plan(song, plan, path, stems, file_format, as_json)
        return
    with progress_bar(quiet=quiet or as_json) as show:
        mix = render(song, settings, wet_stems=stems, progress=show)
        show("write", path.name, 1.0)
        recipe = write_mix(
            mix, path, file_format=file_format, bit_depth=bit_depth, overwrite=overwrite
        )
    if not quiet:
        _warn_clipped(recipe)
    if as_json:
        answer(_result(mix, recipe, path))
    elif not quiet:
        if verbose:
            _show_stems(mix)
        _show_result(mix, path)


def _settings(options: dict[str, Any]) -> RenderSettings:
    effects = options["effects"]
    if effects is not None:
        names = [] if effects.strip().lower() == "none" else effects.split(",")
        # The order in which they run is fixed; the order in which they are named does not matter.
        order = {effect: place for place, effect in enumerate(EFFECTS)}
        effects = tuple(sorted((n.strip() for n in names), key=lambda n: order.get(n, 0)))
    return RenderSettings(
        model=options["model"],
        device=options["device"],
        profile=options["profile"],
        effects=effects,
        amount=options["amount"],
        dry=options["dry"],
        rooms=str(options["rooms"]) if options["rooms"] else None,
        warm_up_s=options["warm_up"],
        seed=options["seed"],
        sample_rate=options["sample_rate"],
        loudness_lufs=options["loudness"],
        true_peak_dbtp=options["true_peak"],
    )


def _output_path(output: Path | None, file_format: str | None, song: Song) -> tuple[Path, str]:
    """Where the mix goes and as what: a file by its ending, else a folder."""
    # Of a name that is too long, Path.is_dir raises; here it is no folder, and refused later.
    if output is not None and not os.path.isdir(output):  # noqa: PTH112
        # A name that is nothing but an ending, like `.wav`, has no suffix of its own.
        name = output.name if output.suffix else f"x{output.name}"
        if is_audio_name(name) or name.lower().endswith(_OTHER_AUDIO_ENDINGS):
            ending = format_of(output)
            return output, format_of(output, file_format or ending)
    file_format = file_format or "wav"
    name = song.folder.name or "song"
    return (output or Path(DEFAULT_FOLDER)) / f"{name}.{file_format}", file_format


def _warn(song: Song, plan: RenderPlan) -> None:
    for warning in plan.warnings:
        talk(f"warning: {warning}")
    for recording in song.left_out:
        talk(f"left out: {recording.file} ({recording.reason})")
    for recording in song.recordings:
        if not recording.certain:
            talk(f"warning: {recording.file}: its name says nothing; mixed into {recording.stem}")


def _warn_clipped(recipe: dict[str, Any]) -> None:
    output = recipe["output"]
    if output["clipped"]:
        wav = "" if output["format"] == "wav" else "--format wav "
        talk(
            f"warning: {', '.join(output['clipped'])}: beyond full scale, so clipped; "
            f"use {wav}--bit-depth 32f to keep it"
        )


def _show_plan(
    song: Song, plan: RenderPlan, path: Path, stems: bool, file_format: str, as_json: bool
) -> None:
    names = [*song.stems, RESIDUAL] if stems else []
    outputs = {n: str(p) for n, p in output_paths(path, names, file_format).items()}
    if as_json:
        files = [{"file": r.file, "stem": r.stem, "reason": r.reason} for r in song.recordings]
        left_out = [{"file": r.file, "reason": r.reason} for r in song.left_out]
        answer(
            {
                "dry_run": True,
                "song": song.name,
                "files": files,
                "left_out": left_out,
                "model": plan.model_name,
                "effects": list(plan.effects),
                "warnings": list(plan.warnings),
                "outputs": outputs,
            }
        )
        return
    for recording in song.recordings:
        say(f"{recording.stem:<7} {recording.file}")
    say(f"model {plan.model_name}; effects {', '.join(plan.effects) or 'none'}")
    for target in outputs.values():
        say(f"would write {target}")


def _loudness_missed_lu(mix: Mix) -> float | None:
    """How far the mix is above (+) or below its target; None where it has none or reaches it."""
    target_lufs = mix.settings.loudness_lufs
    reached_lufs = mix.measurements["master"]["loudness_lufs"]
    if target_lufs is None or reached_lufs is None:
        return None
    missed_lu = float(reached_lufs - target_lufs)
    return round(missed_lu, 2) if abs(missed_lu) > LOUDNESS_TOLERANCE_LU else None


def _result(mix: Mix, recipe: dict[str, Any], path: Path) -> dict[str, Any]:
    master = mix.measurements["master"]
    return {
        "song": mix.song.name,
        "mix": str(path),
        "recipe": str(output_paths(path, [], "wav")["recipe"]),
        "stems": {n: f["path"] for n, f in recipe["output"]["files"].items() if n != "mix"},
        "sample_rate": mix.sample_rate,
        "n_samples": mix.audio.shape[1],
        "duration_s": mix.song.duration_s,
        "clipped": recipe["output"]["clipped"],
        "loudness_lufs": master["loudness_lufs"],
        "loudness_target_lufs": mix.settings.loudness_lufs,
        "loudness_missed_lu": _loudness_missed_lu(mix),
        "true_peak_dbtp": master["true_peak_dbtp"],
        "gain_reduction_db": master["max_reduction_db"],
        "model": mix.model["name"] if mix.model else None,
        "device": mix.device,
        "seconds": round(sum(mix.seconds.values()), 3),
        "real_time_factor": round(mix.real_time_factor, 2),
    }


def _show_stems(mix: Mix) -> None:
    for stem, measured in mix.measurements["stems"].items():
        before, after = measured["before"]["loudness_lufs"], measured["after"]["loudness_lufs"]
        talk(f"{stem}: {level(before, 'LUFS')} -> {level(after, 'LUFS')}")
        for effect, done in measured["effects"].items():
            talk(f"  {effect}: {_one_line(done)}")
    talk("seconds: " + ", ".join(f"{stage} {s:.2f}" for stage, s in mix.seconds.items()))


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_one_line(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(_one_line(inner) for inner in value) + "]"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _show_result(mix: Mix, path: Path) -> None:
    master = mix.measurements["master"]
    if mix.model is not None and not mix.model["learnt_to_mix"]:
        talk(
            f"note: model {mix.model['name']} has not learnt to mix: "
            "this is the sum of the normalised stems"
        )
    missed_lu = _loudness_missed_lu(mix)
    if missed_lu is not None:
        side = "above" if missed_lu > 0 else "below"
        talk(
            f"warning: {level(master['loudness_lufs'], 'LUFS')} is {abs(missed_lu):.1f} LU {side} "
            f"the target of {level(mix.settings.loudness_lufs, 'LUFS')}; "
            "choose another --loudness or --true-peak to reach it"
        )
    reduction_db = master["max_reduction_db"]
    limited = f", limiter {reduction_db:.1f} dB" if reduction_db > 0.05 else ""
    say(
        f"{path}  {level(master['loudness_lufs'], 'LUFS')}  "
        f"{level(master['true_peak_dbtp'], 'dBTP')}{limited}  "
        f"on {mix.device or 'cpu, no network'}  {sum(mix.seconds.values()):.1f} s, "
        f"{mix.real_time_factor:.1f}x real time"
    )
