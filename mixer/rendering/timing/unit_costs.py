"""Cost of each step of a render and of writing it: the one table for all forecasts.

Seconds of one core for each second of song, stereo at 44.1 kHz, unless a name ends in `_S`: those
are seconds whatever the length. `python -m benchmarks.unit_costs --write` measures them again. They
are those of one machine; how fast another one is, `mixer.rendering.timing.machine_pace` tells. What
a network costs its architecture says (`mixer.network.architecture`).
"""

from __future__ import annotations

from typing import NamedTuple

from mixer.rendering.timing.progress import Stage

# What `mixer.rendering.timing.machine_pace` measures, in seconds whatever the length.
PROBE_S = 0.00036
# To load a song: to read the header of a file, to look for its offset, to read excerpts, to compare
# two of them, to hear what a file is whose name does not tell.
READ_A_HEADER_S, FIND_AN_OFFSET_S, READ_EXCERPTS_S = 0.00045, 0.00067, 0.0086
COMPARE_TWO_S, HEAR_A_NAME_S = 0.00012, 0.12
# To begin with that, and to plan what follows.
BEGIN_TO_LOAD_S, PLAN_A_MIX_S = 0.0037, 0.039
# Work after loading, about: a mix, and each recording in it; or a check of each recording.
ABOUT_A_MIX, ABOUT_A_RECORDING, CHECK_A_RECORDING = 0.0033, 0.0027, 0.0015
# A recording without a network, which is all normalisation, and by one of the paper's kind.
ABOUT_A_NORMALISED_RECORDING, ABOUT_A_RECORDING_BY_PAPER = 0.0092, 0.018
# A take of which all is kept but its desk and its master, and each track whose strip runs again.
ABOUT_A_TAKE, ABOUT_A_TRACK_OF_A_TAKE = 0.0077, 0.0033
# To load what measures references, before a render is planned; to measure one.
BEGIN_REFERENCES_S, A_REFERENCE_S, MEASURE_A_REFERENCE = 0.088, 0.028, 0.0056
# To read a recording, as samples or encoded; to measure a stem before and after.
READ_A_STEM, DECODE_A_STEM, MEASURE_BEFORE, MEASURE_AFTER = 0.00038, 0.0013, 0.00051, 0.000075
# To find a stem that an earlier take has kept; to keep one.
FIND_NORMALISED, KEEP_NORMALISED = 0.00037, 0.00031
# A channel that is compressed, and the share of all that is.
A_COMPRESSED_CHANNEL, USUALLY_COMPRESSED = 0.0021, 0.45


class EffectCost(NamedTuple):
    """Cost of an effect: per stem, measurements included, and per channel."""

    fixed: float
    a_channel: float = 0.0


EFFECTS = {
    "pre_reverb": EffectCost(0.0039),
    "reverb": EffectCost(0.0036),
    "eq": EffectCost(0.0006, 0.00088),
    "compression": EffectCost(0.0006, 0.00023),
    "panning": EffectCost(0.00078),
    "balance": EffectCost(0.000061),
    "loudness": EffectCost(0.0006),
}
# Measurements of a stem before its first effect, by the effect that will need them.
LISTENED = {"panning": 0.00041}

# To begin, whatever the length: libraries that are loaded, a model that is opened; and for each
# track a file that is opened and filters that are set.
BEGIN_S, BEGIN_A_NETWORK_S, BEGIN_A_TRACK_S = 0.0078, 0.053, 0.0016
LISTEN_TO_A_TRACK, STRIP_OF_A_TRACK = 0.00088, 0.001
# The bus of a group, or of all of them: one thread.
A_BUS = 0.00076
# To make a wet track of its own and write it aside.
KEEP_A_TRACK = 0.00068
# To read a recording, or a track, once more.
READ_AGAIN = 0.00017
# To decode a recording only to find its damage.
LOOK_FOR_DAMAGE = 0.0019
# To find a track after its strip that an earlier mix has kept.
FIND_A_TRACK = 0.000061
# To find a stem that an earlier take has kept, by stage.
FIND = {Stage.NORMALISE: FIND_NORMALISED, Stage.NETWORK: 0.00025, Stage.LISTEN: 0.00012}
# Share of it that it takes to find again what this process has kept or found: it is not checked.
FIND_AGAIN = 1.0
# To keep one for later takes; to hash a part of the mix.
KEEP = {Stage.NORMALISE: KEEP_NORMALISED, Stage.NETWORK: 0.00037, Stage.LISTEN: 0.000092}
HASH_A_PART = 0.00024
# To match a mix with a reference: to measure its stems, to find the moves, to make them.
BEGIN_TO_MEASURE_S, MEASURE_STEMS, MEASURE_MOVED = 0.04, 0.0054, 0.0068
BEGIN_TO_SOLVE_S, SOLVE = 0.2, 0.00084
MOVE_STEMS = 0.0052
# To listen to the mix that others vary; to mix, measure and master one of these.
LISTEN_TO_THE_FIRST, A_VARIATION_OF_A_MIX = 0.0012, 0.0012
# To hear how loud a mix or a stem is; a strip on the desk, and what is in it; to sum the desk.
HEAR_A_LOUDNESS = 0.00049
A_STRIP, SUM_A_DESK = 0.000098, 0.000089
IN_A_STRIP = {"compressor": 0.0052, "saturation": 0.0069, "gate": 0.0035, "de_esser": 0.0052}
A_PLUGIN, A_SEND = 0.0085, 0.0042
# A network that answers with all wet stems as well, beside one that answers with a mix alone.
BEGIN_WET_STEMS_S, WITH_WET_STEMS = 0.027, 2.2
# To find out what incoming levels mean, and to bring them to usual ones.
USUAL_LEVELS = 0.0021
# To ask a model of stems, or one of tracks, how sure it is.
BEGIN_TO_ASK_S, ASK = 0.12, 0.0046
BEGIN_TO_ASK_TRACKS_S, ASK_TRACKS = 0.14, 0.0016
MASTER, TO_A_LOUDNESS, MEASURE_A_WET_STEM = 0.00053, 0.018, 0.00051
# In the studio: to store a source's samples; to hear what a bus does.
STORE_A_SOURCE, HEAR_A_BUS = 0.00074, 0.0014

BEGIN_TO_WRITE_S = 0.003
# To hash a recording; to write a file, by formats; to measure one that is not the mix, which was
# measured; to make a version.
HASH_A_RECORDING, MEASURE_A_FILE = 0.00016, 0.00052
A_FILE = {"wav": 0.00067, "flac": 0.0018}
A_LOSSY_FILE = 0.027
A_VERSION, TRANSLATION, MEASURE_A_REPORT = 0.0003, 0.029, 0.028
# To begin with each of them, whatever the length.
BEGIN_VERSIONS_S, BEGIN_TRANSLATION_S, BEGIN_REPORT_S = 0.065, 0.18, 0.1
# To write the copies that a report plays from beside it.
COPIES = 0.0039
# To encode what a report plays of a source from inside.
A_PREVIEW = 0.026
# A session, and each recording's strip in it.
BEGIN_SESSION_S, A_SESSION, STRIP_IN_A_SESSION = 0.26, 0.022, 0.005
