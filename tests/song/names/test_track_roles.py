"""Roles are read off names as engineers write them."""

import pytest

from mixer.roles import ROLES, STEM_OF_ROLE
from mixer.song.names.role_words import ROLE_OF_FAMILY, ROLE_WORDS
from mixer.song.names.track_names import classify
from mixer.song.names.track_roles import role_of
from mixer.song.names.track_word_tables import SOURCE
from mixer.song.names.track_words import meaning_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Kick In", "kick"),
        ("BD 03", "kick"),
        ("Snare Bottom", "snare"),
        ("snare_rim01", "rim"),
        ("Rimshot.ds", "rim"),
        ("TR-808 Rim", "rim"),
        ("SideStick", "rim"),
        ("Snare Cross-Stick", "rim"),
        ("X-Stick", "rim"),
        ("リムショット", "rim"),
        ("Snare Rimshot", "snare"),
        ("Rim OH", "overheads"),
        ("Drums - Kick", "kick"),
        ("Drums_Snare Top", "snare"),
        ("Drum Machine Snare", "snare"),
        ("TR-808 Kick", "kick"),
        ("808 CP", "snare"),
        ("tr909_oh_01", "hihat"),
        ("808 RS", "rim"),
        ("707 LT", "toms"),
        ("808", "sub"),
        ("808 Drums", "drum_loop"),
        ("Drums Break", "drum_loop"),
        ("Synth Pad", "pad"),
        ("Synths - Arp", "arp"),
        ("Juno Pad", "pad"),
        ("Synth Lead", "lead_synth"),
        ("Keys Organ", "organ"),
        ("Orch Brass", "brass"),
        ("HH", "hihat"),
        ("Hats", "hihat"),
        ("Floor Tom", "toms"),
        ("OH L", "overheads"),
        ("Drum Room", "room"),
        ("Shaker", "percussion"),
        ("House Beat", "drum_loop"),
        ("Bass DI", "bass"),
        ("Sub Bass", "sub"),
        ("Gtr Dbl L", "electric_guitar"),
        ("Acoustic Gtr", "acoustic_guitar"),
        ("Rhodes", "keys"),
        ("Hammond", "organ"),
        ("Melody Pad", "pad"),
        ("Pad", "pad"),
        ("Arp Dist", "arp"),
        ("Cello", "strings"),
        ("Trumpet 2", "brass"),
        ("Riser FX", "fx"),
        ("Lead Vox", "lead_vocal"),
        ("VOX LEAD", "lead_vocal"),
        ("Vox Dbl L", "vocal_double"),
        # What is behind a voice or beside it, not the singer.
        ("VOX ECHO", "vocal_double"),
        ("Lead Vox Delay Throw", "vocal_double"),
        ("Vocal FX", "vocal_double"),
        ("BGVOX ECHO", "backing_vocals"),
        # A preset that sounds like voices.
        ("Vox Pad", "pad"),
        ("Voice Pad 2", "pad"),
        ("Choir Pad", "pad"),
        ("Synth Voice", "lead_synth"),
        ("Vocal Arp", "arp"),
        ("openhat 03", "hihat"),
        ("BGVOX 1", "backing_vocals"),
        ("Choir", "choir"),
        ("Coros 2", "backing_vocals"),
        ("Zweite Stimme", "backing_vocals"),
        ("Vocal de apoio", "backing_vocals"),
        ("ガヤ", "backing_vocals"),
        ("33_Shkr", "percussion"),
        ("Fläche", "pad"),
        ("Nappe 2", "pad"),
        ("Aéreos Izq", "overheads"),
        ("Timbal de piso", "toms"),
        ("Batería Sala", "room"),
        ("Bajo sexto", "acoustic_guitar"),
        ("Cavaquinho", "acoustic_guitar"),
        ("Tololoche", "bass"),
        ("底鼓", "kick"),
        ("ギター右", "electric_guitar"),
        ("Trommer", "drum_loop"),
        ("Finger Click", "snare"),
        ("ハモリ", "backing_vocals"),
        ("Strijkers", "strings"),
        ("vocals", "vocal_stem"),
        ("drums", "drum_stem"),
        ("Default preset", "unknown"),
        ("AcGtr 1", "acoustic_guitar"),
        ("17_AcGtrDT", "acoustic_guitar"),
        ("Aco Guitar L", "acoustic_guitar"),
        ("A.Gtr", "acoustic_guitar"),
        ("AGtr 2", "acoustic_guitar"),
        ("EGtr 2", "electric_guitar"),
        ("Guitarra acústica", "acoustic_guitar"),
        ("Guitare sèche", "acoustic_guitar"),
        ("Guitare électrique", "electric_guitar"),
        ("Lap Steel", "electric_guitar"),
        ("Acoustic Piano", "keys"),
        ("Nylon Strings", "strings"),
        ("latin_guitar03", "acoustic_guitar"),
        ("Latin Piano", "keys"),
        ("Steel Drums", "keys"),
        ("Thumb Piano", "keys"),
        ("Bass Flute", "woodwind"),
        ("Große Trommel", "kick"),
        ("KIn CONS", "kick"),
        ("KOut", "kick"),
        ("AGuitCmp", "acoustic_guitar"),
        ("Tmb.01_03", "percussion"),
        ("DrumsAmbience1", "room"),
        ("Accordeon", "organ"),
        ("Leslie Vox", "lead_vocal"),
        ("Kleine Trommel", "snare"),
        ("Platos", "cymbals"),
        ("Gesang Dopplung", "vocal_double"),
        ("BkVox 2", "backing_vocals"),
        ("Bkgd Vox", "backing_vocals"),
        ("Drums-Over-M60", "overheads"),
        ("Snare Over", "snare"),
        ("Ohds L", "overheads"),
        ("Ham Top", "organ"),
        ("Elec Gui 3", "electric_guitar"),
        ("Aco 2", "acoustic_guitar"),
        ("Bass Flutes", "woodwind"),
        ("Cellos arco", "strings"),
        ("AuSep_2_vc_01", "strings"),
        ("EGT 2", "electric_guitar"),
        ("Lead Vox Chorus 2", "lead_vocal"),
        ("CHORUS LD L", "lead_vocal"),
        ("Lead Chorus Harm", "backing_vocals"),
        ("Vox Chorus 2", "backing_vocals"),
        ("Vox Stack 3", "backing_vocals"),
        ("Horns - Alto Sax", "woodwind"),
        ("Horns Tpt 2", "brass"),
        ("French Horn", "brass"),
        ("Keys Amp L", "keys"),
        ("Amp 2", "electric_guitar"),
        ("Electric L", "electric_guitar"),
        ("Electric Piano", "keys"),
        ("Electric Organ", "organ"),
        ("Nord 88", "keys"),
        ("Nord Pad", "pad"),
        ("Ukelele", "acoustic_guitar"),
        ("Hurdy-Gurdy", "strings"),
        ("AGT", "acoustic_guitar"),
        ("BVX 1", "backing_vocals"),
        ("LVX", "lead_vocal"),
        ("HMND HI", "organ"),
        ("D-50", "lead_synth"),
        ("CP70 L", "keys"),
        ("H3000.One", "fx"),
        ("DJMB", "percussion"),
    ],
)
def test_role_of_a_name(name: str, role: str):
    stem = classify(name).stem
    assert stem is not None
    assert role_of(name, stem) == role


def test_a_word_has_one_role_within_a_stem_that_the_vocabulary_does_not_say() -> None:
    assert len(STEM_OF_ROLE) == len(ROLES)
    listed = [
        (STEM_OF_ROLE[role], word.strip(), role)
        for role, words in ROLE_WORDS.items()
        for word in words.split(",")
    ]
    assert len({(stem, word) for stem, word, _ in listed}) == len(listed)
    for _, word, role in listed:
        meaning = meaning_of(word)
        says_it = meaning is not None and (
            meaning[1] == role or (meaning[0] == SOURCE and ROLE_OF_FAMILY.get(meaning[1]) == role)
        )
        assert not says_it, f"{word}: {role} by its family already"
