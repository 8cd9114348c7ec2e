"""The words of track names: the family that a word stands for, and how strong the evidence is.

There are five levels of strength, because a name is decided by its most specific word, not by its
first:

- `INSTRUMENTS` name a source: kick, vox, bass, gtr. They decide wherever they stand.
- `SOUNDS` say how something is made and yield to a source: synth bass is bass, synth snare drums.
- `QUALITIES` say how it sounds: electric, distorted, ambient. A mix may have them too.
- `ROLES` say what a part does or where a microphone stood: lead, room, sub, loop, top.
- `HINTS` are worth something only when nothing else is known: chorus, double, DI.

`PHRASES` are looked for before words, since their words say something else one by one: bass drum,
steel drum, bass clarinet, scratch vocal. All words are lower case, without accents and singular if
the plural only adds s or es; `mixer.song.names.track_word_splitting` brings names into that form.
Other languages are in `mixer.song.names.track_languages`, words of what is not a part in
`mixer.song.names.left_out_words`.
"""

from mixer.song.names.families import Family

INSTRUMENTS: dict[Family, str] = {
    "vocals": """
        vox vocal voc vo voice vocalist singer singing sing sung rap rapper rapping emcee
        spoken speech narration narrator talking dialog dialogue scream screamer screaming
        shout shouting yell whisper chant chanting laugh laughter yodel scat vocoder vocodor
        vocoded talkbox harmonizer harmoniser acapella acappella capella
        gesang stimme stimmen sprache voix voz voce canto cantante
        """,
    "lead_vocal": """
        lvox ldvox ldvoc ldv lvoc lvx
        """,
    "backing_vocals": """
        bv bgv bkv bkgv bvox bvx bgvx bgvox gvox bvoc bgvoc choir chorale chor gang adlib
        choeur coro cori bvocal bgvocal
        """,
    "bass": """
        bass basse bassline ebass pbass jbass contrabass contrabasse contrabasso kontrabass
        guitarron basso bassi bajo baixo
        """,
    "drums": """
        drum drm kit fok spd drummer linndrum beatbox beatboxing
        schlagzeug trommel batterie bateria batteria tambor
        """,
    "kick": """
        kick kik kic kck bd kd bombo
        """,
    "snare": """
        snare snr sn sd brush stick
        rim rimshot rimclick sidestick sidestk crosstick xstick xstk
        caja redoblante rullante
        """,
    "hihat": """
        hat hh hihat openhat closedhat hhc hho hhcl hhop
        """,
    "toms": """
        tom rototom
        """,
    "cymbals": """
        cymbal cym cymb crash ride splash china sizzle becken cymbale platillo
        """,
    "overheads": """
        overhead ovhd ovh ohd oh ohl ohr
        """,
    "percussion": """
        perc percussion percussionist prc percusion percussao perkussion
        tambourine tamb tmb tambo tamborine tamburin shaker shkr shk rattle maraca maracon egg clap
        clapping handclap snap fingersnap stomp stomping cowbell cbell conga cong bongo bngo bombek
        djembe djmb cajon cajone
        tabla udu darbuka darabuka doumbek dumbek bodhran bendir riq daf dhol dholak mridangam
        ghatam kanjira tavil surdo pandeiro caixa tamborim repinique ganza cuica agogo timbale
        tumbadora quinto cununo cunono guasa paliteo tambora alegre llamador cachapa
        cabasa cabaza guache guacharaca castanet cga clave woodblock templeblock guiro vibraslap
        ratchet whip rainstick triangle gong tamtam timpani timp taiko daiko odaiko anvil caxixi
        shekere washboard flexatone jingle sleighbell chime rassel palmas
        """,
    "guitar": """
        guitar guitarist gtr gt git guit gtar gitar gitarre gitarren guitarra guitare chitarra
        violao gretsch rickenbacker ebow dobro
        """,
    "electric_guitar": """
        egtr elgtr egt strat stratocaster tele telecaster lespaul
        """,
    "acoustic_guitar": """
        acgtr agtr agt
        """,
    "keys": """
        piano pno pianola klavier fortepiano epiano ep rhodes rhds wurli wurlz wrlz wurly whirly
        wurlitzer keys keyboard keyb kbd kb clav clavi clavinet clavichord harpsichord cembalo
        celesta celeste mellotron melodica harmonium
        """,
    "organ": """
        organ org orgel organo hammond hmnd leslie farfisa
        """,
    "synth": """
        theremin omnichord stylophone minilogue microcosm
        """,
    "strings": """
        string strg vl vln violin violine violon violino violini viola vla fiddle cello celli
        vcl violoncello violoncelle hurdygurdy quartet orchestra orch orchestral
        """,
    "brass": """
        horn brass trumpet tpt trp trompete trompeta trompette tromba trombone tbn trb bone
        posaune cornet flugel flugelhorn tuba sousaphone euphonium
        """,
    "woodwind": """
        sax saxes saxophone saxofon saxo woodwind flute flote flauta clarinet clar klarinette
        clarinete oboe bassoon fagott contrabassoon piccolo recorder ocarina whistle panflute
        panpipe bagpipe shakuhachi dizi duduk bansuri didgeridoo didge hulusi shehnai
        """,
    "mallets": """
        kalimba mbira marimba vibraphone vibrophone vibe xylophone xylo glockenspiel glock
        crotale bell handbell handpan idiophone
        """,
    "other": """
        wineglass accordion accordian accordeon akkordeon bandoneon concertina
        harmonica harp arpa banjo mandolin mandola mando uke ukulele ukelele guitalele lute oud
        bouzouki bouzuki balalaika sitar sarod santoor tanpura tambura koto shamisen erhu
        guzheng pipa yangqin zhongruan liuqin dilruba esraj sarangi veena santur saz baglama
        dulcimer psaltery zither autoharp charango cuatro
        tiple tres cavaquinho requinto vihuela jarana kora ngoni
        turntable deck
        """,
}

