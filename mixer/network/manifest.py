"""The manifest of a model bundle: its schema and checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import ModelError, SettingsError
from mixer.files import fields
from mixer.files.document import Document, read_json
from mixer.files.fields import MISSING, TextKind, choice, entries, number, text
from mixer.files.mistakes import Mistake
from mixer.files.wording import listed, quote
from mixer.network.architecture import Architecture, P, Parameters
from mixer.network.kinds import ARCHITECTURES, architecture_of
from mixer.normalisations import EFFECTS, check_effects
from mixer.stems import STEM_NAME

SCHEMA_VERSION = 1
MANIFEST_FILE = "manifest.json"
# A graph's twin in half precision, for a GPU, is named after it.
FP16_SUFFIX = "_fp16"
# Wet stems that hold more of another stem than this are not faithful.
FAITHFUL_BELOW_DB = -20.0
MAX_WARM_UP_S = 600.0
_MAX_MANIFEST_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FILE_NAME = re.compile(rf"(?!{re.escape(MANIFEST_FILE)}$){_NAME.pattern}")
# Names of other files that lie beside those of stems.
_NO_STEMS = ("mix", "recipe", "residual")
_ADVICE = "export the bundle again"


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: its plain name and the expected SHA-256 of its content."""

    file: str = text(pattern=_FILE_NAME, means="a plain file name inside the bundle")
    sha256: str = fields.sha256()


@dataclass(frozen=True)
class Check:
    """An input and PyTorch's answer to it, to try the network on without PyTorch.

    Attributes:
        stems: 16-bit little-endian samples, one input channel after the other; full scale is 2^15.
        mix: float32 little-endian samples, the same way; what comes out without warm-up.
    """

    stems: FileEntry
    mix: FileEntry


@dataclass(frozen=True)
class Manifest:
    """A bundle's manifest, checked.

    Attributes:
        name: the bundle's name.
        hyper_parameters: the network's shape; its type tells the kind of network.
        stems: stem names, in the order of the network's inputs.
        sample_rate: in Hz.
        profile: the target profile's file.
        effects: normalisations that the network expects, in order.
        warm_up_s: wrapped audio to put in front of a song.
        panning_limits_time_axis: panning normalisation stops early, as in the published training.
        learnt_to_mix: False for a network that only sums its stems.
        provenance, licence: where the weights come from, under what terms.
        graphs: graph files by name.
        parity: measured errors against PyTorch, by check.
        check: an input and its answer; None in a bundle that was exported without.
        fp16_snr_db: signal to rounding noise of the graphs in half precision; None without any.
        wet_stem_leakage_db: energy of a stem, fed alone, in the other wet stems against its own,
            the worst stem's; None if it was not measured.
        evaluation: tables of the model's benchmark results, for people.
        limits: known limits of the model, a sentence each.
    """

    name: str
    hyper_parameters: Parameters
    stems: tuple[str, ...]
    sample_rate: int
    profile: FileEntry
    effects: tuple[str, ...]
    warm_up_s: float
    panning_limits_time_axis: bool
    learnt_to_mix: bool
    provenance: str
    licence: str
    graphs: Mapping[str, FileEntry]
    parity: Mapping[str, object]
    check: Check | None = None
    fp16_snr_db: float | None = None
    wet_stem_leakage_db: float | None = None
    evaluation: Mapping[str, object] = field(default_factory=dict)
    limits: tuple[str, ...] = ()

    @property
    def architecture(self) -> Architecture[Any]:
        """The network's kind."""
        return architecture_of(self.hyper_parameters)

    @property
    def kind(self) -> str:
        """The name of its architecture."""
        return self.architecture.kind

    @property
    def has_wet_stems(self) -> bool:
        """Whether the network can also output its wet stems."""
        return self.architecture.has_wet_stems

    @property
    def has_faithful_wet_stems(self) -> bool:
        """Whether each wet stem contains only its own stem, as far as that was measured."""
        leakage_db = self.wet_stem_leakage_db
        return leakage_db is not None and leakage_db <= FAITHFUL_BELOW_DB

    def parameters(self, wanted: type[P]) -> P:
        """The hyper-parameters, of the kind that the caller can run.

        Raises:
            ModelError: the network is of another kind.
        """
        if not isinstance(self.hyper_parameters, wanted):
            raise ModelError(
                f"model {self.name} is {self.architecture.title}, which cannot run as another kind"
            )
        return self.hyper_parameters


