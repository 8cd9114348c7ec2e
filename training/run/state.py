"""The full state of a run in one safetensors file, for resuming exactly where it stopped.

Tensors: `network.NAME`, `ema.NAME`, `optimiser.INDEX.KEY`, `random.cpu` and `random.cuda`. The rest
is JSON in the metadata. No pickle: a file from elsewhere can be wrong but cannot run anything.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mixer.errors import ModelError, OutputError
from mixer.files.document import Document, parse_json
from mixer.files.fields import flag, number
from mixer.files.regular_file import open_regular
from mixer.files.whole_file import whole_file
from mixer.files.wording import first_line, visible
from training.run.ema import MovingAverage
from training.run.identity import Identity
from training.tensors_file import write_tensors

STATE_FILE = "state.safetensors"
SCHEMA_VERSION = 1
_MAX_FILE_BYTES = 64 << 30
_MAX_HEADER_BYTES = 16 << 20
_DOCUMENT = "state"
_MOST_STEPS, _LARGEST_LOSS = 10**12, 1e300
_AMSGRAD = "max_exp_avg_sq"
_MOMENTS = frozenset({"step", "exp_avg", "exp_avg_sq"})


@dataclass
class Position:
    """Position of a run.

    Attributes:
        epoch: number of the current epoch, from 0.
        batch: number of steps already taken in this epoch.
        step: number of steps since the beginning of the run.
        loss_sum: sum of the losses of the epoch's steps.
        best_loss: the best validation loss so far; None before the first validation.
        best_epoch: the epoch of the best validation loss.
        finished: whether the run is complete.
    """

    epoch: int = number(0, 0, _MOST_STEPS)
    batch: int = number(0, 0, _MOST_STEPS)
    step: int = number(0, 0, _MOST_STEPS)
    loss_sum: float = number(0.0, -_LARGEST_LOSS, _LARGEST_LOSS)
    best_loss: float | None = number(None, -_LARGEST_LOSS, _LARGEST_LOSS)
    best_epoch: int | None = number(None, 0, _MOST_STEPS)
    finished: bool = flag(False)


@dataclass
class Run:
    """The changing state of a run.

    Attributes:
        network: the network with its weights.
        optimiser: the optimiser with its moments.
        scaler: scaler of fp16 gradients; disabled for other precisions.
        average: moving average of the weights, or None.
        position: where the run is.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    average: MovingAverage | None
    position: Position


class _PositionTable(TypedDict):
    """A `Position` in JSON form."""

    epoch: int
    batch: int
    step: int
    loss_sum: float
    best_loss: float | None
    best_epoch: int | None
    finished: bool


class _Document(TypedDict, total=False):
    """The metadata of a state file."""

    schema_version: int
    identity: Identity
    position: _PositionTable
    scaler: dict[str, object]


