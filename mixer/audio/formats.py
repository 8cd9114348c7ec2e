"""The audio formats: what can be read, what can be written, and what each holds.

One record a format; options, columns, checks and estimates of size derive from it. Nothing heavy is
imported, so that command lines and plans can ask without loading an audio library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mixer.errors import SettingsError

# Read by libsndfile.
PLAIN_SUFFIXES = frozenset(
    {".wav", ".wave", ".bwf", ".flac", ".aif", ".aiff", ".aifc", ".mp3", ".ogg", ".oga", ".opus"}
    | {".caf", ".w64", ".rf64", ".bw64", ".au", ".snd", ".mp2", ".mp1", ".voc", ".8svx", ".svx"}
    | {".sf", ".ircam", ".nist", ".sph", ".paf", ".pvf", ".avr"}
)
# Read by PyAV, which the codecs extra installs.
CODEC_SUFFIXES = frozenset(
    {".m4a", ".mp4", ".m4b", ".m4r", ".aac", ".adts", ".alac", ".wma", ".asf", ".wv", ".mka"}
    | {".webm", ".weba", ".ac3", ".eac3", ".dts", ".ape", ".tta", ".tak", ".mpc", ".amr", ".3gp"}
    | {".spx", ".dsf", ".dff", ".oma", ".ra"}
)
INPUT_SUFFIXES = PLAIN_SUFFIXES | CODEC_SUFFIXES
# Read by PyAV as well where they hold no picture.
VIDEO_SUFFIXES = frozenset({".mov", ".mkv", ".avi", ".wmv", ".m4v", ".flv", ".mpg", ".mpeg"})
_UNFINISHED = "an unfinished download; finish it first"
_UNFINISHED_SUFFIXES = (
    ".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".!ut", ".!qb",
    ".bc!", ".aria2",
)  # fmt: skip
_ARCHIVE = "an archive; unpack it first"
# Files that are not read although they may be meant as audio, and why.
UNREAD_SUFFIXES: Mapping[str, str] = {
    ".sd2": "Sound Designer II; convert it to WAV",
    ".rx2": "a REX loop; convert it to WAV",
    ".rex": "a REX loop; convert it to WAV",
    ".mid": "notes without sound; render them to WAV",
    ".midi": "notes without sound; render them to WAV",
    ".cda": "a link to a CD track; copy the track itself",
    ".icloud": "still in iCloud; download it first",
    **dict.fromkeys(_UNFINISHED_SUFFIXES, _UNFINISHED),
    **dict.fromkeys((".zip", ".rar", ".7z", ".gz", ".tar", ".xz", ".bz2", ".zst"), _ARCHIVE),
}
_OTHER_AUDIO = frozenset({".sd2"})  # a name that ends so is a file's, though it is not read
# Several stems in one file, by Native Instruments.
STEM_CONTAINER_SUFFIXES = (".stem.mp4", ".stem.m4a")
_LONGEST_FIRST = (*STEM_CONTAINER_SUFFIXES, *sorted(INPUT_SUFFIXES | VIDEO_SUFFIXES | _OTHER_AUDIO))

SAMPLE_RATES_HZ = (8_000, 384_000)
# Bytes of a sample of each depth.
BIT_DEPTHS: Mapping[str, int] = {"16": 2, "24": 3, "32f": 4}
DEFAULT_BIT_DEPTH = "24"
# Below this a mix is not what it was.
_LEAST_GOOD_RATE_HZ = 32_000
_PCM = {"16": "PCM_16", "24": "PCM_24"}


@dataclass(frozen=True)
class AudioFormat:
    """A format that mixes are written in.

    Attributes:
        name: what `--format` and a file's ending call it.
        title: for messages.
        container: libsndfile's name.
        subtypes: bit depth to libsndfile's subtype; a lossy format has one, under "".
        options: further arguments of `soundfile.SoundFile`.
        rates_hz: the only sample rates it holds; () for any up to the highest.
        highest_rate_hz: highest sample rate it holds; None for no limit.
        any_rate_up_to_hz: above this, only multiples of 10 Hz; None for no such limit.
        pcm_share: file size relative to the raw samples, an upper estimate.
        lossy_bytes_per_s: bytes per second of stereo in a lossy format, an upper estimate.
        bitrates_kbps: bit rates that can be requested; () if only quality can be set.
        default_kbps: bit rate if neither is given; 0 if the default is a quality.
        has_quality: whether a quality can be given instead, with a variable bit rate.
        encoder: FFmpeg's encoder name if PyAV writes the format; empty if libsndfile does.
    """

    name: str
    title: str
    container: str
    subtypes: Mapping[str, str]
    options: Mapping[str, str | float] = field(default_factory=dict)
    rates_hz: tuple[int, ...] = ()
    highest_rate_hz: int | None = None
    any_rate_up_to_hz: int | None = None
    pcm_share: float = 1.0
    lossy_bytes_per_s: int = 0
    bitrates_kbps: tuple[int, ...] = ()
    default_kbps: int = 0
    has_quality: bool = False
    encoder: str = ""

    @property
    def is_lossy(self) -> bool:
        """Whether it has no bit depth."""
        return "" in self.subtypes

    @property
    def is_compressed(self) -> bool:
        """Whether the file size depends on the content, so that it can only be estimated."""
        return self.is_lossy or self.pcm_share < 1.0

    def subtype(self, bit_depth: str) -> str:
        """libsndfile's subtype; the depth does not matter to a lossy format."""
        return self.subtypes["" if self.is_lossy else bit_depth]

    def file_bytes(self, bit_depth: str, n_samples: int, duration_s: float) -> int:
        """Estimated size of a stereo file in bytes, rounded up generously."""
        if self.is_lossy:
            return int(self.lossy_bytes_per_s * duration_s)
        return int(2 * BIT_DEPTHS[bit_depth] * n_samples * self.pcm_share)


