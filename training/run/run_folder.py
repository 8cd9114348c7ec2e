"""The folder of a run: its logs and checkpoints.

config.json         the whole configuration, defaults included
best.safetensors    the weights with the best validation loss so far
last.safetensors    the weights of the last checkpoint
state.safetensors   everything that resuming needs
log.jsonl           a line of JSON for each event
tensorboard/        the same as curves, and excerpts to listen to
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

import torch
from safetensors import SafetensorError

from mixer.errors import OutputError
from mixer.files.whole_file import whole_file, write_json
from mixer.version import __version__
from training.checkpoint import write_checkpoint
from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.identity import Identity
from training.run.loading import NETWORK_RATE_HZ, TrainingData
from training.run.logs import (
    LOG_FILE,
    TENSORBOARD_FOLDER,
    JsonLines,
    Log,
    TensorBoard,
    Values,
    remove_tensorboard,
)
from training.run.loop import Event
from training.run.objective import Objective
from training.run.state import STATE_FILE, Position, Run, read_identity, reason_of, write_state

CONFIG_FILE, BEST_FILE, LAST_FILE = "config.json", "best.safetensors", "last.safetensors"


def has_run(folder: Path) -> bool:
    """Whether the folder has a run that can be resumed."""
    return (folder / STATE_FILE).is_file()


class RunFolder:
    """Folder of a run; only the first process writes.

    Args:
        folder: path of the folder.
        config: configuration of the run.
        identity: identity of the run, stored in its state and, for the exporter, in its
            checkpoints.
        processes: this process among all.
        tell: also called with every event.
    """

    def __init__(
        self,
        folder: Path,
        config: TrainingConfig,
        identity: Identity,
        processes: Processes,
        tell: Event | None,
    ) -> None:
        self.folder = folder
        self._config, self._identity = config, identity
        self._is_first = processes.is_first
        self._tell = tell
        self._logs: list[Log] = []

    @staticmethod
    def state_in(folder: Path) -> Path:
        """Path of the state file from which a run in that folder is resumed."""
        return folder / STATE_FILE

    @staticmethod
    def identity_in(folder: Path) -> Identity:
        """Read the identity of the run in that folder.

        Raises:
            OutputError: the folder has no run.
            ModelError: its state is damaged.
        """
        path = RunFolder.state_in(folder)
        if not has_run(folder):
            raise OutputError(f"{folder}: contains no run to resume ({STATE_FILE} is missing)")
        return read_identity(path)

    @property
    def best_file(self) -> Path:
        """Path of the weights with the best validation loss."""
        return self.folder / BEST_FILE

    def occupy(self, position: Position, *, resume: bool, overwrite: bool) -> None:
        """Create the folder, or remove the files of an earlier run, and open the logs.

        Raises:
            OutputError: the folder already has a run, or cannot be created.
        """
        if not self._is_first:
            return
        ours = [self.folder / name for name in (CONFIG_FILE, BEST_FILE, LAST_FILE, LOG_FILE)]
        # Remove the state first: without it a half-cleared folder is not taken for a run.
        ours.insert(0, self.state_in(self.folder))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not resume:
                there = [path for path in ours if path.exists()]
                if there and not overwrite:
                    raise OutputError(
                        f"{self.folder}: contains a run already; add --resume to continue it,"
                        " --overwrite to start again, or choose another folder with -o"
                    )
                for path in there:
                    path.unlink()
                remove_tensorboard(self.folder / TENSORBOARD_FOLDER)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be written ({error.strerror})") from None
        write_json(self.folder / CONFIG_FILE, self._config.to_json())
        self._logs.append(JsonLines(self.folder / LOG_FILE, position.step))
        self._open_tensorboard(position)

    def tell(self, event: str, values: Values) -> None:
        """Report an event to every log and to the callback."""
        if not self._is_first:
            return
        for log in self._logs:
            log.write(event, values)
        if self._tell is not None:
            self._tell(event, values)

    def heard(self) -> None:
        """Tell the callback, and no log, that the run has been asked to stop."""
        # Called by a signal handler, perhaps in the middle of another line.
        if self._is_first and self._tell is not None:
            with suppress(RuntimeError):
                self._tell("stopping", {})

    def keep(self, run: Run, validation: Mapping[str, float] | None) -> None:
        """Write a checkpoint; if a validation is given, it is the best so far.

        Raises:
            OutputError: the disk is full or read-only; earlier files are still intact.
        """
        if not self._is_first:
            return
        self._write_weights(self.folder / LAST_FILE, run, None)
        if validation is not None:
            self._write_weights(self.best_file, run, validation)
        write_state(self.state_in(self.folder), run, self._identity)
        self.tell("checkpoint", {"step": run.position.step, "best": validation is not None})

    def hear(self, objective: Objective, run: Run, data: TrainingData) -> None:
        """Log excerpts of validation songs as the network renders them, in logs with audio."""
        if not self._is_first:
            return
        for song, read in data.heard.items():
            with torch.no_grad(), self._kept_weights(run):
                objective.eval()
                sounds = objective.sounds(read())
                objective.train()
            for log in self._logs:
                for name, audio in sounds.items():
                    log.hear(f"{song}/{name}", audio, NETWORK_RATE_HZ, run.position.step)

    def _write_weights(self, path: Path, run: Run, validation: Mapping[str, float] | None) -> None:
        position, dataset = run.position, self._identity["dataset"]
        metadata = {
            "mixer_version": __version__,
            "stage": self._config.run.stage,
            "config": json.dumps(self._config.to_json(), sort_keys=True),
            "dataset": json.dumps(dataset, sort_keys=True),
            "dataset_sha256": str(dataset["sha256"]),
            "epoch": str(position.epoch),
            "step": str(position.step),
            "provenance": (
                f"mixer train, stage {self._config.run.stage}, step {position.step}, on the data"
                f" set {str(dataset['sha256'])[:12]}"
            ),
        }
        if validation is not None:
            metadata["validation"] = json.dumps(dict(validation), sort_keys=True)
        try:
            with self._kept_weights(run), whole_file(path) as partial:
                write_checkpoint(partial, run.network, metadata)
        except (OSError, SafetensorError) as error:
            raise OutputError(f"{path}: cannot be written ({reason_of(error)})") from None

    def _kept_weights(self, run: Run) -> AbstractContextManager[None]:
        """Context in which the network has the weights that are validated and kept."""
        return run.average.in_place_of(run.network) if run.average is not None else nullcontext()

    def _open_tensorboard(self, position: Position) -> None:
        if not self._config.run.tensorboard:
            return
        try:
            self._logs.append(TensorBoard(self.folder / TENSORBOARD_FOLDER, position.step))
        except ImportError:
            self.tell(
                "warning",
                {
                    "step": position.step,
                    "text": "tensorboard is not installed, so no curves and audio are logged",
                },
            )
