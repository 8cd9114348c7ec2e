"""Export a checkpoint as a model bundle; its folder appears only when it is complete."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict, Unpack

from torch import nn

from export.check import check_signal, quantised
from export.data import PRETRAIN_STAGE, StatedData, stated_data
from export.exporters import exporter_of
from export.fxnorm_exporter import WARM_UP_S
from export.half_precision import to_half_precision
from export.leakage import measure_leakage_db
from export.verify import HalfPrecision, Parity, fp16_snr_db, verify_bundle
from mixer.errors import OutputError
from mixer.fxnorm.profile import Profile, read_profile, write_profile
from mixer.network.kinds import architecture_of
from mixer.network.manifest import (
    FP16_SUFFIX,
    MANIFEST_FILE,
    SCHEMA_VERSION,
)
from mixer.network.model import Bundle, read_bundle
from mixer.stems import STEMS
from training.checkpoint import Checkpoint, read_checkpoint

PROFILE_FILE = "profile.json"
DEFAULT_PROFILE = Path(__file__).resolve().parents[1] / "mixer" / "profiles" / "musdb18.json"
# The normalisations that the paper's networks were trained with, in order.
PAPER_EFFECTS = ("pre_reverb", "reverb", "eq", "compression", "panning", "loudness")
CHECK_STEMS_FILE, CHECK_MIX_FILE = "check_stems.s16", "check_mix.f32"
# Beside its graphs.
_BUNDLE_FILES = (MANIFEST_FILE, PROFILE_FILE, CHECK_STEMS_FILE, CHECK_MIX_FILE)


@dataclass(frozen=True)
class Description:
    """The parts of a manifest that the weights do not hold.

    Attributes:
        name: the bundle's name.
        effects: names of the effect normalisations that the network expects, in order.
        provenance: one sentence about the origin of the weights.
        licence: an SPDX expression, or free text.
        learnt_to_mix: False for a network that only sums its stems.
        stems: names, in the order of the network's inputs.
        sample_rate: in Hz.
        warm_up_s: length in seconds of the audio from the song's end that is prepended to the song.
        panning_limits_time_axis: reproduce the published panning normalisation, which stops early.
        limits: known limitations, one sentence each.
    """

    name: str
    effects: tuple[str, ...]
    provenance: str
    licence: str
    learnt_to_mix: bool = True
    stems: tuple[str, ...] = STEMS
    sample_rate: int = 44_100
    warm_up_s: float = WARM_UP_S
    panning_limits_time_axis: bool = False
    limits: tuple[str, ...] = ()


class FileTable(TypedDict):
    """A file of the bundle: its name inside the bundle, and its SHA-256 hash."""

    file: str
    sha256: str


class Words(TypedDict, total=False):
    """Optional statements about a bundle, instead of those of its checkpoint; None leaves these.

    Attributes:
        name: by default the name of the folder.
        effects: by default the data set's, else the paper's.
        warm_up_s: by default 30 s for the paper's network and 0 for the others.
        provenance, licence: by default as stated in the checkpoint.
        panning_limits_time_axis, limits: see `Description`.
    """

    name: str | None
    effects: tuple[str, ...] | None
    warm_up_s: float | None
    provenance: str | None
    licence: str | None
    panning_limits_time_axis: bool
    limits: tuple[str, ...]


class CheckTable(TypedDict):
    """The stored check input, and PyTorch's output for it."""

    stems: FileTable
    mix: FileTable


class CompatibilityTable(TypedDict):
    """Aspects in which rendering must reproduce the published code."""

    panning_limits_time_axis: bool


class ManifestTable(TypedDict):
    """Contents of a written manifest; read by `mixer.network.manifest`.

    Attributes:
        network: the kind of network, and its hyper-parameters by name.
    """

    schema_version: int
    name: str
    network: dict[str, str | int]
    stems: list[str]
    sample_rate: int
    profile: FileTable
    effects: list[str]
    warm_up_s: float
    compatibility: CompatibilityTable
    learnt_to_mix: bool
    provenance: str
    licence: str
    graphs: dict[str, FileTable]
    parity: Parity
    check: NotRequired[CheckTable]
    limits: NotRequired[list[str]]
    wet_stem_leakage_db: NotRequired[float]
    fp16: NotRequired[HalfPrecision]


