"""The manifest of a model bundle: its schema, read field by field and refused with a clear line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import ModelError
from mixer.network.architecture import Architecture, P, Parameters
from mixer.network.kinds import ARCHITECTURES, architecture_of
from mixer.normalisations import EFFECTS

SCHEMA_VERSION = 1
MANIFEST_FILE = "manifest.json"
# A graph's twin in half precision, for a GPU, is named after it.
FP16_SUFFIX = "_fp16"
# Wet stems that hold more of another stem than this are not faithful.
FAITHFUL_BELOW_DB = -20.0
MAX_WARM_UP_S = 600.0
_MAX_MANIFEST_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# A stem's name becomes a file's, beside those of the mix.
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")
_NO_STEMS = ("mix", "recipe", "residual")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: its plain name and what its content must hash to."""

    file: str
    sha256: str


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
    """What a bundle says about itself, checked.

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
            the worst stem's; None where it was not measured.
        evaluation: what the model was judged by: tables of figures, for people.
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
    parity: Mapping[str, Any]
    check: Check | None = None
    fp16_snr_db: float | None = None
    wet_stem_leakage_db: float | None = None
    evaluation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def architecture(self) -> Architecture[Any]:
        """What kind of network it is."""
        return architecture_of(self.hyper_parameters)

    @property
    def kind(self) -> str:
        """The name of its architecture."""
        return self.architecture.kind

    @property
    def has_wet_stems(self) -> bool:
        """Whether the network can also answer with what it sums."""
        return self.architecture.has_wet_stems

    @property
    def has_faithful_wet_stems(self) -> bool:
        """Whether each wet stem holds its own stem alone, as far as that was measured."""
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


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ModelError: it cannot be read, is not of this schema, or holds a value out of range.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_MANIFEST_BYTES + 1)
        if len(text) > _MAX_MANIFEST_BYTES:
            raise ModelError(f"{path}: larger than {_MAX_MANIFEST_BYTES} bytes, not a manifest")
        values = json.loads(text)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}): not a model bundle") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: not valid JSON: export the bundle again") from None
    if not isinstance(values, dict):
        raise ModelError(f"{path}: not a JSON object: export the bundle again")
    manifest = _Reader(path, values).manifest()
    try:
        # What is read must be able to be shown again: half characters and NaN cannot.
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ModelError(f"{path}: holds a text that is not Unicode: export it again") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: holds a number that is not finite: export it again") from None
    return manifest


class _Reader:
    """Takes fields out of a JSON object; every refusal names the file and the field."""

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self._path = path
        self._values = values

    def manifest(self) -> Manifest:
        version = self._values.get("schema_version")
        if version != SCHEMA_VERSION or isinstance(version, bool):
            raise ModelError(
                f"{self._path}: schema_version is {version!r}, this version of mixer reads"
                f" {SCHEMA_VERSION}: export the bundle again or update mixer"
            )
        hyper = self._hyper_parameters()
        compatibility = self._object("compatibility")
        return Manifest(
            name=self._name(),
            hyper_parameters=hyper,
            stems=self._stems(hyper.n_stems),
            sample_rate=self._sample_rate(),
            profile=self._file("profile", self._object("profile")),
            effects=self._effects(),
            warm_up_s=self._warm_up_s(),
            panning_limits_time_axis=self._flag("panning_limits_time_axis", compatibility),
            learnt_to_mix=self._flag("learnt_to_mix", self._values),
            provenance=self._text("provenance"),
            licence=self._text("licence"),
            graphs=self._graphs(hyper),
            parity=self._object("parity"),
            check=self._check(),
            fp16_snr_db=self._fp16_snr_db(),
            wet_stem_leakage_db=self._wet_stem_leakage_db(),
            evaluation=self._evaluation(),
        )

    def _fail(self, field: str, problem: str) -> ModelError:
        return ModelError(f"{self._path}: {field} {problem}")

    def _text(self, field: str) -> str:
        value = self._values.get(field)
        if not isinstance(value, str) or not value:
            raise self._fail(field, "is missing or not a text")
        return value

    def _object(self, field: str) -> dict[str, Any]:
        value = self._values.get(field)
        if not isinstance(value, dict):
            raise self._fail(field, "is missing or not an object")
        return value

    def _texts(self, field: str) -> tuple[str, ...]:
        value = self._values.get(field)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._fail(field, "is missing or not a list of texts")
        if len(set(value)) != len(value):
            raise self._fail(field, f"names something twice: {', '.join(value)}")
        return tuple(value)

    def _flag(self, field: str, values: dict[str, Any]) -> bool:
        value = values.get(field)
        if not isinstance(value, bool):
            raise self._fail(field, "is missing or not true or false")
        return value

    def _file(self, field: str, value: Any) -> FileEntry:
        if not isinstance(value, dict):
            raise self._fail(field, "is not an object with file and sha256")
        name, sha256 = value.get("file"), value.get("sha256")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == MANIFEST_FILE:
            raise self._fail(field, f"file {name!r} is not a plain file name inside the bundle")
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise self._fail(field, "sha256 is not 64 hexadecimal digits")
        return FileEntry(name, sha256)

    def _name(self) -> str:
        name = self._text("name")
        if not _NAME.fullmatch(name):
            raise self._fail("name", f"{name!r} may hold letters, digits, '.', '_' and '-' only")
        return name

    def _hyper_parameters(self) -> Parameters:
        network = dict(self._object("network"))
        kind = network.pop("kind", None)
        if not isinstance(kind, str) or kind not in ARCHITECTURES:
            raise self._fail("network", f"kind is {kind!r}: known are {', '.join(ARCHITECTURES)}")
        try:
            hyper: Parameters = ARCHITECTURES[kind].parameters.from_json(network)
        except ValueError as error:
            raise self._fail("network:", str(error)) from None
        if hyper.n_channels != 2:
            raise self._fail("network", f"n_channels is {hyper.n_channels}: stems are stereo, 2")
        return hyper

    def _stems(self, n_stems: int) -> tuple[str, ...]:
        stems = self._texts("stems")
        if len(stems) != n_stems:
            raise self._fail("stems", f"has {len(stems)} names for {n_stems} inputs")
        for stem in stems:
            if not _STEM.fullmatch(stem) or stem in _NO_STEMS:
                raise self._fail("stems", f"{stem[:80]!r} is no name for a stem's file")
        return stems

    def _sample_rate(self) -> int:
        value = self._values.get("sample_rate")
        if isinstance(value, bool) or not isinstance(value, int) or not 8_000 <= value <= 384_000:
            raise self._fail("sample_rate", f"is {value!r}, not an integer in 8000 ... 384000 Hz")
        return value

    def _warm_up_s(self) -> float:
        value = self._values.get("warm_up_s")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fail("warm_up_s", f"is {value!r}, not a number of seconds")
        if not 0.0 <= value <= MAX_WARM_UP_S:
            raise self._fail("warm_up_s", f"is {value}, not in 0 ... {MAX_WARM_UP_S:g} s")
        return float(value)

    def _effects(self) -> tuple[str, ...]:
        effects = self._texts("effects")
        unknown = [effect for effect in effects if effect not in EFFECTS]
        if unknown:
            known = ", ".join(EFFECTS)
            raise self._fail("effects", f"names {unknown[0]!r}: known are {known}")
        if list(effects) != [effect for effect in EFFECTS if effect in effects]:
            raise self._fail("effects", f"must be in the order {', '.join(EFFECTS)}")
        if "panning" in effects and "balance" in effects:
            raise self._fail("effects", "names panning and balance, which exclude each other")
        return effects

    def _graphs(self, hyper: Parameters) -> dict[str, FileEntry]:
        graphs = self._object("graphs")
        required = architecture_of(hyper).required_graphs
        missing = [name for name in required if name not in graphs]
        if missing:
            raise self._fail("graphs", f"lacks {missing[0]}: export the bundle again")
        return {name: self._file(f"graph {name}", entry) for name, entry in graphs.items()}

    def _check(self) -> Check | None:
        if "check" not in self._values:
            return None
        check = self._object("check")
        stems, mix = check.get("stems"), check.get("mix")
        return Check(self._file("check stems", stems), self._file("check mix", mix))

    def _fp16_snr_db(self) -> float | None:
        halves = [name for name in self._object("graphs") if name.endswith(FP16_SUFFIX)]
        if "fp16" not in self._values:
            if halves:
                raise self._fail("fp16", f"is missing: what graph {halves[0]} costs is not known")
            return None
        value = self._object("fp16").get("snr_db")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 400:
            raise self._fail("fp16", f"snr_db is {value!r}, not a number of dB above 0")
        return float(value)

    def _wet_stem_leakage_db(self) -> float | None:
        value = self._values.get("wet_stem_leakage_db")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -400 < value < 400:
            raise self._fail("wet_stem_leakage_db", f"is {value!r}, not a number of dB")
        return float(value)

    def _evaluation(self) -> dict[str, Any]:
        return self._object("evaluation") if "evaluation" in self._values else {}
