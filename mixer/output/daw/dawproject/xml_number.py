"""Numbers in DAWproject's XML, and parameters with their unit and range."""

from __future__ import annotations

import xml.etree.ElementTree as ET


def number_text(value: float) -> str:
    """Shortest text that reads back as the same number; XML's doubles take exponents as well."""
    return repr(float(value))


def parameter(
    parent: ET.Element,
    kind: str,
    name_id: str | None,
    unit: str,
    value: float,
    bounds: tuple[float, float],
) -> None:
    """A parameter that can be turned, with what it may be turned to."""
    element = ET.SubElement(parent, kind)
    if name_id is not None:
        element.set("id", name_id)
    element.set("unit", unit)
    element.set("value", number_text(value))
    element.set("min", number_text(bounds[0]))
    element.set("max", number_text(bounds[1]))