def export_bundle(
    checkpoint_path: Path,
    out_dir: Path,
    *,
    profile: Path | None = None,
    fp16: bool = False,
    overwrite: bool = False,
    shape: Mapping[str, int | None] = MappingProxyType({}),
    **words: Unpack[Words],
) -> Bundle:
    """Export a checkpoint and verify it in ONNX Runtime.

    Args:
        checkpoint_path: a safetensors checkpoint written by mixer, or a published state dict.
        out_dir: the bundle's folder, created by this call.
        profile: target profile (JSON); by default that of the data set the checkpoint was trained
            on, or for a published state dict the packaged MUSDB18 profile.
        fp16: also write graphs in half precision (`Exporter.half_graphs`), for GPUs.
        overwrite: replace an existing bundle.
        shape: strides and lengths of a published network, passed on to `read_checkpoint`.
        words: what the manifest says where the checkpoint does not, or instead of it.

    Returns:
        The bundle, read back.

    Raises:
        ModelError: the checkpoint cannot be used, or ONNX Runtime differs from PyTorch.
        OutputError: the folder exists, or cannot be written.
    """
    checkpoint = read_checkpoint(checkpoint_path, **shape)
    data = stated_data(checkpoint.metadata, checkpoint_path)
    given: dict[str, Any] = {
        name: value for name, value in words.items() if value not in (None, "")
    }
    description = replace(_own_words(checkpoint, checkpoint_path, out_dir.name, data), **given)
    target = profile or data.profile
    return write_bundle(
        checkpoint.network, out_dir, description, profile=target, fp16=fp16, overwrite=overwrite
    )


def _own_words(checkpoint: Checkpoint, path: Path, name: str, data: StatedData) -> Description:
    """Description of a bundle of this name from the statements in its checkpoint's metadata."""
    metadata = checkpoint.metadata
    return Description(
        name=name,
        effects=tuple(data.effects or PAPER_EFFECTS),
        provenance=_provenance(checkpoint, path),
        licence=metadata.get("licence", "not stated by its source"),
        learnt_to_mix=metadata.get("stage") != PRETRAIN_STAGE,
        warm_up_s=exporter_of(checkpoint.network.hyper).warm_up_s,
    )


def write_bundle(
    network: nn.Module,
    out_dir: Path,
    description: Description,
    *,
    profile: Path | Profile | None = None,
    fp16: bool = False,
    overwrite: bool = False,
) -> Bundle:
    """Write, verify and read back a bundle; see `export_bundle`."""
    out_dir = out_dir.absolute()
    _refuse_existing(out_dir, overwrite=overwrite)
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", dir=out_dir.parent))
    except OSError as error:
        raise OutputError(f"{out_dir}: cannot be written ({error.strerror})") from None
    try:
        _fill(network, work, description, profile or DEFAULT_PROFILE, fp16=fp16)
        work.chmod(0o755)  # A temporary folder is private; a bundle is not.
        _put_in_place(work, out_dir)
    except OSError as error:
        raise OutputError(f"{out_dir}: cannot be written ({error.strerror})") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return read_bundle(out_dir)


def _fill(
    network: nn.Module,
    folder: Path,
    description: Description,
    profile: Path | Profile,
    *,
    fp16: bool,
) -> None:
    exporter = exporter_of(network.hyper)
    graphs = exporter.graphs(network)
    entries = {name: _write_file(folder, f"{name}.onnx", graph) for name, graph in graphs.items()}
    manifest = _manifest(network, description, entries, _write_profile(folder, profile))
    if description.limits:
        manifest["limits"] = list(description.limits)
    manifest["check"] = _write_check(network, folder)
    _write_json(folder / MANIFEST_FILE, manifest)
    # Verified as a user would run it: the bundle as it lies on disk, through the runtime.
    bundle = read_bundle(folder)
    manifest["parity"] = verify_bundle(network, bundle)
    if bundle.manifest.has_wet_stems:
        manifest["wet_stem_leakage_db"] = measure_leakage_db(bundle)
    if fp16:
        manifest["fp16"] = fp16_snr_db(bundle, exporter.half_graphs)
        manifest["graphs"] = {**entries, **_write_halves(bundle, exporter.half_graphs)}
    _write_json(folder / MANIFEST_FILE, manifest)


