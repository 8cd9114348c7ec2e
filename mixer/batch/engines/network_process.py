"""One process a GPU: it alone opens networks there; workers send stems and are sent the mix.

The workers read, normalise, master and write on the CPU while the GPU runs other songs' networks.
Audio goes through a local socket as plain bytes after a line of JSON; nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, final

from mixer.batch.engines.network import Networks, open_local
from mixer.batch.engines.work import LostNetworkError
from mixer.errors import DeviceError, MixerError, ModelError
from mixer.rendering.choices.shipped import DEFAULT_MODEL
from mixer.setting_changes import as_tables, from_tables

if TYPE_CHECKING:
    import numpy as np

    from mixer.network.model import Bundle
    from mixer.network.output import Output, RunOptions, StemRecord, WetStems
    from mixer.network.runner import NetworkRunner

# A message of audio; a stem of two hours is 2.5 GB.
_MAX_AUDIO_BYTES = 1 << 36
_MAX_HEADER_BYTES = 1 << 20


def run_network_process(
    pipe: Connection, device: str, threads: int, key: bytes, address: str | None
) -> None:
    """Main function of a GPU's process; returns when the pipe to its parent closes.

    Sends the address on which it listens, or the error, through the pipe.

    Args:
        pipe: connection to the parent.
        device: "cuda:N" or "cpu".
        threads: CPU cores for the operations that do not run on the device.
        key: secret that authenticates clients.
        address: path of the socket; None to choose one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    networks = Networks(open_local(device, threads))
    try:
        if device != "cpu":
            # Better one line now than every song failing with it.
            networks.get(DEFAULT_MODEL)
    except MixerError as error:
        pipe.send(("broken", f"{error}; use --devices cpu"))
        return
    try:
        if address is not None:
            Path(address).unlink(missing_ok=True)  # of one that died
        listener = Listener(address, backlog=64, authkey=key)
    except OSError as error:
        pipe.send(("broken", f"no local socket can be opened for {device}: {error}"))
        return
    one_at_a_time = threading.Lock()
    threading.Thread(
        target=_accept, args=(listener, networks, one_at_a_time), daemon=True, name="accept"
    ).start()
    pipe.send(("ready", listener.address))
    try:
        pipe.recv()
    except (EOFError, OSError):
        pass
    finally:
        listener.close()
        if address is not None:
            # A parent that was killed has not removed it.
            shutil.rmtree(Path(address).parent, ignore_errors=True)
        os._exit(0)


def _accept(listener: Listener, networks: Networks, turn: threading.Lock) -> None:
    while True:
        try:
            client = listener.accept()
        except AuthenticationError:
            continue
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, networks, turn), daemon=True).start()


def _serve(client: Connection, networks: Networks, turn: threading.Lock) -> None:
    """One request a connection: stems in, progress and the mix out."""
    from mixer.network.output import RunOptions

    with client:
        try:
            header: _Header = json.loads(client.recv_bytes(_MAX_HEADER_BYTES))
            stems = [_receive(client, shape) for shape in header["stems"]]
            runner = networks.get(header["model"])
            if runner is None:
                raise ModelError("no model was named")
            with turn:
                options = RunOptions(
                    wet_stems=_wet_stems(header["wet_stems"]),
                    warm_up_s=header["warm_up_s"],
                    progress=lambda share: _send(client, {"share": share}),
                    changes=from_tables(header["changes"]),
                )
                output = runner.run(stems, options)
        except (EOFError, OSError):
            return  # the worker is gone
        except MixerError as error:
            _send(client, {"error": str(error), "model": isinstance(error, ModelError)})
            return
        wet = output.wet_stems or []
        shapes = [list(audio.shape) for audio in (output.mix, *wet)]
        settings = dict(output.settings)
        _send(client, {"audio": shapes, "device": output.device, "settings": settings})
        for audio in (output.mix, *wet):
            _send_audio(client, audio)


@final
class _Header(TypedDict):
    """A song to run: the model, each stem's shape or None, then the stems themselves follow."""

    model: str
    stems: list[list[int] | None]
    wet_stems: bool | list[str]
    warm_up_s: float | None
    changes: dict[str, dict[str, dict[str, float]]]


@final
class _Share(TypedDict):
    """How much is done, 0 to 1."""

    share: float


