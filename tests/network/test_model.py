"""A bundle is trusted in nothing: schema, names, links, sizes, hashes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mixer.errors import ModelError
from mixer.network.model import find_bundle, list_bundles, read_bundle
from tests.network.conftest import Exported

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    """A bundle of its own to damage."""
    return Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle"))


def rewrite(folder: Path, change: Change) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_an_exported_bundle_reads_back(exported: Exported) -> None:
    manifest = exported.bundle.manifest
    assert manifest.hyper_parameters == exported.torch_network.hyper
    assert manifest.stems == ("vocals", "bass", "drums", "other")
    assert manifest.effects == ("eq", "loudness")
    assert manifest.sample_rate == 44_100
    assert manifest.learnt_to_mix
    assert not manifest.panning_limits_time_axis
    assert manifest.parity["max_abs_error"] < 1e-5
    assert exported.bundle.profile_path.is_file()


def test_the_default_is_shipped_and_honest() -> None:
    assert "default" in list_bundles()
    bundle = read_bundle("default")
    assert bundle.name == "default"
    manifest = bundle.manifest
    assert manifest.kind == "band_mixer"
    assert manifest.learnt_to_mix
    assert manifest.has_faithful_wet_stems
    assert manifest.licence == "GPL-3.0-or-later"
    assert "seed" in manifest.provenance
    # What it was judged by travels with it, the targets that it missed included.
    assert set(manifest.evaluation["groups"]) == {"synthetic", "real", "demo"}
    assert {target["met"] for target in manifest.evaluation["targets"]} <= {True, False}
    size = sum(path.stat().st_size for path in bundle.folder.iterdir())
    assert size < 15_000_000


def test_found_by_name_path_and_manifest(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_bundle(copy) == copy
    assert find_bundle(str(copy / "manifest.json")) == copy
    shutil.copytree(copy, tmp_path / "default")
    monkeypatch.chdir(tmp_path)
    assert find_bundle("default") != Path("default")  # a name wins
    assert find_bundle("./default") == Path("default")
    for wrong in ("no_such_model", tmp_path):
        with pytest.raises(ModelError):
            find_bundle(wrong)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda m: m.update(schema_version=2), "schema_version"),
        (lambda m: m.update(schema_version=True), "schema_version"),
        (lambda m: m.pop("network"), "network"),
        (lambda m: m["network"].update(kind="other"), "kind"),
        (lambda m: m["network"].update(n_filters=10**9), "n_filters"),
        (lambda m: m["network"].update(n_filters="16"), "n_filters"),
        (lambda m: m["network"].pop("pool_frames"), "pool_frames"),
        (lambda m: m["network"].update(n_channels=1), "stereo"),
        (lambda m: m.update(stems=["a", "b"]), "stems"),
        (lambda m: m.update(stems=["a", "a", "b", "c"]), "twice"),
        (lambda m: m.update(stems=["a", "b", "c", "../d"]), "must be a valid name for a stem file"),
        (lambda m: m.update(stems=["a", "b", "c", "mix"]), "must be a valid name for a stem file"),
        (lambda m: m.update(sample_rate=0), "sample_rate"),
        (lambda m: m.update(effects=["eq", "chorus"]), "chorus"),
        (lambda m: m.update(effects=["loudness", "eq"]), "order"),
        (lambda m: m.update(effects=["panning", "balance"]), "exclude"),
        (lambda m: m["network"].update(n_repeats=17), "n_repeats"),
        (lambda m: m["network"].update(n_blocks=16, tcn_kernel_frames=63), "reach"),
        (
            lambda m: m["parity"].update(max_abs_error=float("inf")),
            "parity.max_abs_error must be",
        ),
        (lambda m: m.update(licence="\ud800"), "Unicode"),
        (lambda m: m.update(warm_up_s=-1), "warm_up_s"),
        (lambda m: m.update(warm_up_s=float("nan")), "warm_up_s"),
        (lambda m: m.update(warm_up_s=1e9), "warm_up_s"),
        (lambda m: m.update(learnt_to_mix=1), "learnt_to_mix"),
        (lambda m: m.update(name="../x"), "name"),
        (lambda m: m.update(compatibility={}), "panning_limits_time_axis"),
        (lambda m: m["graphs"].pop("excite"), "excite"),
        (lambda m: m["graphs"]["excite"].update(file="../excite.onnx"), "a plain file name"),
        (lambda m: m["graphs"]["excite"].update(file="/etc/passwd"), "a plain file name"),
        (lambda m: m["graphs"]["excite"].update(file=".."), "a plain file name"),
        (lambda m: m["graphs"]["excite"].update(file="a\\b"), "a plain file name"),
        (lambda m: m["graphs"]["excite"].update(file="manifest.json"), "a plain file name"),
        (lambda m: m["graphs"]["excite"].update(file="gone.onnx"), "missing"),
        (lambda m: m["graphs"]["excite"].update(sha256="0" * 64), "SHA-256"),
        (lambda m: m["graphs"]["excite"].update(sha256="zz"), "excite.sha256 must be a SHA-256"),
        (lambda m: m["profile"].update(sha256="0" * 64), "SHA-256"),
    ],
)
def test_a_manifest_out_of_order_is_refused(copy: Path, change: Change, word: str) -> None:
    rewrite(copy, change)
    with pytest.raises(ModelError, match=word) as caught:
        read_bundle(copy)
    assert "\n" not in str(caught.value)
    assert str(copy) in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"schema_version": 1}', "\xff"])
def test_what_is_no_manifest_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError):
        read_bundle(copy)


def test_a_huge_manifest_is_not_parsed(copy: Path) -> None:
    (copy / "manifest.json").write_text(" " * ((1 << 20) + 1))
    with pytest.raises(ModelError, match="larger"):
        read_bundle(copy)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
@pytest.mark.parametrize("name", ["excite.onnx", "profile.json", "manifest.json"])
def test_links_are_not_followed(copy: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    (copy / name).rename(outside)
    (copy / name).symlink_to(outside)
    with pytest.raises(ModelError, match="link"):
        read_bundle(copy)


def test_a_graph_changed_after_reading_is_noticed(copy: Path) -> None:
    bundle = read_bundle(copy)
    with (copy / "excite.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="damaged"):
        bundle.read_graph("excite")
    with pytest.raises(ModelError, match="no graph"):
        bundle.read_graph("unheard_of")
