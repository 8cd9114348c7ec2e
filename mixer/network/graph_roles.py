"""What each graph of a bundle takes and answers: names, types, shapes.

A graph's bytes are trusted in nothing. Its inputs and outputs are compared with its role when it is
opened, and every answer again when it comes, before anything is computed with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixer.network.band_mixer.parameters import STRIP_CONTROLS, VIEWS, BandMixerParameters
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.manifest import CONTROLS_GRAPH, SEGMENT_GRAPH, AnyParameters
from mixer.network.wave_u_net.parameters import WaveUNetParameters

FLOAT, INDEX = "tensor(float)", "tensor(int64)"
# The inputs that choose a block or a direction; everything else is float32.
_INDICES = ("block", "direction")
# A length, or the name of one that depends on the song.
Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Role:
    """What goes in and what comes out, shapes by name.

    Attributes:
        inputs, outputs: shapes; a text stands for a length that the song decides.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]

    def mismatch(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> str | None:
        """What an open session's inputs and outputs (name, type, shape) have wrong, or None."""
        for which, wanted, found in (
            ("input", self.inputs, inputs),
            ("output", self.outputs, outputs),
        ):
            names = sorted(item.name for item in found)
            if names != sorted(wanted):
                return f"its {which}s are {', '.join(names)} instead of {', '.join(sorted(wanted))}"
            for item in found:
                kind = INDEX if which == "input" and item.name in _INDICES else FLOAT
                if item.type != kind:
                    return f"its {which} {item.name} is a {item.type} instead of a {kind}"
                if not _agree(item.shape or (), wanted[item.name]):
                    return (
                        f"its {which} {item.name} has the shape {tuple(item.shape or ())} instead"
                        f" of {wanted[item.name]}"
                    )
        return None


def graph_role(graph: str, hyper: AnyParameters) -> Role | None:
    """The role of a graph by its name; None for one that the runtime does not know."""
    if isinstance(hyper, WaveUNetParameters):
        mix = (1, hyper.n_channels, hyper.output_samples)
        stems = (1, hyper.n_inputs, hyper.input_samples)
        return Role({"stems": stems}, {"mix": mix}) if graph == SEGMENT_GRAPH else None
    if isinstance(hyper, BandMixerParameters):
        return _controls_role(hyper) if graph == CONTROLS_GRAPH else None
    return (_sample_roles(hyper) | _block_roles(hyper) | _sequence_roles(hyper)).get(graph)


def answer_shapes(
    graph: str,
    role: Role,
    hyper: AnyParameters,
    feeds: Mapping[str, tuple[int, ...]],
) -> dict[str, tuple[int, ...]]:
    """Shapes of the answers to inputs of the shapes `feeds`."""
    lengths = {
        symbol: length
        for name, shape in feeds.items()
        for symbol, length in zip(role.inputs[name], shape, strict=True)
        if isinstance(symbol, str)
    }
    if isinstance(hyper, HyperParameters):
        if "front_frames" in lengths:
            frames = lengths["front_frames"] // hyper.pool_frames - 2 * hyper.context_frames
            lengths |= {"frames": frames, "samples": frames * hyper.hop_samples}
        if "frames_and_reach" in lengths:
            lengths["frames"] = lengths["frames_and_reach"] - 2 * hyper.tcn_reach_frames
    return {
        name: tuple(lengths[length] if isinstance(length, str) else length for length in shape)
        for name, shape in role.outputs.items()
    }


def _controls_role(hyper: BandMixerParameters) -> Role:
    """What a band mixer sets, from what it is told of the whole song."""
    levels: Shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, "blocks")
    n_curves = hyper.n_stems * hyper.n_bands
    return Role(
        {"mean_db": levels, "peak_db": levels},
        {
            "gain_db": (1, n_curves, "blocks"),
            "balance_db": (1, n_curves),
            "side_db": (1, n_curves),
            "strips": (1, hyper.n_stems * len(STRIP_CONTROLS)),
        },
    )


def _sample_roles(hyper: HyperParameters) -> dict[str, Role]:
    """What runs at the sample rate."""
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
    """The temporal blocks."""
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
    """The BLSTM, and squeeze-and-excitation."""
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


def _agree(found: Sequence[int | str | None], wanted: Shape) -> bool:
    """Of one rank, and of one length wherever both state it."""
    return len(found) == len(wanted) and all(
        length == other
        for length, other in zip(found, wanted, strict=True)
        if isinstance(length, int) and isinstance(other, int)
    )
