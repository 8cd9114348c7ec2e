"""A song through a network of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from mixer.network.band_mixer.run import run_band_mixer
from mixer.network.fxnorm.run import run_fxnorm
from mixer.network.manifest import BAND_MIXER, WAVE_U_NET
from mixer.network.output import Audio, Output, Progress
from mixer.network.session import Network
from mixer.network.wave_u_net.run import run_segments


def run_network(
    network: Network,
    stems: Sequence[Audio | None],
    *,
    wet_stems: bool = False,
    warm_up_s: float | None = None,
    chunk_frames: int | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Output:
    """Mix normalised stems with a network of any kind.

    The paper's network streams; a band mixer does too, in its own way
    (`mixer.network.band_mixer.run`), and takes neither `warm_up_s` nor `chunk_frames`; a Wave-U-Net
    renders in segments (`mixer.network.wave_u_net.run`), takes neither `chunk_frames` nor
    `threads`, and has no wet stems.

    Args:
        network: an open bundle.
        stems: one (2, samples) float32 array for each of the model's stems, in its order, at its
            rate; None for a missing one, which counts as silence and takes no memory.
        wet_stems: also return what the network sums.
        warm_up_s: wrapped audio put in front for the recurrent layers and cut off again; the
            bundle's own by default, 0 for none.
        chunk_frames: latent frames a chunk; changes time and memory, not the result.
        progress: called with the fraction done, from the calling thread.
        threads: chunks at a time; the network's threads by default, one on a GPU.

    Returns:
        The mix as long as the stems.

    Raises:
        InputError: stems of the wrong number, shape or type, empty, or not finite.
        ModelError: wet stems of a network that has none, or it answers with what is not finite.
        DeviceError: the device failed.
    """
    manifest = network.bundle.manifest
    if manifest.kind == WAVE_U_NET:
        return run_segments(
            network, stems, wet_stems=wet_stems, warm_up_s=warm_up_s, progress=progress
        )
    if manifest.kind == BAND_MIXER:
        return run_band_mixer(
            network, stems, wet_stems=wet_stems, progress=progress, threads=threads
        )
    return run_fxnorm(
        network,
        stems,
        wet_stems=wet_stems,
        warm_up_s=warm_up_s,
        chunk_frames=chunk_frames,
        progress=progress,
        threads=threads,
    )
