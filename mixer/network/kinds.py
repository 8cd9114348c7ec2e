"""List of all kinds of network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixer.network.architecture import Architecture, Parameters
from mixer.network.band_mixer.architecture import BAND_MIXER
from mixer.network.fxnorm.architecture import FXNORM
from mixer.network.track_mixer.architecture import TRACK_MIXER
from mixer.network.wave_u_net.architecture import WAVE_U_NET

# A new kind of network is a line here.
ARCHITECTURES: Mapping[str, Architecture[Any]] = {
    architecture.kind: architecture
    for architecture in (FXNORM, WAVE_U_NET, BAND_MIXER, TRACK_MIXER)
}


def architecture_of(hyper: Parameters) -> Architecture[Any]:
    """The kind of network that these hyper-parameters are of."""
    return next(a for a in ARCHITECTURES.values() if isinstance(hyper, a.parameters))
