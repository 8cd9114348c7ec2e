"""What cannot be read or written is told with its own reason, before the work where it can be."""

import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.source import reason_of, unreadable
from mixer.errors import InputError, OutputError
from mixer.files.whole_file import refuse_full_disk, refuse_unwritable


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "no permission to read it"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "no such file"),
        (OSError(errno.EIO, "Input/output error"), r"the disk cannot read it \(Input"),
        (
            ValueError("Format not recognised."),
            r"cannot be read as audio \(Format not recognised\)",
        ),
    ],
)
def test_each_reason_is_its_own_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    path = tmp_path / "kick.wav"
    soundfile.write(path, np.zeros((100, 1)), 44_100)
    if not isinstance(error, OSError):
        assert "export" not in unreadable(path, error)
    else:

        def refuse(*_: object, **__: object) -> None:
            raise error

        for opening in ("open_regular", "read_start"):
            monkeypatch.setattr(f"mixer.audio.layout.{opening}", refuse)
        with pytest.raises(InputError, match=rf"kick\.wav: {message}"):
            audio_io.probe(path)
    assert message.replace("\\", "") in unreadable(path, error)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run git lfs pull"),
        (b"/annex/objects/SHA256E-s1--1.wav\n", "run git annex get"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML><title>Sign in</title>", "a web page, not audio"),
        (b'<?xml version="1.0"?><Error/>', r"a message of a server \(XML\)"),
        (b'{"error": "expired"}', r"a message of a server \(JSON\)"),
        (b"PK\3\4\0\0", "an archive, not audio; unpack it"),
        (bytes(70_000), "begins with zeros, as a copy that failed leaves a file"),
        (b"", "the file is empty"),
    ],
)
@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "aif", "m4a"])
def test_what_is_in_the_place_of_audio_is_told(
    tmp_path: Path, content: bytes, message: str, ending: str
) -> None:
    path = tmp_path / f"kick.{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"kick\.{ending}: .*{message}"):
        audio_io.probe(path)


def test_a_name_that_no_disk_takes_is_found_before_the_work(tmp_path: Path) -> None:
    # the folder is not there yet, so the disk has not been asked
    with pytest.raises(OutputError, match="has a name of 259 bytes, but its disk allows 255"):
        refuse_unwritable([tmp_path / "mixes" / ("x" * 255 + ".wav")])
    refuse_unwritable([tmp_path / "mixes" / ("x" * 251 + ".wav")])


def test_a_disk_without_room_is_found_before_the_work(tmp_path: Path) -> None:
    refuse_full_disk(tmp_path / "new" / "a.wav", 1_000)
    with pytest.raises(OutputError, match=r"a\.wav needs 1000000000000\.0 MB, .* free some space"):
        refuse_full_disk(tmp_path / "new" / "a.wav", 10**18)


def test_what_libsndfile_calls_an_internal_error_is_the_files() -> None:
    assert reason_of(soundfile.LibsndfileError(29)) == "damaged header"
