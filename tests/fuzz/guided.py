"""A coverage-guided run over the readers of strangers' files, with atheris.

    pip install atheris
    python -m tests.fuzz.guided CORPUS_FOLDER -max_total_time=1200

The first byte of an input chooses a reader. A reader may refuse with a `MixerError` (the audio
ones also with what the system or libsndfile says); whatever else is raised is a finding. A small
corpus to begin with is written into the folder where it is empty.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mixer"]):
    from mixer.audio.containers.chunks import read_heads
    from mixer.audio.containers.container import held_audio
    from mixer.audio.containers.mpeg import mpeg_layout
    from mixer.audio.containers.ogg_pages import ogg_links
    from mixer.batch.requests.sheet import read_sheet
    from mixer.errors import InputError, MixerError, PresetError
    from mixer.files.document import parse_json, read_toml
    from mixer.fxnorm.number_pickle import load_number_dict
    from mixer.network.onnx_file import refuse_outside_references
    from mixer.network.untrusted.cost import declared_inputs, measure_cost
    from mixer.network.untrusted.graph_file import read_graph_file
    from mixer.output.daw.reaper.rpp_text import read_project
    from mixer.preset.assignments import read_assignment
    from mixer.preset.console_shape import LAYER

_FILE = Path(tempfile.mkdtemp(prefix="mixer-guided-")) / "input"


def _graph(content: bytes) -> None:
    refuse_outside_references(content, "g")
    graph = read_graph_file(content, "g")
    measure_cost(graph, declared_inputs(graph), "g")


def _held(path: Path) -> None:
    with path.open("rb") as file:
        heads = read_heads(file)
        if heads is not None:
            held_audio(file, heads)


def _preset(content: bytes) -> None:
    _FILE.write_bytes(content)
    document = read_toml(_FILE, "a preset", PresetError)
    document.check(LAYER, is_layer=True)


def _of_file(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    def run(content: bytes) -> None:
        _FILE.write_bytes(content)
        try:
            read(_FILE)
        except (OSError, RuntimeError) as error:
            # libsndfile's own error is a RuntimeError.
            if type(error).__name__ not in ("LibsndfileError", "OSError", "SoundFileRuntimeError"):
                raise

    return run


READERS: tuple[Callable[[bytes], object], ...] = (
    _graph,
    _preset,
    lambda content: parse_json(content, "j", "a table", InputError),
    lambda content: load_number_dict(content, "p"),
    lambda content: read_assignment(content.decode("utf-8", "replace")),
    _of_file(_held),
    _of_file(mpeg_layout),
    _of_file(ogg_links),
    _of_file(read_sheet),
    _of_file(read_project),
)


def one_input(data: bytes) -> None:
    """Run the reader that the first byte chooses over the rest."""
    if data:
        try:
            READERS[data[0] % len(READERS)](data[1:])
        except MixerError:
            return


def main() -> None:
    """Run until the time is up, or until a finding."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
