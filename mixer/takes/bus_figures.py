"""Effect of the bus on a mix, in the figures by which takes are compared."""

from __future__ import annotations

from collections.abc import Mapping

from mixer.output.recorded_mix import numbers


def bus_of(measurements: Mapping[str, object]) -> dict[str, float | None]:
    """The bus's figures, from the record of a mix."""
    found = numbers({key: measurements.get(key) for key in ("master", "console")})
    bus = {
        key.removeprefix("master."): value
        for key, value in found.items()
        if key.startswith("master.")
    }
    return bus | {"staging_gain_db": found.get("console.staging_gain_db")}
