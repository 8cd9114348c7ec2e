"""`mixer model`: the available bundles and their manifests."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mixer.cli.console import answer, progress_bar, say
from mixer.cli.extras import load_extra
from mixer.cli.groups import Commands
from mixer.cli.model_card import card_lines, card_table, one_line_of
from mixer.cli.paths import FilePath, required_output
from mixer.errors import ModelError
from mixer.fxnorm.profile import read_profile
from mixer.network.model import Bundle, list_bundles, read_bundle
from mixer.rendering.choices.shipped import AUTO_MODEL, USES


@click.group(cls=Commands, name="model")
def command() -> None:
    """List, show, verify and fetch model bundles."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(as_json: bool) -> None:
    """List the bundles that ship with mixer."""
    bundles = [read_bundle(name) for name in list_bundles()]
    if as_json:
        answer({"models": [_summary(bundle) for bundle in bundles]})
        return
    width = max((len(bundle.name) for bundle in bundles), default=0)
    for bundle in bundles:
        say(f"{bundle.name:<{width}}  {one_line_of(bundle.manifest, megabytes_of(bundle))}")
        if bundle.name in USES:
            say(f"{'':<{width}}  for {USES[bundle.name]}")
    say(f"{AUTO_MODEL} (the default) chooses by the song; none adds up the normalised stems")
    say("mixer model info NAME shows a model's data, benchmark and limits")


@command.command("info")
@click.argument("bundle")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info_command(bundle: str, as_json: bool) -> None:
    """Show the card of BUNDLE (a name or a folder): what it is, its data, licence, figures, limits.

    Its files are checked as well.
    """
    read = read_bundle(bundle)
    read_profile(read.profile_path)  # what a render would refuse is refused here
    summary = _summary(read)
    if as_json:
        more = card_table(read.manifest)
        answer({**summary, **more, "evaluation": dict(read.manifest.evaluation)})
        return
    for line in card_lines(read, megabytes_of(read)):
        say(line)


@command.command("verify")
@click.argument("bundle")
@click.option(
    "--device", default="cpu", show_default=True, help="Device: auto, cpu, cuda or cuda:N."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_command(bundle: str, device: str, as_json: bool) -> None:
    """Run BUNDLE on its own test input and compare with PyTorch's stored output.

    The exit code is 0 if they agree, and 3 if they differ or the bundle cannot be run.
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
            f"{read.folder}: gives different results on {result.device} (largest error"
            f" {result.max_abs_error:.1e}, allowed: {result.bound}); export it again"
        )


@command.command("pull")
@click.argument("repository", metavar="hf:OWNER/NAME[@REVISION]")
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    help="The bundle's folder.  [default: models/ and the repository's NAME]",
)
@click.option("--overwrite", is_flag=True, help="Replace the files of an existing bundle.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def pull_command(
    repository: str, output: Path | None, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    """Fetch a bundle from the Hugging Face Hub (needs the hub extra).

    Only files named in the bundle's manifest and .safetensors checkpoints are fetched; each is
    bounded in size and must match the hashes of the Hub and the manifest.
    """
    from mixer.network.hub import parse_reference, pull_bundle

    load_extra("huggingface_hub", "hub")
    reference = parse_reference(repository)
    folder = output or Path("models") / reference.repo.partition("/")[2]
    with progress_bar(quiet=quiet or as_json) as show:
        pulled = pull_bundle(
            reference,
            folder,
            endpoint=os.environ.get("HF_ENDPOINT"),
            overwrite=overwrite,
            progress=lambda name, share: show("fetch", name, share),
            accept=lambda bundle: read_profile(bundle.profile_path),
        )
    if as_json:
        more = {"commit": pulled.commit, "checkpoints": list(pulled.checkpoints)}
        answer({**_summary(pulled.bundle), **more})
    elif not quiet:
        say(
            f"{folder}: {megabytes_of(pulled.bundle):.1f} MB of {repository} at"
            f" {pulled.commit[:12]}; listen with: mixer render SONG --model {folder}"
        )


@command.command("checkpoint")
@click.argument("bundle")
@required_output("The checkpoint, a .safetensors file.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
def checkpoint_command(bundle: str, output: Path, overwrite: bool) -> None:
    """Write the weights of BUNDLE as a checkpoint to fine-tune from.

    \b
    mixer model checkpoint default -o default.safetensors
    mixer train band-mixer data.folder=DATA network.start_from=default.safetensors

    It works only for band mixers, such as the default; for other networks, keep the checkpoint.
    """
    read = read_bundle(bundle)
    load_extra("export.weights", "train").write_weights(read, output, overwrite=overwrite)
    say(f"{output}: the weights of {read.name}; train on with network.start_from={output}")


def megabytes_of(bundle: Bundle) -> float:
    """Size of a bundle's folder in MB."""
    return sum(path.stat().st_size for path in bundle.folder.iterdir() if path.is_file()) / 1e6


def _summary(bundle: Bundle) -> dict[str, object]:
    manifest = bundle.manifest
    return {
        "name": manifest.name,
        "folder": str(bundle.folder),
        "megabytes": round(megabytes_of(bundle), 2),
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
