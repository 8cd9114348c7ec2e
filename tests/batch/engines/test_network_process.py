"""A device's own process: the same samples as a network in the worker, and what happens if it dies.

Run on the CPU here; a GPU's process is the same one with another device.
"""

import os
import signal
import tempfile
import threading

import numpy as np
import pytest

from mixer.batch.batch_session import Options, run_batch
from mixer.batch.engines.devices import DeviceProcess, choose_devices
from mixer.batch.engines.engine import EngineError
from mixer.batch.engines.local import LocalEngine, worker_specs
from mixer.batch.engines.network import open_local
from mixer.batch.engines.network_process import open_remote
from mixer.batch.engines.work import LostNetworkError
from mixer.batch.engines.worker_process import DEFAULT_WORK
from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.errors import DeviceError, InputError
from mixer.network.output import RunOptions
from mixer.setting_changes import Change, StripChanges
from tests.signals import band


@pytest.fixture
def device():
    process = DeviceProcess("cpu")
    process.start()
    yield process
    process.close()


def held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@pytest.mark.parametrize("wet_stems", [True, frozenset({"vocals", "other"})])
def test_the_mix_comes_back_sample_for_sample(device, rng, wet_stems) -> None:
    stems = [*band(rng, 2.0, 44_100).values()]
    stems[1] = None
    lock, shares = held_lock(), []
    remote = open_remote(device.address, device.key, lock)("default")
    local = open_local("cpu", 1)("default")
    changes = {"drums": StripChanges(room_db=Change(set=-10.0))}
    asked = {"wet_stems": wet_stems, "warm_up_s": 0.5, "changes": changes}
    there = remote.run(stems, RunOptions(**asked, progress=shares.append))
    here = local.run(stems, RunOptions(**asked))
    assert np.array_equal(there.mix, here.mix)
    assert len(there.wet_stems) == (4 if wet_stems is True else 2)
    assert all(map(np.array_equal, there.wet_stems, here.wet_stems))
    assert there.device == here.device == "cpu"
    assert there.settings == here.settings
    assert there.settings["drums"]["used"]["room_db"] == -10.0
    assert shares[-1] == pytest.approx(1.0)
    assert lock.locked()


def test_errors_come_back_and_a_stranger_is_not_let_in(device) -> None:
    runner = open_remote(device.address, device.key, held_lock())("default")
    with pytest.raises((DeviceError, InputError), match="stems"):
        runner.run([], RunOptions())
    stranger = open_remote(device.address, b"wrong key", held_lock())("default")
    with pytest.raises(LostNetworkError):
        stranger.run([], RunOptions())


def test_a_dead_device_process_is_replaced(device, rng) -> None:
    stems = [*band(rng, 1.0, 44_100).values()]
    runner = open_remote(device.address, device.key, held_lock())("default")
    os.kill(device.pid, signal.SIGKILL)
    device._process.join()
    with pytest.raises(LostNetworkError):
        runner.run(stems, RunOptions())
    device.check()
    runner.run(stems, RunOptions())


@pytest.mark.slow
def test_a_batch_through_a_device_process_is_the_same(write_song, rng, tmp_path) -> None:
    for name in ("one", "two"):
        files = {f"{stem}.wav": audio for stem, audio in band(rng, 2.0, 44_100).items()}
        write_song(files, folder=name)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("song\none\ntwo\n")
    hashes = []
    for devices in ([DeviceProcess("cpu")], []):
        out = tmp_path / f"out{len(devices)}"
        engine = LocalEngine(worker_specs(1, 1, ["cpu"], DEFAULT_WORK), 4 << 30, devices)
        summary = run_batch(manifest, out, Options(), lambda n_songs, engine=engine: engine)
        assert summary.n_done == 2
        records = read_records(out / STATE_FOLDER / LEDGER_FILE)
        hashes.append({record.id: record.files[0][2] for record in records})
    assert hashes[0] == hashes[1]


def test_a_device_that_does_not_work_says_so_at_the_start(tmp_path, monkeypatch) -> None:
    from mixer.network.runtime import cuda_is_likely

    if cuda_is_likely():
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(EngineError, match=r"cuda:7 cannot start: .* does not work here"):
        DeviceProcess("cuda:7").start()
    assert not list(tmp_path.iterdir())


def test_devices_in_words() -> None:
    assert choose_devices("cpu") == ["cpu"]
    assert choose_devices("cuda, cuda:1,cuda:0") == ["cuda:0", "cuda:1"]
    for text in ("tpu", "cuda:x", "", "cpu:"):
        with pytest.raises(DeviceError, match="device"):
            choose_devices(text)


def test_auto_takes_every_gpu(monkeypatch) -> None:
    monkeypatch.setattr("mixer.batch.engines.devices._cuda_is_likely", lambda: True)
    monkeypatch.setattr("mixer.batch.engines.devices.count_gpus", lambda: 2)
    assert choose_devices("auto") == ["cuda:0", "cuda:1"]
    monkeypatch.setattr("mixer.batch.engines.devices.count_gpus", lambda: 0)
    assert choose_devices("auto") == ["cpu"]
