"""The words of track names: which stem a word speaks for, and how loudly.

Four stages of strength, because a name is decided by its most telling word, not by its first:

- `INSTRUMENTS` name a source: kick, vox, bass, gtr. They decide wherever they stand.
- `SOUNDS` say how something is made and yield to a source: synth bass is bass, synth snare drums.
- `ROLES` say what a part does or where a microphone stood: lead, room, sub, loop, top.
- `HINTS` are worth something only when nothing else is known: chorus, double, DI.

`PHRASES` are looked for before words, since their words say something else one by one: bass drum,
steel drum, bass clarinet, scratch vocal. All words are lower case, without accents and singular
where the plural only adds s or es; `mixer.song.track_words` brings names into that form.
"""

from typing import Literal

from mixer.stems import Stem

# A key of the tables: a stem, or the mark of what must never be summed in.
Meaning = Literal["vocals", "bass", "drums", "other", "left out"]

INSTRUMENTS: dict[Stem, str] = {
    "vocals": """
        vox vocal voc voice vocalist singer singing sing sung rap rapper rapping emcee
        bv bgv bkv bkgv lvox bvox bgvox gvox ldvox bvoc bgvoc ldvoc ldv lvoc
        choir chorale chor gang acapella acappella capella adlib spoken speech narration narrator
        talking dialog dialogue scream screamer screaming shout shouting yell whisper chant
        chanting laugh laughter yodel scat vocoder vocodor vocoded talkbox harmonizer harmoniser
        gesang stimme stimmen sprache choeur voix voz voce coro cori canto cantante
        """,
    "bass": """
        bass basse bassline ebass pbass jbass contrabass contrabasse contrabasso kontrabass
        guitarron basso bassi bajo baixo
        """,
    "drums": """
        drum drm kit kick kik kic kck bd kd snare snr sn sd rim rimshot sidestick crosstick xstick
        tom rototom hat hh hihat overhead ovhd ovh oh ohl ohr cymbal cym cymb crash ride splash
        china sizzle fok drummer linndrum brush stick
        perc percussion percussionist prc percusion percussao perkussion
        tambourine tamb tambo tamborine tamburin shaker maraca maracon egg clap clapping handclap
        snap fingersnap stomp stomping cowbell cbell conga bongo bombek djembe cajon cajone tabla
        udu darbuka darabuka doumbek dumbek bodhran bendir riq daf dhol dholak mridangam ghatam
        kanjira tavil surdo pandeiro caixa tamborim repinique ganza cuica agogo timbale
        tumbadora quinto cununo cunono guasa paliteo tambora alegre llamador cachapa
        cabasa cabaza castanet clave woodblock templeblock guiro vibraslap ratchet whip
        rainstick triangle gong tamtam timpani timp taiko daiko odaiko anvil caxixi shekere
        washboard flexatone jingle sleighbell chime beatbox beatboxing
        schlagzeug becken trommel rassel batterie cymbale bateria bombo caja redoblante platillo
        palmas batteria rullante tambor
        """,
    "other": """
        guitar guitarist gtr git guit gtar gitar gitarre gitarren guitarra guitare chitarra violao
        acgtr egtr elgtr agtr strat stratocaster tele telecaster lespaul gretsch rickenbacker ebow
        piano pno pianola klavier fortepiano epiano ep rhodes wurli wurly whirly wurlitzer keys
        keyboard keyb kbd kb clav clavi clavinet clavichord harpsichord cembalo celesta
        celeste wineglass organ org orgel organo hammond leslie farfisa mellotron accordion
        accordian accordeon akkordeon bandoneon concertina harmonium melodica theremin omnichord
        stylophone
        harmonica harp arpa banjo mandolin mandola mando uke ukulele ukelele guitalele lute oud
        bouzouki bouzuki balalaika dobro sitar sarod santoor tanpura tambura koto shamisen erhu
        guzheng pipa yangqin zhongruan liuqin dulcimer psaltery zither autoharp charango cuatro
        tiple tres cavaquinho requinto vihuela jarana kora ngoni
        kalimba mbira marimba vibraphone vibrophone vibe xylophone xylo glockenspiel glock
        crotale bell handbell handpan idiophone
        string strg vl vln violin violine violon violino violini viola vla fiddle cello celli
        vcl violoncello violoncelle quartet orchestra orch orchestral
        horn brass trumpet tpt trp trompete trompeta trompette tromba trombone tbn trb bone
        posaune cornet flugel flugelhorn tuba sousaphone euphonium sax saxes saxophone saxofon
        saxo woodwind flute flote flauta clarinet clar klarinette clarinete oboe bassoon fagott
        contrabassoon piccolo recorder ocarina whistle panflute panpipe bagpipe shakuhachi dizi
        duduk bansuri didgeridoo didge hulusi shehnai
        turntable deck minilogue microcosm
        """,
}