@dataclass(frozen=True)
class _Compatibility:
    panning_limits_time_axis: bool


@dataclass(frozen=True)
class _HalfPrecision:
    snr_db: float = number(MISSING, 0.001, 400.0)


@dataclass(frozen=True)
class _File:
    """The manifest as it is written; attributes as in `Manifest`."""

    network: Mapping[str, Any]
    compatibility: _Compatibility
    profile: FileEntry
    graphs: Mapping[str, FileEntry]
    parity: Mapping[str, Any]
    learnt_to_mix: bool
    name: str = text(pattern=_NAME, means="a name of letters, digits, '.', '_' and '-'")
    stems: tuple[str, ...] = entries(text(pattern=STEM_NAME, means="a valid name for a stem file"))
    sample_rate: int = number(MISSING, 8_000, 384_000)
    effects: tuple[str, ...] = choice(MISSING, EFFECTS)
    warm_up_s: float = number(MISSING, 0.0, MAX_WARM_UP_S)
    provenance: str = text(kind=TextKind.PROSE)
    licence: str = text(kind=TextKind.PROSE)
    check: Check | None = None
    fp16: _HalfPrecision | None = None
    wet_stem_leakage_db: float | None = number(None, -400.0, 400.0)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = entries(text(kind=TextKind.PROSE), default=())


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ModelError: it cannot be read, is not of this schema, or holds a value out of range.
    """
    what = "the manifest of a model bundle"
    document = read_json(path, what, ModelError, advice=_ADVICE, most_bytes=_MAX_MANIFEST_BYTES)
    document.check_version("schema_version", SCHEMA_VERSION)
    file = document.read_as(_File, is_open=True)
    hyper = _hyper_parameters(document, file.network)
    document.refuse(_find_misfits(file, hyper))
    return Manifest(
        name=file.name,
        hyper_parameters=hyper,
        stems=file.stems,
        sample_rate=file.sample_rate,
        profile=file.profile,
        effects=file.effects,
        warm_up_s=file.warm_up_s,
        panning_limits_time_axis=file.compatibility.panning_limits_time_axis,
        learnt_to_mix=file.learnt_to_mix,
        provenance=file.provenance,
        licence=file.licence,
        graphs=file.graphs,
        parity=file.parity,
        check=file.check,
        fp16_snr_db=None if file.fp16 is None else file.fp16.snr_db,
        wet_stem_leakage_db=file.wet_stem_leakage_db,
        evaluation=file.evaluation,
        limits=file.limits,
    )


def _hyper_parameters(document: Document, network: Mapping[str, object]) -> Parameters:
    values = dict(network)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        what = f"must be one of {listed(ARCHITECTURES)}, not {quote(kind)}"
        raise document.refusal(("network", "kind"), what)
    try:
        hyper: Parameters = ARCHITECTURES[kind].parameters.from_json(values)
    except ValueError as error:
        raise document.refusal(("network",), f"does not fit: {error}") from None
    if hyper.n_channels != 2:
        what = f"must be 2, as stems are stereo, not {hyper.n_channels}"
        raise document.refusal(("network", "n_channels"), what)
    return hyper


def _find_misfits(file: _File, hyper: Parameters) -> Iterator[Mistake]:
    """Find contradictions between fields that are each valid by themselves."""
    yield from _find_wrong_stems(file.stems, hyper.n_stems)
    try:
        check_effects(file.effects)
    except SettingsError as error:
        yield Mistake(("effects",), f"cannot be: {error}")
    for name in architecture_of(hyper).required_graphs:
        if name not in file.graphs:
            yield Mistake(("graphs", name), "is missing")
    halves = [name for name in file.graphs if name.endswith(FP16_SUFFIX)]
    if halves and file.fp16 is None:
        yield Mistake(("fp16",), f"is missing: what graph {halves[0]} costs is not known")


def _find_wrong_stems(stems: tuple[str, ...], n_stems: int) -> Iterator[Mistake]:
    if len(stems) != n_stems:
        what = f"must have {n_stems} entries, as the network has inputs, not {len(stems)}"
        yield Mistake(("stems",), what)
    if len(set(stems)) < len(stems):
        yield Mistake(("stems",), f"names something twice: {listed(stems)}")
    for place, stem in enumerate(stems):
        if stem in _NO_STEMS:
            yield Mistake(
                ("stems", place), f"must be a valid name for a stem file, not {quote(stem)}"
            )
