"""Words of files that are not parts of the song: mixes, bounces, clicks, guides, references.

In the mix, a bounce would double the song and a click would be audible. The certainty of a word
decides its precedence: see `mixer.song.names.track_word_tables`. None of these words is searched
for inside another word: a refrain is not a reference.
"""

# A guide or a reference stays one, whatever instrument plays it; nor is an unused take a part.
ALWAYS = """
    unused guide reference ref metronome countin countoff talkback smpte timecode ltc
    guidevox guidevocal guidegtr guidetrack guidetrk refvox reftrack refmix scratchvox scratchgtr
    scratchvocal scratchtrack clicktrack clicktrk roughmix finalmix fullmix monitormix pilotvox
    """

# Phrases that are as sure, whatever else the name says.
PHRASES_ALWAYS = """
    full mix, rough mix, ref mix, final mix, monitor mix, tv mix, demo mix, cue mix, board mix,
    desk mix, foh mix, main mix, stereo mix, radio mix, club mix, live mix, mix down, mix minus,
    rough bounce, full song, count in, count off, click track, tempo track, tempo map,
    time code, talk back, scratch vox, scratch vocal, scratch voc, scratch voice,
    scratch guitar, scratch gtr, scratch track, scratch lead, scratch piano, scratch bass,
    scratch keys, pilot vox, pilot vocal, pilot track, tv track
    """

# Left out only where nothing that sounds is named: a drums mix is drums, a synth master a synth.
MIXES = """
    mixture mixdown mix mixes mixx mixed premaster master mastered mastering mstr mst mstrd
    remaster remastered unmastered click preview cue tempo slate count stereomix mixbus masterbus
    conductor metro twotrack underscore cutdown
    """
PHRASES_OF_MIXES = """
    2 bus, two bus, 2 track, two track, 2 trk, 2 tr, stereo out, main out, main outs, full track,
    mix bus, l r mix, main l r, main lr, foh lr, stereo bus, sync pop, sync beep, 2 pop, two pop,
    15 s, 30 s, 60 s, 90 s, 15 sec, 30 sec, 60 sec, 90 sec, 15 second, 30 second, 60 second
    """

# How a file was exported: of anything that plays a role in the song, a part all the same.
EXPORTS = """
    rough bounce bounced print printed
    """

# Names of mixes that mean something else in a name that says more: Main Vox, Final Chorus.
WEAK = """
    main final lr stereo full export exported render rendered foh demo summe somme
    """
PHRASES_WEAK = """
    l r
    """

# With a word of mixes, and not mixes: the main microphones before an orchestra or a choir.
PHRASES_OF_PARTS = """
    main pair, main mic, main array, main tree, main stereo pair, main ortf, main xy, main ab,
    main ms, stereo pair, stereo mic, mix channel
    """

# All tracks of an instrument in one file, if they are there one by one as well.
SUMS = frozenset(
    ("sum", "bus", "buss", "submix", "subgroup", "group", "grp", "gruppe", "groupe", "grupo",
     "gruppo", "all", "mix", "mixed", "mixdown", "master", "full", "summed", "summing", "premix",
     "combined", "complete")
)  # fmt: skip
