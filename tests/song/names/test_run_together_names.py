"""Names written in one word, and those of other languages, have the role that a person reads."""

import pytest

from mixer.song.names.track_names import NOTHING_KNOWN, classify
from mixer.song.names.track_roles import role_of
from mixer.song.names.track_word_splitting import split_words
from mixer.song.names.track_word_tables import describing_words, known_words, piece_words

RUN_TOGETHER = {
    "kick": "deepkick, hardkick, punchykick, technokick, TRAPKICK, housekick 02, kicktail",
    "snare": "fatsnare, tightsnare, ghostsnare, snaretail, bigclap, snareshots",
    "hihat": "lighthat, 10_lighthat.ds, closedhihat, hatclosed01, halfopenhat, tighthats, HHC, HHO",
    "percussion": "tribalperc, metalperc, ethnicperc",
    "drum_loop": "toploop, toploops, topperloop, amenbreak, trapdrums, jungledrums",
    "room": "roommics",
    "bass": "deepbass, fatbass, acidbass, bigbass",
    "fx": "subdrop, whitenoise",
    "pad": "warmpad, darkpads, BRIGHTPAD, MELODY PAD, sweeppad, swellpad",
    "arp": "fastarp",
    "electric_guitar": "mutedgtr, heavygtr, gtrharmonics, palmmutes, powerchords",
    "acoustic_guitar": "12stringguitar, 12 String Gtr",
    "keys": "grandpiano, feltpiano, honkypiano",
    "organ": "churchorgan, pipeorgan",
    "strings": "stringsection",
    "brass": "hornsection, frenchhorns",
    "backing_vocals": "BVox L, bgvocals",
    "vocal_double": "vocalchops, voxchop, voxthrows",
}
OTHER_LANGUAGES = {
    "kick": "GC in, kikku",
    "snare": "Teppich, CC dessous, CC top, sunea",
    "hihat": "Contratiempo, Chimbau, haihatto",
    "toms": "Haengetom, Tom basse, Tom aéreo, Timpano",
    "room": "Raummikro L, Raumklang",
    "percussion": "Pandero",
    "bass": "Contrebasse, Contrabbasso, beiseu",
    "lead_vocal": "Sprecherin, bokeol",
    "vocal_double": "Dobra Voz",
    "backing_vocals": "Nebenstimme, Segundas voces, Coretti, Controcanto, kōrasu, hamori, koreoseu",
    "electric_guitar": "Rhythmusgitarren, E-Gitarren, ereki, ilrek",
    "acoustic_guitar": "Akustikgitarren, akogi, tonggita",
    "keys": "Fluegel, erepi, geonban",
    "lead_synth": "Sintetizador, Sintetizzatore",
    "pad": "Flaeche, Colchón, Tappeto",
    "strings": "sutoringusu, seuteuring",
    "brass": "Blaesersatz, Bläsersatz",
    "woodwind": "Querfloete, Hautbois",
    "fx": "Geraeusche, Effets",
}


@pytest.mark.parametrize("names", [RUN_TOGETHER, OTHER_LANGUAGES])
def test_the_role_that_a_person_reads(names: dict[str, str]) -> None:
    wrong = {}
    for role, listed in names.items():
        for name in map(str.strip, listed.split(",")):
            told = classify(f"{name}.wav")
            found = role_of(name, told.stem) if told.stem and told.certain else None
            if found != role:
                wrong[name] = (found, told.reason)
    assert wrong == {}


@pytest.mark.parametrize(
    "word",
    ["birdhouse", "claptrap", "rattletrap", "searchlight", "Whitefield", "tailwind", "openfields",
     "ultrasound", "Powerful", "lightning", "darkroom", "goldenrod", "hardship", "Livestock"],
)  # fmt: skip
def test_an_ordinary_word_holds_no_instrument(word: str) -> None:
    assert split_words(word) == [word.lower()]
    assert not classify(word).certain


def test_what_describes_says_nothing_by_itself() -> None:
    before, after = describing_words()
    assert before | after <= piece_words()
    assert not (before | after) & known_words()
    for word in before | after:
        assert classify(word).reason == NOTHING_KNOWN, word
