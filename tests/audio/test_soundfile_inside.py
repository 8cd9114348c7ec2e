"""What is relied on of soundfile that it does not promise: a version that moved it fails here."""

import numpy as np
import soundfile

from mixer.audio import write_audio
from mixer.audio.layout import Part, read_part

RATE = 44_100


def test_libsndfile_is_where_it_is_called():
    assert callable(soundfile._snd.sf_command)
    assert callable(soundfile._snd.sf_readf_float)
    assert callable(soundfile._snd.sf_seek)
    assert callable(soundfile._snd.sf_error)
    assert soundfile._ffi.NULL is not None


def test_the_command_that_leaves_out_the_time_stamp_is_understood(tmp_path):
    """libsndfile answers SFC_SET_ADD_PEAK_CHUNK with 0 where the chunk is off."""
    path = tmp_path / "a.wav"
    with soundfile.SoundFile(path, "w", RATE, 1, "FLOAT", format="WAV") as file:
        assert soundfile._snd.sf_command(file._file, 0x1050, soundfile._ffi.NULL, 0) == 0
        file.write(np.ones((10, 1), np.float32))
    assert b"PEAK" not in path.read_bytes()


def test_libsndfiles_own_read_gives_the_samples_of_the_public_one(tmp_path):
    audio = np.random.default_rng(0).uniform(-1, 1, (2, 3 * RATE)).astype(np.float32)
    path = tmp_path / "a.wav"
    write_audio(path, audio, RATE, bit_depth="24")
    blocks = np.concatenate(list(read_part(path, Part())))
    np.testing.assert_array_equal(blocks, soundfile.read(path, dtype="float32")[0])
