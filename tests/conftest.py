"""Fixtures that every room uses: the shared folder, a seeded generator, songs on disk."""

import importlib.util
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.dsp.free_memory import available_memory_bytes

SHARED = Path(__file__).resolve().parents[2] / "shared"
SAMPLE_RATE_HZ = 44_100
_TRAINS = re.compile(r"^(?:from|import) (?:torch|export|training|tests\.training)\b", re.MULTILINE)
_MEMORY, _ROOM_BYTES = Path("/dev/shm"), 6 << 30


def _has_room(folder: Path) -> bool:
    """Whether a folder in memory holds what the tests write, programs to be run among it."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    may_run = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return may_run and min(shutil.disk_usage(folder).free, available_memory_bytes()) > _ROOM_BYTES


# A developer's own defaults and presets change no test, nor any process that one starts; and none
# finds or leaves material in a developer's cache: a file cannot contain a folder.
os.environ["MIXER_CONFIG"] = str(Path(__file__).parent / "no" / "config.toml")
os.environ["MIXER_PRESETS"] = str(Path(__file__).parent / "no" / "presets")
os.environ["MIXER_CACHE"] = str(Path(__file__) / "no cache")


# What is written is synced to the disk, thousands of times: where there is plenty of memory, the
# tests' folders lie in it.
if _has_room(_MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


# A shell that runs the suite in the background has it ignore Ctrl-C, as would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real songs and reference answers beside the project; often absent."""
    if not (SHARED / "METHOD.md").is_file():
        pytest.skip("the folder ../shared is not here")
    return SHARED


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2208_11428)


@pytest.fixture
def write_song(tmp_path: Path) -> Callable[..., Path]:
    """Write arrays (channels, samples) as the files of a song folder and return the folder."""

    def write(
        files: Mapping[str, np.ndarray],
        sample_rate: int = SAMPLE_RATE_HZ,
        subtype: str | None = "FLOAT",
        folder: str = "song",
    ) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        for name, audio in files.items():
            soundfile.write(path / name, audio.T, sample_rate, subtype=subtype)
        return path

    return write


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the train extra, what trains and exports is not tested; the rest is."""
    if importlib.util.find_spec("torch") is not None:
        return None
    if collection_path.is_dir() and collection_path.name in ("training", "export"):
        return True
    file = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    needs_it = file.suffix == ".py" and file.is_file() and _TRAINS.search(file.read_text("utf-8"))
    return True if needs_it else None


def pytest_configure(config: pytest.Config) -> None:
    """Files are dealt to the processes of `-n` in the order of the tests, not of their number."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first; among processes, whole files with the slow ones first.

    A long file that begins last would leave the other processes idle.
    """
    is_slow = {item: item.get_closest_marker("slow") is not None for item in items}
    if not hasattr(config, "workerinput"):
        items.sort(key=is_slow.__getitem__)
        return
    n_slow = Counter(item.path for item in items if is_slow[item])
    n_tests = Counter(item.path for item in items)
    items.sort(key=lambda i: (-n_slow[i.path], -n_tests[i.path], i.path, is_slow[i]))