SOUNDS: dict[Family, str] = {
    "vocals": """
        soprano alto tenor baritone mezzo duet moan cough falsetto growl hum humming mob
        """,
    "backing_vocals": """
        harmony harmonie harm backing bck bkg bkgd bkgrd bgd cho
        hey yeah whoa woah ooh oo aah aahh ahh ah ohh haa
        """,
    "bass": """
        upright fretless reese wobble wub 808 303 svt ampeg contra
        """,
    "drums": """
        beat drumming groove 909 707 606 626 linn dmx tops breaks breakbeat
        """,
    "percussion": """
        percussive
        """,
    "synth": """
        synth syn synthesizer synthesiser sy arp arpeggio arpeggiator pluck plux stab
        moog minimoog juno jupiter prophet oberheim nord virus serum massive korg roland casio
        sequence sequencer seq oscillator saw sine square supersaw leads
        """,
    "keys": """
        key pf
        """,
    "pad": """
        pad drone
        """,
    "mallets": """
        mallet
        """,
    "fx": """
        fx sfx noise riser rise sweep swoosh whoosh swell atmos atmo atmosphere texture impact
        downlifter uplifter transition bleep blip beep zap laser siren vinyl crackle glitch
        soundscape foley applause thunder
        """,
    "strings": """
        pizz pizzicato arco spiccato staccato marcato legato bowed
        """,
    "other": """
        melody mel melodie melodia chord riff lick chug strum strumming plucked instrument
        """,
}

QUALITIES: dict[Family, str] = {
    "fx": """
        sound static reverse rev rain wind sea ocean bird audience crowd ambience field ambient
        telephone radio
        """,
    "guitar": """
        nylon steel slide feedback crunch dist distorted distortion wah clean tremolo
        """,
    "other": """
        acoustic acou aco electric elec elek ensemble chamber bari solo
        other music instrumental inst accompaniment playback karaoke
        """,
}

