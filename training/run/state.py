"""The full state of a run in one safetensors file, for resuming exactly where it stopped.

Tensors: `network.NAME`, `ema.NAME`, `optimiser.INDEX.KEY`, `random.cpu` and `random.cuda`. The rest
is JSON in the metadata. No pickle: a file from elsewhere can be wrong but cannot run anything.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mixer.errors import ModelError, OutputError
from mixer.files.regular_file import open_regular
from mixer.files.whole_file import whole_file
from mixer.files.wording import first_line
from training.run.ema import MovingAverage
from training.run.identity import Identity
from training.tensors_file import write_tensors

STATE_FILE = "state.safetensors"
SCHEMA_VERSION = 1
_MAX_FILE_BYTES = 64 << 30
_MAX_HEADER_BYTES = 16 << 20
_DOCUMENT = "state"


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

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_loss: float | None = None
    best_epoch: int | None = None
    finished: bool = False


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
    tensors = _read_tensors(path)
    try:
        run.network.load_state_dict(_under(tensors, "network."))
        if run.average is not None:
            _restore_average(run.average, _under(tensors, "ema."))
        _restore_optimiser(run.optimiser, _under(tensors, "optimiser."))
        run.scaler.load_state_dict(document["scaler"])
        run.position = Position(**document["position"])
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not the state of this run: {reason_of(error)}") from None


def read_identity(path: Path) -> Identity:
    """Read the identity of the run in a state file; see `write_state`.

    Raises:
        ModelError: the file is missing or damaged.
    """
    identity = _read_document(path).get("identity")
    if not isinstance(identity, dict):
        raise ModelError(f"{path}: a damaged state file (its run is not stated)")
    return identity


def _read_document(path: Path) -> _Document:
    _check_size(path)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            document = json.loads((file.metadata() or {}).get(_DOCUMENT, "null"))
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: a damaged state file ({reason_of(error)})") from None
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        raise ModelError(f"{path}: not the state of a training run of this version")
    return cast(_Document, document)


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
        # The step count is a scalar; every other moment has its parameter's shape.
        if value.ndim and value.shape != parameters[int(index)].shape:
            raise ValueError(f"the optimiser's {name} has the wrong shape")
        moments.setdefault(int(index), {})[key] = value
    state = optimiser.state_dict()
    # Learning rate and coefficients come from the configuration, only the moments from the file.
    optimiser.load_state_dict({"state": moments, "param_groups": state["param_groups"]})


def reason_of(error: Exception) -> str:
    """One-line reason of an error: the system's message, or the first line of an exception's."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first_line(error)
