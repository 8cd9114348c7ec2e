"""The paper's network as the runtime knows it: streamed exactly, in graphs that share the work."""

from __future__ import annotations

from collections.abc import Mapping

from mixer.network.architecture import Architecture, Memory
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.graph_roles import Role, Shape

STREAMING_GRAPHS = (
    "front_end",
    "latent_entry",
    "latent_depthwise",
    "latent_advance",
    "latent_exit",
    "recurrent",
    "squeeze",
    "excite",
    "back_end",
    "back_end_stems",
)
# The whole network in one piece, for other hosts: the runtime does not run it.
WHOLE_GRAPH = "model"


def _roles(hyper: HyperParameters) -> dict[str, Role]:
    return _sample_roles(hyper) | _block_roles(hyper) | _sequence_roles(hyper)


# Seconds of one core for a product.
_PRODUCT_S = 3.4e-11


def _sample_roles(hyper: HyperParameters) -> dict[str, Role]:
    """Graphs that run at the sample rate."""
    latent: Shape = (1, hyper.n_filters, "frames")
    mix: Shape = (1, hyper.n_channels, "samples")
    wet: Shape = (1, hyper.n_inputs, "samples")
    audio: dict[str, Shape] = {
        "samples": (1, hyper.n_inputs, "chunk_samples"),
        "inside": (1, 1, "front_frames"),
    }
    masked = audio | {"mask": (1, hyper.n_filters, "mask_frames")}
    return {
        "front_end": Role(audio, {"latent": latent, "mean_abs": latent}),
        "back_end": Role(masked, {"mix": mix}),
        "back_end_stems": Role(masked, {"mix": mix, "wet_stems": wet}),
    }


def _block_roles(hyper: HyperParameters) -> dict[str, Role]:
    """Graphs of the temporal blocks."""
    stream: Shape = (1, hyper.bottleneck_channels, "frames")
    skips: Shape = (1, hyper.skip_channels, "frames")
    hidden: Shape = (1, hyper.hidden_channels, "frames")
    norm: dict[str, Shape] = {"norm": (2,)}
    index: dict[str, Shape] = {"block": (1,)}
    answers: dict[str, Shape] = {"hidden_out": hidden, "moments": (2,)}
    wide: dict[str, Shape] = {
        "hidden_wide": (1, hyper.hidden_channels, "frames_and_reach"),
        "inside": (1, 1, "frames_and_reach"),
    }
    entry: dict[str, Shape] = {"latent": (1, hyper.n_filters, "frames")}
    within = {"skips": skips, "hidden": hidden}
    return {
        "latent_entry": Role(entry | norm, {"stream": stream} | answers),
        "latent_depthwise": Role(wide | norm | index, answers),
        "latent_advance": Role(
            {"stream": stream} | within | norm | index,
            {"stream_out": stream, "skips_out": skips} | answers,
        ),
        "latent_exit": Role(within | norm, {"features": ("frames", 1, hyper.n_filters)}),
    }


def _sequence_roles(hyper: HyperParameters) -> dict[str, Role]:
    """Graphs of the BLSTM and of squeeze-and-excitation."""
    units, filters = hyper.n_filters // 2, hyper.n_filters
    sequence: dict[str, Shape] = {"sequence": ("frames", 1, filters)}
    state: Shape = (1, 1, units)
    mask: Shape = (1, filters, "frames")
    return {
        "recurrent": Role(
            sequence | {"hidden": state, "cell": state, "direction": (1,)},
            {"sequence_out": ("frames", 1, units), "hidden_out": state, "cell_out": state},
        ),
        "squeeze": Role(sequence | {"mean_abs": mask}, {"mask": mask, "level": (1, filters)}),
        "excite": Role({"mean_level": (1, filters)}, {"gains": (1, filters, 1)}),
    }


def _lengths(hyper: HyperParameters, lengths: Mapping[str, int]) -> dict[str, int]:
    """Lengths of the outputs: those of the inputs without the filters' context."""
    found = dict(lengths)
    if "front_frames" in found:
        frames = found["front_frames"] // hyper.pool_frames - 2 * hyper.context_frames
        found |= {"frames": frames, "samples": frames * hyper.hop_samples}
    if "frames_and_reach" in found:
        found["frames"] = found["frames_and_reach"] - 2 * hyper.tcn_reach_frames
    return found


def _cost(hyper: HyperParameters, sample_rate: int) -> float:
    """Seconds of one core for each second of song, by the products of the filters and blocks."""
    frames = hyper.n_filters * hyper.kernel_samples * hyper.n_inputs / hyper.stride_samples
    block = hyper.hidden_channels * (2 * hyper.bottleneck_channels + hyper.skip_channels)
    latent = (hyper.n_tcn_blocks * block + 8 * hyper.n_filters**2) / hyper.hop_samples
    return _PRODUCT_S * sample_rate * (frames + latent)


def _memory(hyper: HyperParameters, sample_rate: int) -> Memory:
    """The latent mixer's tensors of the whole song, see `mixer.network.fxnorm.run`."""
    values = hyper.n_filters * 2 + hyper.bottleneck_channels
    values += 2 * hyper.hidden_channels + hyper.skip_channels
    return Memory(bytes_per_s=4 * values * sample_rate // hyper.hop_samples)


FXNORM = Architecture(
    kind="fxnorm",
    title="a network of the paper's kind",
    parameters=HyperParameters,
    required_graphs=STREAMING_GRAPHS,
    roles=_roles,
    runs="mixer.network.fxnorm.run:run_fxnorm",
    memory=_memory,
    cost=_cost,
    has_output_curve=True,
    lengths=_lengths,
)