def write_state(path: Path, run: Run, identity: Identity) -> None:
    """Write the state atomically.

    Args:
        path: the file; replaced if it exists.
        run: the changing state.
        identity: values that must match on resuming; read back by `read_identity`.

    Raises:
        OutputError: the disk is full or read-only.
    """
    tensors = {f"network.{name}": value for name, value in run.network.state_dict().items()}
    if run.average is not None:
        tensors |= {f"ema.{name}": value for name, value in run.average.means.items()}
    optimiser = run.optimiser.state_dict()
    for index, moments in optimiser["state"].items():
        tensors |= {f"optimiser.{index}.{key}": value for key, value in moments.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    document: _Document = {
        "schema_version": SCHEMA_VERSION,
        "identity": identity,
        "position": cast(_PositionTable, asdict(run.position)),
        "scaler": run.scaler.state_dict(),
    }
    save_tensors(path, tensors, {_DOCUMENT: json.dumps(document, sort_keys=True)})


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file atomically.

    Raises:
        OutputError: the disk is full or read-only.
    """
    try:
        with whole_file(path) as partial:
            write_tensors(partial, tensors, metadata)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path}: cannot be written ({reason_of(error)})") from None


def read_state(path: Path, run: Run) -> None:
    """Restore the state of a run from a file.

    Args:
        path: the file.
        run: a run with the same network, optimiser and precision; changed in place.

    Raises:
        ModelError: the file is damaged, or belongs to another run.
    """
    document = _read_document(path)
    run.position = _position_of(document)
    tensors = _read_tensors(path)
    try:
        run.network.load_state_dict(_under(tensors, "network."))
        if run.average is not None:
            _restore_average(run.average, _under(tensors, "ema."))
        _restore_optimiser(run.optimiser, _under(tensors, "optimiser."))
        scaler = document.table["scaler"]
        if not all(isinstance(value, int | float) for value in scaler.values()):
            raise ValueError("its scale of gradients is not a number")
        run.scaler.load_state_dict(scaler)
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not the state of this run: {reason_of(error)}") from None


def read_identity(path: Path) -> Identity:
    """Read the identity of the run in a state file; see `write_state`.

    Raises:
        ModelError: the file is missing or damaged.
    """
    identity = _read_document(path).table.get("identity")
    if not isinstance(identity, dict):
        raise ModelError(f"{path}: a damaged state file (its run is not stated)")
    return cast(Identity, identity)


def _read_document(path: Path) -> Document:
    _check_size(path)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            text = (file.metadata() or {}).get(_DOCUMENT, "null")
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: a damaged state file ({reason_of(error)})") from None
    document = parse_json(text, visible(path), "the state of a training run", ModelError)
    if document.table.get("schema_version") != SCHEMA_VERSION:
        raise ModelError(f"{path}: not the state of a training run of this version")
    return document


def _position_of(document: Document) -> Position:
    """Where the run is, with every number in its range.

    Raises:
        ModelError: it is missing, or a value in it cannot be.
    """
    if not isinstance(document.table.get("position"), dict):
        raise document.refusal(("position",), "must be a table")
    return document.part("position").read_as(Position)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: a damaged state file ({reason_of(error)})") from None


def _check_size(path: Path) -> None:
    try:
        with open_regular(path) as file:
            start = file.read(8)
            size = file.seek(0, 2)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    header = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if size > _MAX_FILE_BYTES or header > min(_MAX_HEADER_BYTES, size - 8):
        raise ModelError(f"{path}: a damaged state file (its header does not match its size)")


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def _restore_average(average: MovingAverage, saved: dict[str, Tensor]) -> None:
    for name, mean in average.means.items():
        if saved[name].shape != mean.shape:
            raise ValueError(f"the running mean of {name} has the wrong shape")
        mean.copy_(saved[name])


def _restore_optimiser(optimiser: torch.optim.Optimizer, saved: dict[str, Tensor]) -> None:
    parameters = [value for group in optimiser.param_groups for value in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in saved.items():
        index, _, key = name.partition(".")
        if not index.isdecimal() or int(index) >= len(parameters):
            raise ValueError(f"the optimiser's {name} belongs to no parameter")
        if value.shape != (torch.Size() if key == "step" else parameters[int(index)].shape):
            raise ValueError(f"the optimiser's {name} has the wrong shape")
        if key == "step" and not 0 <= float(value) < math.inf:
            raise ValueError(f"the optimiser's {name} is {float(value):g}")
        moments.setdefault(int(index), {})[key] = value
    kinds = _MOMENTS | ({_AMSGRAD} if optimiser.defaults["amsgrad"] else set())
    wrong = next((index for index, own in moments.items() if set(own) != kinds), None)
    if wrong is not None:
        raise ValueError(f"the optimiser's moments of parameter {wrong} are not those of Adam")
    state = optimiser.state_dict()
    # Learning rate and coefficients come from the configuration, only the moments from the file.
    optimiser.load_state_dict({"state": moments, "param_groups": state["param_groups"]})


def reason_of(error: Exception) -> str:
    """One-line reason of an error: the system's message, or the first line of an exception's."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first_line(error)
