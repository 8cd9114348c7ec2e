"""The words of track names whose role is not that of their family.

Every other word names the role of its family: see `mixer.song.names.track_vocabulary`, which alone
says what a word means, and `ROLE_OF_FAMILY`. A word may have a role within one stem and another
within the next: a lead is a voice among vocals, a synthesiser elsewhere.
"""

from mixer.song.names.families import Family

# Families that are wider than a role, with the role that is likeliest where a word names a source.
ROLE_OF_FAMILY: dict[Family, str] = {
    "vocals": "lead_vocal",
    "drums": "drum_loop",
    "guitar": "electric_guitar",
    "synth": "lead_synth",
    "mallets": "keys",
}

# Words and phrases in the vocabulary's form, by role.
ROLE_WORDS: dict[str, str] = {
    "snare": """
        caixa, clap, cp, hand clap, handclap, clapping, snap, fingersnap, finger snap,
        finger click
        """,
    "rim": """
        rim, rs, rimshot, rimclick, sidestick, sidestk, crosstick, xstick, xstk,
        rim shot, rim click, side stick, side stk, cross stick, cross stk, x stick, x stk,
        リムショット, クロススティック, サイドスティック
        """,
    "cymbals": """
        finger cymbal
        """,
    "room": """
        fok, trash, front of kit, ambience, ambiance, ambient
        """,
    "percussion": """
        beatbox, claves
        """,
    "drum_loop": """
        beat, loop, groove, break, breakbeat, tops, top, dmx, linn, 909, 707, 606, 626,
        drumming, fill, build, hit, crush
        """,
    "bass": """
        di
        """,
    "sub": """
        sub, 808, sub bass, sub synth, synth sub, sub sine, sine sub, sub drone
        """,
    "electric_guitar": """
        dist, distorted, distortion, riff, lick, chug, crunch, lap steel, pedal steel,
        slide, amp, elec, electric, elek
        """,
    "acoustic_guitar": """
        violao, acoustic, acou, nylon, ukulele, ukelele, uke, guitalele, dobro, banjo,
        mandolin, mando, bouzouki, lute, oud, requinto, cuatro, cavaquinho, charango, strum,
        strumming, harp, autoharp, steel,
        ac, acc, aco, twelve, classical, spanish, latin, folk, western, acustica, acustico, clasica,
        espanola, flamenca, flamenco, criolla, classica, acoustique, classique, folklorique, seche,
        akustik, akustisch, akustische, akustisk, akustyczna, klasyczna
        """,
    "keys": """
        nord, mallet, dx 7, thumb piano, music box, tubular chime, steel drum, steel pan,
        tongue drum, hang drum
        """,
    "organ": """
        accordion, harmonium, harmonica, vox organ, vox continental, b 3, perc organ,
        melodica, bandoneon, accordian, accordeon, akkordeon, acordeon, acordeao, akordeon,
        fisarmonica, ziehharmonika, sanfona, dragspel, trekkspill, trekzak, concertina,
        mundharmonika, mondharmonica, armonica, gaita, munspel, harmonijka, mouth harp
        """,
    "lead_synth": """
        synth, syn, synthesizer, sy, lead, leads, melody, mel, melodie, melodia, stab,
        moog, minimoog, juno, jupiter, prophet, saw, square, supersaw, theme, hook, solo,
        virus, serum, massive, fm
        """,
    "pad": """
        atmos, atmosphere, texture, chord, mellotron
        """,
    "arp": """
        arp, arpeggio, arpeggiator, sequence, sequencer, seq, pluck, plux, bleep, blip,
        vox pluck, vocal pluck, vox arp, vocal arp
        """,
    "strings": """
        ensemble, orch hit
        """,
    "brass": """
        bass trombone
        """,
    "woodwind": """
        bass clarinet, bari
        """,
    "fx": """
        scratch, microcosm
        """,
    "lead_vocal": """
        main, lv, mc, male, female
        """,
    "vocal_double": """
        adlib, ad lib, duo, whisper, fx, sfx, effect, throw, chop, chops
        """,
    "backing_vocals": """
        stack, shout, shouting, soprano, alto, tenor, baritone, chorus, vocoder, talkbox
        """,
    "choir": """
        choir, chor, chorale, ensemble, children, kid, mob, bass choir
        """,
}

# Words that say how a part is made, or among what it stands: any other role goes before theirs.
# Those of the whole kit do as well ("Drums - Kick").
WIDE_WORDS = """
    over
    dmx linn 909 707 606 626
    synth syn synthesizer sy moog minimoog juno jupiter prophet virus serum massive saw square
    supersaw fm
    keys keyboard keyb kbd kb nord amp
    orchestra orch orchestral
    """
