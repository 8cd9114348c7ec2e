"""A state dict is held to its size before PyTorch unpacks or builds anything."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from mixer.errors import ModelError
from training.checkpoint import read_checkpoint
from training.state_dict_file import read_state_dict

STATE = OrderedDict(a=torch.arange(6.0).reshape(2, 3), b=torch.ones(4))


def saved(*, archive: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(STATE, file, _use_new_zipfile_serialization=archive)
    return file.getvalue()


def repacked(compression: int, pickled: bytes | None = None, extra: int = 0) -> bytes:
    """The same archive, written by another program."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in old.namelist():
            is_pickle = pickled is not None and name.endswith("data.pkl")
            new.writestr(name, pickled if is_pickle else old.read(name))
        if extra:
            new.writestr("archive/data/9", bytes(extra))
    return out.getvalue()


def doubled(levels: int) -> bytes:
    """A tuple of twice a tuple of twice ..., as the key of a dict: its hash would take for ever."""
    steps = [b"\x80\x02}", b")", b"q\x00"]
    for level in range(levels):
        steps += [b"h", bytes([level]), b"\x86", b"q", bytes([level + 1])]
    return b"".join([*steps, b"K\x01", b"s."])


@pytest.mark.parametrize("archive", [True, False])
def test_what_torch_writes_is_read(tmp_path: Path, archive: bool) -> None:
    path = tmp_path / "net.params"
    path.write_bytes(saved(archive=archive))
    found = read_state_dict(path)
    assert all(torch.equal(found[name], value) for name, value in STATE.items())


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (repacked(zipfile.ZIP_DEFLATED, extra=64 << 20), "compressed archive"),
        (repacked(zipfile.ZIP_STORED, b"\x80\x02]" + b"K\x01a" * 600_000 + b"."), "larger than"),
        (repacked(zipfile.ZIP_STORED, doubled(60)), "nests more objects"),
        (doubled(60), "nests more objects"),
        (repacked(zipfile.ZIP_STORED, pickle.dumps({"a": print}, 2)), None),
        (repacked(zipfile.ZIP_STORED, b"\x80\x02h\x05."), "not a checkpoint"),
        (b"\x80\x02" + b"K\x010" * 100, "plain tensors"),
        (b"PK\x05\x06" + b"\xff" * 18, "more entries"),
        (b"PK\x03\x04" + bytes(100), "not a checkpoint"),
    ],
)
def test_what_would_grow_is_refused(tmp_path: Path, content: bytes, word: str | None) -> None:
    path = tmp_path / "net.params"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=word) as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """An archive may name one stretch of the file a thousand times."""
    path = tmp_path / "net.params"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", bytes(100_000))
        first = archive.infolist()[0]
        for number in range(1_000):
            again = zipfile.ZipInfo(f"archive/data/{number}")
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.file_size = again.compress_size = first.file_size
            archive.filelist.append(again)
    path.write_bytes(out.getvalue())
    with pytest.raises(ModelError, match="claim more bytes than the file holds"):
        read_checkpoint(path)


def test_a_network_is_described_without_loading_pytorchs_compiler() -> None:
    """It took many seconds to refuse a parameter that is not known."""
    import subprocess
    import sys

    program = (
        "import sys, torch\n"
        "from mixer.network.fxnorm.parameters import HyperParameters\n"
        "from training.networks.kinds import new_network\n"
        "with torch.device('meta'):\n    new_network(HyperParameters(blstm_layers=1))\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
