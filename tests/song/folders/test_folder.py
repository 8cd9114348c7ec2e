"""Every file under a song's folder has one line; folders of instruments are read, others said."""

from pathlib import Path

import pytest

from mixer.errors import InputError
from mixer.song.folders.folder import list_song_folder
from mixer.song.folders.song_folders import find_song_folders
from mixer.song.load import load_song
from mixer.song.song import Song


def lines(song: Song) -> list[str]:
    return sorted(r.file for r in (*song.recordings, *song.left_out))


def on_disk(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


FOLDERS = {
    "flat": ("Kick.wav", "Bass.wav", "notes.txt", ".DS_Store", "._Kick.wav", "cover.jpg"),
    "downloads": (
        "Kick.wav", "Gtr.wav.part", "Vox.wav.crdownload", ".Keys.wav.icloud", "OH.wav.download",
    ),
    "formats": ("Kick.wav", "Vox.sd2", "Gtr.mid", "Song.als", "all.zip", "Keys", "x.asd"),
    "instruments": ("Bass.wav", "Drums/Kick.wav", "Drums/OH/OH L.wav", "Gtrs/Gtr.wav", "Gtrs/a"),
    "only instruments": ("Drums/Kick.wav", "Vocals/Lead.wav", "Bass/DI.wav", "FX/Riser.wav"),
    "stems beside a mix": ("Song.wav", "Stems/Kick.wav", "Stems/Vox.wav", "Mixes/v1.wav"),
    "two collections": ("WAV/Kick.wav", "WAV/Vox.wav", "Stems/drums.wav", "Stems/vocals.wav"),
    "wrapped": ("Erica/Kick.wav", "Erica/Vox.wav", "__MACOSX/Erica/._Kick.wav"),
    "set aside": ("Kick.wav", "Old/Kick.wav", "Session File Backups/a.ptx", "Takes/Kick 1.wav"),
    "deep": ("Kick.wav", "Drums/a/b/c/d/e/Snare.wav", ".git/objects/aa/bb", "Docs/deep/er/x.pdf"),
    "stranger beside": ("Kick.wav", "Erica/Vox.wav", "song.toml.bak"),
    "own results": (
        "Kick.wav", "song.wav", "song.mix.json", "song.report.html", "song.stems/drums.wav",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOLDERS)
def test_every_file_has_exactly_one_line(tree, kind: str) -> None:
    folder = tree(*FOLDERS[kind])
    song = load_song(folder)
    assert lines(song) == on_disk(folder)
    assert all(r.reason for r in (*song.recordings, *song.left_out))


@pytest.mark.parametrize(
    ("kind", "mixed"),
    [
        ("flat", {"Kick.wav": "drums", "Bass.wav": "bass"}),
        ("instruments", {"Bass.wav": "bass", "Drums/Kick.wav": "drums",
                         "Drums/OH/OH L.wav": "drums", "Gtrs/Gtr.wav": "other"}),
        ("only instruments", {"Drums/Kick.wav": "drums", "Vocals/Lead.wav": "vocals",
                              "Bass/DI.wav": "bass", "FX/Riser.wav": "other"}),
        ("stems beside a mix", {"Stems/Kick.wav": "drums", "Stems/Vox.wav": "vocals"}),
        ("two collections", {"WAV/Kick.wav": "drums", "WAV/Vox.wav": "vocals"}),
        ("wrapped", {"Erica/Kick.wav": "drums", "Erica/Vox.wav": "vocals"}),
        ("set aside", {"Kick.wav": "drums"}),
        ("own results", {"Kick.wav": "drums"}),
    ],
)  # fmt: skip
def test_what_of_a_folder_is_mixed(tree, kind: str, mixed: dict[str, str]) -> None:
    song = load_song(tree(*FOLDERS[kind]))
    if kind == "two collections":  # of equals, one is taken whole and the other left out whole
        assert len({r.file.split("/")[0] for r in song.recordings}) == 1
        assert len(song.recordings) == len(song.left_out) == 2
        return
    assert {r.file: r.stem for r in song.recordings} == mixed


def test_what_may_be_a_part_is_warned_of(tree) -> None:
    folder = tree(*FOLDERS["downloads"], "cover.jpg", ".DS_Store", ".BV.wav", "Lead", "Old/Gtr.wav")
    (folder / "Lead").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    doubtful = {r.file: r.reason for r in load_song(folder).left_out if not r.certain}
    assert set(doubtful) == {
        "Gtr.wav.part", "Vox.wav.crdownload", ".Keys.wav.icloud", "OH.wav.download", ".BV.wav",
        "Lead", "Old/Gtr.wav",
    }  # fmt: skip
    assert "an unfinished download" in doubtful["Gtr.wav.part"]
    assert "iCloud" in doubtful[".Keys.wav.icloud"]
    assert "rename it to Lead.wav" in doubtful["Lead"]


def test_a_folders_instrument_speaks_where_the_file_does_not(tree) -> None:
    names = {
        "Drums/Top.wav": "drums", "Guitars/Lead.wav": "other", "Guitars/xyz.wav": "other",
        "Bass/DI.wav": "bass", "Keys/Synth Bass.wav": "bass", "Vocals/Main.wav": "vocals",
    }  # fmt: skip
    song = load_song(tree(*names))
    assert {r.file: r.stem for r in song.recordings} == names


def test_the_innermost_folder_says_what_a_file_plays(tree) -> None:
    names = {
        "Drums/Snares/Top.wav": "snare", "Drums/Floor Toms/2.wav": "toms",
        "Drums/3.wav": "unknown", "Drums/Loop 2.wav": "drum_loop",
        "Vocals/BGVs/1.wav": "backing_vocals", "Vocals/Lead/Chorus.wav": "lead_vocal",
        "Guitars/Acoustic/L.wav": "acoustic_guitar", "Guitars/Lead/Solo.wav": "electric_guitar",
        "Keys/Organ/DI.wav": "organ", "Synths/Arps/2.wav": "arp",
    }  # fmt: skip
    song = load_song(tree(*names), listen=False)
    assert {r.file: r.role for r in song.recordings} == names
    assert {r.stem for r in song.recordings if "Drums" in r.file} == {"drums"}


def test_what_parts_do_makes_no_song_of_an_instruments_folder(tree) -> None:
    names = {
        "Synths/Lead.wav": "other", "Synths/Sub.wav": "other", "Synths/Top.wav": "other",
        "Drums/Kick.wav": "drums", "Vocals/Low.wav": "vocals",
    }  # fmt: skip
    song = load_song(tree(*names), listen=False)
    assert {r.file: r.stem for r in song.recordings} == names


def test_a_sum_beside_its_folder_is_left_out(tree) -> None:
    song = load_song(tree("Drums.wav", "Vox.wav", "Drums/Kick.wav", "Drums/Snare.wav"))
    assert [r.file for r in song.left_out] == ["Drums.wav"]
    assert "the sum of the folder" in song.left_out[0].reason


def test_a_folder_of_songs_is_answered_with_the_command_for_all(tree) -> None:
    folder = tree("Home/Kick.wav", "Home/Vox.wav", "Stay/Bass.wav", "Voices/Gtr.wav")
    with pytest.raises(InputError, match=r"holds songs.*Home, Stay, Voices.*mixer batch init"):
        load_song(folder)


def test_links_to_folders_are_said_and_not_followed(tree, tmp_path: Path) -> None:
    folder = tree("Kick.wav")
    tree("Snare.wav", folder="elsewhere")
    (folder / "Drums").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "Loop").symlink_to(folder, target_is_directory=True)
    assert lines(load_song(folder)) == ["Drums", "Kick.wav", "Loop"]


def test_a_tree_lists_songs_alone(tree) -> None:
    folder = tree(
        "songA/Drums.wav", "mixes/songA.wav", "mixes/songA.mix.json", "mixes/songA.stems/bass.wav",
        "Album/Song1/Drums/Kick.wav", "Album/Song1/Vocals/Lead.wav", "Album/Song2/Stems/Kick.wav",
        "Album/Song2/Rough Mixes/mix1.wav", "Album/Song3/Bass.wav", "Album/Song3/Drums/Kick.wav",
        "Album/Song4/Multitracks/Vox.wav", "Album/Rough Mixes/a.wav", "Old Town Road/Vox.wav",
        "Voices/Gtr.wav", "__MACOSX/Album/._Kick.wav", ".hidden/Song/Kick.wav",
    )  # fmt: skip
    found = find_song_folders(folder)
    assert [path.relative_to(folder).as_posix() for path in found.songs] == [
        "Album/Song1", "Album/Song2", "Album/Song3", "Album/Song4", "Old Town Road", "Voices",
        "songA",
    ]  # fmt: skip
    assert [path.name for path, _ in found.left_out] == ["Rough Mixes"]
    for path in found.songs:
        assert load_song(path).recordings


def test_an_empty_folder_beside_songs_is_named(tree) -> None:
    folder = tree("One/Kick.wav", "Notes/lyrics.txt", "One/Old/readme.txt")
    (folder / "Two" / "Drums").mkdir(parents=True)
    (folder / ".cache").mkdir()
    (folder / "One" / "Empty").mkdir()
    found = find_song_folders(folder)
    assert [path.name for path in found.songs] == ["One"]
    assert [(path.name, why) for path, why in found.left_out] == [("Two", "empty")]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("song.toml", "'song.toml': settings of this song"),
        ("Drums/song.toml", "'song.toml': settings of this song"),
        ("Song_METADATA.yaml", "'Song_METADATA.yaml': instruments of this song's files"),
        ("Song.als", "'Song.als': a session; export its tracks as audio to mix them"),
        ("Vox.wav.part", "'Vox.wav.part': an unfinished download; finish it first"),
        (".Vox.wav.icloud", "'.Vox.wav.icloud': still in iCloud; download it first"),
        ("Stems/Kick.sd2", "'Kick.sd2': Sound Designer II; convert it to WAV"),
        ("Kick.mid", "'Kick.mid': notes without sound; render them to WAV"),
        ("stems.zip", "'stems.zip': an archive; unpack it first"),
    ],
)
def test_a_folder_that_seems_to_be_meant_as_a_song_is_named(tree, file, why) -> None:
    folder = tree("One/Kick.wav", "One/Vox.wav", f"Two/{file}", "Notes/lyrics.txt", f".git/{file}")
    found = find_song_folders(folder)
    assert [path.name for path in found.songs] == ["One"]
    assert [(path.name, reason) for path, reason in found.left_out] == [
        ("Two", f"no recordings in it, but {why}")
    ]


