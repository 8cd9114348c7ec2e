"""The report's words and figures: what was requested, what was done to each stem, from which files.

These are plain HTML tables, there without a script too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields

from mixer.console.settings import Strip
from mixer.files.wording import counted, quote
from mixer.files.wording import joined as joined_words
from mixer.fxnorm.chain import StemFigures
from mixer.rendering.mix import Measurements
from mixer.rendering.tracks.track_words import (
    added_words,
    bus_words,
    is_touched,
    space_words,
    track_words,
)
from mixer.report.data import MIX, ReportData
from mixer.report.markup import Html, element, joined, name
from mixer.report.report_masking import ALL_OTHERS
from mixer.report.report_words import NOTHING, duration, number, rows, with_minus, words
from mixer.song.names.short_names import shared_beginning, short_names
from mixer.stems import STEMS

_NOT_MEASURED: StemFigures = {"loudness_lufs": None, "peak_dbfs": None, "balance_db": None}
# Longer lists of files are folded away.
_MOST_FILES_OPEN = 12


def colour_of(stem: str, stems: Iterable[str]) -> str:
    """Class that gives a stem its colour everywhere in the report."""
    own: list[str] = [*STEMS, *(s for s in stems if s not in STEMS)]
    return f"stem-{own.index(stem) % 8}"


def header(data: ReportData) -> Html:
    """Song, model, and the figures that one looks for first."""
    mix = data.mix
    model = "no model: the sum of the normalised stems"
    if mix.model:
        model = f"model {mix.model['name']}"
    elif mix.measurements["tracks"]:
        model = f"model {mix.plan.model_name}: no network"
    if mix.settings.amount == 0.0:
        model = "no model: the plain sum of the recordings"
    facts = [duration(data.duration_s), f"{mix.sample_rate / 1000:g} kHz", model]
    if mix.presets:
        names = joined_words([preset["name"] for preset in mix.presets], "and")
        facts.append(f"{'preset' if len(mix.presets) == 1 else 'presets'} {names}")
    if mix.device:
        facts.append(f"on {mix.device}")
    return element(
        "header",
        element("p", "Mix report", class_="kicker"),
        element("h1", name(mix.song.name)),
        element("p", joined(*(element("span", fact) for fact in facts)), class_="facts"),
        element("dl", *_tiles(data), class_="tiles"),
        element("p", joined(with_minus(loudness_sentence(data))), class_="sentence"),
        None if mix.verdict is None else element("p", mix.verdict, class_="sentence"),
        _warnings(data.warnings),
    )


def _tiles(data: ReportData) -> list[Html]:
    settings, master = data.mix.settings, data.mix.measurements["master"]
    goal = number(settings.loudness_lufs, "LUFS")
    ceiling = number(settings.true_peak_dbtp, "dBTP")
    limited = number(100.0 * master["limited_share"], "%", 1)
    figures = data.figures
    tiles = [
        (
            "Loudness",
            number(master["loudness_lufs"], "LUFS"),
            "no target" if goal == NOTHING else f"target {goal}",
        ),
        (
            "True peak",
            number(master["true_peak_dbtp"], "dBTP"),
            "no ceiling" if ceiling == NOTHING else f"ceiling {ceiling}",
        ),
        ("Loudness range", number(figures.get("loudness_range_lu"), "LU"), "EBU Tech 3342"),
        (
            "Peak to loudness",
            number(figures.get("peak_to_loudness_lu"), "LU"),
            f"crest factor {number(figures.get('crest_factor_db'), 'dB')}",
        ),
        (
            "Limiter",
            number(-master["max_reduction_db"], "dB"),
            f"deepest; {limited} of samples",
        ),
        ("Master gain", number(master["gain_db"], "dB", signed=True), "before the limiter"),
    ]
    return [
        element("div", element("dt", label), element("dd", value), element("dd", note))
        for label, value, note in tiles
    ]


def loudness_sentence(data: ReportData) -> str:
    """Loudness of the mix against the request, and what the limiter did for it."""
    settings, master = data.mix.settings, data.mix.measurements["master"]
    lufs, peak_dbtp = master["loudness_lufs"], master["true_peak_dbtp"]
    if lufs is None:
        return "The mix is silent."
    said = f"The mix is at {lufs:.1f} LUFS"
    target_lufs = settings.loudness_lufs
    if target_lufs is None:
        said += ", with no loudness target"
    elif abs(lufs - target_lufs) <= 0.1:
        said += f", on its target of {target_lufs:g}"
    else:
        side = "above" if lufs > target_lufs else "below"
        said += f", {abs(lufs - target_lufs):.1f} LU {side} its target of {target_lufs:g}"
    range_lu = data.figures.get("loudness_range_lu")
    if range_lu:
        said += f"; its loudness range is {range_lu:.1f} LU"
    if peak_dbtp is not None:
        said += f"; its highest true peak is {peak_dbtp:.1f} dBTP"
    if master["max_reduction_db"] <= 0.05:
        return f"{said}. The limiter was not needed."
    share = 100.0 * master["limited_share"]
    deepest_db = master["max_reduction_db"]
    limited = f"by up to {deepest_db:.1f} dB, in {share:.1f} % of samples"
    return f"{said}. The limiter reduced peaks {limited}."


def lines(texts: Iterable[str]) -> Html:
    """A list of lines."""
    return element("ul", *(element("li", name(text)) for text in texts))


def _warnings(warnings: tuple[str, ...]) -> Html | None:
    if not warnings:
        return None
    items = element("ul", *(element("li", name(warning)) for warning in warnings))
    if len(warnings) > 4:
        items = element("details", element("summary", f"{len(warnings)} warnings"), items)
    return element("aside", items, class_="warnings", aria_label="Warnings")


def stems(data: ReportData) -> Html:
    """The stems side by side, then everything that was done to each."""
    measurements = data.mix.measurements
    names = list(dict.fromkeys((*data.mix.song.stems, *data.mix.wet_stems)))
    heads = (
        "Stem",
        "Files",
        "Recorded",
        "Normalised",
        "In the mix",
        "True peak",
        "Balance",
        "Masked",
    )
    units = ("", "", "LUFS", "LUFS", "LUFS", "dBTP", "dB, right", "by the rest")
    masked = _masked_shares(data)
    table_rows = []
    for stem in names:
        measured = measurements["stems"].get(stem)
        wet = measurements["wet_stems"].get(stem, {})
        before = measured["before"] if measured else _NOT_MEASURED
        after = measured["after"] if measured else _NOT_MEASURED
        cells = (
            str(sum(r.stem == stem for r in data.mix.song.recordings)),
            number(before["loudness_lufs"]),
            number(after["loudness_lufs"]),
            number(wet.get("loudness_lufs")),
            number(wet.get("true_peak_dbtp")),
            number(before["balance_db"], signed=True),
            number(_percent(masked.get(stem)), "%", 0),
        )
        head = element("th", _swatch(stem, names), stem, scope="row")
        table_rows.append(element("tr", head, *(element("td", cell) for cell in cells)))
    head = element(
        "tr",
        *(
            element("th", title, element("small", unit) if unit else None, scope="col")
            for title, unit in zip(heads, units, strict=True)
        ),
    )
    table = element("table", element("thead", head), element("tbody", *table_rows), class_="wide")
    return joined(
        element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Stems"),
        element(
            "details",
            element("summary", "Stem by stem"),
            element("div", *(_strip(stem, names, data) for stem in names), class_="strips"),
            class_="long",
            open=True,
        ),
    )


def _strip(stem: str, names: list[str], data: ReportData) -> Html:
    """Everything that the record says of one stem, as the sections of a channel strip."""
    measured = data.mix.measurements["stems"].get(stem)
    sections: list[Html | None] = []
    if measured:
        sections.append(_section("Recorded", measured["before"]))
        if measured["skipped"]:
            sections.append(element("p", f"Not normalised: {measured['skipped']}"))
        sections += [_section(_title(effect), done) for effect, done in measured["effects"].items()]
    console = _console_sections(stem, data)
    if console:
        sections += [element("p", "Console", class_="part strong"), *console]
    sections.append(_section("In the mix", data.mix.measurements["wet_stems"].get(stem, {})))
    title = element("h3", _swatch(stem, names), stem)
    return element("article", title, *sections, class_="strip")


def _console_sections(stem: str, data: ReportData) -> list[Html]:
    """A section an effect: how it was set, and what it did."""
    strip = data.mix.measurements["console"].get("stems", {}).get(stem)
    done: Mapping[str, object] = strip or {}
    effects: dict[str, object] = {
        k: v for k, v in done.items() if k != "effects" and isinstance(v, Mapping)
    }
    effects |= strip.get("effects", {}) if strip else {}
    set_to = changed(data.mix.console.strip(stem))
    parts = {name: _as_record(name, set_to.get(name)) for name in (*set_to, *effects)}
    parts = {name: part | _as_record(name, effects.get(name)) for name, part in parts.items()}
    plain = {k: v for k, v in done.items() if not isinstance(v, Mapping) and k != "heard"}
    if done.get("heard") is False:
        plain["heard"] = False
    sections = [_section(_title(name), part) for name, part in (*parts.items(), ("Strip", plain))]
    return [section for section in sections if section is not None]


def changed(strip: Strip) -> dict[str, object]:
    """Settings of a strip that differ from a neutral one."""
    neutral = asdict(Strip())
    return {name: value for name, value in asdict(strip).items() if value != neutral[name]}


def _as_record(title: str, value: object) -> dict[str, object]:
    if value is None:
        return {}
    return dict(value) if isinstance(value, Mapping) else {title: value}


def _title(name: str) -> str:
    title = words(name)[0]
    return title.upper() if title == "eq" else title.capitalize()


def _section(title: str, record: Mapping[str, object]) -> Html | None:
    if not record:
        return None
    return element("section", element("h4", title), _list(record))


def tracks(data: ReportData) -> Html:
    """A row for each sounding track, group and the mix: the model's and the user's settings.

    Silent tracks without a setting of the user's are listed below.
    """
    record = data.mix.measurements["tracks"]
    names = list(data.mix.song.stems)
    heads = ["Track", "Role", "Recorded, LUFS", "Set by the model"]
    has_user_settings = any(map(is_touched, record["tracks"].values()))
    short = short_names(list(record["tracks"]))
    found, silent = [], []
    for track_name, track in record["tracks"].items():
        if track["loudness_lufs"] is None and not is_touched(track):
            silent.append(name(short[track_name]))
            continue
        user = name(with_minus(added_words(track))) if is_touched(track) else ""
        loudness_lufs = track["loudness_lufs"]
        found.append(
            element(
                "tr",
                element("th", _swatch(track["stem"], names), name(short[track_name]), scope="row"),
                element("td", track["role"].replace("_", " ")),
                element("td", "" if loudness_lufs is None else number(loudness_lufs)),
                element("td", with_minus(track_words(track))),
                element("td", user, class_="hand") if has_user_settings else None,
            )
        )
    buses = [(stem, _swatch(stem, names), bus) for stem, bus in record["groups"].items()]
    buses.append((MIX, element("i", class_="swatch mix", aria_hidden="true"), record["mix"]))
    found += [
        element(
            "tr",
            element("th", swatch, f"{title} bus", scope="row"),
            *(element("td") for _ in range(2)),
            element("td", with_minus(bus_words(bus))),
            element("td", class_="hand") if has_user_settings else None,
        )
        for title, swatch, bus in buses
    ]
    heads += ["Your settings"] if has_user_settings else []
    head = element("tr", *(element("th", title, scope="col") for title in heads))
    table = element("table", element("thead", head), element("tbody", *found), class_="moves")
    scroll = element(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of tracks"
    )
    return element("div", scroll, _silent(silent))


def _silent(names: Sequence[Html]) -> Html | None:
    if not names:
        return None
    parts = [part for own in names for part in (", ", own)][1:]
    return element("p", "Silent: ", *parts, ".", class_="about")


def about_tracks(measured: Measurements) -> str:
    """The incoming levels as understood, the rooms that tracks are sent to, and the names."""
    levels, space = measured["levels"], space_words(measured["tracks"]["space"])
    taken = (
        levels and f"Incoming levels were treated as {levels['taken_for']}: {levels['reason']}. "
    )
    shared = shared_beginning(list(measured["tracks"]["tracks"]))
    names = f" All tracks' names begin with {quote(shared)}." if shared else ""
    return f"{taken or ''}Returns: {space}. Fader gains are relative to the recording.{names}"


def files(data: ReportData) -> Html:
    """Each file, the stem it went to, and why."""
    song = data.mix.song
    names = list(song.stems)
    found = [
        element(
            "tr",
            element("th", name(r.file), scope="row"),
            element("td", _swatch(r.stem, names), r.stem) if r.stem else element("td", "left out"),
            element("td", name(r.reason)),
            element("td", number(r.gain_db, "dB", signed=True) if r.gain_db else NOTHING),
        )
        for r in (*song.recordings, *song.left_out)
    ]
    head = element("tr", *(element("th", t, scope="col") for t in ("File", "Stem", "Why", "Gain")))
    table = element("table", element("thead", head), element("tbody", *found), class_="files")
    scroll = element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Files")
    summary = element("summary", counted(len(found), "file"))
    return element("details", summary, scroll, class_="long", open=len(found) <= _MOST_FILES_OPEN)


def settings(data: ReportData) -> Html:
    """Requested settings, and the parts of the record beyond the stems."""
    mix = data.mix
    record = {
        f.name: getattr(mix.settings, f.name)
        for f in fields(mix.settings)
        if f.name not in ("console", "held_variation")
    }
    rest = {
        key: value
        for key, value in mix.measurements.items()
        if key not in ("stems", "wet_stems", "console", "tracks")
    }
    console = {k: v for k, v in mix.measurements["console"].items() if k != "stems" and v}
    if changed(mix.console.master):
        console = {"bus": changed(mix.console.master)} | console
    seconds = {f"{stage}_s": value for stage, value in mix.seconds.items()}
    parts = [
        ("Requested", record),
        ("Measured", rest),
        ("Console", console),
        ("Time taken", seconds),
    ]
    return element(
        "div",
        *(element("section", element("h3", title), _list(part)) for title, part in parts if part),
        class_="columns",
    )


def _list(record: Mapping[str, object]) -> Html:
    items = [
        element("div", element("dt", label), element("dd", name(value)))
        for label, value in rows(record)
    ]
    return element("dl", *items, class_="figures")


def _swatch(stem: str, names: Iterable[str]) -> Html:
    return element("i", class_=f"swatch {colour_of(stem, names)}", aria_hidden="true")


def _masked_shares(data: ReportData) -> dict[str, float]:
    """How far each stem is masked by all the others: its last row, however many it has."""
    found = data.charts["masking"]["rows"]
    several = any(row["masker"] == ALL_OTHERS for row in found)
    return {r["stem"]: r["share"] for r in found if not several or r["masker"] == ALL_OTHERS}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share