ROLES: dict[Family, str] = {
    "vocals": """
        lv vx male female man men woman women girl boy kid child children ladies
        breath breathing giggle sob sobbing cry crying speaker mc talk
        """,
    "lead_vocal": """
        lead ld
        """,
    "backing_vocals": """
        call response answer background bg back backup
        """,
    "bass": """
        sub low
        """,
    "drums": """
        loop top under hit fill build break programming prog programmed
        trash smash stack slap beater batter roll clicks dr
        """,
    "kick": """
        foot
        """,
    "snare": """
        bottom
        """,
    "toms": """
        rack floor ft
        """,
    "room": """
        room roommic rm amb crotch knee raum sala ambiente
        """,
    "fx": """
        effect sample drop boom tape echo delay rvb reverb verb send return
        """,
    "guitar": """
        rhythm rhy amp cab crush
        """,
    "electric_guitar": """
        eg
        """,
    "acoustic_guitar": """
        ag
        """,
    "other": """
        scratch scratching dj counter ac theme str
        """,
}

HINTS: dict[Family, str] = {
    "vocals": """
        chorus verse prechorus hook refrain couplet duo
        """,
    "vocal_double": """
        double doubled dbl dble triple trpl dt
        dopplung doppel gedoppelt doblado doblada doublage doublure doublee doppia raddoppio
        """,
    "backing_vocals": """
        bk
        """,
    "overheads": """
        over
        """,
    "brass": """
        hn
        """,
    "strings": """
        vn vc
        """,
    "other": """
        di pod sampler intro outro bridge interlude hi pair misc various
        """,
}

PHRASES: dict[Family, str] = {
    "vocals": """
        bass vox, bass vocal, bass voc, bass voice, bass singer, bass choir, drum vox, drum vocal,
        gtr vox, guitar vox, guitar vocal, keys vox, keys vocal, piano vox, piano vocal,
        leslie vox, leslie vocal, talk box, ad lib, a cappella, a capella, sing along, voice over
        """,
    "vocal_double": """
        vox echo, vocal echo, voice echo, vox delay, vocal delay, vox verb, vocal verb, vox reverb,
        vocal reverb, vox throw, vocal throw, dobra voz, dobra vocal
        """,
    "backing_vocals": """
        vocal de apoio, voz de apoio, segunda voz, tercera voz, terceira voz, seconda voce,
        terza voce, deuxieme voix, seconde voix, zweite stimme, dritte stimme, second voice,
        segunda voces, tercera voces, seconda voci
        """,
    "bass": """
        double bass, upright bass, synth bass, sub bass, sub synth, synth sub, sub sine, sine sub,
        string bass, guitar bass, gtr bass, keys bass, tb 303, e bass, sub drone, low synth,
        chapman stick, gitara basowa, guitare basse, basse guitare, chitarra basso, guitarra bajo,
        guitarra baixo
        """,
    "kick": """
        k in, k out, bass drum, double bass drum, gran cassa, grosse caisse, grosse trommel,
        bass kick, gc in, gc out
        """,
    "snare": """
        caisse claire, kleine trommel, piccolo snare,
        cc dessus, cc dessous, cc top, cc bot, cc bottom,
        side stick, side stk, cross stick, cross stk, x stick, x stk, rim shot, rim click
        """,
    "hihat": """
        high hat
        """,
    "toms": """
        timbal de piso, tom de piso, tom aereo, tom bass, tom basse
        """,
    "overheads": """
        over head
        """,
    "drums": """
        808 loop, 808 drum, tr 808, 808 beat, beat box, drum machine, front of kit,
        top loop, loop top, topper loop, amen break
        """,
    "pad": """
        vox pad, vocal pad, voice pad, voz pad, stimme pad, voix pad, voce pad, choir pad, aah pad,
        ooh pad, ah pad, oh pad, pad vox, pad voice, pad vocal, pad choir,
        melody pad, mel pad, sweep pad, swell pad, noise pad
        """,
    "acoustic_guitar": """
        a gtr, a guitar, a guit, a gt, a git, twelve string, 12 string, ac gui, aco gui,
        acoustic gui,
        bajo sexto, bajo quinto
        """,
    "strings": """
        hurdy gurdy
        """,
    "synth": """
        ob 6, ob 8, ms 20, sh 101, jp 8, d 50, voice synth, synth voice, vox stab, vocal stab,
        voice stab, vox pluck, vocal pluck, vox arp, vocal arp
        """,
    "keys": """
        cp 70, cp 80, vox keys
        """,
    "fx": """
        h 3000, ear candy
        """,
    "electric_guitar": """
        elec gui, electric gui, el gui, e gui, palm mute, power chord
        """,
    "organ": """
        ham top, ham bot, ham bottom, ham low, ham hi, ham high
        """,
    "percussion": """
        tam tam, cow bell, sleigh bell, jingle bell, bell tree,
        mark tree, wind chime, bar chime, finger cymbal, finger snap, finger click, hand clap,
        hand drum, wood block, temple block, rain stick, agogo bell, body perc, metal hit, sub hit,
        vocal perc, vocal percussion, vox perc, vox percussion, mouth perc,
        guitar perc, gtr perc, guitar body, gtr body, piano perc
        """,
    "other": """
        bass clarinet, bass clar, bass flute, bass trombone, bass bone, bass sax, bass saxophone,
        bass trumpet, bass recorder, bass oboe, bass harmonica, bass marimba, bass tuba,
        bass bassoon, bass accordion, bass banjo, bass mandolin,
        steel drum, steel pan, tongue drum, hang drum, thumb piano, jaw harp, jew harp,
        mouth harp, perc organ, percussion organ, percussive organ, music box, orch hit, sub drop,
        sub boom, bass drop, backing track, minus one, vox organ, vox continental, vox amp, vox ac,
        gtr vox amp, gtr vox ac, guitar vox amp, b 3, m 1, dx 7, lap steel, pedal steel,
        glass harp, musical saw, singing saw, singing bowl, wine glass, tubular chime, pan pipe,
        snare guitar, key click
        """,
}

