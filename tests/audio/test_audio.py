"""Reading refuses what is damaged; writing is exact, repeatable and whole."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.decoding import read_segments
from mixer.audio.extremes import sounding_samples
from mixer.audio.formats import FORMATS, fitting_rate, refuse_rate
from mixer.audio.writing import quantise
from mixer.errors import InputError, OutputError, SettingsError
from tests.signals import noise, sine


@pytest.mark.parametrize(("bit_depth", "step"), [("16", 2.0**-15), ("24", 2.0**-23)])
def test_integers_are_rounded_not_truncated(tmp_path: Path, bit_depth: str, step: float) -> None:
    # a ramp through a hundredth of a step at a time; the mean error of truncation is half a step
    ramp = (np.arange(-5_000, 5_000) / 100.0 * step).astype(np.float32)[None]
    audio_io.write_audio(tmp_path / "a.wav", ramp, 44_100, bit_depth=bit_depth)
    back, _ = audio_io.read_audio(tmp_path / "a.wav")
    error = (back - ramp) / step
    assert abs(error.mean()) < 0.05
    assert np.abs(error).max() <= (1.5 if bit_depth == "16" else 0.51)


def test_16_bit_dither_is_triangular_and_makes_the_error_independent(tmp_path: Path) -> None:
    quiet = sine(440.0, 2.0, 44_100, level=0.6 * 2.0**-15)
    audio_io.write_audio(tmp_path / "a.wav", quiet, 44_100, bit_depth="16")
    back, _ = audio_io.read_audio(tmp_path / "a.wav")
    error = (back - quiet)[0] * 2.0**15
    # rounding adds 1/12 of a step squared, triangular dither 1/6
    assert np.var(error) == pytest.approx(0.25, rel=0.05)
    assert abs(np.corrcoef(error, quiet[0])[0, 1]) < 0.02


def test_dither_is_that_of_its_seed(tmp_path: Path) -> None:
    quiet, files = sine(440.0, 0.2, 44_100, level=0.6 * 2.0**-15), []
    for number, seed in enumerate((0, 0, 1)):
        files.append(tmp_path / f"{number}.wav")
        audio_io.write_audio(files[-1], quiet, 44_100, bit_depth="16", seed=seed)
    contents = [file.read_bytes() for file in files]
    assert contents[0] == contents[1] != contents[2]


def test_audio_on_the_16_bit_grid_is_not_dithered(tmp_path: Path, rng: np.random.Generator) -> None:
    exact = (rng.integers(-32_768, 32_768, (2, 5_000)) / 32_768.0).astype(np.float32)
    audio_io.write_audio(tmp_path / "a.wav", exact, 48_000, bit_depth="16")
    back, rate = audio_io.read_audio(tmp_path / "a.wav")
    assert rate == 48_000
    assert np.array_equal(back, exact)


def test_float_keeps_what_is_beyond_full_scale(tmp_path: Path) -> None:
    loud = sine(100.0, 0.1, 44_100, level=3.0)
    audio_io.write_audio(tmp_path / "a.wav", loud, 44_100, bit_depth="32f")
    assert np.array_equal(audio_io.read_audio(tmp_path / "a.wav")[0], loud)
    audio_io.write_audio(tmp_path / "b.wav", loud, 44_100, bit_depth="24")
    assert np.abs(audio_io.read_audio(tmp_path / "b.wav")[0]).max() <= 1.0


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_keeps_the_length(
    tmp_path: Path, rng: np.random.Generator, file_format: str
) -> None:
    # longer than libvorbis can encode in one call
    audio = noise(rng, 35.0, 44_100, 0.05)[:, :-17]
    path = tmp_path / f"a.{file_format}"
    held = fitting_rate(file_format, 44_100)
    audio_io.write_audio(path, audio, held, file_format=file_format)
    back, rate = audio_io.read_audio(path)
    assert (rate, back.shape) == (held, audio.shape)
    middle = slice(44_100, 88_200)
    assert np.corrcoef(back[0, middle], audio[0, middle])[0, 1] > 0.85


@pytest.mark.parametrize(
    ("file_format", "bit_depth"),
    [("wav", "16"), ("wav", "32f"), ("flac", "24"), ("mp3", "24"), ("ogg", "24")],
)
def test_the_same_audio_gives_the_same_bytes(
    tmp_path: Path,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    file_format: str,
    bit_depth: str,
) -> None:
    audio = noise(rng, 0.3, 44_100)
    for name in ("a", "b"):
        audio_io.write_audio(
            tmp_path / name, audio, 44_100, file_format=file_format, bit_depth=bit_depth
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    # libsndfile would otherwise stamp float files with the time of day
    assert b"PEAK" not in (tmp_path / "a").read_bytes()[:200]


def test_nothing_is_overwritten_unasked_or_left_half_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio_io.write_audio(path, sine(100.0, 0.1, 44_100), 44_100)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="already exists"):
        audio_io.write_audio(path, sine(200.0, 0.1, 44_100), 44_100)
    assert path.read_bytes() == before
    with pytest.raises(OutputError, match="cannot be written"):
        audio_io.write_audio(tmp_path / "a.wav" / "b.wav", sine(200.0, 0.1, 44_100), 44_100)
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("from_rate", "to_rate"), [(48_000, 44_100), (44_100, 48_000), (8_000, 3)])
def test_the_length_at_another_rate_cuts_nothing_and_adds_less_than_a_sample(
    from_rate: int, to_rate: int
) -> None:
    for n_samples in (0, 1, from_rate - 1, from_rate, from_rate + 1):
        exact = n_samples * to_rate / from_rate
        assert exact <= audio_io.resampled_length(n_samples, from_rate, to_rate) < exact + 1.0


def test_resampling_is_transparent_and_exact_in_length() -> None:
    tone = sine(1_000.0, 2.0, 44_100)
    up = audio_io.resample(tone, 44_100, 48_000, 96_000)
    expected = sine(1_000.0, 2.0, 48_000)
    assert up.shape == (1, 96_000)
    inner = slice(2_000, -2_000)
    assert np.abs(up[0, inner] - expected[0, inner]).max() < 1e-4
    assert audio_io.resample(tone, 44_100, 44_100, 88_200) is tone


def test_a_file_is_read_at_another_rate_in_blocks(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sine(1_000.0, 5.0, 96_000)[0], 96_000, subtype="FLOAT")
    audio, rate = audio_io.read_audio(tmp_path / "a.wav", 44_100)
    assert rate == 44_100
    assert abs(audio.shape[1] - 5 * 44_100) <= 1
    expected = sine(1_000.0, 5.0, 44_100)
    assert np.abs(audio[0, 3_000:200_000] - expected[0, 3_000:200_000]).max() < 1e-4


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"RIFF not really audio at all", "cannot be read as audio")],
)
def test_what_is_no_audio_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "kick.wav"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"kick.wav: .*{message}"):
        audio_io.probe(path)


def test_nan_is_named_with_its_time(tmp_path: Path) -> None:
    audio = np.zeros((48_000, 2), np.float32)
    audio[36_000, 1] = np.nan
    soundfile.write(tmp_path / "a.wav", audio, 48_000, subtype="FLOAT")
    with pytest.raises(InputError, match=r"a.wav: NaN or infinite samples at 0.750 s"):
        audio_io.read_audio(tmp_path / "a.wav")


def test_more_than_two_channels_and_absurd_rates_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "six.wav", np.zeros((100, 6)), 44_100)
    with pytest.raises(InputError, match="6 channels"):
        audio_io.probe(tmp_path / "six.wav")
    # a header that says 1 Hz would make 44 100 samples of each
    soundfile.write(tmp_path / "slow.wav", np.zeros((100, 1)), 1)
    with pytest.raises(InputError, match="sample rate of 1 Hz"):
        audio_io.probe(tmp_path / "slow.wav")


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(rng, 2.0, 44_100).T, 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"a\.flac: truncated: 0.93 of the 2.00 s"):
        audio_io.read_audio(path)


def test_a_header_that_lies_about_length_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    audio = np.zeros((4_096, 1), np.float32)
    audio[3_000:4_090] = 0.25
    soundfile.write(path, audio, 44_100)
    content = bytearray(path.read_bytes())
    # STREAMINFO: the 36 bits of the total length end at byte 26 of the file
    content[21] |= 0x0F
    content[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(content))
    (source,) = audio_io.probe(path)
    assert source.n_samples == 4_096
    assert source.remark == "its header does not state its length"
    assert sounding_samples(source) == 4_090
    whole, end = read_segments(path, [(0, 4_096), (4_000, 96)])
    np.testing.assert_array_equal(whole, audio.T)
    np.testing.assert_array_equal(end, audio[4_000:].T)


class TestCodecs:
    @pytest.fixture
    def av(self):
        return pytest.importorskip("av")

    def test_m4a_keeps_time_and_length(self, av, tmp_path: Path) -> None:
        audio = np.zeros((2, 88_200), np.float32)
        audio[:, 20_000] = 0.9
        encode_aac(av, tmp_path / "a.m4a", [audio])
        back, rate = audio_io.read_audio(tmp_path / "a.m4a")
        assert (rate, back.shape) == (44_100, (2, 88_200))
        assert abs(int(np.abs(back[0]).argmax()) - 20_000) <= 1

    def test_a_truncated_m4a_is_one_clear_error(self, av, tmp_path: Path) -> None:
        encode_aac(av, tmp_path / "a.m4a", [sine(440.0, 2.0, 44_100).repeat(2, axis=0)])
        content = (tmp_path / "a.m4a").read_bytes()
        (tmp_path / "a.m4a").write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match=r"a\.m4a: "):
            audio_io.read_audio(tmp_path / "a.m4a")


def encode_aac(av, path: Path, streams: list[np.ndarray], sample_rate: int = 44_100) -> None:
    """Write stereo arrays as the AAC streams of one MP4 container."""
    with av.open(str(path), "w", format="mp4") as container:
        outputs = [
            container.add_stream("aac", rate=sample_rate, layout="stereo", bit_rate=192_000)
            for _ in streams
        ]
        for output, audio in zip(outputs, streams, strict=True):
            frame = av.AudioFrame.from_ndarray(audio, format="fltp", layout="stereo")
            frame.sample_rate = sample_rate
            frame.pts = 0
            for packet in [*output.encode(frame), *output.encode(None)]:
                container.mux(packet)


@pytest.mark.slow
@pytest.mark.parametrize("file_format", ["wav", "flac", "ogg", "mp3"])
def test_a_disk_that_fills_up_anywhere_is_an_error_and_leaves_nothing(
    tmp_path: Path, rng: np.random.Generator, file_format: str
) -> None:
    resource = pytest.importorskip("resource")
    np.save(tmp_path / "audio.npy", noise(rng, 1.0, 44_100))
    whole = tmp_path / f"whole.{file_format}"
    audio_io.write_audio(whole, np.load(tmp_path / "audio.npy"), 44_100, file_format=file_format)
    size = whole.stat().st_size
    script = (
        "import resource, signal, sys, numpy as np; from pathlib import Path;"
        "from mixer.audio import write_audio; from mixer.errors import OutputError;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); audio = np.load('audio.npy')\n"
        "for limit in map(int, sys.argv[2:]):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "    try: write_audio(Path('a'), audio, 44_100, file_format=sys.argv[1])\n"
        "    except OutputError as error: assert 'cannot be written' in str(error)\n"
        "    else: sys.exit(f'no error with a limit of {limit}')\n"
        "    assert not list(Path().glob('*.partial')) and not Path('a').exists()\n"
    )
    del resource
    limits = [str(max(size - missing, 1)) for missing in (1, 100, 3_000, 9_000, size)]
    done = subprocess.run(
        [sys.executable, "-c", script, file_format, *limits],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file_format", "sample_rate"),
    [("ogg", 200_001), ("mp3", 96_000), ("mp3", 44_056), ("flac", 65_537), ("flac", 700_000)],
)
def test_rates_that_a_format_cannot_hold_are_refused(
    tmp_path: Path, file_format: str, sample_rate: int
) -> None:
    # libvorbis would end the process, so that nothing but a refusal ends this test
    with pytest.raises(SettingsError, match=f"not {sample_rate}"):
        refuse_rate(file_format, sample_rate)
    with pytest.raises(SettingsError, match=f"not {sample_rate}"):
        audio_io.write_audio(
            tmp_path / "a", np.zeros((2, 99), np.float32), sample_rate, file_format=file_format
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("file_format", "sample_rate"),
    [("ogg", 200_000), ("mp3", 8_000), ("flac", 65_535), ("flac", 65_540), ("flac", 384_000)],
)
def test_the_last_rate_that_a_format_holds_is_written(
    tmp_path: Path, file_format: str, sample_rate: int
) -> None:
    silence = np.zeros((2, 999), np.float32)
    audio_io.write_audio(tmp_path / "a", silence, sample_rate, file_format=file_format)
    assert soundfile.info(tmp_path / "a").samplerate == sample_rate


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "W64", "AIFF"])
def test_uncompressed_audio_that_was_cut_off_says_how_much_is_there(
    tmp_path: Path, container: str
) -> None:
    path = tmp_path / "kick.wav"
    soundfile.write(path, np.zeros((9_999, 1)), 44_100, subtype="PCM_24", format=container)
    assert audio_io.probe(path)[0].n_samples == 9_999
    path.write_bytes(path.read_bytes()[:9_000])
    (source,) = audio_io.probe(path)
    assert 2_900 < source.n_samples < 3_000
    assert "bytes of audio that its header promises" in source.fault
    with pytest.raises(InputError, match=r"kick\.wav: truncated"):
        audio_io.read_audio(path)
    with pytest.raises(InputError, match=r"kick\.wav: truncated"):
        audio_io.read_segment(path, 0, 10)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_a_streamed_wav_that_never_knew_its_length_is_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((9_999, 1)), 44_100, subtype="PCM_16")
    content = path.read_bytes()
    at = content.index(b"data") + 4
    path.write_bytes(content[:at] + size.to_bytes(4, "little") + content[at + 4 :])
    assert audio_io.read_audio(path)[0].shape == (1, 9_999)


@pytest.mark.parametrize("bits", [16, 24])
def test_samples_are_rounded_as_exactly_in_single_precision(
    rng: np.random.Generator, bits: int
) -> None:
    """To the nearest step, halves to the even one, clipped beyond full scale."""
    steps = 2.0 ** (bits - 1)
    halves = (np.arange(-50, 50) + 0.5) / steps
    edges = np.array([1.0, -1.0, 1.5, -2.0, 1.0 - 0.6 / steps, 0.0, 1e-20])
    audio = np.concatenate([rng.standard_normal(5_000) * 0.4, halves, edges]).astype(np.float32)
    exact = np.clip(np.rint(audio.astype(np.float64) * steps), -steps, steps - 1)
    found = quantise(audio[None], bits, None)[0]
    np.testing.assert_array_equal(found if bits == 16 else found >> 8, exact)