def _write_halves(bundle: Bundle, names: Sequence[str]) -> dict[str, FileTable]:
    """Write the half-precision graphs beside the float32 graphs from which they are made."""
    entries: dict[str, FileTable] = {}
    for name in sorted(names):
        half = to_half_precision(bundle.read_graph(name))
        twin = name + FP16_SUFFIX
        entries[twin] = _write_file(bundle.folder, f"{twin}.onnx", half)
    return entries


def _write_check(network: nn.Module, folder: Path) -> CheckTable:
    exporter = exporter_of(network.hyper)
    stems = check_signal(network.hyper, exporter.check_samples(network.hyper))
    mix = exporter.answer(network, stems)
    return {
        "stems": _write_file(folder, CHECK_STEMS_FILE, quantised(stems).tobytes()),
        "mix": _write_file(folder, CHECK_MIX_FILE, mix.astype("<f4").tobytes()),
    }


def _manifest(
    network: nn.Module,
    description: Description,
    graphs: dict[str, FileTable],
    profile: FileTable,
) -> ManifestTable:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": description.name,
        "network": {"kind": architecture_of(network.hyper).kind, **network.hyper.to_json()},
        "stems": list(description.stems),
        "sample_rate": description.sample_rate,
        "profile": profile,
        "effects": list(description.effects),
        "warm_up_s": description.warm_up_s,
        "compatibility": {"panning_limits_time_axis": description.panning_limits_time_axis},
        "learnt_to_mix": description.learnt_to_mix,
        "provenance": description.provenance,
        "licence": description.licence,
        "graphs": graphs,
        "parity": {},
    }


def _write_profile(folder: Path, profile: Path | Profile) -> FileTable:
    if isinstance(profile, Profile):
        write_profile(profile, folder / PROFILE_FILE)
        return _write_file(folder, PROFILE_FILE, (folder / PROFILE_FILE).read_bytes())
    read_profile(profile)  # Refuse here anything that a render would refuse.
    return _write_file(folder, PROFILE_FILE, profile.read_bytes())


def _write_file(folder: Path, name: str, content: bytes) -> FileTable:
    (folder / name).write_bytes(content)
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


def _write_json(path: Path, values: ManifestTable) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _refuse_existing(out_dir: Path, *, overwrite: bool) -> None:
    if not out_dir.exists() and not out_dir.is_symlink():
        return
    if not overwrite:
        raise OutputError(
            f"{out_dir} already exists; add --overwrite to replace it, or choose another -o"
        )
    # Only a bundle is ever replaced, never a folder of something else.
    if out_dir.is_symlink() or not (out_dir / MANIFEST_FILE).is_file():
        raise OutputError(
            f"{out_dir} is not a model bundle, so it was not replaced; choose another -o"
        )
    for path in sorted(out_dir.iterdir()):
        if path.name not in _BUNDLE_FILES and path.suffix != ".onnx":
            raise OutputError(
                f"{path} is not part of the bundle; move it away to replace the bundle"
            )


def _put_in_place(work: Path, out_dir: Path) -> None:
    if out_dir.exists():
        # A folder cannot be replaced in one step: the old one moves aside, and back if need be.
        aside = work.with_name(work.name + ".old")
        out_dir.rename(aside)
        try:
            work.rename(out_dir)
        except OSError:
            aside.rename(out_dir)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    else:
        work.rename(out_dir)


def _provenance(checkpoint: Checkpoint, path: Path) -> str:
    stated = checkpoint.metadata.get("provenance")
    if stated:
        return stated
    if not checkpoint.published:
        return f"exported from the checkpoint {path.name}"
    taken = " and ".join(f"{name} {value}" for name, value in checkpoint.unstated.items())
    return f"exported from the published state dict {path.name}; assumed, not stated: {taken}"
