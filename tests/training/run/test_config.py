"""Configurations: the shipped ones, overrides, and every way to get one wrong."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from mixer.errors import SettingsError
from training.run.config import ScheduleConfig, TrainingConfig
from training.run.config_reader import config_from_values, find_config, read_config, shipped_configs
from training.run.schedule import rate_share, total_epochs


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_what_is_shipped_is_what_the_paper_did() -> None:
    assert shipped_configs() == (
        "band-mixer",
        "paper-la",
        "paper-lb",
        "paper-pretrain",
        "paper-small",
        "smoke",
        "track-mixer",
        "wave-u-net",
    )
    pretrain = read_config(find_config("paper-pretrain"))
    assert (pretrain.run.stage, pretrain.run.batch_size, pretrain.data.segment_s) == (
        "pretrain",
        20,
        3.0,
    )
    assert total_epochs(pretrain.schedule) == 106
    assert pretrain.optimiser.weight_decay == 1e-6
    for name, kind in (("paper-la", "la"), ("paper-lb", "lb")):
        paper = read_config(find_config(name))
        assert (paper.loss.kind, paper.loss.guard_samples) == (kind, 32_446)
        assert (paper.run.batch_size, paper.run.batches_per_epoch) == (4, 1600)
        assert paper.data.segment_s == 10.0
        assert (paper.optimiser.kind, paper.optimiser.amsgrad) == ("adam", True)
        assert (paper.optimiser.clip_norm, paper.optimiser.weight_decay) == (0.2, 1e-7)
        assert total_epochs(paper.schedule) == 311
        assert paper.network.start_parts == "front_end"
    baseline = read_config(find_config("wave-u-net"))
    assert (baseline.network.kind, baseline.run.batch_size) == ("wave_u_net", 1)
    assert total_epochs(baseline.schedule) == 201


def test_the_papers_steps() -> None:
    schedule = read_config(find_config("paper-la")).schedule
    wanted = {0: 0.0, 1: 1.0, 150: 1.0, 151: 1 / 3, 201: 0.1, 251: 1 / 30, 276: 0.01, 301: 0.001}
    for epoch, share in wanted.items():
        assert rate_share(schedule, epoch) == pytest.approx(share), epoch
        assert rate_share(schedule, epoch, 0.9) == rate_share(schedule, epoch)
    assert rate_share(schedule, 310) == pytest.approx(0.001)


def test_a_cosine_falls_smoothly_to_its_end() -> None:
    schedule = ScheduleConfig("cosine", 1, (10,), (1.0,), 0.1)
    assert rate_share(schedule, 0, 0.99) == 0.0
    assert rate_share(schedule, 1) == pytest.approx(1.0)
    assert rate_share(schedule, 6) == pytest.approx(0.55)
    assert rate_share(schedule, 10, 1.0) == pytest.approx(0.1)
    shares = [rate_share(schedule, epoch, part / 4) for epoch in range(1, 11) for part in range(4)]
    assert all(earlier > later for earlier, later in itertools.pairwise(shares))


def test_overrides_are_toml_or_bare_words(tmp_path: Path) -> None:
    path = write(tmp_path, "[optimiser]\nlearning_rate = 1e-3\n")
    config = read_config(
        path,
        [
            "data.folder=some dir/data",
            "optimiser.learning_rate=3e-4",
            "run.device=cpu",
            "run.tensorboard=false",
            "schedule.epochs=[3, 4]",
            "schedule.divisors=[1, 2]",
            "network.hyper_parameters.n_filters=32",
            "loss.stem_weight=1",
        ],
    )
    assert config.data.folder == "some dir/data"
    assert config.optimiser.learning_rate == 3e-4
    assert (config.run.device, config.run.tensorboard) == ("cpu", False)
    assert config.schedule.epochs == (3, 4)
    assert config.network.hyper_parameters == {"n_filters": 32}
    assert config.loss.stem_weight == 1.0


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    config = read_config(find_config("smoke"), ["run.seed=7"])
    assert config_from_values(config.to_json(), "kept") == config
    assert replace(config, run=replace(config.run, seed=0)) != config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[optimizer]\n", "optimizer is unknown; did you mean 'optimiser'?"),
        (
            "[optimiser]\nlearning_rat = 1\n",
            "optimiser.learning_rat is unknown; did you mean 'learning_rate'?",
        ),
        (
            "[run]\nbatch_size = 2.5\n",
            "batch_size must be a whole number from 1 to 4096, not 2.5",
        ),
        (
            "[run]\nbatch_size = true\n",
            "batch_size must be a whole number from 1 to 4096, not true",
        ),
        ("[run]\nbatch_size = 0\n", "batch_size must be a whole number from 1 to 4096, not 0"),
        ("[run]\ntensorboard = 1\n", "run.tensorboard must be true or false, not 1"),
        ("[run]\nprecision = 'fp61'\n", "float32, bf16, fp16, not 'fp61'; did you mean 'fp16'?"),
        ("[run]\nstage = 3\n", "run.stage must be one of pretrain, train, not 3"),
        (
            "[optimiser]\nlearning_rate = nan\n",
            "learning_rate must be a number from 1e-09 to 10, not nan",
        ),
        (
            "[schedule]\nepochs = [1, 2]\n",
            "schedule.epochs has 2 values but schedule.divisors has 6",
        ),
        ("[schedule]\nkind = 'cosine'\n", "must be a single number for a cosine"),
        ("[schedule]\nepochs = []\n", "schedule.epochs must have 1 to 1000 entries, not 0"),
        ("run = 3\n", "run must be a table, not 3"),
        ("[network]\nhyper_parameters = 3\n", "network.hyper_parameters must be a table, not 3"),
        (
            "[network]\nkind = 'wave_u_net'\n[run]\nstage = 'pretrain'\n",
            "run.stage 'pretrain' does not work with network.kind wave_u_net; choose from train",
        ),
        (
            "[network]\nkind = 'wave_u_net'\n[loss]\nstem_weight = 1.0\n",
            "wave_u_net does not use loss.stem_weight",
        ),
        ("[run\n", "not valid TOML"),
        ("\0", "not valid TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_config(write(tmp_path, text))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("learning_rate=1", "no such setting; did you mean 'optimiser.learning_rate'?"),
        ("run.epochs=[1]", "no such setting; did you mean 'schedule.epochs'?"),
        ("optimizer.learningrate=1", "no such setting; did you mean 'optimiser.learning_rate'?"),
        ("optimizer.lr=1", "no such setting; optimiser has kind, amsgrad, learning_rate, "),
        ("run.batchsize=1", "run.batchsize is unknown; did you mean 'batch_size'?"),
        ("run.batch_size", "section.key=value"),
        ("run.batch_size=many", "batch_size must be a whole number from 1 to 4096, not 'many'"),
    ],
)
def test_mistaken_overrides_are_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_config(write(tmp_path, ""), [override])
    assert message in str(refusal.value)


def test_a_missing_configuration_is_named() -> None:
    with pytest.raises(SettingsError, match=r"paper-lc': neither a file nor a shipped .* 'paper-l"):
        find_config("paper-lc")


def test_defaults_are_within_their_own_ranges() -> None:
    assert config_from_values(TrainingConfig().to_json(), "defaults") == TrainingConfig()


@pytest.mark.parametrize("number", ["9" * 25, "9" * 4_000, "9" * 5_000, "1e400", "-1", "[[[[["])
@pytest.mark.parametrize(
    "key", ["run.seed", "network.hyper_parameters.n_filters", "schedule.epochs", "data.segment_s"]
)
def test_numbers_of_any_length_are_refused_on_one_short_line(key: str, number: str) -> None:
    if key.endswith("n_filters") and number == "-1":
        pytest.skip("a hyper-parameter's own range is its network's to say")
    with pytest.raises(SettingsError, match=f"{key}.* must be") as caught:
        read_config(find_config("smoke"), [f"{key}={number}"])
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("section", ["", "run.", "network.hyper_parameters."])
def test_a_dotted_key_of_a_megabyte_is_refused_in_a_moment(section: str) -> None:
    with pytest.raises(SettingsError, match="no such setting") as caught:
        read_config(find_config("smoke"), [f"{section}{'a.' * 500_000}a=1"])
    assert len(str(caught.value)) < 200
