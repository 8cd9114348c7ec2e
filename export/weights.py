"""Recover a checkpoint from a bundle, to fine-tune a model that is available only as a bundle.

The graph of a band mixer holds every parameter under its own name. Only the biases of the LSTM are
folded into one array, in another order; they are taken apart again.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from mixer.errors import ModelError
from mixer.files.whole_file import output_file, refuse_existing
from mixer.fxnorm.profile import profile_table, read_profile
from mixer.network.band_mixer.architecture import BAND_MIXER, CONTROLS_GRAPH
from mixer.network.model import Bundle
from training.checkpoint import write_checkpoint
from training.networks.band_mixer import BandMixer

# PyTorch's gates are input, forget, cell, output; ONNX's are input, output, forget, cell.
_GATES = (0, 2, 3, 1)


def write_weights(bundle: Bundle, path: Path, *, overwrite: bool = False) -> None:
    """Write the weights of a bundle as a checkpoint that `mixer train` can start from.

    Args:
        bundle: a bundle of a band mixer.
        path: the checkpoint.
        overwrite: replace an existing file.

    Raises:
        ModelError: the bundle is of another kind, or its graph does not hold the weights.
        OutputError: the checkpoint cannot be written, or exists already.
    """
    if not overwrite:
        refuse_existing([path])
    manifest = bundle.manifest
    if manifest.architecture is not BAND_MIXER:
        raise ModelError(
            f"model {manifest.name} is {manifest.architecture.title}, whose weights cannot be read"
            " back from its graphs; start from the checkpoint that it was exported from"
        )
    profile = read_profile(bundle.profile_path)
    dataset = {"effects": list(manifest.effects), "profile": profile_table(profile)}
    metadata = {
        "provenance": manifest.provenance,
        "licence": manifest.licence,
        "dataset": json.dumps(dataset),
    }
    network = _network(bundle)
    with output_file(path) as partial:
        write_checkpoint(partial, network, metadata)


def _network(bundle: Bundle) -> BandMixer:
    """Build the band mixer whose parameters the graph of a bundle holds.

    Raises:
        ModelError: a parameter is missing or of another shape.
    """
    network = BandMixer(bundle.manifest.parameters(BAND_MIXER.parameters))
    try:
        graph = onnx.load_model_from_string(bundle.read_graph(CONTROLS_GRAPH)).graph
        found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        (lstm,) = (node for node in graph.node if node.op_type == "LSTM")
        found |= _biases(found[lstm.input[3]])
        wanted = network.state_dict()
        network.load_state_dict({name: torch.tensor(found[name]) for name in wanted})
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{bundle.folder}: its graph does not hold the network's weights ({error}); start from"
            " the checkpoint that it was exported from"
        ) from None
    return network.eval()


def _biases(folded: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Split ONNX's biases (directions, 2 x 4 x units) into PyTorch's, by name."""
    named = {}
    for biases, suffix in zip(folded, ("", "_reverse"), strict=True):
        gates = biases.reshape(2, 4, -1)[:, _GATES]
        for part, name in zip(gates, ("ih", "hh"), strict=True):
            named[f"recurrent.bias_{name}_l0{suffix}"] = part.reshape(-1)
    return named
