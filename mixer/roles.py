"""What part a track plays in its stem: kick, lead vocal, pad ..., and the words that say so.

A stem says where a track is summed; a role says how an engineer treats it.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes:
        name: as it is written in presets and reports.
        stem: the stem that it is summed into.
        words: words and phrases of track names, comma-separated, in the vocabulary's form; they may
            name the role of a track of its stem only.
    """

    name: str
    stem: str
    words: str = ""


# The order is that of a session's track list, and that of a model's inputs: new ones go last.
ROLES = (
    Role("kick", "drums", "kick, kik, kic, kck, bd, kd, bass drum, bass kick, gran cassa, bombo"),
    Role(
        "snare",
        "drums",
        "snare, snr, sn, sd, rim, rimshot, rim shot, sidestick, side stick, crosstick, "
        "cross stick, xstick, piccolo snare, caixa, redoblante, clap, hand clap, handclap, "
        "clapping, snap, fingersnap, finger snap, finger click, caisse claire",
    ),
    Role("hihat", "drums", "hat, hh, hihat, high hat"),
    Role("toms", "drums", "tom, rototom, floor, rack"),
    Role("overheads", "drums", "overhead, over head, ovhd, ovh, oh, ohl, ohr"),
    Role(
        "cymbals",
        "drums",
        "cymbal, cym, cymb, crash, ride, splash, china, sizzle, cymbale, finger cymbal, becken",
    ),
    Role("room", "drums", "room, rm, amb, fok, crotch, trash, front of kit"),
    Role(
        "percussion",
        "drums",
        "perc, percussion, prc, percusion, percussao, tambourine, tamb, tambo, tamborine, "
        "tamburin, shaker, maraca, cowbell, cow bell, cbell, conga, bongo, djembe, cajon, tabla, "
        "timbale, triangle, guiro, cabasa, woodblock, wood block, timpani, taiko, surdo, "
        "body perc, hand drum, stomp, stomping, bell tree, wind chime, jingle, beatbox, claves",
    ),
    Role(
        "drum_loop",
        "drums",
        "drum, drm, kit, beat, loop, groove, break, breakbeat, tops, top, drum machine, dmx, linn, "
        "linndrum, 909, 707, 606, 626, 808 loop, 808 drum, 808 beat, tr 808, drumming, "
        "schlagzeug, batterie, bateria, batteria, fill, build, hit, crush",
    ),
    Role(
        "bass",
        "bass",
        "bass, basse, bassline, ebass, pbass, jbass, basso, bajo, baixo, e bass, contrabass, "
        "kontrabass, double bass, upright bass, upright, fretless, synth bass, guitar bass, di",
    ),
    Role("sub", "bass", "sub, 808, sub bass, sub synth, synth sub, sub sine, sine sub, sub drone"),
    Role(
        "electric_guitar",
        "other",
        "guitar, gtr, git, guit, gtar, gitar, gitarre, guitarra, guitare, chitarra, egtr, elgtr, "
        "strat, stratocaster, tele, telecaster, lespaul, gretsch, rickenbacker, dist, distorted, "
        "distortion, riff, lick, chug, crunch, ebow, lap steel, pedal steel, dobro, slide, amp",
    ),
    Role(
        "acoustic_guitar",
        "other",
        "acgtr, agtr, violao, acoustic, acou, nylon, ukulele, uke, banjo, mandolin, mando, "
        "bouzouki, lute, oud, requinto, cuatro, charango, strum, strumming, harp, autoharp, steel",
    ),
    Role(
        "keys",
        "other",
        "piano, pno, klavier, fortepiano, epiano, ep, rhodes, wurli, wurly, whirly, wurlitzer, "
        "keys, keyboard, keyb, kbd, kb, clav, clavi, clavinet, harpsichord, cembalo, celesta, "
        "marimba, vibraphone, vibe, xylophone, glockenspiel, glock, kalimba, mallet, bell, dx 7",
    ),
    Role(
        "organ",
        "other",
        "organ, org, orgel, organo, hammond, leslie, farfisa, accordion, harmonium, harmonica, "
        "vox organ, vox continental, b 3, perc organ, melodica, bandoneon",
    ),
    Role(
        "lead_synth",
        "other",
        "synth, syn, synthesizer, sy, lead, leads, melody, mel, melodie, melodia, stab, moog, "
        "minimoog, minilogue, juno, jupiter, prophet, saw, square, supersaw, theme, hook, solo, "
        "theremin, virus, serum, massive, fm",
    ),
    Role("pad", "other", "pad, drone, atmos, atmosphere, texture, chord, mellotron, choir pad"),
    Role(
        "arp",
        "other",
        "arp, arpeggio, arpeggiator, sequence, sequencer, seq, pluck, plux, bleep, blip",
    ),
    Role(
        "strings",
        "other",
        "string, strg, vl, vln, violin, violine, viola, vla, fiddle, cello, celli, vcl, "
        "violoncello, quartet, orchestra, orch, orchestral, pizz, pizzicato, legato, staccato, "
        "ensemble, orch hit",
    ),
    Role(
        "brass",
        "other",
        "brass, horn, trumpet, tpt, trp, trombone, tbn, trb, bone, cornet, flugel, flugelhorn, "
        "tuba, sousaphone, bass trombone",
    ),
    Role(
        "woodwind",
        "other",
        "sax, saxes, saxophone, saxofon, saxo, woodwind, flute, flauta, clarinet, clar, oboe, "
        "bassoon, piccolo, recorder, whistle, bass clarinet, bari",
    ),
    Role(
        "fx",
        "other",
        "fx, sfx, effect, sound, soundscape, noise, riser, rise, sweep, swoosh, whoosh, swell, "
        "impact, downlifter, uplifter, transition, zap, laser, siren, vinyl, crackle, glitch, "
        "reverse, rev, foley, ambience, sample, scratch, drop, boom, microcosm, echo, delay, tape",
    ),
    Role(
        "lead_vocal",
        "vocals",
        "vox, vocal, voc, voice, vocalist, singer, singing, lead, ld, main, lv, lvox, lvoc, ldvox, "
        "ldvoc, ldv, rap, rapper, rapping, mc, emcee, speech, spoken, stimme, voz, voix, canto, "
        "acapella, a cappella, narrator, male, female",
    ),
    Role(
        "vocal_double",
        "vocals",
        "double, doubled, dbl, dble, triple, trpl, dt, adlib, ad lib, duo, whisper",
    ),
    Role(
        "backing_vocals",
        "vocals",
        "bv, bgv, bkv, bkgv, bgvox, gvox, bvox, bvoc, bgvoc, background, bg, backing, back, "
        "backup, bck, bkg, harmony, harmonie, harm, gang, shout, shouting, answer, response, "
        "soprano, alto, tenor, baritone, ooh, oo, aah, aahh, ah, hey, chorus, vocoder, talkbox",
    ),
    Role("choir", "vocals", "choir, chor, chorale, coro, ensemble, children, kid, mob"),
    Role("vocal_stem", "vocals"),
    Role("bass_stem", "bass"),
    Role("drum_stem", "drums"),
    Role("other_stem", "other"),
    Role(UNKNOWN, "other"),
)
ROLE_NAMES = tuple(role.name for role in ROLES)
STEM_OF_ROLE = {role.name: role.stem for role in ROLES}
# The role of a file that holds a whole stem, mixed already.
FINISHED_STEM = {
    "vocals": "vocal_stem",
    "bass": "bass_stem",
    "drums": "drum_stem",
    "other": "other_stem",
}
