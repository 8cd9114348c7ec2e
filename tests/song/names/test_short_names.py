"""Names of tracks without what all of them share."""

from mixer.song.names.short_names import shared_beginning, short_names

EXPORTED = ["2.Song_Stem_KICK.wav", "2.Song_Stem_VOX LEAD.wav", "2.Song_Stem_BASS.wav",
            "2.Song_Stem_PAD.wav"]  # fmt: skip


def test_the_shared_beginning_of_an_export_is_left_out() -> None:
    assert shared_beginning(EXPORTED) == "2.Song_Stem_"
    assert list(short_names(EXPORTED).values()) == ["KICK", "VOX LEAD", "BASS", "PAD"]


def test_words_are_not_cut() -> None:
    names = ["Song Basses.wav", "Song Bass DI.wav", "Song Bass Amp.wav", "Song Bass Sub.wav"]
    assert shared_beginning(names) == "Song "
    names = ["Snare.wav", "Synth.wav", "Strings.wav", "Sub.wav"]
    assert list(short_names(names).values()) == ["Snare", "Synth", "Strings", "Sub"]


def test_nothing_is_left_out_where_numbers_would_remain() -> None:
    names = [f"Vocal {number}.wav" for number in range(1, 6)]
    assert shared_beginning(names) == ""
    assert short_names(names)["Vocal 3.wav"] == "Vocal 3"
    assert shared_beginning([*EXPORTED, "2.Song_Stem_.wav"]) == ""


def test_a_few_microphones_keep_the_name_of_their_drum() -> None:
    assert shared_beginning(["Kick In.wav", "Kick Out.wav", "Kick Sub.wav"]) == ""
    assert short_names(["Kick In.wav", "Kick Out.wav"])["Kick In.wav"] == "Kick In"


def test_one_file_without_the_beginning_keeps_all_names() -> None:
    assert shared_beginning([*EXPORTED, "Click.wav"]) == ""
    assert short_names([]) == {}