@dataclass(frozen=True)
class LossyCoding:
    """Bit rate or quality of a lossy format; at most one of the two is set.

    Attributes:
        bitrate_kbps: constant, one of `AudioFormat.bitrates_kbps`.
        quality: 0 (smallest) to 10 (best), with a bit rate that varies.
    """

    bitrate_kbps: int | None = None
    quality: float | None = None


# At what the format's own record says.
USUAL_CODING = LossyCoding()

_ALL_FORMATS = (
    AudioFormat("wav", "WAV", "WAV", _PCM | {"32f": "FLOAT"}),
    AudioFormat(
        "flac",
        "FLAC",
        "FLAC",
        _PCM,
        highest_rate_hz=655_350,
        any_rate_up_to_hz=65_535,  # beyond it a rate is stored in tens of Hz
        pcm_share=0.8,
    ),
    AudioFormat(
        "mp3",
        "MP3",
        "MP3",
        {"": "MPEG_LAYER_III"},
        {"bitrate_mode": "CONSTANT", "compression_level": 0.0},
        rates_hz=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        lossy_bytes_per_s=40_000,
        bitrates_kbps=(32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
        default_kbps=320,
        has_quality=True,
    ),
    AudioFormat(
        "ogg",
        "Ogg Vorbis",
        "OGG",
        {"": "VORBIS"},
        {"compression_level": 0.2},
        highest_rate_hz=200_000,  # libvorbis ends the process beyond it
        lossy_bytes_per_s=40_000,
        has_quality=True,
    ),
    AudioFormat(
        "opus",
        "Opus",
        "OGG",
        {"": "OPUS"},
        rates_hz=(8_000, 12_000, 16_000, 24_000, 48_000),
        lossy_bytes_per_s=64_000,
        bitrates_kbps=(32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 510),
        default_kbps=192,
    ),
    AudioFormat(
        "m4a",
        "AAC",
        "ipod",
        {"": "AAC"},
        rates_hz=(
            8_000,
            11_025,
            12_000,
            16_000,
            22_050,
            24_000,
            32_000,
            44_100,
            48_000,
            88_200,
            96_000,
        ),
        lossy_bytes_per_s=48_000,
        bitrates_kbps=(64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
        default_kbps=256,
        encoder="aac",
    ),
)
FORMATS: Mapping[str, AudioFormat] = {one.name: one for one in _ALL_FORMATS}
DEFAULT_FORMAT = "wav"


def suffix_of(name: str) -> str:
    """A file name's ending as `PurePath.suffix` gives it, in lower case.

    Without a path: a plan of a batch asks it of files by the tens of thousands.
    """
    base = name[name.rfind("/") + 1 :]
    place = base.rfind(".")
    return base[place:].lower() if 0 < place < len(base) - 1 else ""


def is_audio_name(name: str) -> bool:
    """Whether a file name ends like audio that mixer reads (m4a and mp4 with the codecs extra)."""
    return suffix_of(name) in INPUT_SUFFIXES


def is_any_audio_name(name: str) -> bool:
    """Whether a file name ends like audio at all, read by mixer or not."""
    return suffix_of(name) in INPUT_SUFFIXES | _OTHER_AUDIO


def is_stem_container_name(name: str) -> bool:
    """Whether a file is a stem container by its name."""
    return name.lower().endswith(STEM_CONTAINER_SUFFIXES)


@lru_cache(4_096)
def without_audio_suffix(name: str) -> str:
    """A file name without its ending, if that is one of audio."""
    lower = name.lower()
    for suffix in _LONGEST_FIRST if lower.endswith(_LONGEST_FIRST) else ():
        if lower.endswith(suffix):
            return name[: -len(suffix)]
    return name


def refuse_depth(file_format: str, bit_depth: str) -> None:
    """Raise SettingsError if one of `FORMATS` cannot hold one of `BIT_DEPTHS`."""
    of_format = FORMATS[file_format]
    if not of_format.is_lossy and bit_depth not in of_format.subtypes:
        depths = " or ".join(of_format.subtypes)
        raise SettingsError(
            f"{of_format.title} supports {depths} bit, not {bit_depth}; "
            "choose another format or bit depth"
        )


def refuse_coding(file_format: str, coding: LossyCoding) -> None:
    """Raise SettingsError if one of `FORMATS` is not written at such a bit rate or quality."""
    of_format = FORMATS[file_format]
    if coding.bitrate_kbps is not None and coding.quality is not None:
        raise SettingsError("a bit rate and a quality contradict each other; give one")
    if coding.quality is not None and not of_format.has_quality:
        having = " or ".join(one.title for one in FORMATS.values() if one.has_quality)
        raise SettingsError(f"{of_format.title} has no quality setting; {having} does")
    kbps = coding.bitrate_kbps
    if kbps is None or kbps in of_format.bitrates_kbps:
        return
    if not of_format.bitrates_kbps:
        instead = "give --quality" if of_format.has_quality else "it is lossless"
        raise SettingsError(f"{of_format.title} has no bit rate setting; {instead}")
    known = ", ".join(map(str, of_format.bitrates_kbps))
    raise SettingsError(f"{of_format.title} is written at {known} kbit/s, not {kbps}")


def fitting_rate(file_format: str, sample_rate: int) -> int:
    """The sample rate in Hz for a mix in a format: the mix's own if supported, else the best fit.

    The best fit is the highest supported rate that divides the mix's (96 000 becomes 48 000,
    88 200 becomes 44 100), else the next higher one, so that no treble is lost, else the highest.
    """
    rates = FORMATS[file_format].rates_hz
    if not rates or sample_rate in rates:
        return sample_rate
    dividing = [rate for rate in rates if sample_rate % rate == 0 and rate >= _LEAST_GOOD_RATE_HZ]
    higher = [rate for rate in rates if rate > sample_rate]
    return max(dividing) if dividing else min(higher, default=max(rates))


def refuse_depth_of_lossy(file_format: str, bit_depth: str) -> None:
    """Raise SettingsError if a bit depth is given for a format without one."""
    of_format = FORMATS[file_format]
    if of_format.is_lossy:
        also = "--bitrate" if of_format.bitrates_kbps else "--quality"
        raise SettingsError(
            f"{of_format.title} has no bit depth, so {bit_depth} bit does not apply; leave it out "
            f"({also} sets its quality), or choose wav or flac"
        )


def refuse_rate(file_format: str, sample_rate: int) -> None:
    """Raise SettingsError if one of `FORMATS` cannot hold a sample rate in Hz."""
    of_format = FORMATS[file_format]
    if of_format.rates_hz:
        rates = ", ".join(map(str, of_format.rates_hz)) + " Hz"
        fits = sample_rate in of_format.rates_hz
    else:
        highest_hz = of_format.highest_rate_hz or sample_rate
        any_up_to_hz = of_format.any_rate_up_to_hz or sample_rate
        rates = f"at most {highest_hz} Hz"
        rates += f", and multiples of 10 above {any_up_to_hz}" if any_up_to_hz < highest_hz else ""
        fits = sample_rate <= highest_hz and (sample_rate <= any_up_to_hz or sample_rate % 10 == 0)
    if not fits:
        raise SettingsError(
            f"{of_format.title} supports {rates}, not {sample_rate}; choose a sample rate of 48000"
        )


@dataclass(frozen=True)
class FileCoding:
    """Coding of the files of a mix.

    Attributes:
        format: one of `FORMATS`.
        bit_depth: one of `BIT_DEPTHS`; lossy formats have none and ignore it.
        lossy: bit rate or quality of a lossy format.
    """

    format: str
    bit_depth: str = DEFAULT_BIT_DEPTH
    lossy: LossyCoding = USUAL_CODING

    @property
    def holds_any_level(self) -> bool:
        """Whether samples beyond full scale are written as they are."""
        return not FORMATS[self.format].is_lossy and self.bit_depth == "32f"
