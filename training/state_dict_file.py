"""Published state dicts (`.params`): checked for size, then read by PyTorch as data only.

With `weights_only`, PyTorch unpickles only plain tensors, but it still unpacks whatever a zip
archive claims and builds whatever a pickle nests. So archives must be uncompressed, as PyTorch
writes them, and pickles may have no more steps and objects than a network needs.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from mixer.errors import ModelError
from mixer.files.regular_file import open_regular
from mixer.files.wording import first_line

_TORCH_STARTS = (b"PK", b"\x80")  # a zip archive, a pickle
# The paper's network has 373 parameters, 379 entries, and a pickle of 51 kB and 12 000 steps.
_MOST_ENTRIES = 20_000
_MOST_DIRECTORY_BYTES = 4 << 20
_MOST_PICKLE_BYTES = 4 << 20
_MOST_STEPS = 500_000
_MOST_OBJECTS = 2_000_000
_END_OF_DIRECTORY, _LONGEST_END = b"PK\x05\x06", 22 + (1 << 16)
# A file without an archive consists of five pickles, followed by the numbers.
_LEGACY_PICKLES = 5


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a state dict, by name.

    Raises:
        ModelError: the file cannot be read, is damaged, claims more data than it holds, or contains
            anything but tensors.
    """
    try:
        # A file object rather than a path, because torch would go by the suffix.
        with open_regular(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on what is refused below
            start = file.read(2)
            _check(path, file, start)
            file.seek(0)
            state: Any = torch.load(file, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    except pickle.UnpicklingError:
        raise _holds_more(path) from None
    except Exception as error:  # torch's readers raise nearly anything on random bytes
        line = first_line(error)
        raise _is_none(path, f" ({line})") from None
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise ModelError(f"{path}: not a state dict of tensors by name")
    return dict(state)


def _check(path: Path, file: IO[bytes], start: bytes) -> None:
    if start == b"PK":
        pickled = _check_archive(path, file)
        _check_pickle(path, io.BytesIO(pickled))
    elif start[:1] in _TORCH_STARTS:
        file.seek(0)
        for _ in range(_LEGACY_PICKLES):
            _check_pickle(path, file)
    else:
        raise _is_none(path)


def _check_archive(path: Path, file: IO[bytes]) -> bytes:
    """Read the archive's pickle, after checking that its entries are no larger than the file."""
    size = file.seek(0, 2)
    tail_start = file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < 22:
        raise _is_none(path)
    n_entries, n_bytes = struct.unpack("<HI", tail[at + 10 : at + 16])
    if n_entries > _MOST_ENTRIES or n_bytes > min(_MOST_DIRECTORY_BYTES, tail_start + at):
        raise ModelError(f"{path}: an archive with more entries than a network has parameters")
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ModelError(f"{path}: a compressed archive, which torch.save never writes")
        if sum(entry.file_size for entry in entries) > size:
            raise ModelError(f"{path}: its entries claim more bytes than the file holds")
        pickles = [entry for entry in entries if entry.filename.endswith("data.pkl")]
        if len(pickles) != 1:
            raise _is_none(path)
        if pickles[0].file_size > _MOST_PICKLE_BYTES:
            raise ModelError(f"{path}: its pickle is larger than any of a network's")
        return archive.read(pickles[0])


def _check_pickle(path: Path, file: IO[bytes]) -> None:
    """Step through a pickle without building anything; count the objects it would build."""
    weigh = _Weights()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if number >= _MOST_STEPS or file.tell() > _MOST_PICKLE_BYTES:
            raise ModelError(f"{path}: its pickle is larger than any of a network's")
        step = _STEPS.get(opcode.name)
        if step is None:
            raise _holds_more(path)
        try:
            step(weigh, argument)
        except (IndexError, KeyError):
            raise _is_none(path) from None
        if weigh.stack and weigh.stack[-1] > _MOST_OBJECTS:
            raise ModelError(f"{path}: its pickle nests more objects than any network has")


class _Weights:
    """Number of objects within each object on the stack, counting repeated ones every time."""

    def __init__(self) -> None:
        self.stack: list[int] = []
        self.marks: list[int] = []
        self.memo: dict[int, int] = {}

    def push(self, weight: int = 1) -> None:
        self.stack.append(weight)

    def take(self, count: int) -> int:
        """Pop the topmost objects from the stack and return their total weight."""
        return sum(self.stack.pop() for _ in range(count))

    def take_to_mark(self) -> int:
        place = self.marks.pop()
        taken = sum(self.stack[place:])
        del self.stack[place:]
        return taken

    def put(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def into_holder(self, weight: int) -> None:
        self.stack[-1] += weight


_Step = Callable[[_Weights, Any], None]
_PLAIN = (
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "NONE",
    "NEWTRUE", "NEWFALSE", "GLOBAL", "EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT",
)  # fmt: skip
_STEPS: Mapping[str, _Step] = {
    **dict.fromkeys(_PLAIN, lambda weigh, _: weigh.push()),
    **dict.fromkeys(("PROTO", "STOP"), lambda weigh, _: None),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda weigh, place: weigh.put(place)),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda weigh, place: weigh.push(weigh.memo[place])),
    "MARK": lambda weigh, _: weigh.marks.append(len(weigh.stack)),
    "TUPLE": lambda weigh, _: weigh.push(1 + weigh.take_to_mark()),
    "TUPLE1": lambda weigh, _: weigh.push(1 + weigh.take(1)),
    "TUPLE2": lambda weigh, _: weigh.push(1 + weigh.take(2)),
    "TUPLE3": lambda weigh, _: weigh.push(1 + weigh.take(3)),
    "REDUCE": lambda weigh, _: weigh.push(weigh.take(2)),
    "BINPERSID": lambda weigh, _: weigh.push(1 + weigh.take(1)),
    "BUILD": lambda weigh, _: weigh.into_holder(weigh.take(1)),
    "SETITEM": lambda weigh, _: weigh.into_holder(weigh.take(2)),
    "APPEND": lambda weigh, _: weigh.into_holder(weigh.take(1)),
    "SETITEMS": lambda weigh, _: weigh.into_holder(weigh.take_to_mark()),
    "APPENDS": lambda weigh, _: weigh.into_holder(weigh.take_to_mark()),
}


def _holds_more(path: Path) -> ModelError:
    return ModelError(
        f"{path}: holds more than plain tensors (code or other objects) and was not loaded;"
        " save the state dict alone"
    )


def _is_none(path: Path, why: str = "") -> ModelError:
    return ModelError(f"{path}: not a checkpoint: neither safetensors nor a torch state dict{why}")
