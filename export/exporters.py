"""Exporters of every kind of network, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from export.band_mixer_exporter import BAND_MIXER_EXPORTER
from export.exporter import Exporter
from export.fxnorm_exporter import FXNORM_EXPORTER
from export.track_mixer_exporter import TRACK_MIXER_EXPORTER
from export.wave_u_net_exporter import WAVE_U_NET_EXPORTER
from mixer.network.architecture import Parameters
from mixer.network.kinds import architecture_of

# Add a line here for a new kind of network.
EXPORTERS: Mapping[str, Exporter[Any]] = {
    "fxnorm": FXNORM_EXPORTER,
    "wave_u_net": WAVE_U_NET_EXPORTER,
    "band_mixer": BAND_MIXER_EXPORTER,
    "track_mixer": TRACK_MIXER_EXPORTER,
}


def exporter_of(hyper: Parameters) -> Exporter[Any]:
    """Exporter for networks with these hyper-parameters."""
    return EXPORTERS[architecture_of(hyper).kind]