SOUNDS: dict[Stem, str] = {
    "vocals": """
        soprano alto tenor baritone mezzo harmony harmonie harm duet backing bck bkg
        hey yeah whoa woah hum humming ooh oo aah aahh ahh ah ohh mob growl moan cough falsetto haa
        """,
    "bass": """
        upright fretless reese wobble wub 808 303 svt ampeg contra
        """,
    "drums": """
        beat drumming percussive groove 909 707 606 626 linn dmx tops breaks breakbeat
        """,
    "other": """
        synth syn synthesizer synthesiser sy pad arp arpeggio arpeggiator pluck plux stab melody
        mel melodie melodia chord moog minimoog juno jupiter prophet oberheim nord virus serum
        massive korg roland casio sequence sequencer seq saw sine square supersaw leads mallet
        sfx sound soundscape noise riser rise sweep swoosh whoosh swell drone atmos atmosphere
        texture impact downlifter uplifter transition bleep blip beep zap laser siren vinyl crackle
        static glitch reverse rev rain thunder wind sea ocean bird applause audience crowd foley
        ambience field ambient telephone radio
        acoustic acou electric elec elek nylon steel slide feedback crunch dist distorted
        distortion wah clean strum strumming tremolo
        pizz pizzicato spiccato staccato legato bowed ensemble chamber bari riff lick chug solo
        other instrument instrumental accompaniment playback karaoke
        """,
}

ROLES: dict[Stem, str] = {
    "vocals": """
        lead ld lv vx male female man men woman women girl boy kid child children ladies
        call response answer breath breathing giggle sob sobbing cry crying speaker
        background bg back backup mc talk
        """,
    "bass": """
        sub low
        """,
    "drums": """
        room rm amb loop top bottom under hit fill build break programming prog programmed
        crotch trash smash rack floor ft stack slap foot beater batter roll clicks dr
        """,
    "other": """
        fx effect sample crush rhythm rhy amp cab scratch scratching dj drop boom tape echo delay
        rvb reverb verb send return counter ac theme str
        """,
}

HINTS: dict[Stem, str] = {
    "vocals": """
        chorus verse prechorus hook double doubled dbl dble triple trpl dt duo
        """,
    "bass": "",
    "drums": "",
    "other": """
        di pod sampler intro outro bridge interlude hi pair misc various
        """,
}

PHRASES: dict[Meaning, str] = {
    "vocals": """
        bass vox, bass vocal, bass voc, bass voice, bass singer, bass choir, drum vox, drum vocal,
        gtr vox, guitar vox, guitar vocal, keys vox, keys vocal, piano vox, piano vocal,
        talk box, ad lib, a cappella, a capella, sing along, voice over
        """,
    "bass": """
        double bass, upright bass, synth bass, sub bass, sub synth, synth sub, sub sine, sine sub,
        string bass, guitar bass, gtr bass, keys bass, tb 303, e bass, sub drone, low synth,
        chapman stick
        """,
    "drums": """
        bass drum, double bass drum, gran cassa, grosse caisse, caisse claire, bass kick,
        808 loop, 808 drum, tr 808, 808 beat, beat box, drum machine, over head, high hat,
        side stick, cross stick, rim shot, tam tam, cow bell, sleigh bell, jingle bell, bell tree,
        mark tree, wind chime, bar chime, finger cymbal, finger snap, finger click, hand clap,
        hand drum, wood block, temple block, rain stick, agogo bell, body perc, metal hit, sub hit,
        front of kit, piccolo snare, vocal perc, vocal percussion, vox perc, mouth perc,
        guitar perc, gtr perc, guitar body, gtr body, piano perc
        """,
    "other": """
        bass clarinet, bass clar, bass flute, bass trombone, bass bone, bass sax, bass saxophone,
        bass trumpet, bass recorder, bass oboe, bass harmonica, bass marimba, bass tuba,
        bass bassoon, bass accordion, bass banjo, bass mandolin,
        steel drum, steel pan, tongue drum, hang drum, thumb piano, jaw harp, jew harp,
        mouth harp, perc organ, percussion organ, percussive organ, music box, orch hit, sub drop,
        sub boom, bass drop, backing track, vox organ, vox continental, vox amp, vox ac,
        gtr vox amp, gtr vox ac, guitar vox amp, b 3, m 1, dx 7, lap steel, pedal steel,
        glass harp, musical saw, singing saw, singing bowl, wine glass, tubular chime, pan pipe,
        snare guitar, key click
        """,
    # Whatever else the name says, these are not parts of the song.
    "left out": """
        full mix, rough mix, ref mix, final mix, monitor mix, tv mix, demo mix, cue mix,
        rough bounce, full song, count in, count off, click track, tempo track, tempo map,
        time code, talk back, scratch vox, scratch vocal, scratch voc, scratch voice,
        scratch guitar, scratch gtr, scratch track, scratch lead, scratch piano, scratch bass,
        scratch keys, pilot vox, pilot vocal, pilot track
        """,
}

# A guide or a reference stays one, whatever instrument plays it.
ALWAYS_LEFT_OUT = """
    guide reference ref metronome countin countoff talkback smpte timecode
    """

# Left out only where no source is named: a drums mix is drums, a kick click is a kick.
LEFT_OUT_UNLESS_SOURCE = """
    mixture mixdown mix mixes mixed premaster master mastered mstr rough bounce bounced click
    preview print printed cue tempo slate count stereomix mixbus masterbus conductor metro
    """
PHRASES_LEFT_OUT_UNLESS_SOURCE = """
    2 bus, two bus, 2 track, two track, stereo out, main out, main outs, full track, mix bus
    """

# Everything but the voice in one file: a mix, where the folder has its parts as well.
WHOLE_BACKINGS = frozenset(
    ("instrumental", "accompaniment", "backing track", "playback", "karaoke")
)

# Words that say nothing about the source but take part in run-together names: kickin, bassdi.
NEUTRAL = """
    in out up down left right center centre mic mik close far near dry wet inside outside
    front rear side over new old alt take comp edit stem track audio stereo mono one two three
    four five pt part and with the trig trigger raw tuned bus sum submix layer short long big
    small soft hard loud main electro line l r
    """