@pytest.mark.parametrize(
    ("names", "songs"),
    [
        # Named as an electric piano is; its folders are songs.
        (("Band/EP/One/Drums.wav", "Band/EP/One/Bass.wav", "Band/EP/Two/Drums.wav",
          "Band/EP/Two/Vox.wav"), ["Band/EP/One", "Band/EP/Two"]),
        (("Mixed/Drums.wav", "Mixed/Bass.wav", "Mixed/A/Drums.wav", "Mixed/A/Bass.wav"),
         ["Mixed", "Mixed/A"]),
        (("Song/Song_MIX.wav", "Song/Song_RAW/RAW_01_01.wav", "Song/Song_RAW/RAW_01_02.wav",
          "Song/Song_STEMS/Song_STEM_01.wav", "B/Kick.wav"), ["B", "Song"]),
        (("Exports/a.wav", "Exports/b.wav", "A/Drums.wav", "A/Bass.wav", "B/Drums.wav", "B/Vox.wav",
          "Bounces/A.wav", "A/Bounces/A v1.wav", ".Trash/C/Kick.wav", "__MACOSX/A/._Drums.wav"),
         ["A", "B"]),
        (("P/Audio Files/Kick_01.wav", "P/Bounced Files/P.wav", "P/Session File Backups/P.ptx",
          "L.logicx/Media/Audio Files/Kick.wav", "L.logicx/Media/Audio Files/Vox.wav",
          "R/Media/01-Kick.wav", "R/Media/02-Bass.wav", "R/R.rpp", "F/Audio Files/Kick.wav",
          "F/Freeze Files.nosync/Kick.wav"), ["F", "L.logicx", "P", "R"]),
        (("Artist/Album/01 Song/Kick.wav", "Artist/Album/01 Song/Vox.wav",
          "Artist/Album/02 Other/Drums/Kick.wav", "Artist/Album/02 Other/Bass.wav"),
         ["Artist/Album/01 Song", "Artist/Album/02 Other"]),
        # Numbered as the songs of an album, not as one song's parts in several formats.
        (("Album/Track_03/Kick.wav", "Album/Track_03/Vox.wav", "Album/Track_11/stems/a.wav",
          "Album/Track_11/stems/b.wav", "Album/Track_11/mix.wav", "Album/Mixes/Track_03.wav"),
         ["Album/Track_03", "Album/Track_11"]),
        (("Suite/Part 1/Kick.wav", "Suite/Part 1/Vox.wav", "Suite/Part 2/Kick.wav",
          "Suite/Part 2/Vox.wav", "Suite/Coda/Kick.wav", "Suite/Coda/Bass.wav"),
         ["Suite/Coda", "Suite/Part 1", "Suite/Part 2"]),
        (("brass_track7/mix.wav", "brass_track7/stems/0_horn.wav", "brass_track7/stems/1_tuba.wav",
          "brass_track9/mix.wav", "brass_track9/stems/0_horn.wav", "brass_track9/stems/1_tuba.wav"),
         ["brass_track7", "brass_track9"]),
        (("Song/WAV 24-48/Kick.wav", "Song/WAV 24-48/Vox.wav", "Song/WAV 16-44/Kick.wav",
          "Song/WAV 16-44/Vox.wav", "Song/MP3/Kick.mp3", "Song/MP3/Vox.mp3"), ["Song"]),
        (("EP 3/Kick.wav", "EP 3/Vox.wav", "Demo/Kick.wav", "Demo/Vox.wav", "Home Final/Kick.wav",
          "Home Final/Vox.wav"), ["Demo", "EP 3", "Home Final"]),
        (("Client/In/Home/Kick.wav", "Client/In/Home/Vox.wav", "Client/In/Stay/Kick.wav",
          "Client/In/Stay/Bass.wav", "Client/Sent/Home Master.wav", "Client/Sent/Stay Mix 2.wav"),
         ["Client/In/Home", "Client/In/Stay"]),
    ],
)  # fmt: skip
def test_trees_as_people_keep_them(tree, names, songs) -> None:
    folder = tree(*names)
    found = find_song_folders(folder).songs
    assert [path.relative_to(folder).as_posix() for path in found] == songs
    for path in found:
        assert load_song(path).recordings


