"""How fast the machine is, is measured where somebody listens, and once."""

from __future__ import annotations

from mixer.rendering.timing import machine_pace
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.progress import unheard


def test_only_for_a_listener_and_once(monkeypatch) -> None:
    measured = []

    def probe_s() -> float:
        measured.append(True)
        return 4.0 * costs.PROBE_S

    monkeypatch.setattr(machine_pace, "probe_s", probe_s)
    machine_pace._pace.cache_clear()
    assert machine_pace.pace_for(None) is machine_pace.pace_for(unheard) is None
    assert not measured
    told = [machine_pace.pace_for(lambda stage, detail, share: None) for _ in range(2)]
    machine_pace._pace.cache_clear()
    assert told == [4.0, 4.0]
    assert len(measured) == 1


def test_the_probe_takes_some_time() -> None:
    assert machine_pace.probe_s() > 0.0
