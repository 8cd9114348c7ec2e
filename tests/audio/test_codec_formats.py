"""What libsndfile does not read, and what carries a name of something else."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio import decoding
from mixer.audio.formats import CODEC_SUFFIXES, UNREAD_SUFFIXES
from mixer.audio.not_read import why_not_read
from mixer.errors import InputError
from mixer.song.load import load_song
from tests.audio.riff import chunk, form, wave
from tests.signals import sine

RATE_HZ = 48_000
CLICK_AT = 20_000
N_SAMPLES = 96_000


@pytest.fixture
def av():
    return pytest.importorskip("av")


@pytest.fixture
def ffmpeg(tmp_path: Path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg makes the files")
    click = np.zeros((N_SAMPLES, 2), np.float32)
    click[CLICK_AT] = 0.9
    soundfile.write(tmp_path / "click.wav", click, RATE_HZ, subtype="PCM_16")

    def make(name: str, *arguments: str) -> Path:
        path = tmp_path / "song" / name
        path.parent.mkdir(exist_ok=True)
        source = ["-i", str(tmp_path / "click.wav")]
        command = ["ffmpeg", "-y", "-v", "error", *source, *arguments, str(path)]
        subprocess.run(command, check=True)
        return path

    return make


def read(path: Path) -> np.ndarray:
    (source,) = audio_io.probe(path)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert (source.fault, audio.shape) == (None, (2, source.n_samples))
    return audio


@pytest.mark.parametrize(
    ("name", "arguments", "delay"),
    [
        ("a.m4a", ["-c:a", "aac"], 0),
        ("a.m4b", ["-c:a", "aac", "-f", "mp4"], 0),
        ("adts.m4a", ["-c:a", "aac", "-f", "adts"], 1_024),  # a stream without edit list
        ("a.aac", ["-c:a", "aac"], 1_024),
        ("a.wma", ["-c:a", "wmav2"], None),
        ("a.wv", ["-c:a", "wavpack"], 0),
        ("a.mka", ["-c:a", "pcm_s16le"], 0),
        ("a.webm", ["-c:a", "libopus"], 0),
        ("a.opus", ["-c:a", "libopus"], 0),
        ("a.ac3", ["-c:a", "ac3"], None),
        ("a.tta", ["-c:a", "tta"], 0),
        ("alac.m4a", ["-c:a", "alac"], 0),
        ("alac.caf", ["-c:a", "alac"], 0),
        ("flac.oga", ["-c:a", "flac"], 0),
        ("a.mp2", ["-c:a", "mp2"], 481),
        ("a.au", [], 0),
        ("fragments.m4a", ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"], None),
    ],
)
def test_each_format_keeps_its_time(av, ffmpeg, name, arguments, delay) -> None:
    audio = read(ffmpeg(name, *arguments))
    assert abs(audio.shape[1] - N_SAMPLES) < 4_200
    if delay is not None:
        assert abs(int(np.abs(audio[0]).argmax()) - CLICK_AT - delay) <= 1


def test_a_start_offset_is_silence(av, ffmpeg) -> None:
    path = ffmpeg("b.m4a", "-c:a", "alac")
    late = path.with_name("late.m4a")
    command = ["ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", "anullsrc", "-itsoffset", "0.5"]
    command += ["-i", str(path), "-map", "1:a", "-c:a", "copy", str(late)]
    subprocess.run(command, check=True)
    audio = read(late)
    assert audio.shape[1] == N_SAMPLES + RATE_HZ // 2
    assert int(np.abs(audio[0]).argmax()) == CLICK_AT + RATE_HZ // 2


def test_an_mp4_that_breaks_off_says_how_much_is_there(av, ffmpeg) -> None:
    noise = ["-f", "lavfi", "-i", f"anoisesrc=d=2:r={RATE_HZ}", "-map", "1:a"]
    path = ffmpeg("a.m4a", *noise, "-c:a", "alac", "-movflags", "faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (source,) = audio_io.probe(path)
    assert source.fault.endswith("of the 2.00 s that its header promises")
    assert 0.3 * N_SAMPLES < source.n_samples < 0.7 * N_SAMPLES


def test_a_32_bit_flac_is_read(av, tmp_path: Path) -> None:
    if shutil.which("flac") is None:
        pytest.skip("flac makes the file")
    steps = (sine(440.0, 1.0, RATE_HZ, level=0.5)[0].astype(np.float64) * 2**31).astype("<i4")
    (tmp_path / "a.raw").write_bytes(steps.tobytes())
    layout = ["--force-raw-format", "--endian=little", "--sign=signed", "--channels=1"]
    command = ["flac", "-s", *layout, "--bps=32", f"--sample-rate={RATE_HZ}"]
    if subprocess.run([*command, tmp_path / "a.raw", "-o", tmp_path / "a.flac"]).returncode:
        pytest.skip("this flac writes no 32 bits")
    (source,) = audio_io.probe(tmp_path / "a.flac")
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert np.abs(audio[0] - steps / 2.0**31).max() < 1e-7


@pytest.mark.parametrize("suffix", sorted(CODEC_SUFFIXES))
def test_without_the_extra_each_format_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    path = tmp_path / f"Lead Vox{suffix}"
    path.write_bytes(b"\1" * 1_000)
    with pytest.raises(InputError, match=r'needs PyAV; install it with pip install .*\[codecs\]"'):
        decoding.probe(path)


@pytest.mark.parametrize(
    "content", [b"#EXTM3U\n#EXTINF:9,\n/etc/passwd\n", b"ffconcat version 1.0\nfile a.wav\n"]
)
def test_a_playlist_opens_no_other_file(av, tmp_path: Path, content: bytes) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((9_999, 1)), RATE_HZ)
    (tmp_path / "a.m4a").write_bytes(content)
    with pytest.raises(InputError, match=r"^a\.m4a: cannot be read as audio"):
        audio_io.probe(tmp_path / "a.m4a")


@pytest.mark.parametrize("name", ["wav.mp3", "wav.m4a", "wav.flac", "wav.aac"])
def test_content_counts_more_than_the_name(tmp_path: Path, name: str) -> None:
    steps = np.arange(-5_000, 5_000) / 32_768.0
    soundfile.write(tmp_path / name, steps, RATE_HZ, format="WAV", subtype="PCM_16")
    (source,) = audio_io.probe(tmp_path / name)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert np.array_equal(audio[0], steps.astype(np.float32))


def test_further_streams_are_never_dropped_unsaid(av, ffmpeg, tmp_path: Path) -> None:
    path = ffmpeg("Lead Vox.m4a", "-map", "0:a", "-map", "0:a", "-c:a", "alac")
    song = load_song(path.parent)
    assert [r.file for r in song.recordings] == ["Lead Vox.m4a"]
    (left_out,) = song.left_out
    assert left_out.file == "Lead Vox.m4a#2"
    assert left_out.reason.startswith("one of 2 audio streams")


@pytest.mark.parametrize("name", ["a.stem.m4a", "A.STEM.MP4"])
def test_a_stem_container_by_both_its_names(av, ffmpeg, name: str) -> None:
    path = ffmpeg(name, *["-map", "0:a"] * 5, "-c:a", "alac", "-f", "mp4")
    song = load_song(path.parent, listen=False)  # five times the same
    assert [r.stem for r in song.recordings] == ["drums", "bass", "other", "vocals"]
    assert [r.file for r in song.left_out] == [f"{name}#mixture"]


def test_what_is_not_read_has_a_reason(tmp_path: Path) -> None:
    for suffix, reason in UNREAD_SUFFIXES.items():
        assert why_not_read(tmp_path / f"Gtr.wav{suffix}") == reason
    soundfile.write(tmp_path / "LeadVox", np.zeros((100, 1)), RATE_HZ, format="WAV")
    assert why_not_read(tmp_path / "LeadVox") == (
        "audio without a file name extension; rename it to LeadVox.wav"
    )
    (tmp_path / "notes.txt").write_text("tune the bass")
    assert why_not_read(tmp_path / "notes.txt") is None
    assert why_not_read(tmp_path / "a.wav") is None


@pytest.mark.parametrize("name", ["Gtr.mov", "Gtr.M4V", "Gtr.avi", "Gtr.flv", "Gtr.mkv"])
def test_a_container_of_videos_that_holds_sound_alone_is_a_recording(av, ffmpeg, name) -> None:
    path = ffmpeg(name, "-c:a", "pcm_s16le" if name.endswith(("mov", "avi", "mkv")) else "aac")
    song = load_song(path.parent, listen=False)
    (recording,) = [r for r in song.recordings if r.file == name]
    assert recording.reason == 'word "gtr"'
    assert abs(recording.source.n_samples - N_SAMPLES) <= 2_048


@pytest.mark.parametrize("name", ["clip.mov", "clip.m4v", "clip.avi", "clip.flv", "clip.mkv"])
def test_a_video_is_left_out_and_called_one(av, ffmpeg, name: str) -> None:
    path = ffmpeg(name, "-f", "lavfi", "-i", "testsrc=d=1:s=64x48", "-shortest")
    soundfile.write(path.parent / "Bass.wav", np.full((100, 1), 0.1), RATE_HZ)
    told = {r.file: (r.reason, r.certain) for r in load_song(path.parent, listen=False).left_out}
    assert told[name] == ("a video; save its sound as WAV", False)


def test_what_is_no_video_is_not_called_one(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "Gtr.mov").write_bytes(b"not a video at all" * 10)
    assert "cannot be read" in why_not_read(tmp_path / "Gtr.mov")
    monkeypatch.setattr("mixer.audio.codecs.video.has_av", lambda: False)
    said = why_not_read(tmp_path / "Gtr.mov")
    assert said.startswith("named as a video")
    assert "pip install" in said


def test_two_streams_that_sound_at_once_are_not_a_chain(av, ffmpeg) -> None:
    path = ffmpeg("a.ogg", "-map", "0:a", "-map", "0:a", "-c:a", "libvorbis")
    assert [s.n_samples for s in audio_io.probe(path)] == [N_SAMPLES, N_SAMPLES]


@pytest.mark.parametrize(
    ("codec", "name", "container"), [("aac", "AAC", "m4a"), ("libvorbis", "Vorbis", "Ogg")]
)
def test_packets_that_a_wav_does_not_keep_apart_are_refused_as_such(
    av, ffmpeg, monkeypatch: pytest.MonkeyPatch, codec: str, name: str, container: str
) -> None:
    noise = ["-f", "lavfi", "-i", f"anoisesrc=d=2:r={RATE_HZ}", "-map", "1:a"]
    path = ffmpeg("a.wav", *noise, "-c:a", codec)
    message = rf"a\.wav: holds {name} in a WAV file, which does not keep its packets apart"
    with pytest.raises(InputError, match=rf"{message}.*export it again, as WAV or {container}"):
        audio_io.probe(path)
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(InputError, match=rf"holds {name} in a WAV file, which needs PyAV; install"):
        audio_io.probe(path)


def test_aac_with_heads_of_its_own_is_read_from_a_wav(av, ffmpeg, tmp_path: Path) -> None:
    packets = ffmpeg("a.aac", "-c:a", "aac")
    header = form(0x1600, 2, 16, b"\0\0", sample_rate=RATE_HZ)
    wave(tmp_path / "a.wav", header, chunk(b"data", packets.read_bytes()))
    assert np.array_equal(read(tmp_path / "a.wav"), read(packets))
