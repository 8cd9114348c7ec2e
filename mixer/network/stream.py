"""Run a network of any kind on a song."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from mixer.dsp.threads import one_blas_thread
from mixer.network.output import Audio, Output, Progress, RunOptions, WetStems
from mixer.network.session import Network
from mixer.setting_changes import StripChanges


def run_network(
    network: Network,
    stems: Sequence[Audio | None],
    *,
    wet_stems: WetStems = False,
    warm_up_s: float | None = None,
    chunk_frames: int | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    changes: Mapping[str, StripChanges] | None = None,
    consume: bool = False,
) -> Output:
    """Mix normalised stems with a network of any kind.

    Each kind has its own folder: the paper's network streams, a Wave-U-Net renders in segments, a
    band mixer makes two passes. Each ignores options that do not apply to it.

    Args:
        network: an open bundle.
        stems: one (2, samples) float32 array for each of the model's stems, in its order, at its
            rate; None for a missing one, which counts as silence and takes no memory.
        wet_stems, warm_up_s, chunk_frames, progress, threads, changes, consume: see
            `RunOptions`.

    Returns:
        The mix as long as the stems.

    Raises:
        InputError: stems of the wrong number, shape or type, empty, or not finite.
        ModelError: wet stems are requested from a network without any, or the output is not finite.
        DeviceError: the device failed.
    """
    options = RunOptions(
        wet_stems=wet_stems,
        warm_up_s=warm_up_s,
        chunk_frames=chunk_frames,
        progress=progress or (lambda done: None),
        threads=threads,
        changes=changes or {},
        consume=consume,
    )
    return run_with_options(network, stems, options)


@one_blas_thread
def run_with_options(
    network: Network, stems: Sequence[Audio | None], options: RunOptions
) -> Output:
    """Mix normalised stems; arguments and errors as in `run_network`."""
    module, _, function = network.bundle.manifest.architecture.runs.partition(":")
    output: Output = getattr(import_module(module), function)(network, stems, options)
    return output
