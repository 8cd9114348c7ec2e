"""Rooms and reverbs: decay as asked, shelves as specified, the dry signal where it was."""

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from mixer.dsp.noise_room import RoomRecipe
from mixer.errors import InputError
from mixer.fxnorm.reverb import add_pre_reverb, add_reverb_send
from mixer.fxnorm.rooms import RecordedRooms, measure_reverberation_time_s, read_rooms
from tests.fxnorm.material import RATE, energy_db, wide


def seeded(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def band_time_s(room: np.ndarray, centre_hz: float, rate: int) -> float:
    edges = [centre_hz / np.sqrt(2.0), centre_hz * np.sqrt(2.0)]
    sections = scipy.signal.butter(4, edges, "bandpass", fs=rate, output="sos")
    return measure_reverberation_time_s(scipy.signal.sosfilt(sections, room), rate)


@pytest.mark.parametrize("reverberation_time_s", [0.5, 1.5, 3.0])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_generated_room_decays_as_asked(reverberation_time_s: float, rate: int) -> None:
    room = RoomRecipe().generate(seeded(), rate, reverberation_time_s)
    assert room.shape == (2, int(reverberation_time_s * rate))
    assert band_time_s(room, 1_000.0, rate) == pytest.approx(reverberation_time_s, rel=0.1)
    high, low = (band_time_s(room, hz, rate) / reverberation_time_s for hz in (8_000.0, 125.0))
    assert high == pytest.approx(0.45, rel=0.25)
    assert low == pytest.approx(1.15, rel=0.25)


def test_a_generated_room_starts_with_its_direct_sound_at_unit_energy() -> None:
    room = RoomRecipe().generate(seeded(), RATE, 2.0)
    assert int(np.argmax(np.abs(room).max(axis=0))) == 0
    assert np.mean(np.sum(room.astype(float) ** 2, axis=1)) == pytest.approx(1.0, abs=1e-4)
    assert abs(np.corrcoef(room[:, 1:])[0, 1]) < 0.1


def test_the_same_seed_gives_the_same_room() -> None:
    draw = RoomRecipe().draw
    np.testing.assert_array_equal(draw(seeded(), RATE, 2.0, 4.0), draw(seeded(), RATE, 2.0, 4.0))
    assert draw(seeded(), RATE, 2.0, 4.0).shape != draw(seeded(6), RATE, 2.0, 4.0).shape


def test_send_keeps_the_dry_signal_and_the_middle_band_only(rng: np.random.Generator) -> None:
    audio = wide(rng)
    wet, drawn = add_reverb_send(audio, RATE, RoomRecipe(), seeded())
    assert 500.0 <= drawn["low_shelf_hz"] <= 700.0
    assert 7_000.0 <= drawn["high_shelf_hz"] <= 10_000.0
    assert 2.0 <= drawn["room_s"] <= 4.0
    send = wet - audio
    bin_hz, spectrum = scipy.signal.welch(send, RATE, nperseg=4_096)
    _, dry = scipy.signal.welch(audio, RATE, nperseg=4_096)
    gain_db = 10.0 * np.log10((spectrum / dry).mean(axis=0))
    middle_db = gain_db[(bin_hz > 1_500) & (bin_hz < 3_500)].mean()
    assert gain_db[(bin_hz > 40) & (bin_hz < 120)].mean() - middle_db < -15.0
    assert gain_db[bin_hz > 19_000].mean() - middle_db < -15.0


def test_half_a_send_is_half_the_send(rng: np.random.Generator) -> None:
    audio = wide(rng, seconds=2.0)
    whole, _ = add_reverb_send(audio, RATE, RoomRecipe(), seeded())
    half, _ = add_reverb_send(audio, RATE, RoomRecipe(), seeded(), amount=0.5)
    np.testing.assert_allclose(half - audio, 0.5 * (whole - audio), atol=1e-5)


@pytest.mark.parametrize("rate", [RATE, 16_000])
def test_shelves_have_their_documented_gain(rate: int) -> None:
    # A room that is an impulse shows the shelves alone.
    impulse = np.zeros((2, 8_192), dtype=np.float32)
    impulse[:, 0] = 1.0
    rooms = RecordedRooms(rate, (impulse,), (3.0,))
    wet, drawn = add_reverb_send(impulse, rate, rooms, seeded())
    gain_db = 20.0 * np.log10(np.abs(np.fft.rfft(wet[0] - impulse[0])))
    bin_hz = np.fft.rfftfreq(8_192, 1.0 / rate)

    def at(hz: float) -> float:
        return float(np.interp(hz, bin_hz, gain_db))

    assert at(20.0) == pytest.approx(-30.0, abs=0.3)
    assert at(0.4966 * rate) == pytest.approx(-30.0, abs=0.5)
    # A shelf is at half its gain at its corner; the other one adds a little.
    assert at(drawn["low_shelf_hz"]) == pytest.approx(-15.0, abs=1.0)
    # Where the rate has no such treble, the shelf stands just below half of it.
    corner_hz = min(drawn["high_shelf_hz"], 0.45 * rate)
    assert at(corner_hz) == pytest.approx(-15.0, abs=1.0)
    assert at(2_200.0) > -4.0


def test_pre_reverb_is_half_and_half(rng: np.random.Generator) -> None:
    audio = wide(rng, seconds=3.0)
    wet, drawn = add_pre_reverb(audio, RATE, RoomRecipe(), seeded())
    assert 0.3 <= drawn["room_s"] <= 1.5
    room = RoomRecipe().draw(seeded(), RATE, 0.3, 1.5)
    expected = (
        0.5 * audio + 0.5 * scipy.signal.fftconvolve(audio, room, axes=-1)[:, : audio.shape[1]]
    )
    np.testing.assert_allclose(wet, expected, atol=1e-5)
    assert energy_db(wet).mean() < energy_db(audio).mean()


def read_file(path: Path, sample_rate: int) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == sample_rate
    return samples.T


def test_a_folder_of_rooms_is_read_in_order(tmp_path: Path) -> None:
    for name, seconds, delay in [("b.wav", 3.0, 300), ("a.flac", 1.0, 0)]:
        room = RoomRecipe().generate(seeded(), RATE, seconds) * 0.5
        room = np.pad(room, ((0, 0), (delay, 0)))
        soundfile.write(tmp_path / name, room.T / np.abs(room).max(), RATE)
    soundfile.write(tmp_path / ".hidden.wav", np.zeros(100), RATE)
    (tmp_path / "notes.txt").write_text("no room")
    rooms = read_rooms(tmp_path, RATE, read_file)
    assert len(rooms.rooms) == 2
    assert [int(np.argmax(np.abs(room[0]))) for room in rooms.rooms] == [0, 0]
    assert rooms.draw(seeded(), RATE, 2.0, 4.0).shape[1] == 3 * RATE
    assert rooms.draw(seeded(), RATE, 0.3, 1.5).shape[1] == RATE
    with pytest.raises(InputError, match="5 to 6 s"):
        rooms.draw(seeded(), RATE, 5.0, 6.0)
    with pytest.raises(InputError, match="48000 Hz"):
        rooms.draw(seeded(), 48_000, 2.0, 4.0)


def test_folders_that_hold_no_rooms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_rooms(tmp_path / "none", RATE, read_file)
    with pytest.raises(InputError, match="no impulse responses"):
        read_rooms(tmp_path, RATE, read_file)
    soundfile.write(tmp_path / "song.wav", np.full(25 * 8_000, 0.1), 8_000)
    with pytest.raises(InputError, match=r"song\.wav"):
        read_rooms(tmp_path, 8_000, read_file)
    soundfile.write(tmp_path / "song.wav", np.zeros(8_000), 8_000)
    with pytest.raises(InputError, match="silent"):
        read_rooms(tmp_path, 8_000, read_file)


@pytest.mark.shared
def test_measured_rooms_have_their_published_times(shared: Path) -> None:
    rooms = read_rooms(shared / "impulse_responses", RATE, read_file)
    published_s = [1.9, 2.3, 5.4, 0.4, 0.9, 1.3, 0.3]  # in the order of the file names
    np.testing.assert_allclose(rooms.reverberation_times_s, published_s, rtol=0.35)
