"""One record for each kind of network, with everything that the runtime needs to know about it.

A new kind is a folder beside `mixer.network.fxnorm` (parameters, how to run, this record) and a
line in `mixer.network.kinds`. To train and to export it, see `training.networks.kinds`,
`training.run.recipe` and `export.exporters`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from mixer.network.graph_roles import Role


class Parameters(Protocol):
    """Interface of the hyper-parameters of every kind; they are a frozen dataclass."""

    @property
    def n_stems(self) -> int:
        """Names that a manifest lists."""
        ...

    @property
    def n_channels(self) -> int:
        """Channels of a stem and of the mix."""
        ...

    @property
    def n_inputs(self) -> int:
        """Input channels: the stems' channels, stem by stem."""
        ...

    def to_json(self) -> dict[str, int]:
        """A flat object of integers."""
        ...

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The inverse; raises ValueError on anything else."""
        ...


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Memory:
    """Memory of a network while it runs, beside its inputs and the mix.

    Attributes:
        bytes_per_s: for each second of song.
        bytes_a_thread: for each of its threads, whatever the song's length.
    """

    bytes_per_s: int = 0
    bytes_a_thread: int = 0


@dataclass(frozen=True)
class Architecture(Generic[P]):
    """A kind of network.

    Attributes:
        kind: its name in manifests, checkpoints and configurations.
        title: name of such a network in messages.
        parameters: the class of its hyper-parameters.
        required_graphs: that a bundle must have; the first is opened to try a device.
        roles: hyper-parameters to what each graph takes and answers, by its name.
        runs: "module:function" of `(network, inputs, options) -> Output`, imported when it runs.
            The inputs are float32 (2, samples) arrays or None, as many as that function takes:
            the model's stems, or any set of tracks.
        memory: from hyper-parameters and sample rate in Hz to the memory that it needs.
        cost: from hyper-parameters and sample rate in Hz to seconds of one core for each second of
            song, used for the progress of a render.
        mixes_tracks: it sets a strip for each track; a render then calls
            `mixer.network.track_mixer.predict` instead of `runs`.
        has_wet_stems: it can also output its wet stems.
        has_output_curve: it applies a tanh to the sum of its wet stems.
        changes: which of `mixer.setting_changes.STRIP_KEYS` it sets itself.
        lengths: from hyper-parameters and the lengths of a graph's inputs, by symbol, to all
            lengths of its outputs.
    """

    kind: str
    title: str
    parameters: type[P]
    required_graphs: tuple[str, ...]
    roles: Callable[[P], Mapping[str, Role]]
    runs: str
    memory: Callable[[P, int], Memory]
    cost: Callable[[P, int], float]
    mixes_tracks: bool = False
    has_wet_stems: bool = True
    has_output_curve: bool = False
    changes: frozenset[str] = frozenset()
    lengths: Callable[[P, Mapping[str, int]], Mapping[str, int]] = lambda hyper, lengths: lengths

    def role(self, graph: str, hyper: P) -> Role | None:
        """Inputs and outputs of a graph; None for one that the runtime does not know."""
        return self.roles(hyper).get(graph)

    def answer_shapes(
        self, role: Role, hyper: P, feeds: Mapping[str, tuple[int, ...]]
    ) -> dict[str, tuple[int, ...]]:
        """Shapes of a graph's answers to inputs of the shapes `feeds`."""
        return role.answer_shapes(self.lengths(hyper, role.lengths(feeds)))
