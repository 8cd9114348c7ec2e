"""Track names as engineers write them, and the stems that they belong to."""

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest

from mixer.song.names import left_out_words
from mixer.song.names import track_vocabulary as vocabulary
from mixer.song.names.name_context import classify_all
from mixer.song.names.track_names import Classification, classify
from mixer.song.names.track_word_splitting import split_words
from mixer.stems import STEMS, Stem

AS_WRITTEN = {
    "drums": """
        01_Kick, 02_KickIn, 03_KickOut, KickSub, Sub Kick, SUBKICK, Kick Trig, KickSample2, kick_in,
        Kin, KIn, KOut, kout, sntop, snbot,
        Bass Drum, BassDrum, 01_BassDrum, BD, Kik, Kck1, KD In, 808 Kick, Kick808, TR808,
        Layered Kick, KickClick, 04_SnareUp, SnareDown, SnrUp, SN Top, Snare Bottom, snaretop,
        Piccolo Snare, Snare03_808, SnareSampleRoom, Lead Snare, Side Stick, RimShot, 06_HiHat,
        Hi-Hat, HH, HATS, HIHAT CLOSED, 07_Overheads, OverheadsStereo, OH L, OHR, OHs, Over Heads,
        Ride, Ride Bell, Crash 1, China, Splash, Cymbal Swell, RevCymbal, Reverse Crash, Cym L,
        Tom1, Floor Tom, FT, RackTom, Rack, Rototom, TomsDIs, Toms FX, 08_DrumsRoom, DrumsRoomMono,
        Room, Room 1, ROOM A - Ribbon - Neve, MonoRoom, Crotch, Trash Mic, Smash, Kit Mono, FOK,
        Drumkit_Tom2, Drums, Drum Submix, Drums Mix, Drum Bounce, Drums Master, DrumMachine,
        Drum Pad, ElecDrum1, Synth Snare, SynthPerc, Noise Snare, Loop, 40_Loop1, MainLoop, LoopTop,
        PercLoop, Beat 2, Break Beat, GARAGE BEAT, Fill, Snare Fills, Tops, Programming, Beatbox,
        Vocal Percussion, Percussion, PercSample3, Perc Room, PRC, Tambourine, Tamb, VinylTamb,
        Shaker, Egg Shaker, Claps, 50_HandClaps, Finger Snaps, FingerClicks, Stomps+Claps, Cow Bell,
        Congas, 808 cbell_1, Bongo, Djembe Low, Cajón, Tabla, Timbales, Guiro, Cabasa, Maracas,
        Claves, Woodblock, Triangle, Vibraslap, Sleigh Bells, WindChimes, Bar Chimes, Gong,
        Timpani Rolls, Timps, Taiko, Anvil, Rainstick, Surdo, Darbuka, Metal Hit, Schlagzeug,
        Becken, Batterie, Batería, Bombo, Caja, DnareTop, DRUM OH-AK47.L, Percussion-Overhead-M60
        """,
    "bass": """
        Bass, 10_BassDI, 11_BassAmp, BASS DI, Bass-DI, BassAmpMic2, BassCab, BassPod, BassFX,
        BassDist, BassSub, BassLo, Bass Gtr, BassGtr, Bass Guitar, bassguitar, Elec Bass, E-Bass,
        EBass, P-Bass, Slap Bass, Fretless, Acoustic Bass, Double Bass, DoubleBasses, Contrabass,
        Upright, Upright Bass, UPRIGHT BASS - DI, Stand Up Bass, Synth Bass, SynthBassDry,
        BassSynth, Moog Bass, SY BASS, Keys Bass, Bass Pad, PAD + BASS, Reese, Wobble 2, Sub,
        SubBass, SUBBASS, Sub Synth, 808, 808s, 808 Bass, Bass 808, TB-303, Bassline, BASSLINE,
        Clicky bass, Bass Click, Bass Solo, BassAmpRoom, Bass Mix, Bass_bip, Bajo, Basse, Basses,
        BassPedals, Chapman Stick, Low Synth, BassOverdrive
        """,
    "vocals": """
        20_LeadVox, LeadVoxDT1, Lead Vox, Lead Vocal, LdVox, Ld Vox, LEADVOX, Leadvox, leadvox_02,
        LeadVox_Singer1, LeadVoxRoom, LeadVoxAdLibs2, LeadVoxVs1DT, Lead Vox (dbl), Lead, LV,
        Main Vox, VOX LEAD, VOX LD-251E, Vox, Vx 2, Voc, Vocals, Vocals-Erica-Proto, Voice,
        22_BackingVox1, Backing1Vox, BackingVox3DT, Backing, BV, BVs, LowBVs, BGV 3, BGVox,
        BGVOX AAAAHHHHH, Bg Vox L, Gang Vocals, Gangs, Group Vox, Crowd Vox, Choir, ElectroChoir,
        Synth Choir, Soprano, SpotMic4_Altos, Tenor 2, Harmony, Harm 2, CH Harm 1, Falsetto Harm 3,
        Dbl, Double 1, Adlib, Ad Lib 2, Rap, Rapper 1, MC, Spoken Word, Narration, Speech, Shouts,
        Scream, Whisper, Laugh, SFXLaugh, Breathing, Oohs, Haaaa 2, Vocoder, VocoderFX, Talkbox,
        Talk Box, Vox Harmonizer, VoxFX, 23_VocalSFX, SFXVox, Vox Echo, Vox Loop, Vocal Chops,
        Mixed Vox, Vox Mix, Vocal Bounce, Vox Master, Female Vocals, Male 1, male rapper,
        Bass Vocal, Drum Vox, Gtr Vox, Gesang, Stimme, Voix, Voz, Coro, Coros, LeadVoxTapeEffect,
        Acapella, HARM VOX 12 - C12 - API 1608
        """,
    "other": """
        ElecGtr1DI, 13_ElecGtr1Mic2, ElecGtr2cRoom, AcGtr, AcousticGtr2, Gtr1L, GTRL, GTR DI,
        E-Gtr, E GUITAR (SOLO) - M81, EGtr, Gtr Mix, Gtr Bounce, Lead Gtr, Lead Guitar, LdGtr,
        ElecGtr1a_VoxM160, Gtr Vox AC30, Slide Gtr, Guitar Reverse, GtrLoop, Nylon, Strat Lead,
        12 String, Rhythm L, Solo, Ebow, Feedback, Acoustic 1, Gitarre, Guitarra, Guitalele,
        Pedal Steel, Lap Steel, Dobro, Banjo, Mandolin, Uke, Ukelele, Bouzouki, Sitar, Charango,
        Piano, Upright Piano, Grand Piano, PianoRoom, Piano Bass Mic, Toy Piano, EPiano, E Piano,
        ElecPiano, EP, Rhodes, Wurli, Clav, Clavinet, Hammond, B3, Keys-Leslie Bottom, Organ,
        Percussive Organ, Vox Organ, Mellotron, Accordion, Accordian, Harpsichord, Celesta, Keys,
        Harmonium, Melodica, Stylophone, Theremin, Synth, SynthPad, Synth Lead, Lead Synth, Arp,
        Synth Loop, SynthMel3, SynthFiddle, Pad, Pluck, Moog, MINILOGUE_SYNTH, Strings,
        StringsViolins1, Spot_LowStrings, Violin, Vlns, Viola, Cello, CelloBassLo1, Fiddle, Quartet,
        Harp, Horns, Horns-Bone-M81, FrenchHorns, Brass, Trumpet, Trombone, Bass Trombone, Tuba,
        Sousaphone, Sax, Alto Sax, SopranoSax, Tenor Sax, Bari Sax, SaxophoneRoom, Bass Clarinet,
        BassClarinet, Bassoon, ContraBassoon, Bass Flute, Flute, Oboes, Whistle, Harmonica, Bagpipe,
        Steel Drum, Steelpan, Tongue Drum, Vibes, Vibraphone, Vibrophone, Marimba, Xylophone,
        Glockenspiel, Glock, Tubular Bells, Bells, Handbells, Kalimba, Music Box, Orch Hit, FX, SFX,
        41_SFX2, SFXLoop1, SFXHit, Riser, REVERSE SWEEP, Impact, Sub Drop, SubDrop, Noise,
        VinylNoise, Rain, Crowd, ForestAmbience, Texture, Sample, Scratch, DJ, Decks3, Turntables,
        Backing Track, Instrumental, Melody, Idiophone, Crush Break
        """,
    None: """
        mixture, mix, Mix v3, Song Mix 2, Final Mix, Full Mix, RoughMix, Rough Mix with Vox, rough,
        master, MASTER_v2, RR Master_01, Mastered, Premaster, Mixdown, MixBus, Mix Bus, 2Bus,
        LTC, Sync pop, 2-pop, Song_30s, Song 60 sec, Song_Underscore, Song_Cutdown,
        bounce, Bounced, Stereo Out, Print, ref, Reference, RefVox, Ref Gtr, click, 13_Click,
        Click Track, Metronome, Tempo, Song_Preview, guide, GuideVox, Guide Vocal, Guide Gtr,
        Scratch Vox, Scratch Guitar, Count-In, countin, Count Off, Cues, Talkback, SMPTE, Time Code
        """,
}  # fmt: skip


