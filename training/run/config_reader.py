"""Read a training configuration from TOML and overrides, and check it as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mixer.errors import Gathered, SettingsError
from mixer.files.document import Document, read_toml
from mixer.files.shape import Rows, Shape, Table, table_of
from mixer.files.toml_text import parse_toml
from mixer.files.wording import listed, nearest, quote, suggest, visible
from training.run.config import TrainingConfig
from training.run.recipe import problem_of

# Longest override in characters; section, key and hyper-parameter name take about half of it.
_LONGEST_NAME = 100
SHIPPED = Path(__file__).resolve().parents[1] / "configs"


def _config_table() -> Table:
    """Schema of the dataclasses; a single number may stand for a list of one (`epochs = 100`)."""
    sections = {}
    for name, section in table_of(TrainingConfig).fields.items():
        assert isinstance(section, Table)
        keys = {
            key: dataclasses.replace(shape, takes_one=True, least=1, most=1_000)
            if isinstance(shape, Rows)
            else shape
            for key, shape in section.fields.items()
        }
        sections[name] = dataclasses.replace(section, fields=keys)
    return Table(TrainingConfig, sections)


CONFIG = _config_table()


def shipped_configs() -> tuple[str, ...]:
    """Names of the configurations shipped with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def find_config(name: str) -> Path:
    """Path of a shipped configuration given by name, or of a file given by path.

    Raises:
        SettingsError: `name` is neither a shipped configuration nor a file.
    """
    if name in shipped_configs():
        return SHIPPED / f"{name}.toml"
    path = Path(name)
    if path.is_file():
        return path
    raise SettingsError(
        f"{quote(name)}: neither a file nor a shipped configuration; "
        f"{suggest(name, shipped_configs())}"
    )


def read_config(path: Path, overrides: Sequence[str] = ()) -> TrainingConfig:
    """Read a configuration.

    Args:
        path: a TOML file.
        overrides: `section.key=value` each; the value is TOML or a bare word.

    Raises:
        SettingsError: the file cannot be read, or names, types or values are wrong (one line for
            each).
    """
    document = read_toml(path, "a training configuration", SettingsError)
    gathered = Gathered(SettingsError)
    config = TrainingConfig()
    with gathered.gathering():
        config = document.build(CONFIG)
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals:
            gathered.add(f"{quote(override)} has no =; write section.key=value")
            continue
        with gathered.gathering():
            config = _with_override(config, name.strip(), text.strip())
    gathered.refuse()
    gathered.add(*_contradictions(config, document.where))
    gathered.refuse()
    return config


def config_from_values(values: Mapping[str, object], source: str) -> TrainingConfig:
    """Build a configuration from nested values; missing ones take their defaults.

    Args:
        values: sections by name, each a mapping of its keys.
        source: name of the values' origin in error messages.

    Raises:
        SettingsError: as in `read_config`.
    """
    config: TrainingConfig = Document(source, values, SettingsError).build(CONFIG)
    return config


def _with_override(config: TrainingConfig, name: str, text: str) -> TrainingConfig:
    if len(name) > _LONGEST_NAME:
        raise SettingsError(f"{quote(name)}: no such setting")
    section, *keys = name.split(".")
    table = CONFIG.fields.get(section)
    if not keys or not isinstance(table, Table):
        raise SettingsError(f"{quote(f'{name}={text}')}: no such setting{_hint(section, name)}")
    if keys[0] not in table.fields and (elsewhere := _full_names(".".join(keys))):
        raise SettingsError(
            f"{quote(f'{name}={text}')}: no such setting; did you mean {quote(elsewhere[0])}?"
        )
    try:
        value = parse_toml(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        value = text  # a bare word: run.device=cpu
    for key in reversed(keys[1:]):
        value = {key: value}
    values = dataclasses.asdict(config)
    before = values[section].get(keys[0])
    if isinstance(before, dict) and isinstance(value, dict):
        value = {**before, **value}
    values[section][keys[0]] = value
    return config_from_values(values, visible(f"{name}={text}", _LONGEST_NAME))


def _hint(section: str, name: str) -> str:
    """Suggestion for a name whose section is missing or misspelt."""
    close = _full_names(name)
    meant = nearest(section, CONFIG.fields)
    if not close and meant and meant != name:
        key, keys = name.removeprefix(f"{section}."), _keys(CONFIG.fields[meant])
        found = nearest(key, keys)
        if found is None:
            return f"; {meant} has {listed(keys)}"
        close = [f"{meant}.{found}"]
    close = close or [nearest(name, _known_names()) or ""]
    return f"; did you mean {quote(close[0])}?" if close[0] else ""


def _known_names() -> list[str]:
    return [f"{s}.{key}" for s, table in CONFIG.fields.items() for key in _keys(table)]


def _full_names(key: str) -> list[str]:
    """Names of settings that have this key, in any section."""
    return [full for full in _known_names() if full.endswith(f".{key}")]


def _keys(shape: Shape) -> list[str]:
    return list(shape.fields) if isinstance(shape, Table) else []


def _contradictions(config: TrainingConfig, source: str) -> Iterator[str]:
    """Find settings that are valid individually but contradict each other; one line each."""
    schedule, run = config.schedule, config.run
    if schedule.kind == "steps" and len(schedule.epochs) != len(schedule.divisors):
        yield (
            f"{source}: schedule.epochs has {len(schedule.epochs)} values but schedule.divisors has"
            f" {len(schedule.divisors)}; give the same number of both"
        )
    if schedule.kind == "cosine" and len(schedule.epochs) != 1:
        yield f"{source}: schedule.epochs must be a single number for a cosine"
    problem = problem_of(config)
    if problem is not None:
        yield f"{source}: {problem}"
    if config.loss.stem_weight and run.stage == "pretrain":
        yield f"{source}: loss.stem_weight needs the train stage"