@pytest.mark.parametrize(
    "beside",
    [
        "out/A.mix.json",
        "out/A.take2.mix.json",
        "out/A (edited 1).recall.json",  # an edited session that was set aside
    ],
)
@pytest.mark.parametrize("ending", ["stems", "tracks", "versions", "report", "daw"])
def test_what_mixer_wrote_beside_a_mix_is_not_a_song(tree, beside, ending) -> None:
    base = beside.removesuffix(".mix.json").removesuffix(".recall.json")
    written = (f"{base}.{ending}/vocals.wav", f"{base}.{ending}/drums.wav")
    folder = tree("A/Kick.wav", "A/Vox.wav", "B/Kick.wav", "B/Vox.wav", beside, *written)
    found = find_song_folders(folder)
    assert [path.relative_to(folder).as_posix() for path in found.songs] == ["A", "B"]
    (folder / beside).unlink()
    assert find_song_folders(folder).songs[-1] == folder / f"{base}.{ending}"


def test_a_song_is_not_a_tree_of_songs(tree) -> None:
    folder = tree("Drums/Kick.wav", "Drums/Snare.wav", "Bass/DI.wav", "Vocals/Lead.wav")
    assert find_song_folders(folder).songs == (folder,)


def test_a_folder_of_too_many_files_is_no_song(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("mixer.song.folders.folder_tree.MAX_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(InputError, match="more than 3 files; give the folder of one song"):
        list_song_folder(tmp_path)


@pytest.mark.parametrize(
    ("names", "mixed"),
    [
        (("Erica Stems [24bit 48k]/Kick.wav", "Erica Stems [24bit 48k]/Vox.wav",
          "Erica Instrumental.wav"), "Erica Stems [24bit 48k]/"),
        (("Song.ptx", "Audio Files/Kick_01.wav", "Audio Files/Vox_01.wav", "Fade Files/Fade1.wav",
          "Bounced Files/Song Mix.wav"), "Audio Files/"),
        (("Media/Audio Files/Kick.wav", "Media/Audio Files/Bass.wav", "Bounces/Song.wav"),
         "Media/Audio Files/"),
        (("Stems/Drums.wav", "Stems/Vox.wav", "Multitracks/Kick.wav", "Multitracks/Snare.wav",
          "Multitracks/Vox.wav"), "Multitracks/"),
        (("Dry/Kick.wav", "Dry/Vox.wav", "Wet/Kick.wav", "Wet/Vox.wav"), "Dry/"),
        (("01 Drums/Kick.wav", "02 Misc/Tamb.wav", "Mix/Song.wav", "Click/click.wav"), "0"),
        (("01 Drums/Kick.wav", "02 Gtrs/L.wav", "03 Sugar/blip.wav", "Sugar/x.wav"), "0"),
        (("Stems (dry)/Kick.wav", "Stems (dry)/Vox.wav", "Stems - no FX/Kick.wav",
          "Stems - no FX/Vox.wav", "Stems with master/Kick.wav", "Stems with master/Vox.wav"),
         "Stems (dry)/"),
        (("Session/Home.ptx", "Session/Audio Files/Vox_01.wav", "Masters/Home.wav",
          "Stems/Kick.wav", "Stems/Vox.wav"), "Stems/"),
        (("Mastering Stems/Kick.wav", "Mastering Stems/Vox.wav", "Song Master.wav"), "Mastering"),
        (("Home.als", "Samples/Imported/Kick 4.wav", "Samples/Recorded/Vox 2.wav",
          "Stems/Drums.wav", "Stems/Vocals.wav"), "Stems/"),
        (("Home.als", "Samples/Recorded/Kick 1.wav", "Samples/Recorded/Vox 2.wav"), "Samples/"),
        (("Home.ardour", "interchange/Home/audiofiles/Kick-1%L.wav", "dead/Kick-0%L.wav",
          "interchange/Home/audiofiles/Bass-1.wav", "export/Home.wav"), "interchange/"),
        (("Home.aup", "Home_data/e00/d00/e0001.wav", "Kick.wav", "Vox.wav"), ("Kick", "Vox")),
    ],
)  # fmt: skip
def test_folders_as_workstations_and_people_leave_them(tree, names, mixed) -> None:
    folder = tree(*names)
    song = load_song(folder)
    assert {r.file for r in song.recordings} == {name for name in names if name.startswith(mixed)}
    assert lines(song) == on_disk(folder)
    assert find_song_folders(folder).songs == (folder,)


@pytest.mark.parametrize(
    ("song", "names", "mixed"),
    [
        # An archive unpacked beside its preview: the title names a drum, and a folder in it is so
        # called too.
        ("Tom Sawyer", ("Tom Sawyer/Kick.wav", "Tom Sawyer/Vox.wav", "Tom Sawyer Preview.wav"),
         "Tom Sawyer/"),
        ("Home.band", ("Media/Audio Files/Kick#01.wav", "Output/Output.wav"), "Media/"),
    ],
)  # fmt: skip
def test_a_song_in_a_folder_of_its_own_name(tree, song, names, mixed: str) -> None:
    folder = tree(*names, folder=song)
    assert all(r.file.startswith(mixed) for r in load_song(folder).recordings)
    assert find_song_folders(folder).songs == (folder,)
    assert find_song_folders(folder.parent).songs == (folder,)