def _names(stem: str | None) -> list[str]:
    return [name.strip() for name in AS_WRITTEN[stem].split(",")]


@pytest.mark.parametrize("stem", AS_WRITTEN)
def test_names_go_to_the_stem_an_engineer_would_give_them(stem: str | None) -> None:
    found = {name: classify(f"{name}.wav") for name in _names(stem)}
    wrong = {name: told.reason for name, told in found.items() if told.stem != stem}
    assert wrong == {}


@pytest.mark.parametrize("stem", AS_WRITTEN)
def test_a_known_name_is_certain_and_says_why(stem: str | None) -> None:
    for name in _names(stem):
        told = classify(f"{name}.wav")
        assert told.certain == (not told.reason.startswith("resembles")), name
        assert told.reason


def test_at_least_three_hundred_names_are_held() -> None:
    assert sum(len(_names(stem)) for stem in AS_WRITTEN) > 300


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("extension", ["wav", "flac", "aif", "MP3", "ogg", "caf", "w64", "m4a"])
def test_exact_stems(stem: Stem, extension: str) -> None:
    expected = Classification(stem, "exact stem name", True)
    assert classify(f"{stem}.{extension}") == expected
    assert classify(f"/songs/Bass Kick/{stem.upper()}.{extension}") == expected


@pytest.mark.parametrize(
    "name",
    [
        "9bd10c4e-3b3f-4ac1-8eb3-7bd2cb4ac5d6",
        "9BD10C4E-3B3F-4AC1-8EB3-7BD2CB4AC5D6",
        "stem_4bd1cb3e8ac9_2",
        "7bd2cb4ac5d69bd10c4e3b3f4ac18eb3",
    ],
)
def test_a_hash_says_nothing(name: str) -> None:
    assert classify(f"{name}.wav").reason == "unrecognised file name"
    assert classify(f"Kick {name}.wav").stem == "drums"
    assert classify(f"{name}_Lead Vox.wav").stem == "vocals"
    told = classify_all([f"Vocals/{name}.wav"], [["vocal"]])
    assert [item.stem for item in told] == ["vocals"]


