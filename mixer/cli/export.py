"""`mixer export`: a checkpoint becomes a model bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mixer.cli.console import answer, say
from mixer.cli.extras import load_extra
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath, required_output
from mixer.fxnorm.profile import PACKAGED
from mixer.normalisations import EFFECTS, parse_effects


@click.command(name="export")
@click.argument("checkpoint", type=FilePath(exists=True, dir_okay=False, path_type=Path))
@required_output("Folder to create for the bundle.")
@click.option("--name", help="Name of the bundle.  [default: the folder's name]")
@click.option(
    "--profile",
    help="Profile of the training stems.  [default: the data set's, or musdb18]",
)
@click.option(
    "--effects",
    help=f"Comma-separated normalisations, from {','.join(EFFECTS)}.  [default: the data set's]",
)
@click.option(
    "--warm-up",
    type=Number(),
    help="Seconds of the song's end that the network hears before its start.  "
    "[default: 30; Wave-U-Net: 0]",
)
@click.option(
    "--panning-limits-time-axis",
    is_flag=True,
    help="Trained with the published panning normalisation, which stops after 17 s.",
)
@click.option(
    "--stride", type=Whole(), help="Front-end stride of a published state dict.  [default: 1]"
)
@click.option(
    "--segment-samples",
    type=Whole(),
    help="Segments that a Wave-U-Net's published state dict was trained on.  [default: 441000]",
)
@click.option("--fp16", is_flag=True, help="Also write half-precision graphs, for GPUs.")
@click.option("--licence", help="Terms of the weights.  [default: as stated in the checkpoint]")
@click.option("--provenance", help="Origin of the weights.  [default: as stated in the checkpoint]")
@click.option("--overwrite", is_flag=True, help="Replace an existing bundle.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(
    checkpoint: Path,
    output: Path,
    name: str | None,
    profile: str | None,
    effects: str | None,
    warm_up: float | None,
    panning_limits_time_axis: bool,
    stride: int | None,
    segment_samples: int | None,
    fp16: bool,
    licence: str | None,
    provenance: str | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Export CHECKPOINT (safetensors, or a published .params) as a model bundle.

    The bundle is checked against PyTorch before it is written: if ONNX Runtime's output differs,
    the command fails and writes no bundle.
    """
    export = load_extra("export.bundle", "train")
    options: dict[str, Any] = {
        "name": name,
        "effects": None if effects is None else parse_effects(effects),
        "warm_up_s": warm_up,
        "profile": _profile_path(profile),
        "shape": {"stride_samples": stride, "segment_samples": segment_samples},
        "fp16": fp16,
        "licence": licence,
        "provenance": provenance,
        "panning_limits_time_axis": panning_limits_time_axis,
        "overwrite": overwrite,
    }
    bundle = export.export_bundle(checkpoint, output, **options)
    parity = bundle.manifest.parity
    network = {"kind": bundle.manifest.kind, **bundle.manifest.hyper_parameters.to_json()}
    if as_json:
        answer(
            {
                "bundle": str(output),
                "name": bundle.name,
                "network": network,
                "provenance": bundle.manifest.provenance,
                "parity": dict(parity),
                "fp16_snr_db": bundle.manifest.fp16_snr_db,
            }
        )
    elif not quiet:
        say(f"{output}: model {bundle.name}; use it with: mixer render SONG --model {output}")
        say("network: " + ", ".join(f"{name} {value}" for name, value in network.items()))
        say(f"provenance: {bundle.manifest.provenance}")
        if bundle.manifest.fp16_snr_db is not None:
            say(f"half precision: {bundle.manifest.fp16_snr_db:.1f} dB SNR; used on GPUs")


def _profile_path(profile: str | None) -> Path | None:
    """A packaged profile by its name, another by its path."""
    if profile is None:
        return None
    packaged = PACKAGED / f"{profile}.json"
    return packaged if packaged.is_file() else Path(profile)
