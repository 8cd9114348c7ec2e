"""Reading and checking a configuration: TOML, overrides, names, types and ranges."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mixer.errors import SettingsError
from training.run.config import TrainingConfig

SHIPPED = Path(__file__).resolve().parents[1] / "configs"
_MAX_FILE_BYTES = 1 << 20
_MAX_ITEMS = 1_000


def shipped_configs() -> tuple[str, ...]:
    """Names of the configurations that the package carries."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def find_config(name: str) -> Path:
    """A shipped configuration by its name, any other by its path.

    Raises:
        SettingsError: neither.
    """
    if name in shipped_configs():
        return SHIPPED / f"{name}.toml"
    path = Path(name)
    if path.is_file():
        return path
    raise SettingsError(
        f"{name}: neither a file nor a shipped configuration ({', '.join(shipped_configs())})"
        + _nearest(name, shipped_configs())
    )


def read_config(path: Path, overrides: Sequence[str] = ()) -> TrainingConfig:
    """Read a configuration.

    Args:
        path: a TOML file.
        overrides: `section.key=value`, the value in TOML or a bare word.

    Raises:
        SettingsError: unreadable, or a name, a type or a value is wrong.
    """
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise SettingsError(f"{path}: larger than any configuration")
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    config = config_from_values(values, str(path))
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals:
            raise SettingsError(f"{override!r}: give overrides as section.key=value")
        config = _with_override(config, name.strip(), text.strip())
    return _checked_as_a_whole(config, str(path))


def config_from_values(values: Mapping[str, Any], source: str) -> TrainingConfig:
    """A configuration from nested values; what is missing has its default.

    Args:
        values: sections by name, keys in them.
        source: what a message calls the values' origin.

    Raises:
        SettingsError: as of `read_config`.
    """
    sections = get_type_hints(TrainingConfig)
    built = {}
    for name, entries in values.items():
        if name not in sections:
            raise SettingsError(f"{source}: no section {name!r}{_nearest(name, tuple(sections))}")
        if not isinstance(entries, Mapping):
            raise SettingsError(f"{source}: {name} is a section: write [{name}] and its keys below")
        built[name] = _section(sections[name], name, entries, source)
    return TrainingConfig(**built)


def _with_override(config: TrainingConfig, name: str, text: str) -> TrainingConfig:
    section, dot, key = name.partition(".")
    sections = get_type_hints(TrainingConfig)
    if not dot or section not in sections:
        known = [f"{s}.{f.name}" for s, kind in sections.items() for f in dataclasses.fields(kind)]
        close = difflib.get_close_matches(name, known, 1) or [
            full for full in known if full.endswith(f".{name}")
        ]
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"{name}={text}: no such setting{hint}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word: run.device=cpu
    current = getattr(config, section)
    nested, dot, inner = key.partition(".")
    if dot and isinstance(getattr(current, nested, None), dict):
        key, value = nested, {**getattr(current, nested), inner: value}
    values = {f.name: getattr(current, f.name) for f in dataclasses.fields(current)}
    changed = _section(type(current), section, {**values, key: value}, f"{name}={text}")
    return dataclasses.replace(config, **{section: changed})


def _section(kind: type, name: str, entries: Mapping[str, Any], source: str) -> Any:
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}
    values = {}
    for key, value in entries.items():
        if key not in fields:
            raise SettingsError(f"{source}: no key {name}.{key}{_nearest(key, tuple(fields))}")
        where = f"{source}: {name}.{key}"
        values[key] = _typed(value, hints[key], where)
        _check_range(values[key], fields[key].metadata, where)
    return kind(**values)


def _typed(value: Any, kind: Any, where: str) -> Any:
    if get_origin(kind) is tuple:
        item_kind = get_args(kind)[0]
        items = value if isinstance(value, list | tuple) else [value]
        if not 1 <= len(items) <= _MAX_ITEMS:
            raise SettingsError(f"{where}: a list of 1 to {_MAX_ITEMS} values is needed")
        return tuple(_typed(item, item_kind, where) for item in items)
    if get_origin(kind) is dict:
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} is {value!r}: a table of names and values is needed")
        return {str(name): _typed(item, get_args(kind)[1], where) for name, item in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # A bool is an int in Python, but not in a configuration.
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        raise SettingsError(f"{where} is {value!r}: it must be {words[kind]}")
    return value


def _check_range(value: Any, metadata: Mapping[Any, Any], where: str) -> None:
    choices, within = metadata.get("choices"), metadata.get("range")
    if choices and value not in choices:
        raise SettingsError(
            f"{where} is {value!r}: it must be one of {', '.join(choices)}"
            + _nearest(str(value), choices)
        )
    if within:
        low, high = within
        for item in value if isinstance(value, tuple) else (value,):
            if not low <= item <= high:
                raise SettingsError(f"{where} is {item:g}: it must be in {low:g} ... {high:g}")


def _checked_as_a_whole(config: TrainingConfig, source: str) -> TrainingConfig:
    schedule, run = config.schedule, config.run
    if schedule.kind == "steps" and len(schedule.epochs) != len(schedule.divisors):
        raise SettingsError(
            f"{source}: schedule.epochs has {len(schedule.epochs)} steps and schedule.divisors"
            f" {len(schedule.divisors)}: as many are needed"
        )
    if schedule.kind == "cosine" and len(schedule.epochs) != 1:
        raise SettingsError(f"{source}: schedule.epochs must be one number for a cosine")
    if run.stage == "pretrain" and config.network.kind != "fxnorm":
        raise SettingsError(f"{source}: only network.kind fxnorm has a stage to pre-train")
    if config.loss.stem_weight and (run.stage == "pretrain" or config.network.kind != "fxnorm"):
        raise SettingsError(
            f"{source}: loss.stem_weight needs the train stage of a network with wet stems (fxnorm)"
        )
    return config


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else ""
