"""`mixer model`: the bundles that are there and what they say about themselves."""

from __future__ import annotations

from typing import Any

import click

from mixer.cli.console import answer
from mixer.network.model import Bundle, list_bundles, read_bundle


@click.group(name="model")
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
        click.echo(f"{bundle['name']:<16} {bundle['megabytes']:.1f} MB{learnt}")


@command.command("info")
@click.argument("bundle")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info_command(bundle: str, as_json: bool) -> None:
    """Show what BUNDLE (a name or a folder) says about itself; its files are checked on the way."""
    summary = _summary(read_bundle(bundle))
    if as_json:
        answer(summary)
        return
    for key, value in summary.items():
        click.echo(f"{key}: {_text(value)}")


def _summary(bundle: Bundle) -> dict[str, Any]:
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
        "network": dict(manifest.hyper_parameters),
        "parity": dict(manifest.parity),
        "provenance": manifest.provenance,
        "licence": manifest.licence,
        "sha256": bundle.sha256,
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value)
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
