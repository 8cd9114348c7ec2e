"""`mixer model`: the bundles that are there and what they say about themselves."""

from __future__ import annotations

from pathlib import Path

import click

from mixer.cli.benchmark_view import benchmark_lines
from mixer.cli.console import answer, say
from mixer.cli.extras import load_extra
from mixer.cli.groups import Commands
from mixer.errors import ModelError
from mixer.files.wording import visible
from mixer.fxnorm.profile import read_profile
from mixer.network.model import Bundle, list_bundles, read_bundle


@click.group(cls=Commands, name="model")
def command() -> None:
    """List, show and verify model bundles."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(as_json: bool) -> None:
    """List the bundles that ship with mixer."""
    bundles = [_summary(read_bundle(name)) for name in list_bundles()]
    if as_json:
        answer({"models": bundles})
        return
    for bundle in bundles:
        learnt = "" if bundle["learnt_to_mix"] else "  (has not learnt to mix)"
        say(f"{bundle['name']:<16} {bundle['megabytes']:.1f} MB{learnt}")


@command.command("info")
@click.argument("bundle")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info_command(bundle: str, as_json: bool) -> None:
    """Show what BUNDLE (a name or a folder) says about itself; its files are checked on the way."""
    read = read_bundle(bundle)
    read_profile(read.profile_path)  # what a render would refuse is refused here
    summary = _summary(read)
    if as_json:
        answer({**summary, "evaluation": dict(read.manifest.evaluation)})
        return
    for key, value in summary.items():
        say(f"{key}: {_text(value)}")
    for line in benchmark_lines(read.manifest.evaluation):
        say(line)


@command.command("verify")
@click.argument("bundle")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_command(bundle: str, device: str, as_json: bool) -> None:
    """Run BUNDLE on the input that it carries and compare with PyTorch's answer to it.

    The exit code is 0 where they agree and 3 where they do not, or where it cannot be run.
    """
    # The runtime takes a while to load, and only this command needs it.
    from mixer.network.verify import verify_bundle

    read = read_bundle(bundle)
    result = verify_bundle(read, device)
    if as_json:
        answer({"name": read.name, "folder": str(read.folder), **result.as_json()})
    elif result.passed:
        snr = "" if result.snr_db is None else f", SNR {result.snr_db:.1f} dB"
        say(
            f"{read.name}: verified on {result.device}: largest error {result.max_abs_error:.1e}"
            f"{snr} over {result.samples} samples"
        )
    if not result.passed:
        raise ModelError(
            f"{read.folder}: answers differently on {result.device} (largest error"
            f" {result.max_abs_error:.1e}, needed: {result.bound}): export it again"
        )


@command.command("checkpoint")
@click.argument("bundle")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The checkpoint, a .safetensors file.",
)
def checkpoint_command(bundle: str, output: Path) -> None:
    """Write the weights of BUNDLE as a checkpoint to fine-tune from.

    \b
    mixer model checkpoint default -o default.safetensors
    mixer train band-mixer data.folder=DATA network.start_from=default.safetensors

    It works for band mixers, of which the default is one; of other networks keep the checkpoint.
    """
    read = read_bundle(bundle)
    load_extra("export.weights", "train").write_weights(read, output)
    say(f"{output}: the weights of {read.name}; train on with network.start_from={output}")


def _summary(bundle: Bundle) -> dict[str, object]:
    manifest = bundle.manifest
    size = sum(path.stat().st_size for path in bundle.folder.iterdir() if path.is_file())
    return {
        "name": manifest.name,
        "folder": str(bundle.folder),
        "megabytes": round(size / 1e6, 2),
        "learnt_to_mix": manifest.learnt_to_mix,
        "stems": list(manifest.stems),
        "sample_rate": manifest.sample_rate,
        "effects": list(manifest.effects),
        "warm_up_s": manifest.warm_up_s,
        "network": {"kind": manifest.kind, **manifest.hyper_parameters.to_json()},
        "fp16_snr_db": manifest.fp16_snr_db,
        "wet_stem_leakage_db": manifest.wet_stem_leakage_db,
        "parity": dict(manifest.parity),
        "provenance": manifest.provenance,
        "licence": manifest.licence,
        "sha256": bundle.sha256,
    }


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(value)