@pytest.mark.parametrize("name", ["808 BD", "BD1", "B3", "Bead 808", "Decade80 Kick"])
def test_short_names_of_such_letters_are_no_hash(name: str) -> None:
    assert classify(f"{name}.wav").reason != "unrecognised file name"


def test_extensions_and_folders_say_nothing() -> None:
    assert classify("Drums/Gtr.wav").stem == "other"
    assert classify("C:\\Bass\\Lead Vox.aiff").stem == "vocals"
    assert classify("kick.stem.mp4").stem == "drums"
    assert classify("Snare").stem == "drums"
    assert not classify("take 3.au").certain


@pytest.mark.parametrize("name", [".DS_Store", "._01_Kick.wav", ".kick.wav", "song/.hidden.wav"])
def test_hidden_files_are_left_out(name: str) -> None:
    assert classify(name) == Classification(None, "hidden file", True)


@pytest.mark.parametrize(
    "name", ["Erica.wav", "Audio 1_03.wav", "M60 LEFT.wav", "", "01.wav", "日本.wav"]
)
def test_a_name_that_says_nothing_is_other_and_uncertain(name: str) -> None:
    told = classify(name)
    assert (told.stem, told.certain) == ("other", False)


@pytest.mark.parametrize(
    ("name", "stem", "word"),
    [
        ("06_DnareDown", "drums", "snare"),  # one letter changed
        ("Sanre", "drums", "snare"),  # two swapped
        ("Trumpt", "other", "trumpet"),  # one lost
        ("Violiin", "other", "violin"),  # one added
        ("Vocalisten", "vocals", "vocalist"),  # begins with a word
    ],
)
def test_a_mistyped_name_is_a_guess_and_says_so(name: str, stem: Stem, word: str) -> None:
    assert classify(name) == Classification(stem, f'resembles the word "{word}"', False)