@final
class _Failure(TypedDict):
    """Why nothing comes; whether the model is to blame, or the device."""

    error: str
    model: bool


@final
class _Answer(TypedDict):
    """It is done: shapes of mix and wet stems, which follow, the device, and what was set."""

    audio: list[list[int]]
    device: str
    settings: dict[str, StemRecord]


def _wet_stems(told: bool | list[str]) -> WetStems:
    return told if isinstance(told, bool) else frozenset(told)


class RemoteRunner:
    """A network in another process of this machine.

    Args:
        bundle: the model's bundle, for what the render must know of it.
        model: its name or folder.
        address, key: socket and secret of the process.
        compute: the worker's lock; released while the other process works.
    """

    def __init__(
        self, bundle: Bundle, model: str, address: str, key: bytes, compute: threading.Lock
    ) -> None:
        self._bundle, self._model = bundle, model
        self._address, self._key, self._compute = address, key, compute

    @property
    def bundle(self) -> Bundle:
        return self._bundle

    @property
    def place(self) -> str:
        return ""  # the other process says it with its answer

    def run(self, stems: Sequence[np.ndarray | None], options: RunOptions) -> Output:
        """Run the network in the device's process; as `mixer.network.stream.run_with_options`.

        The stems are sent, which leaves them as they are, whether they may be consumed or not.

        Raises:
            LostNetworkError: the process died.
            ModelError, DeviceError: raised by the network in that process.
        """
        from mixer.network.output import Output

        wet = options.wet_stems
        self._compute.release()
        try:
            with Client(self._address, authkey=self._key) as server:
                header: _Header = {
                    "model": self._model,
                    "stems": [None if stem is None else list(stem.shape) for stem in stems],
                    "wet_stems": wet if isinstance(wet, bool) else [*wet],
                    "warm_up_s": options.warm_up_s,
                    "changes": as_tables(options.changes),
                }
                _send(server, header)
                for stem in stems:
                    if stem is not None:
                        _send_audio(server, stem)
                answer = _await_answer(server, options.progress)
                mix, *arrays = [_receive(server, shape) for shape in answer["audio"]]
        except (EOFError, OSError, AuthenticationError) as error:
            raise LostNetworkError(
                f"the process of the device died ({type(error).__name__}), "
                "most likely because it ran out of memory"
            ) from None
        finally:
            self._compute.acquire()
        return Output(mix, arrays if wet else None, answer["device"], answer["settings"])


def open_remote(
    address: str, key: bytes, compute: threading.Lock
) -> Callable[[str], NetworkRunner]:
    """Make the function by which a worker opens networks in another process."""

    def open_runner(model: str) -> NetworkRunner:
        from mixer.network.model import read_bundle

        return RemoteRunner(read_bundle(model), model, address, key, compute)

    return open_runner


def _await_answer(server: Connection, progress: Callable[[float], None]) -> _Answer:
    while True:
        answer: _Share | _Failure | _Answer = json.loads(server.recv_bytes(_MAX_HEADER_BYTES))
        if "share" in answer:
            progress(float(answer["share"]))
        elif "error" in answer:
            raise (ModelError if answer["model"] else DeviceError)(answer["error"])
        else:
            return answer


def _send(pipe: Connection, value: _Header | _Share | _Failure | _Answer) -> None:
    pipe.send_bytes(json.dumps(value).encode())


def _send_audio(pipe: Connection, audio: np.ndarray) -> None:
    import numpy as np

    # Channel by channel: a view of one is contiguous where the whole may not be.
    for channel in audio:
        pipe.send_bytes(np.ascontiguousarray(channel, dtype=np.float32).data.cast("B"))


def _receive(pipe: Connection, shape: Sequence[int] | None) -> Any:
    """Audio of a shape that was announced; None for a stem that is not there."""
    import numpy as np

    if shape is None:
        return None
    n_channels, n_samples = (int(n) for n in shape)
    if not (0 < n_channels <= 64 and 0 <= n_samples * n_channels * 4 <= _MAX_AUDIO_BYTES):
        raise OSError(f"audio of shape {shape} is not accepted")
    audio = np.empty((n_channels, n_samples), np.float32)
    for channel in audio:
        pipe.recv_bytes_into(channel.data.cast("B"))
    return audio
