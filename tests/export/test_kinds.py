"""Every kind of network is in every table, and what the tables name is there."""

from importlib import import_module

import pytest

from export.exporters import EXPORTERS
from mixer.network.kinds import ARCHITECTURES, architecture_of
from training.networks.kinds import NETWORKS, new_network
from training.run.recipe import RECIPES


def test_a_kind_that_renders_is_trained_and_exported_too() -> None:
    assert set(ARCHITECTURES) == set(NETWORKS) == set(EXPORTERS) == set(RECIPES)


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_what_the_tables_name_is_there(kind: str) -> None:
    architecture, recipe = ARCHITECTURES[kind], RECIPES[kind]
    for name in (architecture.runs, recipe.examples, recipe.objective, NETWORKS[kind]):
        module, _, function = name.partition(":")
        assert callable(getattr(import_module(module), function))
    hyper = architecture.parameters()
    assert architecture_of(hyper) is architecture
    assert set(architecture.required_graphs) <= set(architecture.roles(hyper))
    assert architecture.parameters.from_json(hyper.to_json()) == hyper


def test_a_network_keeps_its_hyper_parameters() -> None:
    hyper = ARCHITECTURES["band_mixer"].parameters(n_bands=24)
    assert new_network(hyper).hyper == hyper