def test_the_reason_names_the_deciding_word_or_phrase() -> None:
    assert classify("12_BassDrumRoom.wav").reason == 'phrase "bass drum"'
    assert classify("Synth Bass 2.wav").reason == 'phrase "synth bass"'
    assert classify("KickRoom.wav").reason == 'word "kick"'
    assert classify("Rough Mix.wav").reason == 'phrase "rough mix": not a part of the song'


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("12_ElecGtr1DT", ["12", "elec", "gtr", "1", "dt"]),
        ("SFXVox", ["sfx", "vox"]),
        ("BVs", ["bv"]),
        ("TomsDIs", ["tom", "di"]),
        ("MIDIGtr2L", ["midi", "gtr", "2", "l"]),
        ("KICKin", ["kick", "in"]),
        ("Kin.09", ["k", "in", "09"]),
        ("snout", ["snout"]),
        ("Kindred", ["kindred"]),
        ("leadvoxdt", ["lead", "vox", "dt"]),
        ("Cajón", ["cajon"]),
        ("Singer's Brushes", ["singer", "brush"]),
        ("Oooooh", ["ooh"]),
        ("overline", ["overline"]),  # divides into neutral words only: left whole
    ],
)
def test_splitting(title: str, words: list[str]) -> None:
    folded = title.replace("ó", "o")
    assert split_words(folded) == words


def _stems(names: list[str]) -> list[str | None]:
    return [told.stem for told in classify_all(names)]


def test_a_song_title_is_no_instrument() -> None:
    parts = ["Kick", "Bass", "Vox", "Gtr", "Pad", "Erica"]
    stems = ["drums", "bass", "vocals", "other", "other", "other"]
    for title in ("Drum Machine Love", "Vox Populi", "Guide Me Home", "The Master Mix", "Lithium"):
        before = [f"{number:02d} {title} - {part}.wav" for number, part in enumerate(parts)]
        after = [f"{number}_{part}_{title}.wav" for number, part in enumerate(parts)]
        assert _stems(before) == stems, title
        assert _stems(after) == stems, title
        assert not classify_all(before)[-1].certain, title


def test_a_title_is_found_though_the_mix_lacks_it() -> None:
    names = [f"Kick Inside - {part}.wav" for part in ("Kick", "Bass", "Vox", "Gtr", "Keys")]
    told = classify_all([*names, "Kick Inside.wav", "mixdown.wav", ".DS_Store"])
    stems = [item.stem for item in told]
    assert stems == ["drums", "bass", "vocals", "other", "other", None, None, None]
    assert not told[5].certain


def test_common_words_that_are_the_instrument_stay() -> None:
    assert _stems(["KickIn.wav", "KickOut.wav", "KickSub.wav"]) == ["drums"] * 3
    assert _stems(["Vox.wav", "Vox 1.wav", "Vox 2.wav", "Vox DT.wav"]) == ["vocals"] * 4
    basses = ["BassDI.wav", "BassAmp.wav", "BassGtr.wav", "BassSynth.wav"]
    assert _stems([*basses, "BassDrum.wav"]) == ["bass"] * 4 + ["drums"]
    assert _stems(["Bass DI.wav", "Bass Gtr.wav", "Bass Keys.wav", "Bass Amp.wav"]) == ["bass"] * 4
    assert _stems(["Alt Gtr.wav", "Amp Gtr.wav", "Room Gtr.wav"]) == ["other"] * 3


def test_an_exact_stem_stays_what_it_says() -> None:
    parts = [f"Vocals - {part}.wav" for part in ("Kick", "Bass", "Gtr")]
    assert _stems([*parts, "vocals.wav"]) == ["drums", "bass", "other", "vocals"]