# Sounds of drum machines, which their panels call by two letters: 808 CP, TR-909 OH.
DRUM_MACHINES = ("808", "909", "707", "606")
MACHINE_SOUNDS: dict[Family, str] = {
    "kick": "bd",
    "snare": "sd rs",
    "hihat": "ch oh hh",
    "toms": "lt mt ht",
    "cymbals": "cy cc rc",
    "percussion": "cp cb ma cl lc mc hc",
}

# Words that describe a source where they are written together with its name, in front of it or
# behind it: lighthat, warmpad, technokick, stringsection. Alone they are in titles and say nothing.
DESCRIBING_BEFORE = """
    light tight deep fat phat big huge hard heavy cold warm bright dark punchy crispy crisp dirty
    dusty fuzzy gritty lofi vintage analog analogue digital modern classic real live thin thick
    wide airy icy glassy glass golden silver metallic metal wooden plastic super mega ultra mini
    half open closed pedal ghost muted trap house techno trance dub dubstep drill jungle garage
    disco funk funky jazz jazzy rock pop punk soul tribal ethnic african indian orchestral
    cinematic epic acid grand felt honky church pipe french english german white pink tonal melodic
    rhythmic fast slow
"""
DESCRIBING_AFTER = """
    section sections tail tails shot shots harmonic harmonics chop chops throw throws open closed
"""

# All but the voice in one file: a mix, if the folder has its parts as well.
WHOLE_BACKINGS = frozenset(
    ("instrumental", "inst", "accompaniment", "backing track", "minus one", "playback", "karaoke")
)

# Words that say nothing about the source but take part in run-together names: kickin, bassdi.
NEUTRAL = """
    in out up down left right center centre mic mik close far near dry wet inside outside
    front rear side middle mid new old alt take comp edit stem track audio mono one two three
    four five pt part and with the trig trigger raw tuned bus sum layer short long big
    small soft hard loud electro line l r buss submix subgroup group grp all no minus without
    removed version
    """
