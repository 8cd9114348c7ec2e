"""Checkpoints: our own (safetensors) and the published state dicts (`.params`), read as data only.

A checkpoint is untrusted: nothing in it is ever executed, and no tensor may claim more than the
file holds. Our own checkpoints store their hyper-parameters as JSON in the metadata; those of a
published state dict are inferred from the shapes of its parameters.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mixer.errors import ModelError
from mixer.files.regular_file import open_regular
from mixer.files.wording import first_line, visible
from mixer.network.architecture import Parameters
from mixer.network.fxnorm.architecture import FXNORM
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.kinds import ARCHITECTURES, architecture_of
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from training.networks.kinds import new_network
from training.state_dict_file import read_state_dict
from training.tensors_file import write_tensors

HYPER_PARAMETERS_KEY = "hyper_parameters"
KIND_KEY = "kind"
_MAX_FILE_BYTES = 4 << 30
_MAX_HEADER_BYTES = 4 << 20
_MAX_DIMENSION = 1 << 16
WAVE_U_NET_PREFIX = "network.waveunets.ALL."
_LONGEST_SHOWN = 200
# Hyper-parameters that affect no shape, with their parameter names in `read_checkpoint`.
_UNSHOWN = {
    "stride_samples": "stride_samples",
    "pool_frames": "pool_frames",
    "segment_samples": "output_samples",
}
_NAMED = 3  # keys that a message names before it says how many more there are


# Parameters that occur once per block, repeat or layer.
_COUNTED = {
    "n_blocks": "repeats.0.{}.conv1x1.weight",
    "n_repeats": "repeats.{}.0.conv1x1.weight",
    "blstm_layers": "blstm.weight_ih_l{}",
}


@dataclass(frozen=True)
class Checkpoint:
    """A network with its weights, in evaluation mode, and the metadata of its file.

    Attributes:
        network: of `training.networks.kinds`, its weights float32 on the CPU.
        metadata: strings by name; empty for a published state dict.
        published: whether the file is a published torch state dict.
    """

    network: nn.Module
    metadata: Mapping[str, str]
    published: bool

    @property
    def unstated(self) -> dict[str, int]:
        """Assumed hyper-parameters that the file does not state; empty for our own checkpoints."""
        if not self.published:
            return {}
        hyper = self.network.hyper.to_json()
        return {name: hyper[own] for name, own in _UNSHOWN.items() if own in hyper}


def write_checkpoint(
    path: Path, network: nn.Module, metadata: Mapping[str, str] | None = None
) -> None:
    """Write weights and hyper-parameters as safetensors.

    Args:
        path: the file; replaced if it exists.
        network: the network to write.
        metadata: further strings, e.g. provenance, licence.
    """
    texts = dict(metadata or {})
    texts[KIND_KEY] = architecture_of(network.hyper).kind
    texts[HYPER_PARAMETERS_KEY] = json.dumps(network.hyper.to_json(), sort_keys=True)
    write_tensors(path, network.state_dict(), texts)


def read_checkpoint(
    path: Path,
    *,
    stride_samples: int | None = None,
    pool_frames: int | None = None,
    segment_samples: int | None = None,
) -> Checkpoint:
    """Read a checkpoint of any kind, recognised by content rather than suffix.

    Args:
        path: the file.
        stride_samples, pool_frames: hyper-parameters that the shapes of a state dict do not show;
            by default as published, 1 and the front-end's kernel length.
        segment_samples: for a state dict of a Wave-U-Net, the output length of the segments on
            which it was trained; by default as published, 441 000.

    Raises:
        ModelError: the file cannot be read, is damaged, contains code, holds another network, or
            states values that contradict these three.
    """
    try:
        with open_regular(path) as file:
            start = file.read(9)
            size = file.seek(0, 2)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    if size > _MAX_FILE_BYTES:
        raise ModelError(f"{path}: {size} bytes is larger than any checkpoint of this network")
    if len(start) == 9 and start[8:9] == b"{" and start[:2] != b"PK":
        state, metadata = _read_safetensors(path, size, start)
        hyper = _declared_hyper_parameters(path, metadata)
    else:
        state, metadata = read_state_dict(path), None
        if any(name.startswith(WAVE_U_NET_PREFIX) for name in state):
            hyper = wave_u_net_parameters_of(state, path, segment_samples=segment_samples)
        else:
            hyper = hyper_parameters_of(
                state, path, stride_samples=stride_samples, pool_frames=pool_frames
            )
    asked = {
        "stride_samples": stride_samples,
        "pool_frames": pool_frames,
        "segment_samples": segment_samples,
    }
    _check_asked(path, hyper, asked)
    _check_tensors(path, state, size)
    _check_counts(path, state, hyper)
    network = _network_with(path, state, hyper)
    return Checkpoint(network, metadata or {}, published=metadata is None)


def hyper_parameters_of(
    state: Mapping[str, Tensor],
    path: Path,
    *,
    stride_samples: int | None = None,
    pool_frames: int | None = None,
) -> HyperParameters:
    """Infer the hyper-parameters from the parameters' shapes.

    Raises:
        ModelError: a parameter that shows one is missing, or has the wrong number of dimensions.
    """

    def shape(name: str, dimensions: int) -> tuple[int, ...]:
        if name not in state or state[name].ndim != dimensions:
            raise ModelError(
                f"{path}: not a state dict of this network: {name} is missing or invalid"
            )
        return tuple(state[name].shape)

    filters, inputs, kernel = shape("conv_1.weight", 3)
    block = "repeats.0.0"
    hidden, bottleneck, _ = shape(f"{block}.conv1x1.weight", 3)
    try:
        return HyperParameters(
            n_stems=inputs // 2,
            n_channels=2,
            n_filters=filters,
            kernel_samples=kernel,
            stride_samples=stride_samples or 1,
            pool_frames=pool_frames or kernel,
            smoothing_frames=shape("conv_2.0.weight", 3)[2],
            bottleneck_channels=bottleneck,
            hidden_channels=hidden,
            skip_channels=shape(f"{block}.skip_out.weight", 3)[0],
            tcn_kernel_frames=shape(f"{block}.depthwise_conv.weight", 3)[2],
            **{name: _count(state, pattern) for name, pattern in _COUNTED.items()},
            se_ratio=shape("se_block.net.0.weight", 2)[0] // max(1, filters),
        )
    except ValueError as error:
        raise ModelError(f"{path}: not a state dict of this network: {error}") from None


def wave_u_net_parameters_of(
    state: Mapping[str, Tensor], path: Path, *, segment_samples: int | None = None
) -> WaveUNetParameters:
    """Infer a Wave-U-Net's hyper-parameters from the parameters' shapes.

    Raises:
        ModelError: a parameter that shows one is missing, or has the wrong number of dimensions.
    """
    first = f"{WAVE_U_NET_PREFIX}downsampling_blocks.0."
    names = [f"{first}pre_shortcut_convs.0.filter.weight", f"{first}downconv.filter"]
    for name in names:
        if name not in state or state[name].ndim != 3:
            raise ModelError(
                f"{path}: not a state dict of a Wave-U-Net: {name} is missing or invalid"
            )
    features, inputs, kernel = state[names[0]].shape
    pattern = WAVE_U_NET_PREFIX + "downsampling_blocks.{}.downconv.filter"
    try:
        return WaveUNetParameters(
            n_stems=inputs // 2,
            n_features=features,
            n_levels=_count(state, pattern) + 1,
            kernel_samples=kernel,
            filter_samples=state[names[1]].shape[2],
            output_samples=segment_samples or WaveUNetParameters.output_samples,
        )
    except ValueError as error:
        raise ModelError(f"{path}: not a state dict of a Wave-U-Net: {error}") from None


def _count(state: Mapping[str, Tensor], pattern: str) -> int:
    count = 0
    while pattern.format(count) in state:
        count += 1
    return count


def _read_safetensors(
    path: Path, size: int, start: bytes
) -> tuple[dict[str, Tensor], dict[str, str]]:
    (header,) = struct.unpack("<Q", start[:8])
    if header > min(_MAX_HEADER_BYTES, size - 8):
        raise ModelError(f"{path}: its header claims {header} bytes: not a checkpoint")
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            metadata = dict(file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: a damaged safetensors file ({first_line(error)})") from None


def _declared_hyper_parameters(path: Path, metadata: Mapping[str, str]) -> Parameters:
    # Checkpoints written before there were several kinds do not state one.
    kind = metadata.get(KIND_KEY, FXNORM.kind)
    if kind not in ARCHITECTURES:
        raise ModelError(f"{path}: unknown kind {kind!r}; choose from {', '.join(ARCHITECTURES)}")
    text = metadata.get(HYPER_PARAMETERS_KEY)
    if text is None:
        raise ModelError(f"{path}: not written by mixer: its metadata lacks {HYPER_PARAMETERS_KEY}")
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("not an object")
        hyper: Parameters = ARCHITECTURES[kind].parameters.from_json(values)
        return hyper
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: its hyper-parameters are not valid: {error}") from None


def _check_asked(path: Path, hyper: Parameters, asked: Mapping[str, int | None]) -> None:
    """Check requested values against those that the file states."""
    stated = hyper.to_json()
    for name, value in asked.items():
        if value is None:
            continue
        own = stated.get(_UNSHOWN[name])
        if own is None:
            kind = architecture_of(hyper).kind
            raise ModelError(f"{path}: {kind} networks do not have {name}; leave it out")
        if own != value:
            raise ModelError(f"{path}: stored {name} is {own}, not {value}; leave it out")


def _check_tensors(path: Path, state: Mapping[str, Tensor], size: int) -> None:
    claimed = 0
    for key, value in state.items():
        name = visible(key, _LONGEST_SHOWN)
        if not value.is_floating_point() or value.layout != torch.strided or value.is_meta:
            raise ModelError(f"{path}: {name} must hold floats, not {value.dtype}")
        claimed += value.numel() * value.element_size()
        # Expanded views could claim any size with a few bytes on disk.
        if claimed > size or max(value.shape, default=0) > _MAX_DIMENSION:
            raise ModelError(f"{path}: {name} {tuple(value.shape)} is larger than the file")
        if not bool(torch.isfinite(value).all()):
            raise ModelError(f"{path}: {name} holds NaN or Inf")


def _check_counts(path: Path, state: Mapping[str, Tensor], hyper: Parameters) -> None:
    """Refuse hyper-parameters that contradict the tensors, before allocating anything."""
    if not isinstance(hyper, HyperParameters):
        return  # a few dozen layers at most, which are compared without memory
    for name, pattern in _COUNTED.items():
        count, claimed = _count(state, pattern), getattr(hyper, name)
        if count != claimed:
            raise ModelError(
                f"{path}: states {name} {claimed} but holds {count} of {pattern.format('N')}"
            )


def _network_with(path: Path, state: Mapping[str, Tensor], hyper: Parameters) -> nn.Module:
    with torch.device("meta"):
        wanted = new_network(hyper).state_dict()
    _refuse(path, "lacks parameter", sorted(set(wanted) - set(state)))
    _refuse(path, "has unknown parameter", sorted(set(state) - set(wanted)))
    odd = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in wanted
        if state[name].shape != wanted[name].shape
    ]
    _refuse(path, "has the wrong shape:", odd)
    network = new_network(hyper)
    network.load_state_dict({name: value.to(torch.float32) for name, value in state.items()})
    return network.eval()


def _refuse(path: Path, problem: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise ModelError(
            f"{path}: {problem} {', '.join(visible(name, 200) for name in names[:_NAMED])}{more}"
        )