def test_a_bare_lead_beside_a_lead_vocal_is_an_instrument() -> None:
    assert _stems(["Lead.wav", "BGV.wav", "Kick.wav"]) == ["vocals", "vocals", "drums"]
    assert _stems(["Lead.wav", "Lead Vox.wav", "Kick.wav"]) == ["other", "vocals", "drums"]


def test_an_instrumental_is_a_mix_where_its_parts_are_there() -> None:
    assert _stems(["Instrumental.wav", "Lead Vox.wav"]) == ["other", "vocals"]
    assert _stems(["Instrumental.wav", "Vox.wav", "Drums.wav"]) == [None, "vocals", "drums"]


def test_without_context_all_names_are_judged_alone() -> None:
    names = [f"{name}.wav" for stem in AS_WRITTEN for name in _names(stem)]
    beside_others = {"lead", *left_out_words.SUMS, *vocabulary.WHOLE_BACKINGS, "track"}
    beside_others |= {"acapella"}
    names = [name for name in names if beside_others.isdisjoint(split_words(name[:-4]))]
    assert len(names) > 450
    assert classify_all(names) == [classify(name) for name in names]
    assert classify_all([]) == []


def test_no_name_can_hold_the_program_up() -> None:
    hostile = [
        "tom" * 2000 + "q",
        "ab" * 5000,
        "A" * 9999,
        "kick " * 3000,
        "\u0301" * 500,
        "/" * 99,
    ]
    start = time.process_time()
    told = classify_all([f"{name}.wav" for name in hostile])
    assert time.process_time() - start < 2
    assert len(told) == len(hostile)


def test_a_large_folder_takes_a_moment() -> None:
    names = [f"{number:03d}_{name}.wav" for number in range(4) for name in _names("other")]
    classify_all(names)
    start = time.process_time()
    classify_all(names)
    assert time.process_time() - start < 1


def test_the_vocabulary_holds_every_word_once_and_in_its_own_form() -> None:
    tables = (
        vocabulary.INSTRUMENTS,
        vocabulary.SOUNDS,
        vocabulary.QUALITIES,
        vocabulary.ROLES,
        vocabulary.HINTS,
    )
    words = [word for table in tables for text in table.values() for word in text.split()]
    words += vocabulary.NEUTRAL.split()
    for text in (left_out_words.ALWAYS, left_out_words.MIXES, left_out_words.EXPORTS):
        words += text.split()
    words += left_out_words.WEAK.split()
    assert [one for one, other in pairwise(sorted(words)) if one == other] == []
    assert [word for word in words if split_words(word) != [word]] == []


def test_every_phrase_can_be_found() -> None:
    texts = [
        *vocabulary.PHRASES.values(),
        left_out_words.PHRASES_ALWAYS,
        left_out_words.PHRASES_OF_MIXES,
    ]
    phrases = [phrase.split() for text in texts for phrase in text.split(",")]
    assert {len(phrase) for phrase in phrases} == {2, 3}
    assert [phrase for phrase in phrases if split_words(" ".join(phrase)) != phrase] == []
    assert len({tuple(phrase) for phrase in phrases}) == len(phrases)


@pytest.mark.shared
def test_the_songs_grouped_by_hand(shared: Path) -> None:
    songs = json.loads((shared / "audio" / "everything_is_free.json").read_text("utf-8"))
    for song, entry in songs.items():
        labelled = {name: stem for stem, names in entry["grouping"].items() for name in names}
        told = dict(zip(labelled, classify_all(list(labelled)), strict=True))
        assert {name: item.stem for name, item in told.items()} == labelled, song
        assert {name: classify(name).stem for name in labelled} == labelled, song


@pytest.mark.shared
def test_a_real_song_folder(shared: Path) -> None:
    files = sorted(path.name for path in (shared / "audio" / "tracks" / "lithium").iterdir())
    songs = json.loads((shared / "audio" / "everything_is_free.json").read_text("utf-8"))
    grouping = songs["lithium"]["grouping"]
    labelled = {name.split(".m4a")[0]: stem for stem, names in grouping.items() for name in names}
    labelled = {name.removesuffix("_mobile"): stem for name, stem in labelled.items()}
    told = {
        name.removesuffix(".ogg"): item
        for name, item in zip(files, classify_all(files), strict=True)
    }
    assert len(files) == 38
    assert {name: item.stem for name, item in told.items()} == labelled
    assert all(item.certain for item in told.values())
